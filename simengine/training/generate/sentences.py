"""Documents taken apart into sentences that rules can work on."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from simengine.corpus.sentences import sentence_ends
from simengine.text.scripts import HAN, is_chinese
from simengine.training.generate.vocabulary import spaced

_WORD: Final = re.compile(rf"[{HAN}]|[^\W\d_{HAN}]+(?:['’][^\W\d_]+)?|\d+(?:[.,:]\d+)*")
_ODD: Final = re.compile(r"[|\[\]{}<>=_#@\\*~^]|https?:|\.\.\.|-[LR]RB-|``|''|--")
_OPEN_START: Final = frozenset(
    spaced(
        """it they he she this that these those there such both neither either otherwise however then here his her
        their its him them but and or so also instead therefore thus moreover besides one another others
        some most each all none
        """
    )
)
_OPEN_START_ZH: Final = re.compile(
    "^(?:[他她它这那其此该另又也但而且所则还并或及即]|因此|然而|不过|否则|同时|其中|其|前者|后者|两者|对此|如果|若|反之)"
)


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, in order, stripped."""
    ends = [0, *sentence_ends(text).tolist(), len(text)]
    parts = (text[one:two].strip() for one, two in pairwise(ends))
    return [" ".join(part.split()) for part in parts if part]


def words(text: str) -> list[str]:
    """Lower-case words and numbers; in Chinese single characters."""
    return [word.lower() for word in _WORD.findall(text)]


def is_plain(sentence: str) -> bool:
    """A statement of usual length that ends with a full stop and has no markup, quotation or brackets."""
    n_words = len(words(sentence))
    least, most = (6, 60) if is_chinese(sentence) else (4, 40)
    return (
        least <= n_words <= most
        and sentence.endswith((".", "。"))
        and not _ODD.search(sentence)
        and not re.search(r"[\"“”「」『』《》()（）?？!！:：]", sentence)
        and (is_chinese(sentence) or (sentence[0].isupper() and _looks_whole(sentence)))
    )


def _looks_whole(sentence: str) -> bool:
    """Not a title or a sentence cut at an abbreviation."""
    return (
        not re.search(r"(?:\b[A-Z]|\.)\.$", sentence)
        and len(re.findall(r"(?<!\S)(?!(?:to|of|the|and|in|for|on|an?)\b)[a-z]{2,}", sentence)) >= 2
    )


def stands_alone(sentence: str) -> bool:
    """Whether a sentence can be understood without those before it, as far as its first word tells."""
    if is_chinese(sentence):
        return _OPEN_START_ZH.match(sentence) is None
    tokens = words(sentence)
    return bool(tokens) and tokens[0] not in _OPEN_START and not {"he", "she", "it", "they"} & set(tokens[:4])
