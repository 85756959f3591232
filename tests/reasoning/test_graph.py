from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from simengine.errors import DataError, UsageError
from simengine.reasoning.graph import KnowledgeGraph, Triple, read_triples, wordnet_triples
from simengine.reasoning.graph_rules import (
    RULES,
    GroundedJudge,
    RuleWeights,
    fire,
    fit_weights,
    substitution,
)
from tests.reasoning.judges import NEUTRAL, TableJudge

TRIPLES = [
    ("dog", "hypernym", "canine"),
    ("canine", "hypernym", "animal"),
    ("car", "sense", "s1"),
    ("automobile", "sense", "s1"),
    ("s1", "hypernym", "s2"),
    ("vehicle", "sense", "s2"),
    ("kid", "synonym", "child"),
    ("hot", "antonym", "cold"),
    ("get down", "antonym", "climb"),
]


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return KnowledgeGraph(Triple(*triple) for triple in TRIPLES)


def test_words_with_a_sense_in_common_are_the_same(graph: KnowledgeGraph) -> None:
    assert graph.same("car", "Automobile")
    assert graph.same("kid", "child")
    assert graph.same("child", "kid")
    assert not graph.same("dog", "car")


def test_kinds_reach_over_steps_and_senses_and_never_themselves(graph: KnowledgeGraph) -> None:
    assert graph.is_kind_of("dog", "animal")
    assert not graph.is_kind_of("dog", "animal", most_steps=1)
    assert graph.is_kind_of("car", "vehicle")
    assert not graph.is_kind_of("vehicle", "car")
    assert not graph.is_kind_of("dog", "dog")
    assert graph.kinds_of("dog", 5) == {"dog": 0, "canine": 1, "animal": 2}


def test_antonyms_go_both_ways(graph: KnowledgeGraph) -> None:
    assert graph.opposed("hot", "cold")
    assert graph.opposed("cold", "hot")
    assert not graph.opposed("hot", "dog")
    assert graph.n_triples == len(TRIPLES)


def test_a_circle_of_kinds_ends() -> None:
    graph = KnowledgeGraph([Triple("a", "hypernym", "b"), Triple("b", "hypernym", "a")])
    assert graph.kinds_of("a", 10) == {"a": 0, "b": 1}


@pytest.mark.parametrize(
    ("premise", "hypothesis", "expected"),
    [
        ("A dog is running", "The animal is running", ("dog", "animal")),
        ("A man is climbing the hill", "A man is getting down the hill", ("climbing", "getting down")),
        ("A dog is running", "A dog is running", None),
        ("A dog is running", "A cat is sleeping quietly there", None),
        ("A dog runs fast here", "The dog runs here", None),
        ("Dogs run", "Cats run", None),
        ("", "", None),
    ],
)
def test_a_substitution_is_all_that_differs(premise: str, hypothesis: str, expected: object) -> None:
    assert substitution(premise, hypothesis) == expected


@pytest.mark.parametrize(
    ("premise", "hypothesis", "name"),
    [
        ("A dog is running", "An animal is running", "kind"),
        ("Two dogs are running", "Two animals are running", "kind"),
        ("An animal is running", "A dog is running", None),
        ("A kid is not running", "A child is not running", "synonym"),
        ("The car is driven fast", "The automobile is driven fast", "synonym"),
        ("The water is hot today", "The water is cold today", "antonym"),
        ("A man is climbing the hill", "A man is getting down the hill", "antonym"),
        ("No dog is running", "No animal is running", None),
        ("The water is not hot today", "The water is not cold today", None),
        ("All dogs are running", "All animals are running", None),
        ("A dog is running", "A table is running", None),
    ],
)
def test_rules_fire_where_they_are_sound(graph: KnowledgeGraph, premise: str, hypothesis: str, name) -> None:
    assert [firing.rule.name for firing in fire(graph, premise, hypothesis)] == ([name] if name else [])


