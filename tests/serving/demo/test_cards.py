"""Cards: what they show, what they call it, and that nothing of a document reaches the page as HTML."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from simengine.serving.demo.cards import cards, said, shortened
from simengine.serving.demo.searching import Shown, shown_html, stage_times
from simengine.serving.demo.strings import Language, Text
from simengine.types import Hit, Judgement, Passage, Span

EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
VOID = {"img", "input", "br", "hr", "path", "circle"}


class Reader(HTMLParser):
    """Collects elements and the text, as people see it, and checks that elements are closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self._open = "", []
        self.feed(str(html))
        self.close()
        self.text = " ".join(self.text.split())
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data


def hit(**changes: object) -> Hit:
    text = "Cats purr when they are content."
    fields: dict = {
        "id": "cats",
        "score": 0.61234,
        "rank": 1,
        "title": "About cats",
        "passage": Passage(10, 10 + len(text), text),
        "metadata": {"year": 2001, "tags": ["pets", "sound"], "checked": True, "none": None},
        "scores": {"dense": 0.5, "lexical": 7.25},
    }
    return Hit(**{**fields, **changes})


def card(hit: Hit, query: str, language: Language) -> str:
    return cards([hit], query, language)


def test_a_card_shows_title_passage_metadata_and_score():
    read = Reader(card(hit(), "cat", "en"))
    for part in (
        "About cats",
        "Cats purr when they are content.",
        "year 2001",
        "tags pets, sound",
        "checked true",
    ):
        assert part in read.text
    assert "0.612 score" in read.text
    assert "none" not in read.text
    assert [tag for tag, _ in read.tags].count("mark") == 2


def test_without_a_title_the_id_is_the_title_and_is_not_said_twice():
    read = Reader(card(hit(title=""), "x", "en"))
    assert read.text.count("cats") == 1


def test_an_uncalibrated_judgement_is_no_probability():
    read = Reader(card(hit(judgement=Judgement(0.875)), "cat", "en"))
    assert "0.88 relevance · uncalibrated" in read.text
    assert "probability" not in read.text


def test_a_calibrated_judgement_is_a_probability():
    read = Reader(card(hit(judgement=Judgement(0.25, calibrated=True)), "cat", "en"))
    assert "0.25 probability" in read.text
    assert "uncalibrated" not in read.text


@pytest.mark.parametrize(
    ("stance", "english", "chinese"),
    [
        ("supports", "supports 0.70", "支持 0.70"),
        ("contradicts", "contradicts 0.20", "反驳 0.20"),
        ("neutral", "neutral", "中立"),
    ],
)
def test_the_stance_stands_in_words_in_both_languages(stance: str, english: str, chinese: str):
    judgement = Judgement(
        0.9,
        stance=stance,
        probabilities={"entailment": 0.7, "neutral": 0.1, "contradiction": 0.2},
        evidence=None if stance == "neutral" else Span(10, 14),
    )
    html = card(hit(judgement=judgement), "nothing", "en")
    assert english in Reader(html).text
    assert chinese in Reader(card(hit(judgement=judgement), "nothing", "zh")).text
    assert "neutral 0." not in Reader(html).text
    assert (f'<span class="se-evidence se-{stance}">Cats</span>' in html) == (stance != "neutral")


def test_nothing_of_a_document_or_a_query_becomes_html():
    evil = hit(
        id=EVIL,
        title=EVIL,
        passage=Passage(0, len(EVIL), EVIL),
        metadata={EVIL: EVIL, "list": [EVIL]},
        scores={EVIL: 1.0},
        duplicates=(EVIL,),
        judgement=Judgement(0.5, stance="supports", probabilities={"entailment": 1.0}, evidence=Span(0, 9)),
    )
    for language in ("en", "zh"):
        shown = Shown([evil], {"total": 1.0}, query=EVIL, where=EVIL, notes=(Text(EVIL, EVIL),))
        html = shown_html(shown, language) + shown_html(Shown([evil], {}, near=EVIL), language)
        names = {tag for tag, _ in Reader(html).tags}
        assert not names & {"img", "script"}
        assert not any(name.startswith("on") for _, attributes in Reader(html).tags for name in attributes)
    assert any(attributes.get("data-similar") == EVIL for _, attributes in Reader(html).tags)


def test_a_long_passage_is_cut_around_the_match_and_shown_whole_on_a_click():
    text = "Filling words go here. " * 60 + "The needle is here. " + "More filling words. " * 60
    html = card(hit(passage=Passage(0, len(text), text)), "needle", "en")
    first, whole = html.split("<details", 1)
    assert "needle" in first
    assert first.count("… ") == 1
    assert " …" in first
    assert Reader(f"<details{whole}".split("</details>")[0] + "</details>").text.endswith(text.strip())


def test_folded_duplicates_are_named():
    assert "1 more result says the same: copy" in card(hit(duplicates=("copy",)), "x", "en")
    many = card(hit(duplicates=tuple(f"d{n}" for n in range(20))), "x", "en")
    assert "20 more results say the same: d0," in many
    assert "d19" not in many


def test_stages_do_not_overlap_and_the_rest_is_named():
    times = {"encode": 2.0, "dense": 1.0, "judge": 5.0, "rerank": 6.0, "total": 10.0}
    assert stage_times(times) == {"encode": 2.0, "dense": 1.0, "judge": 5.0, "rest": 2.0}
    assert stage_times({"total": 0.0}) == {}


def test_the_head_says_how_many_of_what_in_what_time():
    shown = Shown(
        [hit()], {"encode": 3.0, "total": 12.4}, query="x", where="year > 3", notes=(Text("a note", "注"),)
    )
    read = Reader(shown_html(shown, "en"))
    for part in ("1 result", "for “x”", "12 ms", "Filter: year > 3", "a note", "encode 3.0"):
        assert part in read.text
    assert "3 条结果" in shown_html(Shown([hit()] * 3, {"total": 1.0}, query="x"), "zh")
    assert "12.3 s" in shown_html(Shown([hit()], {"total": 12_345.0}, query="x"), "en")


def test_values_are_shown_as_people_write_them():
    assert said([True, 2, "x"]) == "true, 2, x"
    assert shortened("a\n b" + "c" * 100, 10) == "a bcccccc…"
