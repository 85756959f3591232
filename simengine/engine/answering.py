"""Question answering with the parts of an engine."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simengine.engine.fitted import answer_rule, store_decision
from simengine.errors import UsageError
from simengine.models.files import sha256_of_file
from simengine.models.resolve import resolve_model
from simengine.qa.answerer import Answerer
from simengine.qa.default_decision import default_decision
from simengine.qa.fitting import LabelledQuestion, fit_decision
from simengine.qa.labelled import read_labelled_questions
from simengine.requests.ask import QUESTION_FIELDS, TITLE, AnswerOptions, AskRequest
from simengine.text.arguments import expect, items_of
from simengine.types import Answer

if TYPE_CHECKING:
    from simengine.calibration.calibration import Calibration
    from simengine.engine.parts import Parts
    from simengine.qa.decision import Decides, Decision


def run_ask(parts: Parts, request: AskRequest) -> list[Answer]:
    """An answer to each question."""
    answerer = open_answerer(parts, request.options())
    if request.history:
        return [answerer.ask(request.questions[0], request.history)]
    return answerer.ask_many(request.questions)


def open_answerer(parts: Parts, options: AnswerOptions | None = None, *, fitted: bool = True) -> Answerer:
    """An answerer over an index, with the decision fitted for its models.

    Args:
        parts: of an engine.
        options: see `AnswerOptions`.
        fitted: use the decision stored with the index, or the one that ships for its models; False uses the plain rule.

    Raises:
        UsageError: a precision is requested that no fitted decision gives, or no document has a question field.
    """
    models, chosen = parts.models, options or AnswerOptions()
    nli, reader, relevance = models.nli(), models.reader(), models.relevance()
    with parts.index.lease() as lease:
        if chosen.question_fields != QUESTION_FIELDS:
            _check_question_fields(lease.snapshot.fields(), chosen.question_fields)
        rule: Decides | Calibration | None = None
        if fitted:
            rule = answer_rule(lease.snapshot, nli, reader_name(models.models.reader), note=parts.note)
            if rule is None and reader is None:
                judge, encoder = nli.model.fingerprint.digest, parts.index.encoder.fingerprint.digest
                rule = default_decision(judge, relevance.fingerprint, encoder)
    wording = models.models.wording
    return Answerer(parts.retriever, nli, reader, chosen, rule, wording=wording, relevance=relevance)


def fit_answers(
    parts: Parts,
    questions: Sequence[LabelledQuestion] | str | Path,
    options: AnswerOptions | None = None,
    *,
    fitted_on: str = "",
    lock_timeout_s: float = 0.0,
) -> Decision:
    """Answer labelled questions by the plain rule, fit the decision on the results, and store it with the index.

    Args:
        parts: of an engine.
        questions: at least 40, or a file of them for `read_labelled_questions`; they should include unanswerable ones
            in the share expected in use.
        options: see `AnswerOptions`.
        fitted_on: description of the questions; "" for the name of the file.
        lock_timeout_s: how long to wait for another writer.

    Raises:
        UsageError: not labelled questions, too few of them, or all answered right, or all wrong.
        MissingExtraError: scikit-learn is not installed.
        DataError: the file cannot be read.
    """
    if isinstance(questions, (str, Path)):
        fitted_on = fitted_on or ("stdin" if str(questions) == "-" else Path(questions).name)
        labelled = list(read_labelled_questions(questions))
    else:
        labelled = [
            expect(each, LabelledQuestion, f"question {number}")
            for number, each in enumerate(items_of(questions, "question"), 1)
        ]
    answerer = open_answerer(parts, options, fitted=False)
    decision = fit_decision(
        answerer.examples(labelled),
        judge=answerer.judge_digest,
        reader=reader_name(parts.models.models.reader),
        fitted_on=fitted_on,
    )
    store_decision(parts.index.path, decision, lock_timeout_s=lock_timeout_s, note=parts.note)
    return decision


def _check_question_fields(known: Collection[str], names: Sequence[str]) -> None:
    """Refuse fields that no document of an index has: nothing would ever match."""
    for name in names:
        if name != TITLE and name not in known and known:
            raise UsageError(f"no document has a field {name!r}; there are: {', '.join([TITLE, *known])}")


def reader_name(reader: str | None) -> str:
    """The reader's name in the key of a stored decision; "" without one.

    Args:
        reader: a folder or a hub name. Training names each run's folder the same, so the weights are included.

    Raises:
        ModelNotFoundError: there is no such model.
    """
    if reader is None:
        return ""
    folder = resolve_model(reader, offline=True).path
    weights = sorted([*folder.glob("*.safetensors"), *folder.glob("*.bin")])
    digest = hashlib.sha256("".join(map(sha256_of_file, weights)).encode()).hexdigest()
    return f"{folder.name}-{digest[:12]}"
