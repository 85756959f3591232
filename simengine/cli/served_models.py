"""Options of the commands that serve indexes: the models beside the bi-encoder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from simengine.cli.options import (
    ModelChoice,
    collected,
    label_names,
    labels_option,
    similarity_option,
    together,
)
from simengine.cli.rerank_options import nli_option

if TYPE_CHECKING:
    from simengine.engine.models import Models


@dataclass(frozen=True, slots=True)
class ServedModels:
    """What `served_model_options` ask for."""

    nli: str | None
    reranker: str | None
    labels: str | None
    reader: str | None
    similarity: str | None

    def models(self, choice: ModelChoice) -> Models:
        """All models, as the engine takes them.

        Args:
            choice: of the bi-encoder, and where all of them run.
        """
        return replace(
            choice.models(),
            nli=self.nli,
            reranker=self.reranker,
            nli_labels=label_names(self.labels),
            reader=self.reader,
            similarity=self.similarity,
        )


served_model_options = together(
    nli_option(
        "NLI model: verdicts, answers, and reranking unless there is a --reranker",
        "--nli, or --reranker for a cross-encoder that only reranks",
    ),
    click.option(
        "--reranker",
        metavar="MODEL",
        envvar="SIMENGINE_RERANKER",
        help="Cross-encoder that reranks: folder or hub name. [default: the NLI model]",
    ),
    labels_option,
    click.option(
        "--reader",
        metavar="MODEL",
        envvar="SIMENGINE_READER",
        help="Model that finds the words that answer. [default: whole sentences]",
    ),
    similarity_option,
    collected(ServedModels, "served_models"),
)
