"""Whole runs of the generator, the word net rules, the benchmark sets and the command."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from simengine.errors import DataError, UsageError
from simengine.training.generate.context import as_doc, terms
from simengine.training.generate.generate import GenerateOptions, generate_nli
from simengine.training.generate.kinds import KINDS, WORDNET_KINDS
from simengine.training.generate.lexical import wordnet_rules
from simengine.training.generate.stress import stress_pairs

ENGLISH = [
    "The library is open on Sundays. The reading room has a piano. Loans are limited to five weeks.",
    "The bakery sells rye bread. The oven was built in 1931. Orders must be collected by noon.",
    "Our ferry is painted green. The crossing takes 40 minutes. Bicycles are not carried in winter.",
    "The quarry was closed in 1987. Divers can explore the flooded pit. The water is cold, even in August.",
    "A poodle was found near the mill. The wheel is wooden. Visitors pay 4 euros at the gate.",
    "The council is still divided; the mayor was ill all week.",
]
CHINESE = [
    "图书馆位于市中心。阅览室可以拍照。馆内藏书三千册。",
    "面包店周日营业。这座烤炉是铸铁烤炉。面包每天早上出炉。",
    "渡轮不收取行李费。航程全长20公里。船员穿蓝色制服。",
    "采石场于1987年关闭。游客可以潜水。池水很冷，夏天同样如此。",
]


def made(texts, **options):
    return list(generate_nli(texts, GenerateOptions(per_kind=12, **options)))


@pytest.mark.parametrize(("texts", "language"), [(ENGLISH, "en"), (CHINESE, "zh")])
def test_every_kind_comes_with_its_labels_in_equal_shares(texts: list[str], language: str) -> None:
    pairs = made(texts, language=language)
    counts = Counter((pair.kind, pair.label) for pair in pairs)
    absent = {"zh": {"corpus_clause"}, "en": set()}[language] | set(WORDNET_KINDS)
    assert {pair.kind for pair in pairs} == set(KINDS) - absent
    for kind in ("roles", "transfer", "comparison", "interval", "number", "quantifier", "modality", "clock"):
        assert {counts[kind, label] for label in KINDS[kind]} == {12 // len(KINDS[kind])}
    assert all(pair.label in KINDS[pair.kind] for pair in pairs)
    assert len({(pair.premise, pair.hypothesis) for pair in pairs}) == len(pairs)
    assert all(pair.premise != pair.hypothesis or pair.kind == "identity" for pair in pairs)


def test_the_same_seed_gives_the_same_pairs() -> None:
    assert made(ENGLISH, seed=3) == made(ENGLISH, seed=3)
    assert made(ENGLISH, seed=3) != made(ENGLISH, seed=4)


def test_a_mixed_corpus_gives_pairs_of_one_language_each() -> None:
    pairs = made([*ENGLISH, *CHINESE], kinds=("identity", "unrelated"))
    scripts = {(pair.premise.isascii(), pair.hypothesis.isascii()) for pair in pairs}
    assert scripts == {(True, True), (False, False)}
    only = made([*ENGLISH, *CHINESE], kinds=("identity",), language="zh")
    assert only
    assert not any(pair.premise.isascii() for pair in only)


def test_unrelated_sentences_share_no_content_word() -> None:
    for pair in made(ENGLISH, kinds=("unrelated",)):
        assert not terms(pair.premise) & terms(pair.hypothesis)
        assert pair.label == "neutral"


def test_a_passage_entails_its_sentence_and_contradicts_it_changed() -> None:
    pairs = made(ENGLISH, kinds=("passage",))
    docs = [as_doc(text) for text in ENGLISH]
    for pair in pairs:
        own = [doc for doc in docs if pair.premise in " ".join(doc.sentences)]
        assert own
        if pair.label == "neutral":
            assert pair.hypothesis not in pair.premise
        if pair.hypothesis in pair.premise:
            assert pair.label == "entailment"
    assert {pair.label for pair in pairs} >= {"entailment", "contradiction"}


def test_bad_input_is_named() -> None:
    with pytest.raises(DataError, match="no text has a plain"):
        made(["HEADING", "What now?"])
    with pytest.raises(DataError, match="Chinese"):
        made(ENGLISH, language="zh")
    with pytest.raises(UsageError, match="expected some of identity"):
        made(ENGLISH, kinds=("irony",))
    with pytest.raises(UsageError, match="--wordnet"):
        made(ENGLISH, kinds=("antonym",))
    with pytest.raises(UsageError):
        GenerateOptions(per_kind=0)


def wordnet(folder: Path, *, packed: bool) -> Path:
    def entry(lemma: str, pos: str, synset: str, antonym: tuple[str, ...] = ()) -> dict[str, object]:
        return {"lemma": lemma, "pos": pos, "synsets": [synset], "sense_ids": [], "antonym": list(antonym)}

    def synset(name: str, lexname: str, members: list[str], hypernym: str | None) -> dict[str, object]:
        relations = {"hypernym": [hypernym]} if hypernym else {}
        return {"_id": name, "lexname": lexname, "members": members, "relations": relations}

    tables = {
        "entries": [
            entry("poodle", "n", "1"), entry("domestic", "n", "2"), entry("wooden", "a", "3"), entry("open", "a", "4"),
            entry("cold", "a", "6", ("hot%3:00:01::",)), entry("ferry", "n", "7"), entry("shuttle", "n", "7"),
        ],
        "synsets": [
            synset("1", "noun.animal", ["poodle"], "2"), synset("2", "noun.animal", ["hound"], None),
            synset("3", "adj.all", ["wooden"], None), synset("4", "adj.all", ["open"], None),
            synset("6", "adj.all", ["cold"], None), synset("7", "noun.artifact", ["ferry", "shuttle"], None),
        ],
    }  # fmt: skip
    folder.mkdir()
    for name, rows in tables.items():
        text = "".join(json.dumps(row) + "\n" for row in rows).encode()
        (folder / f"{name}.jsonl{'.gz' if packed else ''}").write_bytes(
            gzip.compress(text) if packed else text
        )
    return folder


@pytest.mark.parametrize("packed", [False, True])
def test_word_net_relations_become_pairs(tmp_path: Path, packed: bool) -> None:
    rules = wordnet_rules(wordnet(tmp_path / "words", packed=packed))
    texts = [*ENGLISH, "The pond is cold in May. The ferry is green."]
    options = GenerateOptions(kinds=WORDNET_KINDS)
    found = {(pair.kind, pair.hypothesis, pair.label) for pair in generate_nli(texts, options, lexical=rules)}
    assert ("hypernym", "A hound was found near the mill.", "entailment") in found
    assert ("hypernym", "A poodle was found near the mill.", "neutral") in found
    assert ("antonym", "The pond is hot in May.", "contradiction") in found
    assert ("synonym", "The shuttle is green.", "entailment") in found


def test_what_is_no_word_net_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no synsets"):
        wordnet_rules(tmp_path)
    (tmp_path / "synsets.jsonl").write_text("{}\n")
    (tmp_path / "entries.jsonl").write_text("{}\n")
    with pytest.raises(DataError, match="not the files of a word net"):
        wordnet_rules(tmp_path)
    (tmp_path / "synsets.jsonl").write_text("no json\n")
    with pytest.raises(DataError, match="JSON Lines"):
        wordnet_rules(tmp_path)


STRESS = ("identity", "roles", "unrelated_neutral", "intervals", "premise_negation")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", STRESS)
def test_benchmark_sets_are_200_different_pairs(kind, language) -> None:
    pairs = stress_pairs(kind, language=language)
    assert len(set(pairs)) == 200
    assert pairs == stress_pairs(kind, language=language)
    labels = Counter(pair.label for pair in pairs)
    expected = {
        "identity": {"entailment": 200},
        "roles": {"contradiction": 133, "entailment": 67},
        "unrelated_neutral": {"neutral": 200},
        "intervals": {"entailment": 100, "contradiction": 100},
        "premise_negation": {"contradiction": 150, "entailment": 50},
    }
    assert labels == expected[kind]


def test_benchmark_sets_refuse_what_there_is_not() -> None:
    with pytest.raises(UsageError, match="irony"):
        stress_pairs("irony")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="language"):
        stress_pairs("roles", language="de")  # type: ignore[arg-type]
