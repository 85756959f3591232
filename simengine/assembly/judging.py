"""Judges for an index: loaded when first needed, one for each model, with what was fitted for the index."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast, get_args

from simengine.assembly.options import EncoderOptions
from simengine.calibration.calibration import Calibration
from simengine.calibration.stored import stored_calibrations
from simengine.cross_encoders.load import DEFAULT_NLI_MODEL, load_cross_encoder
from simengine.cross_encoders.nli import NLIModel
from simengine.errors import DamagedIndexError, UsageError
from simengine.models.paths import keep_model
from simengine.rerank.fit import DEFAULT_MEASURE, BlendFit, fit_blend
from simengine.rerank.judge import CrossEncoderJudge, Judge, Kind
from simengine.rerank.options import (
    DEFAULT_DEPTH,
    DEFAULT_WEIGHT,
    RerankOptions,
    Stage,
    check_depth,
    check_weight,
)
from simengine.rerank.reranker import CALIBRATED_TASK, Reranker
from simengine.search.options import SearchOptions
from simengine.search.retriever import Retriever
from simengine.store.snapshot import Snapshot
from simengine.store.writer import IndexWriter
from simengine.text.arguments import as_choice, as_path_name, as_texts, expect, items_of
from simengine.types import Json

BLENDS = "rerank"
"""Entry of an index's registry: {judge's fingerprint: a table of BlendFit}."""


@dataclass(frozen=True, slots=True)
class JudgeChoice:
    """One judge.

    Attributes:
        model: a folder or a name; None for the NLI model that simengine carries.
        kind: how its outputs are read: "auto", "relevance", "similarity" or "nli".
        labels: names of its outputs in their order, where the model's files do not say what they are.
        depth: candidates that it judges; None for what was fitted for the index, else DEFAULT_DEPTH.
        weight: its share of the blended score, in [0, 1]; None for what was fitted for the index, else
            `simengine.rerank.options.DEFAULT_WEIGHT`.
    """

    model: str | None = None
    kind: Kind = "auto"
    labels: tuple[str, ...] | None = None
    depth: int | None = None
    weight: float | None = None

    def __post_init__(self) -> None:
        if self.model is not None:
            name = as_path_name(self.model, "the model of a JudgeChoice")
            object.__setattr__(self, "model", keep_model(name))
        if self.labels is not None:
            object.__setattr__(self, "labels", tuple(as_texts(self.labels, "label")))
        as_choice(self.kind, "kind", get_args(Kind))
        if self.depth is not None:
            check_depth(self.depth)
        if self.weight is not None:
            check_weight(self.weight)


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """How candidates are judged on this machine.

    Attributes:
        stages: judges in the order in which they work; each judges no more candidates than the one before.
        claim, budget_ms: see `simengine.rerank.options.RerankOptions`.
        device, runtime, precision, threads, offline: see `simengine.cross_encoders.load.load_cross_encoder`.

    Raises:
        UsageError: a value is of another type or out of range.
    """

    stages: tuple[JudgeChoice, ...] = (JudgeChoice(),)
    claim: bool = False
    budget_ms: float | None = None
    device: str = "auto"
    runtime: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    offline: bool = False

    def __post_init__(self) -> None:
        stages = tuple(items_of(self.stages, "stage"))
        for number, stage in enumerate(stages, 1):
            expect(stage, JudgeChoice, f"stage {number}", "a JudgeChoice, as in JudgeChoice('model name')")
        if not stages:
            raise UsageError("no stages are given; expected one JudgeChoice at least")
        object.__setattr__(self, "stages", stages)
        EncoderOptions(None, self.device, self.runtime, self.precision, self.threads, self.offline)
        # Refused at once is what would be refused after loading models.
        RerankOptions(self.claim, self.budget_ms)


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was fitted for an index.

    Attributes:
        blends, calibrations: by the fingerprint of a judge.
    """

    blends: Mapping[str, BlendFit] = field(default_factory=dict)
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)

    @classmethod
    def of(cls, snapshot: Snapshot) -> Fitted:
        """What an index holds.

        Raises:
            DamagedIndexError: what is stored there is not what it should be.
        """
        blends = {}
        for judge, table in (snapshot.derived(BLENDS) or {}).items():
            try:
                blends[judge] = BlendFit.from_dict(cast("Mapping[str, Any]", table))
            except (UsageError, TypeError) as error:
                raise DamagedIndexError(snapshot.path, f"its weight for reranking: {error}") from error
        known = stored_calibrations(snapshot).values()
        return cls(blends, {each.model: each for each in known if each.task == CALIBRATED_TASK})


def open_judge(choice: JudgeChoice, options: JudgeOptions) -> CrossEncoderJudge:
    """Load a judge.

    Raises:
        As `load_cross_encoder`, and UsageError where the model's outputs are not those of its kind.
    """
    model = load_cross_encoder(
        choice.model,
        device=options.device,
        runtime=options.runtime,
        precision=options.precision,
        threads=options.threads,
        offline=options.offline,
    )
    try:
        name = Path(choice.model).name if choice.model else DEFAULT_NLI_MODEL
        labels = named_outputs(model.labels, choice.labels)
        return CrossEncoderJudge(model, kind=choice.kind, labels=labels, name=name)
    except BaseException:
        model.close()
        raise


