"""What a caller says about models: which ones, where they run, and how a cross-encoder reranks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simengine.assembly.judging import JudgeChoice, JudgeOptions
from simengine.assembly.options import EncoderOptions
from simengine.encoders.contract import BiEncoder
from simengine.errors import UsageError
from simengine.rerank.judge import Kind
from simengine.text.arguments import as_path_name, expect

if TYPE_CHECKING:
    from simengine.cross_encoders.nli import NLIModel


@dataclass(frozen=True, slots=True)
class Models:
    """The models of an engine. Each is loaded once, when it is first needed.

    Attributes:
        encoder: folder or hub name of the bi-encoder, or the bi-encoder itself, which then stays the caller's; None for
            the index's own, or the default for a new index.
        nli: folder or name of the NLI model, or an `NLIModel`, which then stays the caller's; None for the one that
            ships.
        reader: folder or name of a model that finds the words that answer; None answers with sentences.
        device: "auto", "cpu", "cuda" or "cuda:N".
        runtime, precision: of the bi-encoder, see `simengine.encoders.load.load_encoder`.
        threads: in all; None means every core.
        offline: never contact a model hub.

    Raises:
        UsageError: a value is of another type.
    """

    encoder: str | BiEncoder | None = None
    nli: str | NLIModel | None = None
    reader: str | None = None
    device: str = "auto"
    runtime: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    offline: bool = False

    def __post_init__(self) -> None:
        self.encoder_options()
        if isinstance(self.nli, str) or self.nli is None:
            self.judging(None)
        else:
            from simengine.cross_encoders.nli import NLIModel

            expect(self.nli, NLIModel, "nli", "a folder, a name, or an NLIModel")
        if self.reader is not None:
            as_path_name(self.reader, "reader")

    def encoder_options(self) -> EncoderOptions:
        """How the bi-encoder is loaded; without its name where the caller has given the object."""
        name = None if isinstance(self.encoder, BiEncoder) else self.encoder
        return EncoderOptions(name, self.device, self.runtime, self.precision, self.threads, self.offline)

    def judging(self, rerank: Rerank | None) -> JudgeOptions:
        """How candidates are judged: as asked for, by the NLI model where no other model was named."""
        own = self.nli if isinstance(self.nli, str) else None
        stages, precision = ((rerank or Rerank()).stages(own), "auto" if rerank is None else rerank.precision)
        claim, budget_ms = (False, None) if rerank is None else (rerank.claim, rerank.budget_ms)
        return JudgeOptions(
            stages,
            claim,
            budget_ms,
            self.device,
            precision=precision,
            threads=self.threads,
            offline=self.offline,
        )


@dataclass(frozen=True, slots=True)
class Rerank:
    """How a cross-encoder puts the candidates of a search into a better order.

    Attributes:
        model: folder or name of a cross-encoder; None for the engine's NLI model.
        depth: candidates that it judges, at least 1; None for what was fitted for the index, else 20.
        weight: its share of the score, in [0, 1]; None for what was fitted for the index, else a measured default.
        kind: how its outputs are read: "auto", "relevance", "similarity" or "nli".
        labels: names of its outputs in their order, where its files do not say what they are.
        claim: the queries are claims: say of each hit whether it supports or contradicts its query. Needs an NLI model.
        budget_ms: time for each query's candidates, in milliseconds; those beyond it stay unjudged.
        precision: "auto", "f32", "bf16", "f16" or "int8".
        first: a cheaper reranker that chooses, from more candidates, those that this one reads.

    Raises:
        UsageError: a value is of another type or out of range.
    """

    model: str | None = None
    depth: int | None = None
    weight: float | None = None
    kind: Kind = "auto"
    labels: tuple[str, ...] | None = None
    claim: bool = False
    budget_ms: float | None = None
    precision: str = "auto"
    first: Rerank | None = None

    def __post_init__(self) -> None:
        JudgeOptions(self.stages(None), self.claim, self.budget_ms, precision=self.precision)
        if self.first is not None and (self.first.claim or self.first.budget_ms is not None):
            raise UsageError("claim and budget_ms hold for all stages; give them to the last one")

    def stages(self, nli: str | None) -> tuple[JudgeChoice, ...]:
        """The cross-encoders in the order in which they work; `nli` stands where no model is named."""
        last = JudgeChoice(self.model or nli, self.kind, self.labels, self.depth, self.weight)
        if self.first is None:
            return (last,)
        before = expect(self.first, Rerank, "first").stages(nli)
        if before[-1].depth is None:
            from simengine.rerank.options import DEFAULT_DEPTH

            before = (*before[:-1], replace(before[-1], depth=2 * (self.depth or DEFAULT_DEPTH)))
        return (*before, last)
