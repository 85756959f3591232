"""Only hits that say the same are collapsed."""

from __future__ import annotations

from collections.abc import Sequence

from simengine.engine.collapsing import collapse_hits
from simengine.types import FloatMatrix, Hit, Passage
from tests.reasoning.judges import CONTRADICTS, ENTAILS, TableJudge, encode

OPEN, SAME, CLOSED = "The shop is open today.", "Today the shop is open.", "The shop is closed today."


class Encoding:
    """Counts the texts that it encodes."""

    def __init__(self) -> None:
        self.roles: list[str] = []

    def encode(self, texts: Sequence[str], *, role: str = "text") -> FloatMatrix:
        self.roles.append(role)
        return encode(texts)


def hits(*texts: str, titles: Sequence[str] = ()) -> list[Hit]:
    return [
        Hit(
            f"d{number}",
            1.0 - number / 10,
            number + 1,
            titles[number] if titles else "",
            Passage(7, 7 + len(text), text, 5),
            {"n": number},
            {"dense": 0.5},
        )
        for number, text in enumerate(texts)
    ]


def judge() -> TableJudge:
    return (
        TableJudge().both(OPEN, SAME, ENTAILS).both(OPEN, CLOSED, CONTRADICTS).both(SAME, CLOSED, CONTRADICTS)
    )


def folded(given: Sequence[Hit], **options: object) -> list[tuple[str, tuple[str, ...]]]:
    (found,) = collapse_hits(Encoding(), [given], judge(), min_cosine=0.3, **options)  # type: ignore[arg-type]
    assert [hit.rank for hit in found] == list(range(1, len(found) + 1))
    return [(hit.id, hit.duplicates) for hit in found]


def test_hits_that_say_the_same_are_folded_and_contradicting_ones_stay() -> None:
    assert folded(hits(OPEN, CLOSED, SAME, OPEN)) == [("d0", ("d2", "d3")), ("d1", ())]


def test_hits_keep_their_fields_and_at_most_k_are_returned() -> None:
    given = hits(OPEN, SAME, CLOSED, "Nobody knows.")
    (found,) = collapse_hits(Encoding(), [given], judge(), min_cosine=0.3, k=2)
    assert [(hit.id, hit.passage, hit.metadata, hit.score) for hit in found] == [
        (hit.id, hit.passage, hit.metadata, hit.score) for hit in (given[0], given[2])
    ]


def test_titles_count_so_that_one_answer_to_two_questions_is_two_hits() -> None:
    yes = ("Yes.", "Yes.")
    assert folded(hits(*yes, titles=("Is it open?", "Is it free?"))) == [("d0", ()), ("d1", ())]
    assert folded(hits(*yes, titles=("Is it open?", "Is it open?"))) == [("d0", ("d1",))]


def test_documents_with_only_titles_are_distinguished_by_them() -> None:
    assert folded(hits("", "", titles=("One", "Two"))) == [("d0", ()), ("d1", ())]


def test_no_hits_need_no_models() -> None:
    encoding = Encoding()
    assert collapse_hits(encoding, [[], []], TableJudge()) == [[], []]
    assert encoding.roles == []


def test_queries_do_not_see_each_other_and_passages_are_encoded_once_for_all() -> None:
    encoding = Encoding()
    found = collapse_hits(encoding, [hits(OPEN, SAME), hits(SAME), []], judge(), min_cosine=0.3)
    assert [[hit.duplicates for hit in each] for each in found] == [[("d1",)], [()], []]
    assert encoding.roles.count("passage") == 1
