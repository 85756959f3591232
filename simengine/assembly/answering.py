"""The parts of question answering over an index, and what was fitted on labelled questions kept with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from simengine.assembly.judging import named_outputs
from simengine.calibration.calibration import Calibration
from simengine.calibration.stored import load_calibration
from simengine.corpus.examples import read_squad
from simengine.corpus.formats import read_items
from simengine.corpus.report import ReadReport, RecordFault
from simengine.corpus.sources import expand_sources, shown_name
from simengine.cross_encoders.load import load_cross_encoder
from simengine.cross_encoders.nli import NLIModel
from simengine.cross_encoders.reader import load_reader
from simengine.errors import DamagedIndexError, DataError, UsageError
from simengine.models.files import sha256_of_file
from simengine.models.resolve import resolve_model
from simengine.qa.answerer import Answerer
from simengine.qa.decision import Decision
from simengine.qa.fitting import LabelledQuestion, fit_decision
from simengine.qa.options import TITLE, AnswerOptions
from simengine.qa.wording import Wording
from simengine.search.retriever import Retriever
from simengine.store.snapshot import Snapshot
from simengine.store.writer import IndexWriter
from simengine.types import Json

ENTRY = "answer"
"""Entry of an index's registry: {judge and reader: table of a Decision}."""
MAX_LINE_BYTES = 4 << 20
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class AnswerModels:
    """The models that answer.

    Attributes:
        judge: folder or name of an NLI model; None for the one that simengine carries.
        labels: what the judge's outputs mean, in their order, for a model whose config does not name them.
        reader: folder or name of a model that finds the words that answer; None answers with sentences.
        device, threads, offline: see `simengine.cross_encoders.load.load_cross_encoder`.
    """

    judge: str | None = None
    labels: tuple[str, ...] | None = None
    reader: str | None = None
    device: str = "auto"
    threads: int | None = None
    offline: bool = False


def open_answerer(
    retriever: Retriever,
    path: Path,
    models: AnswerModels | None = None,
    options: AnswerOptions | None = None,
    *,
    fitted: bool = True,
    wording: Wording | None = None,
    note: Note | None = None,
) -> Answerer:
    """Load the models and what was fitted for them and the index; `Answerer.close` releases the judge.

    Args:
        retriever: the opened index.
        path: where it lies.
        models: which models.
        options: see `AnswerOptions`.
        fitted: take what is stored with the index; False decides by the plain rule.
        wording: an endpoint that words answers; None for none.
        note: told, in a sentence, why something stored is not used.

    Raises:
        UsageError: the judge is no NLI model, or a precision was asked for that nothing fitted gives.
        ModelError: a model is not there, damaged, or of another kind.
    """
    chosen = models or AnswerModels()
    judge = _load_judge(chosen)
    try:
        reader = None
        if chosen.reader is not None:
            reader = load_reader(
                chosen.reader, device=chosen.device, threads=chosen.threads, offline=chosen.offline
            )
        rule = None
        if fitted:
            rule = stored_rule(path, judge.model.fingerprint.digest, reader_name(chosen.reader), note=note)
        return Answerer(retriever, judge, reader, options, rule, wording=wording)
    except BaseException:
        judge.close()
        raise


def check_question_fields(path: Path, names: Sequence[str]) -> None:
    """Refuse names of fields that no document of an index has: nothing would ever match.

    Args:
        path: the index directory.
        names: as `AnswerOptions.question_fields`.

    Raises:
        UsageError: says which, and which fields there are.
    """
    with Snapshot.open(path) as snapshot:
        known = snapshot.fields()
    for name in names:
        if name != TITLE and name not in known and known:
            raise UsageError(f"no document has a field {name!r}; there are: {', '.join([TITLE, *known])}")


def _load_judge(models: AnswerModels) -> NLIModel:
    model = load_cross_encoder(
        models.judge, device=models.device, threads=models.threads, offline=models.offline
    )
    try:
        return NLIModel(model, labels=named_outputs(model.labels, models.labels))
    except BaseException:
        model.close()
        raise


def reader_name(reader: str | None) -> str:
    """The name under which what was fitted with a reader is kept; "" without one.

    Args:
        reader: a folder or a hub name. Training calls each run's folder the same, so the weights count too.

    Raises:
        ModelNotFoundError: there is no such model.
    """
    if reader is None:
        return ""
    folder = resolve_model(reader, offline=True).path
    weights = sorted([*folder.glob("*.safetensors"), *folder.glob("*.bin")])
    digest = hashlib.sha256("".join(map(sha256_of_file, weights)).encode()).hexdigest()
    return f"{folder.name}-{digest[:12]}"


