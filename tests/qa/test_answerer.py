"""What is answered, by which evidence, and when nothing is."""

from __future__ import annotations

from pathlib import Path

import pytest

from simengine.calibration.calibration import Calibration
from simengine.errors import UsageError
from simengine.qa.answerer import Answerer
from simengine.qa.decision import plain_score
from simengine.requests.ask import AnswerOptions
from simengine.types import Answer, Document
from tests.faults.encoder import vector_of
from tests.qa.fakes import SURE, UNSURE, Library, Rule, SpanTable, TableModel, table

TOWER = Document("tower", "Paris is large. The tower was built in 1889 by Eiffel. It is iron.", "Tower")
BRIDGE = Document("bridge", "The bridge spans the river. Boats pass below.")
WHEN = "When was the tower built?"
ANSWERS: Rule = ("1889", WHEN, "entailment")


def ask(
    question: str, *rules: Rule, documents: tuple[Document, ...] = (TOWER, BRIDGE), **settings: object
) -> Answer:
    reader = settings.pop("reader", None)
    options = AnswerOptions(**settings)  # type: ignore[arg-type]
    return Answerer(Library(*documents), table(*rules), reader, options).ask(question)  # type: ignore[arg-type]


def test_the_sentence_that_answers_is_given_with_its_characters() -> None:
    answer = ask(WHEN, ANSWERS)
    assert (answer.verdict, answer.source) == ("answer", "passage")
    assert answer.text == "The tower was built in 1889 by Eiffel."
    assert answer.span is not None
    assert TOWER.text[answer.span.start : answer.span.end] == answer.text
    assert answer.evidence is not None
    assert (answer.evidence.document_id, answer.evidence.text) == ("tower", answer.text)
    cosine = float(vector_of(WHEN) @ vector_of(f"Tower {TOWER.text}"))
    overlap = 2.0 / 2.3  # "tower" and "built" of these and "when", which counts little
    assert answer.scores["overlap"] == pytest.approx(overlap)
    assert answer.probability == pytest.approx((SURE + max(cosine, 0.0) + overlap) / 3, abs=1e-5)
    assert not answer.calibrated
    assert answer.scores["relevance"] == pytest.approx(SURE, abs=1e-5)
    assert answer.question == WHEN
    assert answer.asked == ""


def test_what_is_known_of_an_answer_says_whether_a_text_tells_anything_and_how_near_the_others_are() -> None:
    answer = ask(WHEN, ANSWERS)
    assert answer.scores["told"] == pytest.approx(1 - UNSURE, abs=1e-5)
    other = float(vector_of(WHEN) @ vector_of(f"{BRIDGE.title} {BRIDGE.text}"))
    assert answer.scores["crowd"] == pytest.approx(other, abs=1e-5)
    assert ask(WHEN, documents=(TOWER,)).scores["crowd"] == 0.0
    assert ask(WHEN).scores["told"] == pytest.approx(1 - SURE, abs=1e-5)


def test_a_follow_up_is_also_read_as_asked_after_the_question_before_it() -> None:
    rules: tuple[Rule, ...] = (("iron", f"{WHEN} Is it built of iron?", "entailment"),)
    answerer = Answerer(Library(TOWER), table(*rules))
    told = [answerer.ask("Is it built of iron?", history).scores["asked"] for history in ((), (WHEN,))]
    assert told[1] > told[0]


def test_a_reader_gives_the_words_and_the_sentence_as_evidence() -> None:
    statement = "The tower was built in 1889."
    answer = ask(WHEN, ANSWERS, ("1889", statement, "entailment"), reader=SpanTable("1889", sure=2.0))
    assert answer.text == "1889"
    assert answer.span is not None
    assert TOWER.text[answer.span.start : answer.span.end] == "1889"
    assert answer.evidence is not None
    assert answer.evidence.text == "The tower was built in 1889 by Eiffel."
    assert TOWER.text[answer.evidence.span.start : answer.evidence.span.end] == answer.evidence.text
    assert answer.scores["entailment"] == pytest.approx(SURE, abs=1e-5)
    assert answer.scores["reader"] == pytest.approx(0.880797, abs=1e-5)  # 1 / (1 + exp(-2))
    cosine = max(answer.scores["cosine"], 0.0)
    assert answer.probability == pytest.approx((2 * SURE + 0.880797 + cosine + 2.0 / 2.3) / 5, abs=1e-5)


