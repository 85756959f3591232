"""Pairs of texts as HTML: the scores, the inference both ways, and the words that go together. All text is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from simengine.explain import ExplainedText, Faithfulness, PairExplanation
from simengine.serving.demo.strings import Language, Text
from simengine.serving.demo.strings.pairs import PAIRS
from simengine.serving.demo.strings.unknown import UNKNOWN

N_COLOURS = 8
SHOWN_WORD_CHARS = 40
LEAST_TOLD_SHARE = 0.1
"""Of the largest contribution: words below it are neither coloured in pairs nor underlined."""
LEAST_SHOWN_SHARE = 0.09
"""A bar narrower than this has no figure inside; it stands below."""
CLASSES: tuple[tuple[str, str, Text], ...] = (
    ("entailment", "se-e", PAIRS.entailment),
    ("neutral", "se-n", PAIRS.neutral),
    ("contradiction", "se-c", PAIRS.contradiction),
)


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A pair as it is shown; enough to render it again in the other language.

    Attributes:
        explanation: the cosine and the words.
        forward, backward: probabilities by name, of the second text if the first is true, and the other way round;
            None where the served judge is no NLI model.
        graded: name and score in [0, 1] of a cross-encoder that is no NLI model.
        unknown: the judge hardly knows the characters of a text.
        told_apart: see `PairScore`.
        problem: why there is no inference, "" otherwise.
    """

    explanation: PairExplanation
    forward: Mapping[str, float] | None = None
    backward: Mapping[str, float] | None = None
    graded: tuple[str, float] | None = None
    unknown: bool = False
    told_apart: bool = True
    problem: str = ""


def compared_html(pair: Compared, language: Language) -> str:
    """The whole result."""
    return (
        f'<div class="se-pair" role="group">{_cosine(pair, language)}{_beside(pair, language)}'
        f"{_words(pair.explanation, language)}</div>"
    )


def _cosine(pair: Compared, language: Language) -> str:
    cosine, note = pair.explanation.cosine, PAIRS.cosine_note if pair.told_apart else UNKNOWN.pair
    low, high = sorted((50.0, 50 + 50 * cosine))
    return (
        f'<section class="se-card"><h2>{_said(PAIRS.cosine, language)}</h2><p class="se-big">{cosine:.3f}</p>'
        f'<div class="se-scale" aria-hidden="true"><i style="left:{low:.1f}%;width:{high - low:.1f}%"></i>'
        '<b style="left:50%"></b></div><div class="se-ends" aria-hidden="true"><span>−1</span><span>0</span>'
        f'<span>1</span></div><p class="se-note">{_said(note, language)}</p></section>'
    )


def _beside(pair: Compared, language: Language) -> str:
    """What stands beside the cosine: inference both ways, and what another cross-encoder says."""
    cards = []
    if pair.forward is not None and pair.backward is not None:
        ways = probability_bar(pair.forward, PAIRS.first_second, language)
        ways += probability_bar(pair.backward, PAIRS.second_first, language)
        note = UNKNOWN.judge if pair.unknown else PAIRS.inference_note
        cards.append((PAIRS.inference, ways, note.of(language)))
    elif pair.problem:
        cards.append((PAIRS.inference, "", pair.problem))
    if pair.graded is not None:
        name, score = pair.graded
        figure = (
            f'<p class="se-big">{score:.3f}</p><div class="se-scale" aria-hidden="true">'
            f'<i style="left:0;width:{100 * score:.1f}%"></i></div>'
            '<div class="se-ends" aria-hidden="true"><span>0</span><span>1</span></div>'
        )
        cards.append((PAIRS.graded, figure, PAIRS.graded_note.of(language).format(name=name)))
    return "".join(
        f'<section class="se-card"><h2>{_said(title, language)}</h2>{body}'
        f'<p class="se-note">{escape(note)}</p></section>'
        for title, body, note in cards
    )


def probability_bar(probabilities: Mapping[str, float], title: Text, language: Language) -> str:
    """A stacked bar of the three probabilities, with the figures below for who cannot see it."""
    bars, keys = [], []
    top = max(probabilities, key=lambda name: probabilities[name])
    for name, kind, label in CLASSES:
        share = probabilities[name]
        inside = f"{share:.0%}" if share >= LEAST_SHOWN_SHARE else ""
        bars.append(f'<span class="{kind}" style="flex:{share:.4f} 1 0">{inside}</span>')
        best = ' class="se-top"' if name == top else ""
        keys.append(f'<li{best}><i class="{kind}"></i>{_said(label, language)} <b>{share:.2f}</b></li>')
    return (
        f'<div class="se-way"><h3>{_said(title, language)}</h3><div class="se-stack" aria-hidden="true">'
        f'{"".join(bars)}</div><ul class="se-keys">{"".join(keys)}</ul></div>'
    )