def named_outputs(own: Sequence[str], given: Sequence[str] | None) -> dict[str, str] | None:
    """From a model's own labels to names that were given for them, in their order; None where none were given.

    Raises:
        UsageError: there are more or fewer names than outputs.
    """
    if given is None:
        return None
    if len(given) != len(own):
        raise UsageError(f"{len(given)} labels are given; the model has {len(own)}: {', '.join(own)}")
    return dict(zip(own, given, strict=True))


class Judges:
    """The judges of one engine, each loaded when first needed. May be used from several threads at once."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[Any, ...], Judge] = {}
        self._lock = threading.Lock()

    def get(self, choice: JudgeChoice, options: JudgeOptions) -> Judge:
        """The judge for a choice; see `open_judge`."""
        place = (options.device, options.runtime, options.precision, options.threads)
        key = (choice.model, choice.kind, choice.labels, *place)
        with self._lock:
            if key not in self._loaded:
                self._loaded[key] = open_judge(choice, options)
            return self._loaded[key]

    def nli(self, options: JudgeOptions) -> NLIModel:
        """The NLI model that is the last judge of some options.

        Raises:
            UsageError: it is no NLI model.
        """
        judge = self.get(options.stages[-1], options)
        if not isinstance(judge, CrossEncoderJudge) or judge.nli is None:
            raise UsageError(
                f"{judge.name} judges {judge.kind}; expected an NLI model, which has three outputs"
            )
        return judge.nli

    def reranker(self, options: JudgeOptions, fitted: Fitted | None = None) -> Reranker:
        """The stages that were asked for, with weights and depths as given, as fitted, or the defaults."""
        known = fitted or Fitted()
        stages = []
        for choice in options.stages:
            judge = self.get(choice, options)
            depth, weight = chosen(choice, judge, known)
            stages.append(Stage(judge, depth, weight))
        return Reranker(
            stages, RerankOptions(options.claim, options.budget_ms), calibrations=known.calibrations
        )

    def close(self) -> None:
        """Release all models."""
        with self._lock:
            for judge in self._loaded.values():
                judge.close()
            self._loaded.clear()


def chosen(choice: JudgeChoice, judge: Judge, fitted: Fitted) -> tuple[int, float]:
    """Depth and weight of a judge: as given, else as fitted for the index and this judge, else the defaults."""
    blend = fitted.blends.get(judge.fingerprint)
    if blend is not None and blend.kind != judge.kind:
        blend = None
    depth, weight = choice.depth, choice.weight
    if weight is None:
        weight = DEFAULT_WEIGHT if blend is None else blend.weight
    if depth is None:
        depth = DEFAULT_DEPTH if blend is None else blend.depth
    return depth, weight


def fitted_of(path: Path) -> Fitted:
    """What was fitted for the index at a path.

    Raises:
        IndexNotFoundError: there is no index.
        DamagedIndexError: what is stored there is not what it should be.
    """
    snapshot = Snapshot.open(path)
    try:
        return Fitted.of(snapshot)
    finally:
        snapshot.close()


def fit_index_blend(
    retriever: Retriever,
    judge: Judge,
    queries: Mapping[str, str],
    qrels: Mapping[str, Mapping[str, int]],
    search: SearchOptions,
    *,
    depth: int = DEFAULT_DEPTH,
    measure: str = DEFAULT_MEASURE,
    fitted_on: str = "",
    seed: int = 0,
    keep_self: bool = False,
) -> BlendFit:
    """Choose a judge's weight for an index on labelled queries (see `simengine.rerank.fit.fit_blend`).

    Args:
        queries: query id to text; those without a relevant document are not searched.
        search: how the candidates are found; its `k` does not matter.
        keep_self: judge the document with the query's own id too, which is left out as BEIR does.

    Raises:
        UsageError: too few queries with a relevant document.
    """
    names = [name for name, grades in qrels.items() if any(grade > 0 for grade in grades.values())]
    if absent := [name for name in names if name not in queries]:
        raise UsageError(f"{len(absent)} judged queries have no text, such as {absent[0]!r}")
    check_depth(depth)
    wanted = max(depth, 10)
    found = retriever.run([queries[name] for name in names], replace(search, k=wanted + 1)).hits
    hits = {
        name: [hit for hit in of_query if keep_self or hit.id != name][:wanted]
        for name, of_query in zip(names, found, strict=True)
    }
    return fit_blend(
        queries,
        qrels,
        hits,
        judge,
        depth=depth,
        measure=measure,
        fitted_on=fitted_on,
        seed=seed,
    )


def store_blend(path: Path, fit: BlendFit, *, lock_timeout_s: float = 0.0) -> None:
    """Keep a fitted weight with an index, in the place of an earlier one for the same judge.

    Raises:
        IndexNotFoundError: there is no index.
        IndexLockedError: another process writes to it.
    """
    with IndexWriter.open(path, lock_timeout_s=lock_timeout_s) as writer:
        table: dict[str, Json] = dict(writer.derived(BLENDS) or {})
        writer.set_derived(BLENDS, {**table, fit.judge: fit.to_dict()})