def test_a_reader_that_never_abstains_has_no_say_in_whether_there_is_an_answer() -> None:
    answer = ask(WHEN, ANSWERS, ("1889", "The tower", "entailment"), reader=SpanTable("1889", threshold=None))
    assert "reader" not in answer.scores


def test_a_question_too_long_for_the_reader_is_answered_by_a_sentence() -> None:
    assert (
        ask(WHEN, ANSWERS, reader=SpanTable("1889", longest=5)).text
        == "The tower was built in 1889 by Eiffel."
    )


def test_nothing_that_answers_gives_the_nearest_passages() -> None:
    answer = ask("Who invented the zipper?")
    assert (answer.verdict, answer.text, answer.evidence, answer.span) == ("not found", "", None, None)
    assert answer.scores["relevance"] == pytest.approx(UNSURE, abs=1e-5)
    assert answer.probability == plain_score(answer.scores) < 0.5
    assert {hit.id for hit in answer.nearest} == {"tower", "bridge"}
    assert all(hit.judgement is not None and hit.judgement.relevance < 0.5 for hit in answer.nearest)


def test_the_probability_reaches_the_threshold_of_every_answer_given() -> None:
    probability = ask(WHEN, ANSWERS).probability
    assert ask(WHEN, ANSWERS, threshold=probability).verdict == "answer"
    refused = ask(WHEN, ANSWERS, threshold=probability + 1e-6)
    assert (refused.verdict, refused.threshold) == ("not found", probability + 1e-6)
    assert refused.probability == probability


def test_an_empty_index_answers_nothing() -> None:
    answer = ask(WHEN, ANSWERS, documents=())
    assert (answer.verdict, answer.probability, list(answer.nearest), dict(answer.scores)) == (
        "not found",
        0,
        [],
        {},
    )


@pytest.mark.parametrize(("label", "verdict"), [("entailment", "yes"), ("contradiction", "no")])
def test_yes_or_no_is_what_the_evidence_says_of_the_statement(label: str, verdict: str) -> None:
    question = "Is the tower built of iron?"
    answer = ask(question, ("iron", question, "entailment"), ("iron", "The tower is built of iron.", label))
    assert (answer.verdict, answer.text) == (verdict, "It is iron.")
    assert answer.scores["entailment"] == pytest.approx(SURE, abs=1e-5)


def test_evidence_that_says_neither_yes_nor_no_is_no_answer() -> None:
    question = "Is the tower built of iron?"
    answer = ask(question, ("iron", question, "entailment"), threshold=0.1)
    assert answer.verdict == "not found"


def test_yes_and_no_are_both_shown_where_passages_disagree() -> None:
    question = "Is the tower built of iron?"
    other = Document("other", "The tower is wooden.")
    rules: tuple[Rule, ...] = (
        ("iron", question, "entailment"),
        ("wooden", question, "entailment"),
        ("iron", "The tower is built of iron.", "entailment"),
        ("wooden", "The tower is built of iron.", "contradiction"),
    )
    answer = ask(question, *rules, documents=(TOWER, other))
    assert answer.evidence is not None
    assert answer.against is not None
    assert {answer.evidence.document_id, answer.against.document_id} == {"tower", "other"}
    assert (answer.verdict == "yes") == (answer.evidence.document_id == "tower")
    assert not answer.sure