def _words(explanation: PairExplanation, language: Language) -> str:
    most = max(
        (word.contribution for side in (explanation.first, explanation.second) for word in side.words),
        default=0.0,
    )
    groups = word_groups(explanation, LEAST_TOLD_SHARE * most)
    sides, notes = [], []
    names = ((PAIRS.text1, PAIRS.which_first), (PAIRS.text2, PAIRS.which_second))
    for side, own, (title, which) in zip((explanation.first, explanation.second), groups, names, strict=True):
        sides.append(
            f'<div><h3>{_said(title, language)}</h3><p class="se-woven">{woven(side, own, most)}</p></div>'
        )
        if side.n_truncated:
            text = PAIRS.truncated.of(language).format(
                read=f"{side.n_read:,}", n=f"{len(side.text):,}", which=which.of(language)
            )
            notes.append(f'<p class="se-note">{escape(text)}</p>')
    return (
        f'<section class="se-card se-wide"><h2>{_said(PAIRS.words, language)}</h2><div class="se-sides">'
        f'{"".join(sides)}</div><p class="se-note">{_said(PAIRS.words_note, language)}</p>{"".join(notes)}'
        f"{faithfulness_html(explanation.faithfulness, language)}{_table(explanation, language)}</section>"
    )


def faithfulness_html(figure: Faithfulness | None, language: Language) -> str:
    """What taking the named words out does, beside taking out random ones."""
    if figure is None:
        return f'<p class="se-faith">{_said(PAIRS.no_figure, language)}</p>'
    beaten = round(figure.beaten * figure.n_draws)
    text = PAIRS.faithful.of(language).format(
        drop=f"{figure.drop:.2f}", random=f"{figure.random_drop:.2f}", beaten=beaten, draws=figure.n_draws
    )
    weak = figure.gain <= 0 or figure.beaten < 0.6
    more = f" <strong>{_said(PAIRS.unfaithful, language)}</strong>" if weak else ""
    return f'<p class="se-faith{" se-weak" if weak else ""}">{escape(text)}{more}</p>'


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


def woven(side: ExplainedText, groups: Sequence[int | None], most: float) -> str:
    """The text with its words coloured by group and by what they add.

    Args:
        side: the text.
        groups: of its words, see `word_groups`.
        most: the contribution that has the strongest colour.
    """
    pieces, at = [], 0
    for place, (word, group) in enumerate(zip(side.words, groups, strict=True)):
        pieces.append(escape(side.text[at : word.start]))
        at = word.end
        weight = max(0.0, word.contribution) / most if most > 0 else 0.0
        kinds, data, number = ["se-w"], "", ""
        if group is not None:
            kinds += ["se-grouped", f"se-g{group % N_COLOURS}"]
            data = f' data-g="{group}"'
            last = place + 1 == len(groups) or groups[place + 1] != group
            number = f"<sub>{group + 1}</sub>" if last else ""
        elif word.contribution < -LEAST_TOLD_SHARE * most:
            kinds.append("se-against")
        pieces.append(
            f'<span class="{" ".join(kinds)}"{data} style="--w:{weight:.2f}" title="{word.contribution:+.3f}">'
            f"{escape(word.text)}{number}</span>"
        )
    pieces.append(escape(side.text[at : side.n_read]))
    if side.n_read < len(side.text):
        pieces.append(f'<span class="se-unread">{escape(side.text[side.n_read :])}</span>')
    return "".join(pieces)


def _table(explanation: PairExplanation, language: Language) -> str:
    tables = []
    for side, other, title in (
        (explanation.first, explanation.second, PAIRS.text1),
        (explanation.second, explanation.first, PAIRS.text2),
    ):
        rows = []
        for word in side.words:
            partner = "" if word.partner is None else _short(other.words[word.partner].text)
            rows.append(
                f'<tr><td>{escape(_short(word.text))}</td><td class="se-num">{word.contribution:+.3f}</td>'
                f'<td>{escape(partner)}</td><td class="se-num">{word.alignment:.2f}</td></tr>'
            )
        heads = (
            f"<th>{_said(PAIRS.word, language)}</th>"
            f'<th class="se-num">{_said(PAIRS.adds, language)}</th><th>{_said(PAIRS.partner, language)}</th>'
            f'<th class="se-num">{_said(PAIRS.alignment, language)}</th>'
        )
        label = _said(title, language)
        tables.append(
            f'<div class="se-table" tabindex="0" role="region" aria-label="{label}"><table><thead><tr>{heads}</tr>'
            f"</thead><tbody>{''.join(rows)}</tbody></table></div>"
        )
    return (
        f'<details class="se-by-word"><summary>{_said(PAIRS.table, language)}</summary>'
        f'<div class="se-sides">{"".join(tables)}</div></details>'
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_WORD_CHARS else line[: SHOWN_WORD_CHARS - 1] + "…"


def _said(text: Text, language: Language) -> str:
    return escape(text.of(language))


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
