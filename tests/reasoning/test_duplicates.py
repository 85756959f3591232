from __future__ import annotations

from collections.abc import Sequence

import pytest

from simengine.errors import UsageError
from simengine.models.unknown import Reading
from simengine.reasoning.duplicates import Duplicates, find_duplicates
from simengine.reasoning.duplicates_guard import duplicate_guard
from simengine.requests.conflicts import DuplicateOptions, GuardOptions
from simengine.types import Document
from tests.cross_encoders.fakes import ascii_readings
from tests.reasoning.judges import CONTRADICTS, ENTAILS, TableJudge, documents, encode

ONE, TWO, THREE = "You can pay by card here.", "You can pay here by card.", "You can pay here by a card."
NOT = "You can never pay by card here."


def found(judge: TableJudge | None, *texts: str, **options: object) -> Duplicates:
    return find_duplicates(
        documents(*texts),
        encode=encode,
        judge=judge,
        options=DuplicateOptions(**{"min_cosine": 0.5, **options}),  # type: ignore[arg-type]
    )


def groups(result: Duplicates) -> list[tuple[str, ...]]:
    return [(group.id, *(member.id for member in group.members)) for group in result.groups]


def test_texts_that_entail_each_other_are_duplicates_of_the_first() -> None:
    result = found(TableJudge().both(ONE, TWO, ENTAILS), ONE, "Bees collect pollen.", TWO)
    assert groups(result) == [("d0", "d2")]
    (member,) = result.groups[0].members
    assert (member.kind, member.entailment) == ("entailed", pytest.approx(0.9))
    assert member.cosine == pytest.approx(float(encode([ONE])[0] @ encode([TWO])[0]), abs=1e-5)
    assert (result.n_documents, result.n_distinct, result.guarded) == (3, 2, True)


def test_entailment_in_one_direction_is_no_duplicate() -> None:
    result = found(TableJudge({(ONE, TWO): ENTAILS}), ONE, TWO)
    assert (result.groups, result.conflicts, result.n_related) == ((), (), 1)


def test_similar_but_contradictory_is_a_conflict_and_no_duplicate() -> None:
    judge = TableJudge().both(ONE, NOT, CONTRADICTS)
    result = found(judge, ONE, NOT)
    assert result.groups == ()
    (conflict,) = result.conflicts
    assert (conflict.claim1.text, conflict.claim2.text, conflict.found_by) == (ONE, NOT, ("nli",))
    assert conflict.cluster == 1


def test_a_rule_vetoes_what_the_model_takes_for_the_same() -> None:
    texts = ("The fee is 20 euros.", "The fee is 25 euros.")
    judge = TableJudge().both(*texts, ENTAILS)
    (conflict,) = found(judge, *texts).conflicts
    assert (conflict.found_by, conflict.difference) == (("measure",), ("20 euros", "25 euros"))
    assert groups(found(judge, *texts, guard=GuardOptions(rules=False))) == [("d0", "d1")]


def test_the_same_words_are_duplicates_without_asking() -> None:
    judge = TableJudge()
    result = found(judge, ONE, f"  {ONE.upper()}", ONE)
    assert groups(result) == [("d0", "d1", "d2")]
    assert {(m.kind, m.entailment) for m in result.groups[0].members} == {("exact", 1.0)}
    assert judge.asked == []


def test_every_sentence_must_be_entailed_by_the_other_text() -> None:
    extra = "Cash is welcome too."
    first, second = f"{ONE} {extra}", f"{extra} {TWO}"
    judge = TableJudge({(first, TWO): ENTAILS, (second, ONE): ENTAILS})
    assert groups(found(judge, first, second)) == [("d0", "d1")]
    longer = f"{extra} {TWO} Receipts are sent by mail."
    judge = TableJudge({(first, TWO): ENTAILS, (longer, ONE): ENTAILS})
    assert found(judge, first, longer).groups == ()


def test_one_contradicting_sentence_makes_long_texts_conflict() -> None:
    shared = "The shop lies behind the station. Bread is baked every morning. Coffee is served too."
    first, second = f"{shared} {ONE}", f"{shared} {NOT}"
    judge = TableJudge({(first, NOT): ENTAILS, (second, ONE): ENTAILS}).both(ONE, NOT, CONTRADICTS)
    (conflict,) = found(judge, first, second).conflicts
    assert first[conflict.claim1.span.start : conflict.claim1.span.end] == ONE
    assert second[conflict.claim2.span.start : conflict.claim2.span.end] == NOT


