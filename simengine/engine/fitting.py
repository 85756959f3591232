"""Fits calibrations and reranking weights on labelled data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, get_args

import numpy as np
import numpy.typing as npt

from simengine.calibration.calibration import Calibration as Calibration
from simengine.calibration.calibration import fit_calibration_counted
from simengine.calibration.fitting import N_FOLDS
from simengine.calibration.measures import top_label
from simengine.corpus.columns import any_number
from simengine.corpus.examples import NLI_LABELS, LabelledPair, read_nli, read_relevance
from simengine.corpus.sources import check_source
from simengine.cross_encoders.config import fingerprint_of_pairs, read_pair_config
from simengine.cross_encoders.contract import CrossEncoder
from simengine.cross_encoders.load import DEFAULT_NLI_MODEL, DEFAULT_RELEVANCE_MODEL
from simengine.cross_encoders.nli import NLIModel
from simengine.encoders.contract import BiEncoder
from simengine.engine.loaded import named_outputs
from simengine.engine.opened import OpenedIndex
from simengine.errors import DataError, UsageError
from simengine.evaluation.calibration import CalibrationBin, evaluate_calibration
from simengine.evaluation.pair_models import BiEncoderScorer, CrossEncoderScorer, NLIProbabilities
from simengine.models.resolve import resolve_model
from simengine.progress import NoProgress, Progress
from simengine.requests.calibrate import JUDGED_BEFORE, CalibratedTask, CalibrateRequest
from simengine.requests.rerank import DEFAULT_DEPTH, Rerank
from simengine.requests.search import SearchOptions
from simengine.rerank.fit import BlendFit, fit_blend
from simengine.text.arguments import as_choice, shown
from simengine.types import FloatMatrix

if TYPE_CHECKING:
    from simengine.engine.parts import Parts

BATCH_PAIRS = 512
N_BINS = 10
Judge = Callable[[Sequence[tuple[str, str]]], FloatMatrix]
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class JudgedPairs:
    """The input of `fit_calibration`.

    Attributes:
        scores: (n,), or (n, 3) for "nli".
        labels: (n,), 0 or 1; for "nli" indices in NLI_LABELS.
        groups: (n,), pairs with equal values share a question or premise; None if there are fewer than five
            distinct ones.
        scale: of the scores.
        n_truncated: pairs that were truncated.
    """

    scores: FloatMatrix
    labels: npt.NDArray[np.int64]
    groups: tuple[str, ...] | None
    scale: str
    n_truncated: int = 0


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """A calibration, with reliability bins before and after.

    Attributes:
        calibration: fitted on all pairs.
        before: bins of the uncalibrated scores; empty if they are not probabilities.
        after: bins of calibrated scores of held-out pairs.
        n_truncated: pairs that were truncated.
    """

    calibration: Calibration
    before: Sequence[CalibrationBin]
    after: Sequence[CalibrationBin]
    n_truncated: int


def judge_pairs(
    path: str | Path,
    task: str,
    model: CrossEncoder | BiEncoder,
    *,
    labels: dict[str, str] | None = None,
    fields: tuple[str, ...] | None = None,
    progress: Progress | None = None,
) -> JudgedPairs:
    """Read labelled pairs and score them for a task's calibration.

    Args:
        path: a file as `read_nli` ("nli", "entailment") or `read_relevance` (other tasks) takes it.
        task: "relevance" (of passages to questions), "nli" (three classes), "entailment" (its first class against
            the rest), "cosine" (of two texts, by a bi-encoder).
        model: a bi-encoder for "cosine", a cross-encoder otherwise.
        labels: see `NLIModel`.
        fields: names of the two texts, and of the label if it is unusual; see `read_nli`.
        progress: counts pairs.

    Raises:
        UsageError: the model cannot score this task.
        DataError: the file cannot be used; names file and line.
    """
    progress = progress or NoProgress()
    judge, count = _judge(task, model, labels)
    nli = task in ("nli", "entailment")
    pairs = list(read_nli(path, fields=fields) if nli else read_relevance(path, fields=fields))
    progress.stage("pairs", len(pairs))
    blocks = []
    for block in _blocks(pairs, BATCH_PAIRS):
        blocks.append(judge([(pair.text1, pair.text2) for pair in block]))
        progress.advance(len(block))
    scores = np.concatenate(blocks)
    wanted = np.asarray([_class_of(pair, nli=nli) for pair in pairs], np.int64)
    if task == "entailment":
        scores, wanted = scores[:, 0], (wanted == 0).astype(np.int64)
    scale = "other" if task == "cosine" else "probability"
    return JudgedPairs(scores, wanted, _groups(pairs), scale, count())


def read_judged_pairs(
    path: str | Path, score_field: str, *, fields: tuple[str, ...] | None = None
) -> JudgedPairs:
    """Pairs with existing scores, as from `simengine ask`: label 0 or 1, and a number in a field.

    Args:
        path: a file for `read_relevance`.
        score_field: the number's field. Numbers that are all in [0, 1] are treated as probabilities.
        fields: as for `judge_pairs`.

    Raises:
        DataError: the file cannot be used, or a record has no number there; names file and line.
    """
    pairs = list(read_relevance(path, fields=fields))
    scores = []
    for pair in pairs:
        value = pair.extra.get(score_field)
        if isinstance(value, str):  # a column with mixed number formats is text
            value = value if (number := any_number(value)) is None else number
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            raise DataError(
                f"field {score_field!r} is {value!r:.40}; expected a number (--score-field names it)",
                pair.source,
                pair.line,
            )
        scores.append(float(value))
    given = np.asarray(scores, np.float32)
    inside = bool(((given >= 0) & (given <= 1)).all())
    wanted = np.asarray([_class_of(pair, nli=False) for pair in pairs], np.int64)
    return JudgedPairs(given, wanted, _groups(pairs), "probability" if inside else "other")


def _judge(
    task: str, model: CrossEncoder | BiEncoder, labels: dict[str, str] | None
) -> tuple[Judge, Callable[[], int]]:
    """A function from pairs to scores, and the number of pairs truncated so far."""
    from simengine.cross_encoders.relevance import RelevanceModel

    as_choice(task, "task", tuple(each for each in get_args(CalibratedTask) if each not in JUDGED_BEFORE))
    wanted: type[BiEncoder] | type[CrossEncoder] = BiEncoder if task == "cosine" else CrossEncoder
    if not isinstance(model, wanted):
        kind = "bi-encoder" if wanted is BiEncoder else "cross-encoder"
        raise UsageError(f"task {task!r} needs a {kind}; the model is a {type(model).__name__}")
    if isinstance(model, BiEncoder):
        cosine = BiEncoderScorer(model, relevance=False)
        return cosine.scores, lambda: cosine.n_truncated
    if task == "relevance":
        relevance = CrossEncoderScorer(RelevanceModel(model, labels=labels))
        return relevance.scores, lambda: relevance.n_truncated
    nli = NLIProbabilities(NLIModel(model, labels=labels))
    return nli.probabilities, lambda: nli.n_truncated


def _class_of(pair: LabelledPair, *, nli: bool) -> int:
    return NLI_LABELS.index(str(pair.label)) if nli else int(str(pair.label))


def _groups(pairs: Sequence[LabelledPair]) -> tuple[str, ...] | None:
    """Pairs of one question or premise form a group: its answers are similar."""
    found = tuple(pair.text1 for pair in pairs)
    return found if len(set(found)) >= N_FOLDS else None


def _blocks(items: Iterable[_Item], size: int) -> Iterable[list[_Item]]:
    source = iter(items)
    while block := list(islice(source, size)):
        yield block


def run_calibrate(
    parts: Parts, request: CalibrateRequest, *, progress: Progress | None = None
) -> CalibrationReport:
    """Fit a calibration on labelled pairs; see `fit_calibration_counted`.

    Raises:
        UsageError: too few pairs, labels of one class only, or scores that cannot be calibrated.
        DataError: the file cannot be used; names file and line.
    """
    if request.score_field is not None:
        pairs = read_judged_pairs(request.pairs, request.score_field, fields=request.fields)
        digest = _digest(parts, request.task)
    else:
        check_source(request.pairs)  # before a model is loaded for it
        model, names = _calibrated_model(parts, request)
        digest = model.fingerprint.digest
        pairs = judge_pairs(
            request.pairs, request.task, model, labels=names, fields=request.fields, progress=progress
        )
    fitted = fit_calibration_counted(
        pairs.scores,
        pairs.labels,
        model=digest,
        task=request.task,
        kind=request.kind,
        scale=pairs.scale,
        groups=pairs.groups,
        fitted_on="stdin" if request.pairs == "-" else Path(request.pairs).name,
        precisions=request.precisions,
        confidence=request.confidence,
        seed=request.seed,
    )
    before = () if pairs.scale == "other" else _bins(pairs.scores, pairs.labels)
    return CalibrationReport(
        fitted.calibration, before, _bins(fitted.out_of_fold, pairs.labels), pairs.n_truncated
    )


def _calibrated_model(
    parts: Parts, request: CalibrateRequest
) -> tuple[CrossEncoder | BiEncoder, dict[str, str] | None]:
    """The model whose scores are calibrated, and the given names of its outputs, if any."""
    if request.task == "cosine":
        return parts.index.encoder, None
    if request.task == "relevance":
        model, _, labels = parts.models.chosen(Rerank(labels=request.labels))
        return model, dict(labels) if isinstance(labels, Mapping) else named_outputs(model.labels, labels)
    models = parts.models.models
    named = None
    if not isinstance(models.nli, NLIModel):
        named = Rerank(models.nli or DEFAULT_NLI_MODEL, labels=request.labels or models.nli_labels)
    nli = parts.models.nli(named)
    return nli.model, None if nli.names is None else dict(nli.names)


def _digest(parts: Parts, task: str) -> str:
    """Fingerprint of the model of a file's scores, without loading it."""
    models = parts.models.models
    if task == "cosine":
        if isinstance(parts.index, OpenedIndex) and models.encoder is None:
            return parts.index.settings.fingerprint
        raise UsageError("the scores are cosines: name the index whose model gave them")
    given = models.reranker if task == "relevance" and models.reranker is not None else models.nli
    if isinstance(given, (NLIModel, CrossEncoder)):
        return (given.model if isinstance(given, NLIModel) else given).fingerprint.digest
    if given is not None and not isinstance(given, str):
        return parts.models.judge().fingerprint  # the caller's own reranker
    default = DEFAULT_RELEVANCE_MODEL if task == "relevance" else DEFAULT_NLI_MODEL
    folder = resolve_model(given or default, offline=models.offline).path
    return fingerprint_of_pairs(read_pair_config(folder)).digest