def test_an_answer_that_another_answer_contradicts_is_given_with_both_and_not_sure() -> None:
    other = Document("other", "The tower was built in 1920.")
    rules: tuple[Rule, ...] = (
        ("1889", WHEN, "entailment"),
        ("1920", WHEN, "entailment"),
        ("1920", "in 1889", "contradiction"),
        ("1889", "in 1920", "contradiction"),
    )
    both = ask(WHEN, *rules, documents=(TOWER, other))
    assert (both.verdict, both.sure) == ("answer", False)
    assert both.evidence is not None
    assert both.against is not None
    assert {both.evidence.document_id, both.against.document_id} == {"tower", "other"}
    one_way = ask(WHEN, *rules[:3], documents=(TOWER, other))
    assert (
        one_way.against is None
    )  # sentences on different things contradict each other in one direction only
    irrelevant = ask(WHEN, rules[0], *rules[2:], documents=(TOWER, other))
    assert (irrelevant.verdict, irrelevant.against) == ("answer", None)
    assert ask(WHEN, rules[0], documents=(TOWER, other), threshold=0.0).sure == (
        irrelevant.probability >= 0.7
    )


def test_a_span_is_contradicted_only_with_more_certainty_than_its_evidence_entails_it() -> None:
    other = Document("other", "The tower was built in 1920.")
    rules: tuple[Rule, ...] = (
        ("1889", WHEN, "entailment"),
        ("1920", WHEN, "entailment"),
        ("1920", "in 1889", "contradiction"),
        ("1889", "in 1920", "contradiction"),
    )
    reader = SpanTable("1889", "1920")
    weak = (("1889", "built in 1889.", "neutral"), ("1920", "built in 1920.", "neutral"))
    assert ask(WHEN, *weak, *rules, documents=(TOWER, other), reader=reader).against is not None
    entailed = (("1889", "built in 1889.", "entailment"), ("1920", "built in 1920.", "entailment"))
    assert ask(WHEN, *entailed, *rules, documents=(TOWER, other), reader=reader).against is None


def test_the_title_is_read_with_a_passage_that_does_not_name_it() -> None:
    model = TableModel()
    Answerer(Library(Document("m", "It has two moons.", "Mars")), table()).ask("How many moons?")
    from simengine.cross_encoders.nli import NLIModel

    Answerer(Library(Document("m", "It has two moons.", "Mars")), NLIModel(model)).ask("How many moons?")
    assert ("Mars. It has two moons.", "How many moons?") in model.seen


@pytest.mark.parametrize(
    ("question", "text", "expected", "verdict"),
    [
        ("法国的首都是哪里？", "法国很大。法国的首都是巴黎！它在塞纳河边。", "法国的首都是巴黎！", "answer"),
        ("塔是铁做的吗？", "塔很高。塔是铁做的。", "塔是铁做的。", "yes"),
    ],
)
def test_chinese_is_answered_by_a_chinese_sentence(
    question: str, text: str, expected: str, verdict: str
) -> None:
    rules: tuple[Rule, ...] = ((expected, question, "entailment"), (expected, "塔是铁做的。", "entailment"))
    answer = ask(question, *rules, documents=(Document("zh", text),))
    assert (answer.verdict, answer.text) == (verdict, expected)
    assert answer.span is not None
    assert text[answer.span.start : answer.span.end] == expected


def test_many_questions_are_answered_as_one_by_one() -> None:
    rules: tuple[Rule, ...] = (ANSWERS, ("Boats", "What passes below the bridge?", "entailment"))
    questions = [WHEN, "What passes below the bridge?", "Who knows?"] * 15
    answerer = Answerer(Library(TOWER, BRIDGE), table(*rules))
    assert answerer.ask_many(questions) == [answerer.ask(question) for question in questions]
    assert answerer.ask_many([]) == []


@pytest.mark.parametrize("question", ["", " \n", 7, None, "word " * 100_000])
def test_what_is_no_question_is_refused(question: object) -> None:
    with pytest.raises(UsageError, match="question"):
        ask(question)  # type: ignore[arg-type]


