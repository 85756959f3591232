"""Whether a text is a question, in English or Chinese, by its words; a question mark is not needed."""

from __future__ import annotations

import re

from simengine.text.scripts import HAN, is_chinese
from simengine.text.words import AUXILIARIES, PREPOSITIONS, QUESTION_WORDS

_SENTENCE = re.compile(r"[^.!?。！？]+(?:\.(?=\w)[^.!?。！？]*)*[.!?。！？]*")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_FIRST = re.compile(r"^(?:(?:hi|hello|hey|please|so|and|but|well|ok|okay|then)\b[,\s]*)+", re.IGNORECASE)
_RELATIVE = frozenset(("which", "who", "whom", "whose"))
"""After a comma these words hardly ever ask."""
_NEEDS_VERB = frozenset(("when", "where"))
"""These begin a statement unless a verb follows: "when it rains"."""
_ORDERS = frozenset(("do not", "don't"))
_CHINESE = re.compile(
    "什么|为何|谁|哪|怎|如何|几(?:个|点|时|天|年|次|岁|种|位|人|号|月|元|块)|多少|多(?:久|长时间|长|大|远|高|重|宽|深|快)"
    "|是否|能否|可否|何(?:时|地|处|人|种)|啥|咋"
    f"|是不是|有没有|([{HAN}])不\\1|(?:吗|呢|没有|了没)$"
)
_CHINESE_STATEMENTS = re.compile("没什么|什么都|谁都|哪里都|怎么都|无论|不论|不管|任何|多少有[点些]|不怎么")


def is_question(text: str) -> bool:
    """Whether one of a text's sentences asks something.

    A guess: it knows question marks, question words and verbs in front of their subject, but no rising voice.

    Args:
        text: English or Chinese; of other languages only question marks are known.
    """
    if is_chinese(text):
        return any(map(_asks_in_chinese, _SENTENCE.findall(text)))
    sentences = _SENTENCE.findall(text)
    return any(_asks(sentence, alone=not number) for number, sentence in enumerate(sentences))


def _asks(sentence: str, *, alone: bool) -> bool:
    """Whether a sentence asks.

    Args:
        sentence: one of a text's.
        alone: a verb at its beginning is enough. In a later one it may follow an abbreviation: "the U.S. have".
    """
    if sentence.rstrip().endswith(("?", "？")):
        return True
    clauses = _FIRST.sub("", sentence.strip().lower().replace("\u2019", "'")).split(", ")
    first, *others = map(_WORD.findall, clauses)
    if _begins_question(first) and (alone or first[0] not in AUXILIARIES):
        return True
    return any(_begins_question(words) and words[0] not in _RELATIVE | AUXILIARIES for words in others)


def _begins_question(words: list[str]) -> bool:
    """Whether the words of a clause begin as a question does."""
    if len(words) < 2:
        return False
    first, second = words[0].split("'")[0], words[1]
    if first in QUESTION_WORDS:
        return first not in _NEEDS_VERB or "'" in words[0] or second in AUXILIARIES
    if words[0] in PREPOSITIONS and second in QUESTION_WORDS:
        return True
    return words[0] in AUXILIARIES and len(words) > 2 and not {words[0], f"{words[0]} {second}"} & _ORDERS


def _asks_in_chinese(sentence: str) -> bool:
    if sentence.rstrip().endswith(("?", "？")):
        return True
    said = sentence.strip().rstrip("。！!. ")
    return _CHINESE.search(_CHINESE_STATEMENTS.sub("", said)) is not None