def _bins(scores: FloatMatrix, labels: npt.NDArray[np.int64]) -> tuple[CalibrationBin, ...]:
    return evaluate_calibration(*top_label(scores, labels), n_bins=N_BINS).bins


def fit_rerank(
    parts: Parts,
    queries: Mapping[str, str],
    qrels: Mapping[str, Mapping[str, int]],
    rerank: Rerank | None = None,
    *,
    search: SearchOptions | None = None,
    fitted_on: str = "",
    keep_self: bool = False,
) -> BlendFit:
    """Choose a reranker's weight for an index on labelled queries (see `simengine.rerank.fit.fit_blend`).

    Args:
        parts: of an engine.
        queries: query id to text; those without a relevant document are not searched.
        qrels: query id to document id to grade.
        rerank: the reranker and its depth.
        search: options of the candidate search; its `k` is ignored.
        fitted_on: description of the queries.
        keep_self: keep the document with the query's own id, which is left out by default, as in BEIR.

    Raises:
        UsageError: not such mappings, too few queries with a relevant document, or several reranking stages.
    """
    asked = rerank or Rerank()
    if asked.first is not None or asked.claim or asked.budget_ms is not None:
        raise UsageError("a weight is fitted for one reranker, without `first`, `claim` and `budget_ms`")
    _expect_mapping(queries, "queries", "ids to texts")
    _expect_mapping(qrels, "qrels", "ids of queries to grades")
    for name, grades in qrels.items():
        _expect_mapping(grades, f"qrels of {name}", "ids of documents to grades")
    names = [name for name, grades in qrels.items() if any(grade > 0 for grade in grades.values())]
    if absent := [name for name in names if name not in queries]:
        raise UsageError(f"{len(absent)} judged queries have no text, such as {absent[0]!r}")
    depth = asked.depth or DEFAULT_DEPTH
    wanted, judge = max(depth, 10), parts.models.judge(asked)
    options = replace(search or SearchOptions(), k=wanted + 1)
    found = parts.retriever.run([queries[name] for name in names], options).hits
    hits = {
        name: [hit for hit in of_query if keep_self or hit.id != name][:wanted]
        for name, of_query in zip(names, found, strict=True)
    }
    return fit_blend(queries, qrels, hits, judge, depth=depth, fitted_on=fitted_on)


def _expect_mapping(given: object, name: str, what: str) -> None:
    if not isinstance(given, Mapping):
        raise UsageError(f"{name} is {shown(given)}; expected a mapping from {what}")