def test_likeness_is_not_passed_on() -> None:
    judge = TableJudge().both(ONE, TWO, ENTAILS).both(TWO, THREE, ENTAILS)
    assert groups(found(judge, ONE, TWO, THREE)) == [("d0", "d1")]


def test_a_text_that_contradicts_a_member_does_not_join() -> None:
    judge = TableJudge().both(ONE, TWO, ENTAILS).both(ONE, THREE, ENTAILS).both(TWO, THREE, CONTRADICTS)
    assert groups(found(judge, ONE, TWO, THREE)) == [("d0", "d1")]


def test_without_a_judge_near_texts_count_as_the_same_and_it_says_so() -> None:
    result = found(None, ONE, NOT, "Bees collect pollen.", min_cosine=0.7)
    assert groups(result) == [("d0", "d1")]
    assert (result.groups[0].members[0].kind, result.groups[0].members[0].entailment) == ("near", None)
    assert (result.guarded, result.n_judged) == (False, 0)


def test_the_budget_judges_the_nearest_and_reports_the_rest() -> None:
    result = found(TableJudge(), ONE, TWO, THREE, max_pairs=1)
    assert (result.n_candidates, result.n_judged, result.n_left_out) == (3, 1, 2)


def test_questions_and_chinese_are_compared_too() -> None:
    one, two = "如何申请退款？", "怎样申请退款？"
    assert groups(found(TableJudge().both(one, two, ENTAILS), one, two)) == [("d0", "d1")]


@pytest.mark.parametrize("texts", [(), ("",), (ONE,)])
def test_nothing_to_compare_gives_an_empty_result(texts: tuple[str, ...]) -> None:
    result = found(TableJudge(), *texts)
    assert (result.groups, result.conflicts, result.n_distinct) == ((), (), len(texts))


def test_an_id_that_occurs_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="'a' occurs twice"):
        find_duplicates([Document("a", ONE), Document("a", TWO)], encode=encode, judge=TableJudge())


@pytest.mark.parametrize("options", [{"neighbours": 0}, {"max_pairs": 0}, {"min_cosine": 2}])
def test_options_out_of_range_are_usage_errors(options: dict[str, int]) -> None:
    with pytest.raises(UsageError, match=next(iter(options))):
        DuplicateOptions(**options)


def test_texts_that_the_model_cannot_read_are_no_duplicates_unless_they_are_the_same() -> None:
    class English(TableJudge):
        def readings(self, texts: Sequence[str]) -> list[Reading]:
            return ascii_readings(self, texts)

    one, two = "如何申请退款？", "怎样申请退款？"
    judge = English().both(one, two, ENTAILS).both(one, "How do I get a refund?", ENTAILS)
    guard = duplicate_guard(judge, encode)
    assert guard([(one, two), (one, "How do I get a refund?"), (one, one)]) == [False, False, True]
    assert groups(found(judge, one, two, one)) == [("d0", "d2")]


def test_the_guard_answers_pairs_of_texts() -> None:
    judge = TableJudge().both(ONE, TWO, ENTAILS).both(ONE, NOT, CONTRADICTS)
    guard = duplicate_guard(judge, encode)
    assert guard([(ONE, TWO), (ONE, NOT), (ONE, THREE), (ONE, ONE)]) == [True, False, False, True]
    assert guard([]) == []


def test_opposite_words_are_not_the_same_whatever_the_model_says() -> None:
    one, other = "One man is turning on the light.", "One man is turning off the light."
    result = found(TableJudge().both(one, other, ENTAILS), one, other)
    assert (result.groups, result.conflicts, result.n_related) == ((), (), 1)
    for texts in (
        ("Dogs are allowed in the hall.", "Dogs aren't allowed in the hall."),
        ("室内可以吸烟。", "室内不可以吸烟。"),
        ("We open at 9:00 in the morning.", "In the morning we open at 10:00."),
    ):
        assert found(TableJudge().both(*texts, ENTAILS), *texts).groups == ()
    same = ("Dogs are not allowed in the hall.", "Dogs are forbidden in the hall.")
    assert groups(found(TableJudge().both(*same, ENTAILS), *same)) == [("d0", "d1")]
    both = "The black and white dog runs."
    assert groups(
        found(
            TableJudge().both(both, "A white and black dog runs.", ENTAILS),
            both,
            "A white and black dog runs.",
        )
    )