def test_a_bad_question_among_many_is_named_by_its_number() -> None:
    answerer = Answerer(Library(TOWER), table())
    with pytest.raises(UsageError, match="question 2 is blank"):
        answerer.ask_many([WHEN, " "])
    with pytest.raises(UsageError, match="put it in a list"):
        answerer.ask_many(WHEN)


@pytest.mark.parametrize(
    "wrong",
    [
        {"candidates": 0},
        {"read": True},
        {"threshold": 1.5},
        {"precision": float("nan")},
        {"precision": 0.9, "threshold": 0.5},
        {"faq": "sometimes"},
        {"followups": "maybe"},
        {"question_fields": "title"},
    ],
)
def test_options_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        AnswerOptions(**wrong)  # type: ignore[arg-type]


def test_a_precision_needs_a_fitted_decision() -> None:
    with pytest.raises(UsageError, match="nothing was fitted"):
        Answerer(Library(), table(), options=AnswerOptions(precision=0.9))


def calibration(**changes: object) -> Calibration:
    values: dict[str, object] = {
        "kind": "platt",
        "model": TableModel().fingerprint.digest,
        "task": "answer",
        "scale": "probability",
        "parameters": {"slope": 2.0, "intercept": 0.0},
        "n": 50,
        "fitted_on": "tests",
        "date": "2026-01-01",
        "ece_before": 0.1,
        "ece_after": 0.05,
        "base_rate": 0.5,
        "thresholds": {"0.8": 0.7, "0.9": 0.9, "0.95": None},
    }
    return Calibration(**values | changes)  # type: ignore[arg-type]


def test_a_calibration_of_the_plain_rule_makes_its_probabilities_and_thresholds() -> None:
    fitted = calibration()
    answerer = Answerer(
        Library(TOWER), table(ANSWERS), options=AnswerOptions(precision=0.85), calibration=fitted
    )
    answer = answerer.ask(WHEN)
    assert answer.calibrated
    assert answer.threshold == 0.9  # of the next higher precision that was looked for
    assert answer.probability == pytest.approx(float(fitted.apply([plain_score(answer.scores)])[0]), abs=1e-5)


@pytest.mark.parametrize(
    ("changes", "precision", "said"),
    [
        ({}, 0.95, "highest reached is 0.9"),
        ({}, 0.99, "stored are 0.8, 0.9, 0.95"),
        ({"task": "relevance"}, None, "answer"),
        ({"scale": "logit"}, None, "expected 'probability'"),
        ({"model": "another"}, None, "fitted with the NLI model another"),
    ],
)
def test_a_calibration_that_does_not_fit_is_refused(
    changes: dict[str, object], precision: float | None, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        Answerer(
            Library(), table(), options=AnswerOptions(precision=precision), calibration=calibration(**changes)
        )


def test_what_is_added_while_it_runs_is_answered_at_once(tmp_path: Path) -> None:
    from simengine import Engine, Models
    from tests.faults.encoder import WordEncoder

    question = "When does the pool open?"
    models = Models(WordEncoder(), table(("seven", question, "entailment")))
    with Engine.build([BRIDGE], tmp_path / "index", models=models) as engine:
        assert engine.ask(question).verdict == "not found"
        engine.add([Document("pool", "Come and swim. The pool opens at seven.", metadata={"kind": "hours"})])
        answer = engine.ask(question)
        assert (answer.verdict, answer.text) == ("answer", "The pool opens at seven.")
        assert answer.evidence is not None
        stored = engine.get(answer.evidence.document_id)
        assert stored is not None
        assert answer.span is not None
        assert stored.text[answer.span.start : answer.span.end] == answer.text
        elsewhere = AnswerOptions(where='kind == "x"')
        assert engine.ask(question, options=elsewhere).verdict == "not found"