def test_a_weight_is_added_to_the_logarithm_and_the_rest_stays(graph: KnowledgeGraph) -> None:
    pairs = [("A dog is running", "An animal is running"), ("A dog is running", "A table is running")]
    judge = GroundedJudge(TableJudge(), graph, RuleWeights({"kind": 2.0}))
    found = judge.probabilities(pairs)
    powers = np.asarray(NEUTRAL) * np.exp([2.0, 0, 0])
    np.testing.assert_allclose(found[0], powers / powers.sum(), atol=1e-6)
    np.testing.assert_array_equal(found[1], np.asarray(NEUTRAL, np.float32))
    assert judge.probabilities([]).shape == (0, 3)
    (firing,) = judge.explain(*pairs[0])
    assert str(firing).endswith("with x = dog, y = animal")


def test_weights_are_the_likeliest_and_rules_that_hardly_fire_get_none(graph: KnowledgeGraph) -> None:
    pair = ("A dog is running", "An animal is running")
    pairs = [pair] * 12 + [("The water is hot today", "The water is cold today")] * 3
    labels = ["entailment"] * 8 + ["neutral"] * 4 + ["contradiction"] * 3
    fitted = fit_weights(graph, TableJudge(), pairs, labels)
    assert fitted.n_firings == {"synonym": 0, "kind": 12, "antonym": 3}
    assert fitted.weights["antonym"] == fitted.weights["synonym"] == 0.0
    likelihood = {
        w: 8 * np.log(0.1 * np.exp(w) / (0.9 + 0.1 * np.exp(w))) + 4 * np.log(0.8 / (0.9 + 0.1 * np.exp(w)))
        for w in np.arange(0, 4.01, 0.25)
    }
    assert fitted.weights["kind"] == max(likelihood, key=likelihood.__getitem__)


def test_wrong_weights_and_labels_are_usage_errors(graph: KnowledgeGraph) -> None:
    for wrong in ({"nosuch": 1.0}, {"kind": -1.0}, {"kind": float("nan")}):
        with pytest.raises(UsageError):
            RuleWeights(wrong)
    with pytest.raises(UsageError, match="labels"):
        fit_weights(graph, TableJudge(), [("a", "b")], ["yes"])
    with pytest.raises(UsageError, match="1 pairs"):
        fit_weights(graph, TableJudge(), [("a", "b")], [])
    assert set(RuleWeights().weights) == set(RULES)


@pytest.mark.parametrize("name", ["t.jsonl", "t.jsonl.gz"])
def test_triples_are_read_from_json_lines(tmp_path: Path, name: str) -> None:
    opener = gzip.open if name.endswith(".gz") else open
    with opener(tmp_path / name, "wt", encoding="utf-8") as out:
        for triple in TRIPLES:
            out.write(json.dumps(dict(zip(("subject", "relation", "object"), triple, strict=True))) + "\n\n")
    assert [(t.subject, t.relation, t.object) for t in read_triples(tmp_path / name)] == TRIPLES


@pytest.mark.parametrize(
    "line", ['{"subject": "a"}', "[1]", "{", '{"subject": "", "relation": "r", "object": "o"}']
)
def test_a_line_that_is_no_triple_names_file_and_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "t.jsonl").write_text(
        f"{json.dumps({'subject': 'a', 'relation': 'r', 'object': 'b'})}\n{line}\n"
    )
    with pytest.raises(DataError, match=r"t\.jsonl:[12]"):
        list(read_triples(tmp_path / "t.jsonl"))
    with pytest.raises(DataError, match="none"):
        list(read_triples(tmp_path / "none.jsonl"))


def test_wordnet_gives_first_senses_antonyms_and_hypernyms(tmp_path: Path) -> None:
    entries = [
        {"lemma": "dog", "synsets": ["d-n", "x-n"], "antonym": []},
        {"lemma": "hot", "synsets": ["h-a"], "antonym": ["cold%3:00:01::", "ice_cold%3:00:02::"]},
    ]
    synsets = [{"_id": "d-n", "relations": {"hypernym": ["c-n"], "also": ["y"]}}, {"_id": "z-n"}]
    for name, records in (("entries", entries), ("synsets", synsets)):
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt", encoding="utf-8") as out:
            out.write("\n".join(map(json.dumps, records)))
    assert [(t.subject, t.relation, t.object) for t in wordnet_triples(tmp_path)] == [
        ("dog", "sense", "d-n"),
        ("hot", "sense", "h-a"),
        ("hot", "antonym", "cold"),
        ("hot", "antonym", "ice cold"),
        ("d-n", "hypernym", "c-n"),
    ]
