"""Options of the commands that need an NLI model and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simengine.cli.options import ModelChoice, collected, model_options_for, together, typed
from simengine.cli.rerank_options import nli_option
from simengine.cli.terminal import note

if TYPE_CHECKING:
    from simengine.engine.texts import TextEngine


@dataclass(frozen=True, slots=True)
class NLIChoice:
    """What `nli_options` ask for."""

    nli: str | None
    model_choice: ModelChoice

    def engine(self, labels: tuple[str, ...] | None = None) -> TextEngine:
        """The engine with this model; it is loaded on first use.

        Args:
            labels: names of its outputs in their order, or None for its own.
        """
        choice, nli = self.model_choice, self.nli
        if choice.model is not None:
            note("-m/--model names the NLI model here, which is deprecated; use --nli")
            nli = nli if typed("nli") else choice.model
        models = replace(choice, model=None).models()
        return choice.text_engine(replace(models, nli=nli, nli_labels=labels))


nli_options = together(
    nli_option("NLI model"),
    model_options_for("", None, hidden=True),
    collected(NLIChoice, "nli_choice"),
)
