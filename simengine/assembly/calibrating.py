"""Labelled pairs judged by a model, and the calibration that comes of them kept with an index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from simengine.calibration.calibration import Calibration
from simengine.calibration.fitting import N_FOLDS
from simengine.calibration.stored import ENTRY
from simengine.corpus.columns import any_number
from simengine.corpus.examples import NLI_LABELS, LabelledPair, read_nli, read_relevance
from simengine.cross_encoders.contract import CrossEncoder
from simengine.encoders.contract import BiEncoder
from simengine.errors import DataError, UsageError
from simengine.evaluation.pair_models import BiEncoderScorer, CrossEncoderScorer, NLIProbabilities
from simengine.indexing.report import NoProgress, Progress
from simengine.store.writer import IndexWriter
from simengine.types import FloatMatrix

TASKS = ("relevance", "nli", "entailment", "answer", "classification", "cosine")
JUDGED_BEFORE = ("answer", "classification")
BATCH_PAIRS = 512
Judge = Callable[[Sequence[tuple[str, str]]], FloatMatrix]
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class JudgedPairs:
    """What `fit_calibration` takes.

    Attributes:
        scores: (n,), or (n, 3) for "nli".
        labels: (n,), 0 or 1; for "nli" places in NLI_LABELS.
        groups: (n,), pairs with equal values share a question or premise; None where there are fewer than five of
            these.
        scale: of the scores.
        n_truncated: pairs of which the model could not read everything.
    """

    scores: FloatMatrix
    labels: npt.NDArray[np.int64]
    groups: tuple[str, ...] | None
    scale: str
    n_truncated: int = 0


def judge_pairs(
    path: str | Path,
    task: str,
    model: CrossEncoder | BiEncoder,
    *,
    labels: dict[str, str] | None = None,
    fields: tuple[str, ...] | None = None,
    progress: Progress | None = None,
) -> JudgedPairs:
    """Read labelled pairs and give each the score that a calibration for a task is about.

    Args:
        path: a file as `read_nli` ("nli", "entailment") or `read_relevance` (other tasks) takes it.
        task: "relevance" (of passages to questions), "nli" (three classes), "entailment" (its first class against
            the rest), "cosine" (of two texts, by a bi-encoder).
        model: a bi-encoder for "cosine", a cross-encoder otherwise.
        labels: see `NLIModel`.
        fields: names of the two texts, and of the label where it has another than the usual ones; see `read_nli`.
        progress: told of pairs.

    Raises:
        UsageError: the task cannot be judged by this model.
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
    """Pairs that were judged before, as by `simengine ask`: label 0 or 1, and a number in a field.

    Args:
        path: a file as `read_relevance` takes it.
        score_field: name of the number. All in [0, 1] are taken for probabilities.
        fields: as for `judge_pairs`.

    Raises:
        DataError: the file cannot be used, or a record has no number there; names file and line.
    """
    pairs = list(read_relevance(path, fields=fields))
    scores = []
    for pair in pairs:
        value = pair.extra.get(score_field)
        if isinstance(value, str):  # a column whose numbers are written in several ways is text
            value = value if (number := any_number(value)) is None else number
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            raise DataError(
                f"field {score_field!r} holds {value!r:.40}; expected a number (--score-field names it)",
                pair.source,
                pair.line,
            )
        scores.append(float(value))
    given = np.asarray(scores, np.float32)
    inside = bool(((given >= 0) & (given <= 1)).all())
    wanted = np.asarray([_class_of(pair, nli=False) for pair in pairs], np.int64)
    return JudgedPairs(given, wanted, _groups(pairs), "probability" if inside else "other")


def store_calibration(path: Path, calibration: Calibration, *, lock_timeout_s: float = 0.0) -> bool:
    """Keep a calibration with an index, in the place of one for the same task.

    Args:
        path: the index directory.
        calibration: what to keep.
        lock_timeout_s: how long to wait for another writer.

    Returns:
        Whether there was one for this task before.

    Raises:
        IndexNotFoundError, IndexLockedError, StoreError: as opening an index for writing.
    """
    with IndexWriter.open(path, lock_timeout_s=lock_timeout_s) as writer:
        entry = dict(writer.derived(ENTRY) or {})
        known = calibration.task in entry
        writer.set_derived(ENTRY, {**entry, calibration.task: calibration.to_dict()})
    return known


def _judge(
    task: str, model: CrossEncoder | BiEncoder, labels: dict[str, str] | None
) -> tuple[Judge, Callable[[], int]]:
    """From pairs to scores, and how many pairs could not be read whole so far."""
    from simengine.cross_encoders.nli import NLIModel
    from simengine.cross_encoders.relevance import RelevanceModel

    if task not in TASKS:
        raise UsageError(f"task is {task!r}; expected one of {', '.join(TASKS)}")
    if task in JUDGED_BEFORE:
        raise UsageError(
            f"the scores of task {task!r} come of more than a pair and a model: read pairs that were judged before"
        )
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
    """Pairs of one question or premise belong together: its answers are alike."""
    found = tuple(pair.text1 for pair in pairs)
    return found if len(set(found)) >= N_FOLDS else None


def _blocks(items: Iterable[_Item], size: int) -> Iterable[list[_Item]]:
    source = iter(items)
    while block := list(islice(source, size)):
        yield block
