"""The bi-encoder that is used if none is named: the small English one, or the multilingual one for other texts.

English stays on all-MiniLM-L6-v2, which is smaller and as good there. Two things are told from the texts alone, without
a network:

- **Unread**: more than `UNREAD_SHARE` of a text's words (in Chinese: characters) have no tokens in the English model,
  and letters are among them; emoji and other symbols alone do not count.
- **Foreign**: a text in Latin letters of at least `FEWEST_WORDS` words, of which fewer than `LEAST_FUNCTION` are
  English function words, and which the English tokenizer breaks into more than `MOST_PIECES` pieces a word.

Of XNLI's premises (dev, at least eight words) 67 % in French, 71 % in Spanish, 82 % in German, 76 % in Vietnamese, and
95 % and more in Turkish, Swahili and Indonesian are foreign by that rule; of English ones, and of abstracts, news,
reviews, tweets and encyclopedia passages, 0 to 0.3 %; of source code and its documentation 0.2 to 3 %. There the
multilingual model finds the premise of a hypothesis that follows from it first among 300 for 0.79 in German, 0.71 in
French and 0.81 in Spanish, the English one for 0.50, 0.54 and 0.57; in English (830 premises) for 0.90 and 0.91.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeVar

from simengine.engine.models import Models
from simengine.errors import install_command
from simengine.models.packaged import MULTILINGUAL_MODEL
from simengine.models.resolve import DEFAULT_MODEL, multilingual_is_here, resolve_model
from simengine.models.tokenization import FastTokenizer
from simengine.text.joining import joined
from simengine.types import Document

HELD_DOCUMENTS, HELD_CHARACTERS = 16_384, 8_000_000
"""At most so much of a corpus is read ahead, to be looked at before the first passage is encoded."""
TEXTS, CHARACTERS = 500, 1_000
"""So many of these documents, evenly spaced, and so much of each are looked at."""
UNREAD_SHARE, UNREAD_TEXTS = 0.3, 0.1
"""With this share of unread texts the multilingual model is taken: a mixed corpus needs it, too."""
FOREIGN_TEXTS = 0.5
"""The same for foreign texts. It is higher because source code and lists of names may look like foreign texts."""
FEWEST_WORDS, LEAST_FUNCTION, MOST_PIECES = 8, 0.08, 1.5

_FUNCTION_WORDS = frozenset(
    """
    the of and to in is a that for it as was with be by on not he this are or his from at which but have an had they you
    were there been their has would what will if can all her she do no so we when its my who about out up said them than
    more into your how why where
    """.split()  # noqa: SIM905 - a list of strings reads worse
)
_WORD = re.compile(r"[^\W\d_]+")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DefaultModel:
    """A bi-encoder for texts for which none is named.

    Attributes:
        name: for `resolve_model`.
        note: a sentence for the user, if the English model cannot read the texts: which model is taken, or what is
            missing and how to install it. "" if the English model is right.
    """

    name: str = DEFAULT_MODEL
    note: str = ""


def choose_default(texts: Sequence[str]) -> DefaultModel:
    """The bi-encoder for some texts. The same texts always give the same model.

    Args:
        texts: n texts; those of a corpus come from `looked_at`.

    Raises:
        ModelNotFoundError, ModelDamagedError: the English model is missing or damaged.
    """
    found = _beyond_english(texts)
    if not found:
        return DefaultModel()
    if multilingual_is_here():
        return DefaultModel(
            MULTILINGUAL_MODEL, f"model {MULTILINGUAL_MODEL}, because {DEFAULT_MODEL} {found}"
        )
    there = f"{MULTILINGUAL_MODEL} does and is not installed: {install_command('multilingual')}"
    return DefaultModel(note=f"model {DEFAULT_MODEL}, which {found}; {there}")


def _beyond_english(texts: Sequence[str]) -> str:
    """What the English model does not read, as the end of a sentence; "" if it reads enough."""
    if not texts:
        return ""
    others = [text for text in texts if not text.isascii()]
    unread = sum(
        reading.share > UNREAD_SHARE and any(map(str.isalpha, "".join(reading.unknown)))
        for reading in (_english_tokenizer().readings(others) if others else ())
    )
    if unread >= UNREAD_TEXTS * len(texts):
        return f"does not read the characters of {unread / len(texts):.0%} of the texts"
    foreign = sum(map(_is_foreign, texts))
    if foreign >= FOREIGN_TEXTS * len(texts):
        return f"was not trained on the language of {foreign / len(texts):.0%} of the texts"
    return ""


def _is_foreign(text: str) -> bool:
    """Whether a text in Latin letters is in another language than English; of one of few words it cannot be told."""
    words = _WORD.findall(text.lower())
    n_function = sum(word in _FUNCTION_WORDS for word in words)
    if len(words) < FEWEST_WORDS or n_function >= LEAST_FUNCTION * len(words):
        return False
    (offsets,) = _english_tokenizer().offsets([text])
    n_pieces = sum(text[start].isalpha() for start, _ in offsets.tolist())
    return n_pieces > MOST_PIECES * len(words)


@functools.lru_cache(1)
def _english_tokenizer() -> FastTokenizer:
    folder = resolve_model(None, offline=True).path
    return FastTokenizer.from_file(folder / "tokenizer.json", max_tokens=CHARACTERS)


def with_default(models: Models, texts: Sequence[str], note: Callable[[str], None]) -> Models:
    """The same models; if no bi-encoder is given, with the one for the texts, which then serves all that follow.

    Args:
        models: of the caller.
        texts: all that are compared with each other, or the first of them.
        note: called with `DefaultModel.note` if there is one.
    """
    if models.encoder is not None:
        return models
    chosen = choose_default(texts)
    if chosen.note:
        note(chosen.note)
    return replace(models, encoder=chosen.name)


def read_ahead(documents: Iterable[Document], *, whole: bool) -> tuple[list[Document], Iterator[Document]]:
    """The beginning of a stream, which is read once, and the stream as it was.

    Args:
        documents: a stream or a list.
        whole: read up to `HELD_DOCUMENTS`; False reads one document.

    Returns:
        Documents, and an iterator over these and the rest. It raises what reading the rest raises.

    Raises:
        DataError: the first document cannot be read; whatever else reading it raises.
    """
    iterator, held, characters = iter(documents), list[Document](), 0
    fault: list[Exception] = []
    try:
        for document in iterator:
            held.append(document)
            characters += len(document.text)
            if not whole or len(held) == HELD_DOCUMENTS or characters >= HELD_CHARACTERS:
                break
    except Exception as error:
        if not held:
            raise
        fault.append(error)

    def rest() -> Iterator[Document]:
        for error in fault:
            raise error
        yield from iterator

    return held, chain(held, rest())


def looked_at(documents: Sequence[Document]) -> list[str]:
    """The beginnings of evenly spaced documents, with their titles."""
    return [joined(each.title, each.text)[:CHARACTERS] for each in evenly(documents, TEXTS)]


def evenly(items: Sequence[T], number: int) -> list[T]:
    """At most `number` of some items, evenly spaced, in their order."""
    step = max(len(items) / number, 1)
    return [items[int(place * step)] for place in range(min(number, len(items)))]
