"""NLI pairs by rule from texts that nobody has labelled, each label certain by construction."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from simengine.errors import DataError, UsageError
from simengine.requests.training import GenerateOptions as GenerateOptions
from simengine.text.scripts import is_chinese
from simengine.training.generate.context import Doc, as_doc, neighbours, passages, unrelated
from simengine.training.generate.kinds import KINDS, RULES, WORDNET_KINDS, Language, SentenceRule
from simengine.training.generate.made import Label, Made
from simengine.training.generate.sentences import stands_alone

_SOUGHT: Final = {
    "auto": "a plain English or Chinese sentence: a statement that ends with a full stop",
    "en": "a plain English sentence: a statement that ends with a full stop",
    "zh": "a plain Chinese sentence: a statement that ends with 。",
}
_ROUNDS_WITHOUT_NEW: Final = 200
_PADDED: Final = 0.2
_NOT_PADDED: Final = frozenset({"unrelated", "same_topic", "passage"})


class _Wanted:
    """Pairs kept so far, up to an equal share for each label of each kind."""

    def __init__(self, kinds: Sequence[str], per_kind: int) -> None:
        self.missing: dict[tuple[str, Label], int] = {}
        for kind in kinds:
            labels = KINDS[kind]
            for place, label in enumerate(labels):
                self.missing[kind, label] = (per_kind + place) // len(labels)
        self.kept: list[Made] = []
        self._seen: set[tuple[str, str]] = set()

    def take(self, made: Made) -> bool:
        """Keep a pair if its kind and label still need one and it is new."""
        key = made.kind, made.label
        if not self.missing.get(key) or (made.premise, made.hypothesis) in self._seen:
            return False
        if made.kind != "identity" and made.premise == made.hypothesis:
            return False
        self._seen.add((made.premise, made.hypothesis))
        self.missing[key] -= 1
        self.kept.append(made)
        return True

    def wants(self, kinds: Iterable[str]) -> bool:
        """Whether any of these kinds needs more."""
        return any(count for (kind, _), count in self.missing.items() if count and kind in kinds)


def generate_nli(
    texts: Iterable[str],
    options: GenerateOptions | None = None,
    *,
    lexical: Sequence[SentenceRule] = (),
    source: str = "<texts>",
) -> Iterator[Made]:
    """Make NLI pairs of texts by rule.

    Sentences are taken from the texts; roles, amounts, times and quantifiers also come from sentence frames filled
    from word lists, sometimes beside a sentence of the texts. Every rule is one whose label is certain; a sentence on
    which it is not sure to hold is left out, so that some kinds come short in small corpora.

    Args:
        texts: documents, each of one or more sentences; English, Chinese or both.
        options: kinds, numbers, seed.
        lexical: rules for English words, see `simengine.training.generate.lexical`.
        source: where the texts come from, for messages.

    Yields:
        Pairs in random order, in each kind as many of one label as of another as far as the texts allow; the same
        for the same texts and seed.

    Raises:
        DataError: no text has a sentence that a rule could use.
        UsageError: an unknown kind, or one that needs `lexical`.
    """
    options = options or GenerateOptions()
    _check_kinds(options.kinds, lexical)
    docs: dict[Language, list[Doc]] = {"en": [], "zh": []}
    for text in dict.fromkeys(texts):
        language: Language = "zh" if is_chinese(text) else "en"
        doc = as_doc(text)
        if doc.plain and options.language in ("auto", language):
            docs[language].append(doc)
    if not any(docs.values()):
        raise DataError(f"no text has {_SOUGHT[options.language]}", source)
    rng = random.Random(options.seed)
    kept: list[Made] = []
    for each, found in docs.items():
        if found:
            kept += _of_language(each, found, options, lexical if each == "en" else (), rng)
    rng.shuffle(kept)
    yield from kept


def _check_kinds(kinds: Sequence[str] | None, lexical: Sequence[SentenceRule]) -> None:
    for kind in kinds or ():
        if kind not in KINDS:
            raise UsageError(f"kinds has {kind!r}; expected some of {', '.join(KINDS)}")
        if kind in WORDNET_KINDS and not lexical:
            raise UsageError(f"kind {kind!r} needs the relations of words: give --wordnet FOLDER (lexical)")


def _of_language(
    language: Language,
    docs: list[Doc],
    options: GenerateOptions,
    lexical: Sequence[SentenceRule],
    rng: random.Random,
) -> list[Made]:
    kinds = [kind for kind in options.kinds or KINDS if lexical or kind not in WORDNET_KINDS]
    wanted = _Wanted(kinds, options.per_kind)
    rules = RULES[language]
    sentences = list(dict.fromkeys(sentence for doc in docs for sentence in doc.plain))
    rng.shuffle(sentences)
    for rule in (*rules.sentences, *lexical):
        _from_sentences(rule, sentences, wanted, rng)
    changes = _together(rules.in_passages)
    for made in passages(docs, changes, rng):
        wanted.take(made)
    if wanted.wants({"same_topic"}):
        for made in neighbours(docs, rng):
            wanted.take(made)
    if len(docs) > 1 and wanted.wants({"unrelated"}):
        for made in unrelated(docs, rng):
            wanted.take(made)
            if not wanted.wants({"unrelated"}):
                break
    _from_frames(rules.frames, wanted, rng)
    beside = [sentence for sentence in sentences if stands_alone(sentence)]
    return [_padded(made, beside, rng) for made in wanted.kept]


def _from_sentences(
    rule: SentenceRule, sentences: Sequence[str], wanted: _Wanted, rng: random.Random
) -> None:
    """Apply a rule to sentence after sentence; at most two pairs of a kind and sentence are kept."""
    for sentence in sentences:
        taken: dict[str, int] = defaultdict(int)
        made_here = list(rule(sentence, rng))
        rng.shuffle(made_here)
        for made in made_here:
            if taken[made.kind] < 2 and wanted.take(made):
                taken[made.kind] += 1


def _from_frames(
    rules: Sequence[Callable[[random.Random], Iterator[Made]]], wanted: _Wanted, rng: random.Random
) -> None:
    """Draw from the frames in turn until nothing is missing, or nothing new comes."""
    idle = [0] * len(rules)
    while min(idle) < _ROUNDS_WITHOUT_NEW:
        for place, rule in enumerate(rules):
            if idle[place] >= _ROUNDS_WITHOUT_NEW:
                continue
            made_here = list(rule(rng))
            rng.shuffle(made_here)
            taken = 0
            for made in made_here:
                if taken < 3:
                    taken += wanted.take(made)
            idle[place] = 0 if taken else idle[place] + 1


def _together(rules: Sequence[SentenceRule]) -> SentenceRule:
    def changes(sentence: str, rng: random.Random) -> Iterator[Made]:
        for rule in rules:
            yield from rule(sentence, rng)

    return changes


def _padded(made: Made, sentences: Sequence[str], rng: random.Random) -> Made:
    """Sometimes a sentence of the corpus before or after the premise; it has nothing to do with the pair."""
    if made.kind in _NOT_PADDED or not sentences or rng.random() >= _PADDED:
        return made
    extra = rng.choice(sentences)
    gap = "" if is_chinese(made.premise) else " "
    if extra in made.premise or not made.premise.endswith((".", "。")):
        return made
    texts = [extra, made.premise]
    rng.shuffle(texts)
    return Made(gap.join(texts), made.hypothesis, made.label, made.kind)
