"""A small knowledge graph: triples (subject, relation, object) from a JSON Lines file or from WordNet."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simengine.errors import DataError
from simengine.text.checks import parse_json

SENSE, SYNONYM, ANTONYM, HYPERNYM = "sense", "synonym", "antonym", "hypernym"
SYMMETRIC = frozenset((SYNONYM, ANTONYM))
SENSES_PER_WORD = (
    1  # the commonest sense of each part of speech; rarer ones mislead more often than they help
)


@dataclass(frozen=True, slots=True)
class Triple:
    """(subject, relation, object), as in ("dog", "hypernym", "animal"): a dog is an animal."""

    subject: str
    relation: str
    object: str


class KnowledgeGraph:
    """Triples by subject and relation; words in lower case.

    "synonym" and "antonym" are symmetric. "sense" leads from a word to its possible meanings: two words with a
    sense in common are synonyms, and the relations of a sense are those of its words.

    Args:
        triples: any number of them; repeats are harmless.
    """

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._objects: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._words: set[str] = set()
        self.n_triples = 0
        for triple in triples:
            subject, object_ = triple.subject.casefold(), triple.object.casefold()
            self.n_triples += object_ not in self._objects[subject, triple.relation]
            self._objects[subject, triple.relation].add(object_)
            self._words |= {subject, object_}
            if triple.relation in SYMMETRIC:
                self._objects[object_, triple.relation].add(subject)

    def knows(self, word: str) -> bool:
        """Whether any triple has the word, as its subject or its object."""
        return word.casefold() in self._words

    def objects(self, subject: str, relation: str) -> frozenset[str]:
        """The direct objects of a subject's relation."""
        return frozenset(self._objects.get((subject.casefold(), relation), ()))

    def meanings(self, word: str) -> frozenset[str]:
        """The word itself and its senses."""
        return self.objects(word, SENSE) | {word.casefold()}

    def same(self, word1: str, word2: str) -> bool:
        """Whether two words are synonyms."""
        if self.objects(word1, SENSE) & self.objects(word2, SENSE):
            return True
        return bool(self.objects(word1, SYNONYM) & self.meanings(word2))

    def opposed(self, word1: str, word2: str) -> bool:
        """Whether two words are antonyms."""
        return any(self.objects(each, ANTONYM) & self.meanings(word2) for each in self.meanings(word1))

    def kinds_of(self, word: str, most_steps: int) -> dict[str, int]:
        """Everything that a word is a kind of, with the number of steps to it; the word's own senses are 0 steps."""
        steps = dict.fromkeys(self.meanings(word), 0)
        waiting = deque(steps)
        while waiting:
            node = waiting.popleft()
            if steps[node] == most_steps:
                continue
            for above in sorted(self.objects(node, HYPERNYM)):
                if above not in steps:
                    steps[above] = steps[node] + 1
                    waiting.append(above)
        return steps

    def is_kind_of(self, word: str, other: str, most_steps: int = 4) -> bool:
        """Whether every `word` is an `other`, by at least one step."""
        above = self.kinds_of(word, most_steps)
        return any(above.get(node, 0) > 0 for node in self.meanings(other))


def read_triples(path: str | Path) -> Iterator[Triple]:
    """Yield the triples of a JSON Lines file (.jsonl or .jsonl.gz): {"subject", "relation", "object"}, all texts.

    Raises:
        DataError: the file cannot be read, or a record is not a triple; names file and line.
    """
    for number, record in _records(Path(path)):
        values = [record.get(name) for name in ("subject", "relation", "object")]
        if not all(isinstance(value, str) and value.strip() for value in values):
            raise DataError(
                f"expected the texts subject, relation and object, got {json.dumps(record)[:80]}",
                str(path),
                number,
            )
        yield Triple(*map(str, values))


def wordnet_triples(folder: str | Path) -> Iterator[Triple]:
    """Yield senses, hypernyms and antonyms of a WordNet in JSON Lines (entries.jsonl.gz and synsets.jsonl.gz).

    Only the first sense of a word counts for each part of speech. Antonyms are those of all its senses.

    Raises:
        DataError: a file is missing or not such a table.
    """
    for number, record in _records(Path(folder) / "entries.jsonl.gz"):
        try:
            word = str(record["lemma"])
            for sense in record["synsets"][:SENSES_PER_WORD]:
                yield Triple(word, SENSE, str(sense))
            for key in record["antonym"]:
                yield Triple(word, ANTONYM, str(key).partition("%")[0].replace("_", " "))
        except (KeyError, TypeError) as error:
            raise DataError(f"not an entry of a WordNet: {error}", str(folder), number) from error
    for number, record in _records(Path(folder) / "synsets.jsonl.gz"):
        try:
            for above in record.get("relations", {}).get("hypernym", ()):
                yield Triple(str(record["_id"]), HYPERNYM, str(above))
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"not a synset of a WordNet: {error}", str(folder), number) from error


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    opener = gzip.open if path.suffix == ".gz" else open
    number = 0
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    record = parse_json(line)
                    if not isinstance(record, dict):
                        raise DataError(f"expected an object, got {line[:40]!r}", str(path), number)
                    yield number, record
    except (OSError, EOFError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise DataError(f"cannot be read: {reason}", str(path), number or None) from error
