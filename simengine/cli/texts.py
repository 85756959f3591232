"""Texts that commands are given, and what is said about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from simengine.cli.terminal import counted, note
from simengine.errors import UsageError

if TYPE_CHECKING:
    from simengine.corpus.queries import Query
    from simengine.engine.contracts import BiEncoder, Role
    from simengine.engine.notes import Reads
    from simengine.engine.verbs import Verbs
    from simengine.requests.rerank import Rerank


def refuse_blank(texts: Sequence[str]) -> None:
    """Texts from the command line must hold something, as those in files must.

    Raises:
        UsageError: a text is empty, or holds white space only.
    """
    for number, text in enumerate(texts, 1):
        if not text or text.isspace():
            raise UsageError(f"text {number} of {len(texts)} is blank: {text!r}")


def query_blocks(words: Sequence[str], path: str | None, size: int) -> Iterator[list[Query]]:
    """The query of a command line, or those of a file in lists of at most `size`.

    Args:
        words: of one query.
        path: of a file, or "-"; None takes the words.
    """
    from simengine.corpus.queries import Query, read_queries

    if path is None:
        yield [Query("1", " ".join(words))]
        return
    source = iter(read_queries(path))
    while block := list(islice(source, size)):
        yield block


def count_cut_queries(queries: Sequence[str], encoder: BiEncoder) -> int:
    """How many of the queries have more tokens than the model reads."""
    return count_cut(queries, encoder, "query")


def count_cut(texts: Sequence[str], encoder: BiEncoder, role: Role = "text") -> int:
    """How many of the texts have more tokens than the model reads."""
    from simengine.engine.encoder import count_cut_tokens

    return sum(n > 0 for n in count_cut_tokens(encoder, texts, role=role))


def note_cut(number: int, encoder: BiEncoder, noun: str) -> None:
    """Say on stderr, even with --quiet, that the model did not read everything."""
    if number:
        note(f"{counted(number, noun)} cut to the {encoder.max_tokens} tokens that the model reads")


def unreadable_warning(
    engine: Verbs, by: Reads = "encoder", *, rerank: Rerank | None = None
) -> Callable[[Iterable[str]], None]:
    """A function that says once, on stderr, at the first text of which a model knows hardly any characters, so.

    Args:
        engine: whose model it is.
        by, rerank: which model; see `Verbs.unreadable`.
    """
    return _warning(lambda texts: engine.unreadable(texts, by, rerank=rerank))


def _warning(noted: Callable[[list[str]], str]) -> Callable[[Iterable[str]], None]:
    said = False

    def warn(texts: Iterable[str]) -> None:
        nonlocal said
        if not said and (found := noted(list(texts))):
            said = True
            note(found)

    return warn


def label_fields(given: str | None) -> tuple[str, ...] | None:
    """The names of the text fields of labelled pairs, and of the label or score where it is named, too.

    Raises:
        UsageError: these are neither two nor three different names.
    """
    names = tuple(name.strip() for name in given.split(",")) if given is not None else None
    if names is not None and (len(names) not in (2, 3) or not all(names) or len(set(names)) != len(names)):
        raise UsageError(
            f"--fields is {given!r}; expected the names of two texts, and of the label or score if it has another "
            "name than usual, as in question,answer,grade"
        )
    return names


def text_fields(given: str | None) -> tuple[str, str] | None:
    """The names of the two text fields of a file of pairs, out of "question,answer".

    Raises:
        UsageError: these are not two different names.
    """
    if given is None:
        return None
    names = tuple(name.strip() for name in given.split(","))
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        raise UsageError(f"--fields is {given!r}; expected two different names, as in question,answer")
    return names
