"""Questions in, answers with their evidence out, or an honest "not found"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from simengine.calibration.calibration import Calibration
from simengine.cross_encoders.nli import NLIModel
from simengine.errors import UsageError
from simengine.models.unknown import Reading, not_known, readings_of
from simengine.qa.arithmetic import with_calculation
from simengine.qa.asked import understand
from simengine.qa.candidates import Candidate, RetrievedQuestion
from simengine.qa.check import worded_answer
from simengine.qa.decision import Decides, Decision, PlainDecision
from simengine.qa.faq import match_faq, stored_question
from simengine.qa.fitting import DecisionExample, LabelledQuestion, is_right
from simengine.qa.followups.followup import expand, remembered, with_context
from simengine.qa.judging import RelevanceCache, VerdictCache
from simengine.qa.names import with_named_things
from simengine.qa.passages import Judges, SpanReader, premise, read_passages
from simengine.qa.two_parts import joint_answer, split_parts
from simengine.qa.verdict import ANSWER, CONTRADICTED, NOT_FOUND, Decided, Threshold, decide
from simengine.qa.wording import Wording
from simengine.requests.ask import AnswerOptions
from simengine.requests.search import SearchOptions
from simengine.rerank.judge import Judge
from simengine.search.retriever import Retriever
from simengine.text.arguments import as_text, as_texts, expect
from simengine.text.joining import joined
from simengine.types import SURE, Answer, Hit, Judgement

BLOCK_QUESTIONS = 32
"""Questions searched and judged per batch; results do not depend on it."""


@dataclass(frozen=True, slots=True)
class _ToAnswer:
    """A question to be answered.

    Attributes:
        text: in full.
        query: what is searched for, which may have words of earlier questions.
        asked: as asked, after the question before it; "" if it depends on none.
    """

    text: str
    query: str
    asked: str = ""


class Answerer:
    """Answers questions from an index. Thread-safe if its models are.

    The search returns documents. Those with a stored question are compared with the question asked (FAQ);
    from all others the sentence that answers is taken, or a span of it if there is a reader. A question for yes or
    no, or a question with its answer, becomes a statement that the evidence has to entail. The scores of search and
    models are combined into one probability; below the threshold the answer is "not found", with the nearest passages.

    Args:
        retriever: the index.
        nli: the NLI model.
        reader: finds the answering span; None answers with sentences.
        options: see `AnswerOptions`.
        calibration: a decision fitted on labelled questions, or a calibration of the plain one (task "answer"); None
            decides by `PlainDecision`, uncalibrated.
        wording: an endpoint that words answers; None keeps the corpus's own words.
        relevance: scores how well passages answer questions; None takes the NLI model's probability that the passage
            entails the question, which means little unless the model has learned that.

    Raises:
        UsageError: `calibration` is for another task or another NLI model, or cannot reach the requested precision.
    """

    def __init__(
        self,
        retriever: Retriever,
        nli: NLIModel,
        reader: SpanReader | None = None,
        options: AnswerOptions | None = None,
        calibration: Decides | Calibration | None = None,
        *,
        wording: Wording | None = None,
        relevance: Judge | None = None,
    ) -> None:
        self.options = AnswerOptions() if options is None else expect(options, AnswerOptions, "options")
        self._retriever, self._nli, self._reader, self._wording = retriever, nli, reader, wording
        self._relevance = relevance
        self.rule = _rule(calibration, nli)
        self._bar = Threshold(self.rule, self.options.threshold, self.options.precision)
        self.threshold = self._bar.of(None)

    def ask(self, question: str, history: Iterable[str] = ()) -> Answer:
        """Answer a question.

        Args:
            question: English or Chinese; other languages as far as the models support them.
            history: earlier questions of the same conversation, oldest first. If the question depends on the previous
                one, it is completed (see `AnswerOptions.followups`), and the answer has both forms.

        Raises:
            UsageError: the question is blank, not a string, or too long.
        """
        before, last = "", ""
        for number, earlier in enumerate(as_texts(history, "earlier question"), 1):
            self._check(earlier, f"question {number} of the history")
            last = earlier.strip()
            before = remembered(expand(earlier, before) or earlier, before)
        self._check(question, "the question")
        if self.options.followups == "off" or not before:
            return self.ask_many([question])[0]
        full = expand(question, before) or question
        answer = self._ask_in_parts([full], before, joined(last, question.strip()))[0]
        if full == question:
            return answer
        if answer.verdict == NOT_FOUND and self.options.followups == "better":
            as_asked = self.ask_many([question])[0]
            if as_asked.verdict != NOT_FOUND:
                return as_asked
        return replace(answer, asked=question)

    def ask_many(self, questions: Sequence[str]) -> list[Answer]:
        """Answer independent questions; faster than one by one.

        Args:
            questions: see `ask`.

        Returns:
            An answer for each; for a text of several questions one with `parts`.

        Raises:
            UsageError: as `ask`; names the question by its number.
        """
        return self._ask_in_parts(self._checked(questions))

    def examples(self, labelled: Sequence[LabelledQuestion]) -> list[DecisionExample]:
        """The input of `fit_decision`: the best candidate for each question, and whether it is right.

        Questions without any hit are left out.
        """
        found = []
        texts = self._checked([each.question for each in labelled])
        decided = self._decide_all([_ToAnswer(text, text) for text in texts])
        for each, (_, outcome, _) in zip(labelled, decided, strict=True):
            best = outcome.candidate
            if best is not None:
                right = is_right(each, best.text, best.hit.id, best.says_yes)
                found.append(DecisionExample(best.features, right, each.group))
        return found

    def candidates(self, questions: Sequence[str]) -> Iterator[list[Candidate]]:
        """For each question all candidate answers, in no particular order."""
        wanted = [_ToAnswer(text, text) for text in self._checked(questions)]
        for at in range(0, len(wanted), BLOCK_QUESTIONS):
            for _, found, _ in self._candidates(wanted[at : at + BLOCK_QUESTIONS]):
                yield found

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

    def _ask_in_parts(self, questions: Sequence[str], before: str = "", asked: str = "") -> list[Answer]:
        """An answer to each question; those that consist of several are answered one by one."""
        parts = [split_parts(question) for question in questions]
        wanted = [
            _ToAnswer(part, with_context(part, before), asked if len(own) == 1 else "")
            for own in parts
            for part in own
        ]
        answers = iter([self._answer(*decided) for decided in self._decide_all(wanted)])
        found = []
        for question, own in zip(questions, parts, strict=True):
            given = [next(answers) for _ in own]
            found.append(given[0] if len(own) == 1 else joint_answer(question, given))
        return found

    def _checked(self, questions: Sequence[str]) -> list[str]:
        questions = as_texts(questions, "question")
        one = len(questions) == 1
        for number, question in enumerate(questions, 1):
            self._check(question, "the question" if one else f"question {number}")
        return [question.strip() for question in questions]

    def _decide_all(self, wanted: Sequence[_ToAnswer]) -> Iterator[tuple[RetrievedQuestion, Decided, Judges]]:
        for at in range(0, len(wanted), BLOCK_QUESTIONS):
            for item, candidates, judges in self._candidates(wanted[at : at + BLOCK_QUESTIONS]):
                yield item, decide(candidates, judges.verdicts, self._bar, item.kind), judges

    def _candidates(
        self, wanted: Sequence[_ToAnswer]
    ) -> Iterator[tuple[RetrievedQuestion, list[Candidate], Judges]]:
        options = self.options
        search = SearchOptions(k=options.candidates, mode=options.mode, where=options.where)
        judged = VerdictCache(self._nli)
        relevance = RelevanceCache(self._relevance, judged)
        results = self._retriever.run([each.query for each in wanted], search).hits
        asked = [self._retrieved(each, hits) for each, hits in zip(wanted, results, strict=True)]
        faq = match_faq(asked, self._retriever, relevance, options)
        judges = Judges(judged, relevance, self._retriever, self._reader, self.rule.says_yes)
        read = read_passages(asked, judges, options.read)
        readings = self.readings([item.question for item in asked])
        for item, stored_answers, passage_answers, reading in zip(asked, faq, read, readings, strict=True):
            relevance.learn(
                (_nearest_text(item, hit), item.question) for hit in item.hits[: options.n_nearest]
            )
            yield item, [*stored_answers, *([] if reading.unreadable else passage_answers)], judges

    def _retrieved(self, wanted: _ToAnswer, hits: Sequence[Hit]) -> RetrievedQuestion:
        asked = understand(wanted.text)
        stored = [hit for hit in hits if stored_question(hit, self.options) is not None]
        others = [hit for hit in hits if stored_question(hit, self.options) is None]
        named = with_named_things(wanted.query, others)
        return RetrievedQuestion(wanted.text, hits, asked.statement, stored, asked.kind, named, wanted.asked)

    def _answer(self, item: RetrievedQuestion, decided: Decided, judges: Judges) -> Answer:
        best, found = decided.candidate, decided.verdict != NOT_FOUND
        notes: tuple[str, ...] = ()
        if judges.verdicts.truncated & {item.question, item.statement}:
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
            calibrated=self.rule.is_calibrated({} if best is None else best.features),
            threshold=decided.threshold,
            source="" if given is None else given.source,
            nearest=self._nearest(item, judges.relevance),
            scores={} if best is None else dict(best.features),
            span=None if given is None else given.span,
            against=decided.against,
            notes=notes,
            sure=decided.probability >= SURE and decided.against is None,
        )
        if given is not None and given.source == "passage" and decided.verdict == ANSWER:
            answer = with_calculation(answer, [hit.passage.text for hit in item.named])
        refuted = decided.verdict == CONTRADICTED
        if self._wording is None or given is None or refuted or answer.calculation:
            return answer
        return worded_answer(answer, given, self._wording, judges.verdicts)

    def _nearest(self, item: RetrievedQuestion, relevance: RelevanceCache) -> list[Hit]:
        nearest = []
        for hit in item.hits[: self.options.n_nearest]:
            value = relevance[_nearest_text(item, hit), item.question]
            nearest.append(hit if value is None else replace(hit, judgement=Judgement(value)))
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


def _nearest_text(item: RetrievedQuestion, hit: Hit) -> str:
    """What is compared with the question: a stored answer without its title, which is the stored question."""
    return hit.passage.text if any(stored.id == hit.id for stored in item.faq_hits) else premise(hit)


def _rule(calibration: Decides | Calibration | None, nli: NLIModel) -> Decides:
    if calibration is None:
        return PlainDecision()
    if not isinstance(calibration, Decision | Calibration):
        return calibration
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
