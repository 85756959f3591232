"""English pairs by the relations of words in a word net: wider and narrower nouns, opposites, synonyms."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from simengine.errors import DataError
from simengine.training.generate.kinds import SentenceRule
from simengine.training.generate.made import CONTRADICTION, ENTAILMENT, NEUTRAL, Made, both_ways
from simengine.training.generate.verbs_en import is_simple
from simengine.training.generate.vocabulary import spaced

_CONCRETE: Final = frozenset({"noun.animal", "noun.food", "noun.artifact", "noun.plant"})
_TOO_WIDE: Final = frozenset(
    spaced(
        """entity object whole artifact thing matter substance unit organism person plant animal part piece article
        item commodity product covering structure instrumentality device equipment good foodstuff body
        creation way communicator expert leader worker unfortunate good person adult male female relative
        peer contestant
        """
    )
)
_NOUN: Final = re.compile(
    r"\b(?P<before>[Aa]n?|[Tt]he|[Hh]is|[Hh]er|[Oo]ur|[Mm]y|[Tt]heir) (?P<noun>[a-z]{4,})"
    r"(?=[.,]| (?:is|was|has|had|will|must|can|in|on|at|to|from|for|with|and|by|near|of)\b)"
)
_ADJECTIVE: Final = re.compile(
    r"\b(?P<verb>is|are|was|were) (?P<adjective>[a-z]{3,})(?=[.,]| (?:in|on|at|during|and)\b)"
)


# Participles, whose opposites belong to other senses ("sold", "unsold").
_PARTICIPLE: Final = re.compile(r"(?:ed|en|ing|sold|sent|paid|made|found|lost|born|bound|known|done)$")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What the rules need of a word net; lower-case lemmas without spaces at the key side.

    Attributes:
        wider: noun to a noun that covers it.
        same: noun to one of the same meaning.
        opposite: adjective to its opposites.
    """

    wider: Mapping[str, str]
    same: Mapping[str, str]
    opposite: Mapping[str, tuple[str, ...]]


def wordnet_rules(folder: Path) -> tuple[SentenceRule, ...]:
    """Rules over the words of a word net.

    Args:
        folder: has entries.jsonl and synsets.jsonl (or .gz): lemma, pos, synsets, sense_ids, antonym; _id, lexname,
            members, relations.hypernym, as in Open English WordNet.

    Raises:
        DataError: a file is missing or has other fields.
    """
    lexicon = read_lexicon(folder)
    return partial(nouns, lexicon), partial(opposites, lexicon)


def read_lexicon(folder: Path) -> Lexicon:
    """Read the nouns with a single meaning, and adjectives' opposites.

    Raises:
        DataError: a file is missing or has other fields.
    """
    try:
        synsets = {row["_id"]: row for row in _rows(folder, "synsets")}
        entries = list(_rows(folder, "entries"))
        parts: dict[str, set[str]] = {}
        for entry in entries:
            parts.setdefault(entry["lemma"], set()).add(entry["pos"])
        single = {
            entry["lemma"]: synsets[entry["synsets"][0]]
            for entry in entries
            if entry["pos"] == "n" and len(entry["synsets"]) == 1 and len(parts[entry["lemma"]]) == 1
        }
        concrete = {
            lemma: row for lemma, row in single.items() if _plain(lemma) and row["lexname"] in _CONCRETE
        }
        wider = {lemma: name for lemma, row in concrete.items() if (name := _hypernym(row, synsets))}
        same = {lemma: name for lemma, row in concrete.items() if (name := _synonym(lemma, row, single))}
        return Lexicon(wider, same, _opposites(entries))
    except (KeyError, TypeError, IndexError, AttributeError) as problem:
        raise DataError(
            f"not the files of a word net ({type(problem).__name__}: {problem})", str(folder)
        ) from None


def _rows(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    path = folder / f"{name}.jsonl.gz"
    if not path.is_file():
        path = folder / f"{name}.jsonl"
    if not path.is_file():
        raise DataError(
            f"has no {name}.jsonl or {name}.jsonl.gz; expected the folder of a word net", str(folder)
        )
    try:
        packed = path.read_bytes()
        text = (gzip.decompress(packed) if path.suffix == ".gz" else packed).decode("utf-8")
        yield from (json.loads(line) for line in text.split("\n") if line.strip())
    except (ValueError, OSError, EOFError) as problem:
        raise DataError(f"cannot be read as JSON Lines ({problem})", str(path)) from None


def _plain(lemma: str) -> bool:
    return (
        lemma.isascii()
        and lemma.isalpha()
        and lemma.islower()
        and len(lemma) >= 3
        and not lemma.endswith("s")
    )


def _hypernym(row: dict[str, Any], synsets: Mapping[str, dict[str, Any]]) -> str | None:
    above = row.get("relations", {}).get("hypernym", ())
    if len(above) != 1 or above[0] not in synsets:
        return None
    name: str = synsets[above[0]]["members"][0]
    return (
        None
        if name in _TOO_WIDE or not _plain(name) or any(name in each for each in row["members"])
        else name
    )


def _synonym(lemma: str, row: dict[str, Any], single: Mapping[str, object]) -> str | None:
    for name in row["members"]:
        if name != lemma and name in single and _plain(name) and name[:5] != lemma[:5]:
            return str(name)
    return None


def _opposites(entries: list[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Of adjectives whose first sense has them."""
    found = {}
    for entry in entries:
        if entry["pos"] == "a" and _plain(entry["lemma"]) and not _PARTICIPLE.search(entry["lemma"]):
            names = tuple(sense.split("%")[0] for sense in entry["antonym"])
            names = tuple(name for name in names if _plain(name))
            if names and len(entry["synsets"]) <= 3:
                found[entry["lemma"]] = names
    return found


def nouns(lexicon: Lexicon, sentence: str, rng: random.Random) -> Iterator[Made]:
    """A noun with a wider one in its place (follows), the way back (open), and with a synonym."""
    del rng
    if not is_simple(sentence):
        return
    for found in _NOUN.finditer(sentence):
        noun = found["noun"]
        for table, kind in ((lexicon.wider, "hypernym"), (lexicon.same, "synonym")):
            if noun not in table or re.search(rf"\b{table[noun]}", sentence):
                continue
            before = _article(found["before"], table[noun])
            changed = f"{sentence[: found.start()]}{before} {table[noun]}{sentence[found.end() :]}"
            if kind == "synonym":
                yield from both_ways(sentence, changed, ENTAILMENT, kind)
            else:
                yield Made(sentence, changed, ENTAILMENT, kind)
                yield Made(changed, sentence, NEUTRAL, kind)


def opposites(lexicon: Lexicon, sentence: str, rng: random.Random) -> Iterator[Made]:
    """A predicate with its opposite in its place."""
    if not is_simple(sentence):
        return
    for found in _ADJECTIVE.finditer(sentence):
        if found["adjective"] in lexicon.opposite:
            other = rng.choice(lexicon.opposite[found["adjective"]])
            changed = sentence[: found.start("adjective")] + other + sentence[found.end("adjective") :]
            yield from both_ways(sentence, changed, CONTRADICTION, "antonym")


def _article(article: str, noun: str) -> str:
    if article.lower() not in ("a", "an"):
        return article
    right = (
        "an" if noun[0] in "aeio" or (noun[0] == "u" and not noun.startswith(("uni", "use", "uti"))) else "a"
    )
    return right.capitalize() if article[0].isupper() else right
