"""Pairs of texts as HTML: the scores, the inference both ways, and the words that go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from simengine.results.pairs import ExplainedText, PairExplanation
from simengine.serving.demo.cards import shortened
from simengine.serving.demo.rendering import render
from simengine.serving.demo.strings import Language
from simengine.serving.demo.strings.pairs import PAIRS
from simengine.types import Verdict

N_COLOURS = 8
SHOWN_WORD_CHARS = 40
LEAST_TOLD_SHARE = 0.1
"""Of the largest contribution: words below it are neither coloured in pairs nor underlined."""


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A pair as it is shown; enough to render it again in the other language.

    Attributes:
        explanation: the cosine and the words.
        forward, backward: verdicts on the second text if the first is true, and the other way round;
            None where the served cross-encoder is not an NLI model.
        graded: name and score in [0, 1] of a cross-encoder that is not an NLI model.
        unknown: the NLI model knows hardly any characters of a text.
        told_apart: see `PairScore`.
        problem: why there is no inference, "" otherwise.
    """

    explanation: PairExplanation
    forward: Verdict | None = None
    backward: Verdict | None = None
    graded: tuple[str, float] | None = None
    unknown: bool = False
    told_apart: bool = True
    problem: str = ""


def compared_html(pair: Compared, language: Language) -> Markup:
    """The whole result."""
    first, second = pair.explanation.first, pair.explanation.second
    most = max((word.contribution for side in (first, second) for word in side.words), default=0.0)
    groups = word_groups(pair.explanation, LEAST_TOLD_SHARE * most)
    sides = [
        {
            "text": side,
            "title": title,
            "which": which,
            "woven": woven(side, own, most),
            "rows": [
                (
                    shortened(word.text, SHOWN_WORD_CHARS),
                    f"{word.contribution:+.3f}",
                    ""
                    if word.partner is None
                    else shortened(other.words[word.partner].text, SHOWN_WORD_CHARS),
                    f"{word.alignment:.2f}",
                )
                for word in side.words
            ],
        }
        for side, other, own, title, which in (
            (first, second, groups[0], PAIRS.text1, PAIRS.which_first),
            (second, first, groups[1], PAIRS.text2, PAIRS.which_second),
        )
    ]
    return render("pair", language, {"pair": pair, "sides": sides})


def word_groups(
    explanation: PairExplanation, least: float = 0.0
) -> tuple[list[int | None], list[int | None]]:
    """For each word of both texts the number of its group, from 0 in the order of the first text; None without one.

    Two words that are each other's partner make a group; pairs that stand side by side in both texts are one group. A
    word whose partner has a group, and whose partner's partner is another word, joins it.

    Args:
        explanation: of the pair.
        least: a group begins with a word that contributes at least this on one side.
    """
    first, second = explanation.first.words, explanation.second.words
    groups: tuple[list[int | None], list[int | None]] = ([None] * len(first), [None] * len(second))
    n = 0
    for i, word in enumerate(first):
        j = word.partner
        if j is None or second[j].partner != i:
            continue
        beside = i > 0 and j > 0 and first[i - 1].partner == j - 1 and second[j - 1].partner == i - 1
        number = groups[0][i - 1] if beside else None
        if number is None and max(word.contribution, second[j].contribution) < least:
            continue
        if number is None:
            number, n = n, n + 1
        groups[0][i] = groups[1][j] = number
    joined = ([*groups[0]], [*groups[1]])
    for own, words, other in ((0, first, 1), (1, second, 0)):
        for place, word in enumerate(words):
            if groups[own][place] is None and word.partner is not None:
                joined[own][place] = groups[other][word.partner]
    return joined


def woven(side: ExplainedText, groups: Sequence[int | None], most: float) -> Markup:
    """The text with its words coloured by group and by what they add.

    Args:
        side: the text.
        groups: of its words, see `word_groups`.
        most: the contribution that has the strongest colour.
    """
    html, at = Markup(), 0
    word_html = Markup('<span class="{}"{} style="--w:{:.2f}" title="{:+.3f}">{}{}</span>')
    for place, (word, group) in enumerate(zip(side.words, groups, strict=True)):
        html += side.text[at : word.start]
        at = word.end
        weight = max(0.0, word.contribution) / most if most > 0 else 0.0
        kinds, data, number = "se-w", Markup(), Markup()
        if group is not None:
            kinds = f"se-w se-grouped se-g{group % N_COLOURS}"
            data = Markup(' data-g="{}"').format(group)
            if place + 1 == len(groups) or groups[place + 1] != group:
                number = Markup("<sub>{}</sub>").format(group + 1)
        elif word.contribution < -LEAST_TOLD_SHARE * most:
            kinds = "se-w se-against"
        html += word_html.format(kinds, data, weight, word.contribution, word.text, number)
    html += side.text[at : side.n_read]
    if side.n_read < len(side.text):
        html += Markup('<span class="se-unread">{}</span>').format(side.text[side.n_read :])
    return html


ON_WORDS = """
const light = (event, on) => {
    const word = event.target.closest('[data-g]');
    if (!word || !element.contains(word)) return;
    const group = element.querySelectorAll('[data-g="' + word.dataset.g + '"]');
    for (const each of group) each.classList.toggle('se-lit', on);
};
element.addEventListener('mouseover', (event) => light(event, true));
element.addEventListener('mouseout', (event) => light(event, false));
"""
"""JavaScript of the `gr.HTML` with the result: words of the group under the pointer are outlined in both texts."""