def stored_rule(
    path: Path, judge: str, reader: str, *, note: Note | None = None
) -> Decision | Calibration | None:
    """What decides about answers in an index: a fitted decision, else a calibration of the plain rule, else nothing.

    Args:
        path: the index directory.
        judge: the digest of the judge's fingerprint.
        reader: see `reader_name`.
        note: told why something stored is not used.

    Raises:
        IndexNotFoundError: there is no index.
        DamagedIndexError: what is stored is no decision.
    """
    snapshot = Snapshot.open(path)
    try:
        entry = snapshot.derived(ENTRY) or {}
        table = entry.get(_key(judge, reader))
        if table is not None:
            try:
                return Decision.from_dict(cast("Mapping[str, Any]", table))
            except UsageError as error:
                raise DamagedIndexError(path, f"its decision about answers: {error}") from error
        if entry and note is not None:
            note(
                "the decision that is stored with the index was fitted with another judge or reader: probabilities "
                "stay uncalibrated until it is fitted again (simengine ask --fit)"
            )
        calibration = load_calibration(snapshot, "answer", judge, note=note)
        return None if calibration is None or calibration.scale != "probability" else calibration
    finally:
        snapshot.close()


def store_decision(path: Path, decision: Decision, *, lock_timeout_s: float = 0.0) -> bool:
    """Keep a decision with an index, in the place of one for the same judge and reader.

    Returns:
        Whether there was one.

    Raises:
        IndexNotFoundError, IndexLockedError, StoreError: as opening an index for writing.
    """
    with IndexWriter.open(path, lock_timeout_s=lock_timeout_s) as writer:
        entry: dict[str, Json] = dict(writer.derived(ENTRY) or {})
        key = _key(decision.judge, decision.reader)
        known = key in entry
        writer.set_derived(ENTRY, {**entry, key: decision.to_dict()})
    return known


def _key(judge: str, reader: str) -> str:
    return f"{judge}+{reader}" if reader else judge


def fit_answers(
    answerer: Answerer, questions: Sequence[LabelledQuestion], *, reader: str = "", fitted_on: str = ""
) -> Decision:
    """Answer labelled questions by the plain rule and fit the decision on what comes of it.

    Args:
        answerer: without anything fitted.
        questions: 40 at least; some that the index does not answer should be among them, as among those to come.
        reader: see `reader_name`.
        fitted_on: what the questions are, for people.

    Raises:
        UsageError: too few, all answered right, or all wrong.
        MissingExtraError: scikit-learn is not installed.
    """
    examples = answerer.examples(questions)
    return fit_decision(examples, judge=answerer.judge_digest, reader=reader, fitted_on=fitted_on)


def read_labelled_questions(path: str | Path) -> Iterator[LabelledQuestion]:
    """Questions with their right answers: JSON Lines, or a file of SQuAD (.json).

    A line has `question` (or `query`, `text`), and `answers` (a list) or `answer`, or `document_ids` (or
    `document_id`): documents that answer. Without any of these, or with empty ones, the index does not answer it.
    `group` may name questions that belong together.

    Args:
        path: a file, also with .gz or .zst; "-" is JSON Lines on standard input.

    Raises:
        DataError: the file cannot be used, or a record is no question; names file and line.
    """
    plain = str(path).removesuffix(".gz").removesuffix(".zst")
    if plain.endswith(".json"):
        for example in read_squad(path):
            answers = tuple(dict.fromkeys(text for _, text in example.answers))
            yield LabelledQuestion(example.question, answers, group=example.title)
        return
    report = ReadReport()
    for file in expand_sources([path], "jsonl" if str(path) == "-" else None, report):
        for line, record, _ in read_items(file, MAX_LINE_BYTES, "utf-8", report):
            try:
                if isinstance(record, RecordFault):
                    raise record
                question = _labelled(record)
            except RecordFault as fault:
                raise DataError(fault.reason, file.name, line) from fault
            report.accept()
            yield question
    if not report.records:
        raise DataError("no questions: the file holds no records", shown_name(path))


def _labelled(record: Mapping[str, object]) -> LabelledQuestion:
    text = next((record[name] for name in ("question", "query", "text") if name in record), None)
    if not isinstance(text, str) or not text.strip():
        raise RecordFault("no question", f"the question is {text!r:.40}; expected a text under 'question'")
    return LabelledQuestion(
        text,
        _texts(record, "answers", "answer"),
        _texts(record, "document_ids", "document_id"),
        str(record.get("group", "")),
    )


def _texts(record: Mapping[str, object], several: str, one: str) -> tuple[str, ...]:
    value = record.get(several, record.get(one))
    found = [] if value is None or value == "" else value if isinstance(value, list) else [value]
    if not all(isinstance(each, (str, int)) and not isinstance(each, bool) for each in found):
        raise RecordFault("no answer", f"{several!r} is {value!r:.60}; expected a list of texts")
    return tuple(str(each) for each in found if str(each).strip())
