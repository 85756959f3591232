"""Questions in, answers with their evidence out, or an honest "not found"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from simengine.calibration.calibration import Calibration
from simengine.cross_encoders.nli import NLIModel
from simengine.errors import UsageError
from simengine.models.unknown import Reading, not_known, readings_of
from simengine.qa import hypothesis
from simengine.qa.candidates import RetrievedQuestion
from simengine.qa.check import worded_answer
from simengine.qa.decision import Decision, PlainDecision
from simengine.qa.faq import match_faq, stored_question
from simengine.qa.fitting import DecisionExample, LabelledQuestion, is_right
from simengine.qa.followup import expand
from simengine.qa.judging import VerdictCache
from simengine.qa.passages import SpanReader, premise, read_passages
from simengine.qa.verdict import CONTRADICTED, NOT_FOUND, Decided, decide
from simengine.qa.wording import Wording
from simengine.requests.ask import AnswerOptions
from simengine.requests.search import SearchOptions
from simengine.search.retriever import Retriever
from simengine.text.arguments import as_text, as_texts, expect
from simengine.types import Answer, Hit, Judgement

BLOCK_QUESTIONS = 32
"""Questions searched and judged per batch; results do not depend on it."""


class Answerer:
    """Answers questions from an index. Thread-safe if its models are.

    The search returns documents. Those with a stored question are compared with the question asked (FAQ);
    from all others the sentence that answers is taken, or a span of it if there is a reader. Question and
    answer become a statement that the evidence has to entail. The scores of search, NLI model and reader are combined
    into one probability; below the threshold the answer is "not found", with the nearest passages.

    Args:
        retriever: the index.
        nli: the NLI model. In addition to statements it scores whether a passage (premise) answers a question
            (hypothesis), which the bundled model has learned; for another model that means little, and a decision
            should be fitted.
        reader: finds the answering span; None answers with sentences.
        options: see `AnswerOptions`.
        calibration: a decision that was fitted on labelled questions, or a calibration of the plain one (task
            "answer"); None decides by `PlainDecision`, uncalibrated.
        wording: an endpoint that words answers; None keeps the corpus's own words.

    Raises:
        UsageError: `calibration` is for another task or another NLI model, or cannot reach the requested precision.
    """

    def __init__(
        self,
        retriever: Retriever,
        nli: NLIModel,
        reader: SpanReader | None = None,
        options: AnswerOptions | None = None,
        calibration: Decision | Calibration | None = None,
        *,
        wording: Wording | None = None,
    ) -> None:
        self.options = AnswerOptions() if options is None else expect(options, AnswerOptions, "options")
        self._retriever, self._nli, self._reader, self._wording = retriever, nli, reader, wording
        self.rule = _rule(calibration, nli)
        given = self.options.threshold
        self.threshold = self.rule.threshold(self.options.precision) if given is None else given

    def ask(self, question: str, history: Iterable[str] = ()) -> Answer:
        """Answer a question.

        Args:
            question: English or Chinese; other languages as far as the models support them.
            history: earlier questions of the same conversation, oldest first. If the question depends on the previous
                one, its subject is inserted (see `AnswerOptions.followups`), and the answer has both forms.

        Raises:
            UsageError: the question is blank, not a string, or too long.
        """
        before = ""
        for number, earlier in enumerate(as_texts(history, "earlier question"), 1):
            self._check(earlier, f"question {number} of the history")
            before = expand(earlier, before) or earlier
        self._check(question, "the question")
        full = None if self.options.followups == "off" else expand(question, before)
        if full is None:
            return self.ask_many([question])[0]
        wanted = [full] if self.options.followups == "expand" else [full, question]
        answers = self.ask_many(wanted)
        best = max(answers, key=lambda answer: (answer.verdict != NOT_FOUND, answer.probability))
        return best if best.question == question else replace(best, asked=question)

    def ask_many(self, questions: Sequence[str]) -> list[Answer]:
        """Answer independent questions; faster than one by one.

        Args:
            questions: see `ask`.

        Returns:
            An answer for each.

        Raises:
            UsageError: as `ask`; names the question by its number.
        """
        return [self._answer(item, decided, judged) for item, decided, judged in self._decide_all(questions)]

    def examples(self, labelled: Sequence[LabelledQuestion]) -> list[DecisionExample]:
        """The input of `fit_decision`: the best candidate for each question, and whether it is right.

        Questions without any hit are left out.
        """
        found = []
        decided = self._decide_all([each.question for each in labelled])
        for each, (_, outcome, _) in zip(labelled, decided, strict=True):
            best = outcome.candidate
            if best is not None:
                right = is_right(each, best.text, best.hit.id, best.says_yes)
                found.append(DecisionExample(best.features, right, each.group))
        return found

    @property
    def judge_digest(self) -> str:
        """The digest of the NLI model's fingerprint."""
        return self._nli.model.fingerprint.digest

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """What the NLI model can read of each text."""
        return readings_of(self._nli, texts)

    def close(self) -> None:
        """Release the NLI model."""
        self._nli.close()

    def _decide_all(
        self, questions: Sequence[str]
    ) -> Iterator[tuple[RetrievedQuestion, Decided, VerdictCache]]:
        questions = as_texts(questions, "question")
        one = len(questions) == 1
        for number, question in enumerate(questions, 1):
            self._check(question, "the question" if one else f"question {number}")
        for at in range(0, len(questions), BLOCK_QUESTIONS):
            yield from self._decide_block([text.strip() for text in questions[at : at + BLOCK_QUESTIONS]])

    def _decide_block(
        self, questions: Sequence[str]
    ) -> Iterator[tuple[RetrievedQuestion, Decided, VerdictCache]]:
        options = self.options
        search = SearchOptions(k=options.candidates, mode=options.mode, where=options.where)
        judged = VerdictCache(self._nli)
        asked = []
        for question, hits in zip(questions, self._retriever.run(questions, search).hits, strict=True):
            stored = [hit for hit in hits if stored_question(hit, options) is not None]
            asked.append(RetrievedQuestion(question, hits, hypothesis.yes_statement(question), stored))
        faq = match_faq(asked, self._retriever, judged, options)
        read = read_passages(asked, judged, self._reader, options.read)
        readings = self.readings(questions)
        for item, stored_answers, passage_answers, reading in zip(asked, faq, read, readings, strict=True):
            candidates = [*stored_answers, *([] if reading.unreadable else passage_answers)]
            yield item, decide(candidates, judged, self.rule, self.threshold), judged

    def _answer(self, item: RetrievedQuestion, decided: Decided, judged: VerdictCache) -> Answer:
        best, found = decided.candidate, decided.verdict != NOT_FOUND
        notes: tuple[str, ...] = ()
        if item.question in judged.truncated:
            notes = ("the NLI model could not read the whole question",)
        (reading,) = self.readings([item.question])
        if reading.unreadable:
            notes = (*notes, f"{not_known(reading)}: it can answer stored questions only")
        given = best if found else None
        answer = Answer(
            question=item.question,
            verdict=decided.verdict,
            text="" if given is None else given.text,
            evidence=None if given is None else given.as_evidence(),
            probability=decided.probability,
            calibrated=self.rule.calibrated,
            threshold=self.threshold,
            source="" if given is None else given.source,
            nearest=self._nearest(item, judged),
            scores={} if best is None else dict(best.features),
            span=None if given is None else given.span,
            against=decided.against,
            notes=notes,
        )
        refuted = decided.verdict == CONTRADICTED and best is not None and best.says_yes is None
        if self._wording is None or given is None or refuted:
            return answer
        return worded_answer(answer, given, self._wording, judged)

    def _nearest(self, item: RetrievedQuestion, judged: VerdictCache) -> list[Hit]:
        stored = {hit.id for hit in item.faq_hits}
        nearest = []
        for hit in item.hits[: self.options.n_nearest]:
            text = hit.passage.text if hit.id in stored else premise(hit)
            nearest.append(replace(hit, judgement=Judgement(judged[text, item.question].entailment)))
        return nearest

    def _check(self, question: str, name: str) -> None:
        as_text(question, name)
        if not question.strip():
            raise UsageError(f"{name} is blank")
        if len(question) > self.options.max_question_chars:
            raise UsageError(
                f"{name} has {len(question):,} characters; at most {self.options.max_question_chars:,} are "
                "allowed. Ask for one thing at a time"
            )


def _rule(calibration: Decision | Calibration | None, nli: NLIModel) -> Decision | PlainDecision:
    if calibration is None:
        return PlainDecision()
    judge = nli.model.fingerprint.digest
    if isinstance(calibration, Decision):
        fitted, task = calibration.judge, "answer"
    else:
        fitted, task = calibration.model, calibration.task
    if task != "answer":
        raise UsageError(f"the calibration is of {task!r}; expected one of 'answer'")
    if isinstance(calibration, Calibration) and calibration.scale != "probability":
        raise UsageError(
            f"the calibration is of scores on the scale {calibration.scale!r}; expected 'probability'"
        )
    if fitted and fitted != judge:
        raise UsageError(
            f"the decision was fitted with the NLI model {fitted[:12]}, this is {judge[:12]}; fit it again"
        )
    return calibration if isinstance(calibration, Decision) else PlainDecision(calibration)
