from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.cross_encoders.nli import NLIModel
from simengine.errors import UsageError
from tests.cross_encoders.fakes import N_SPECIAL, AsciiTokenizer, WordModel

LABELS = ("entailment", "neutral", "contradiction")
FILLER = "The weather was fine all day. "


def model(max_tokens: int = 24) -> NLIModel:
    return NLIModel(WordModel(LABELS, (0.0, 5.0, 0.0), max_tokens))


def softmax(*logits: float) -> np.ndarray:
    powers = np.exp(np.asarray(logits))
    return powers / powers.sum()


def test_probabilities_are_the_softmax_in_the_order_of_the_three_names() -> None:
    got = model().probabilities([("It 3,1,0.5 rained.", "wet"), ("It 0,1,4 rained.", "dry")])
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, [softmax(3, 1, 0.5), softmax(0, 1, 4)], rtol=1e-6)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_models_own_order_of_labels_does_not_matter(order: tuple[int, int, int]) -> None:
    values = (3.0, 1.0, 0.5)
    word = ",".join(str(values[i]) for i in order)
    names = tuple(LABELS[i].upper() for i in order)
    verdict = NLIModel(WordModel(names, (0.0, 0.0, 0.0))).verdict(f"It {word} rained.", "wet")
    assert verdict.label == "entailment"
    np.testing.assert_allclose(list(verdict.probabilities.values()), softmax(*values), rtol=1e-6)
    assert tuple(verdict.probabilities) == LABELS


def test_a_short_premise_is_one_window_and_its_own_evidence() -> None:
    verdict = model().verdict("  It 3,1,0 rained. ", "wet")
    assert (verdict.label, verdict.n_windows, verdict.n_truncated) == ("entailment", 1, 0)
    assert verdict.evidence is not None
    assert (verdict.evidence.start, verdict.evidence.end) == (2, 18)


def test_the_evidence_is_the_sentence_with_the_highest_probability_on_its_own() -> None:
    premise = "Cats 2,1,0 sleep. Dogs 6,1,0 bark. Birds fly."
    verdict = model().verdict(premise, "dogs")
    assert verdict.evidence is not None
    assert premise[verdict.evidence.start : verdict.evidence.end] == "Dogs 6,1,0 bark."


def test_a_sentence_deep_in_a_long_premise_decides() -> None:
    premise = FILLER * 30 + "Nobody 0,1,6 came. " + FILLER * 30
    verdict = model().verdict(premise, "guests arrived")
    assert verdict.label == "contradiction"
    assert verdict.n_windows > 10
    assert verdict.evidence is not None
    assert premise[verdict.evidence.start : verdict.evidence.end] == "Nobody 0,1,6 came."


def test_every_word_of_a_long_premise_is_read() -> None:
    reading = WordModel(LABELS, (0.0, 5.0, 0.0))
    words = [f"w{i}" for i in range(500)]
    NLIModel(reading).verdict(" ".join(words), "short hypothesis here")
    seen = {word for premise, hypothesis in reading.seen[1:] for word in premise.split()}
    assert seen == set(words)
    assert all(hypothesis == "short hypothesis here" for _, hypothesis in reading.seen)


def test_the_strongest_window_that_is_not_neutral_decides() -> None:
    weak, strong = "Some 3,1,0 agree. ", "Others 0,1,6 deny. "
    for parts in ((weak, strong), (strong, weak)):
        premise = FILLER * 8 + parts[0] + FILLER * 8 + parts[1] + FILLER * 8
        assert model().verdict(premise, "x").label == "contradiction"


def test_a_window_with_a_verdict_precedes_a_neutral_one_with_a_higher_probability() -> None:
    leans, says = "One 2.0,2.1,-5 way. ", "Two 1.2,1.0,1.1 ways. "
    assert softmax(2.0, 2.1, -5).max() > softmax(1.2, 1.0, 1.1).max()
    premise = FILLER * 8 + leans + FILLER * 8 + says + FILLER * 8
    verdict = model().verdict(premise, "x")
    assert verdict.label == "entailment"
    np.testing.assert_allclose(list(verdict.probabilities.values()), softmax(1.2, 1.0, 1.1), rtol=1e-5)


def test_a_premise_without_a_verdict_is_neutral_and_has_no_evidence() -> None:
    premise = FILLER * 20 + "Maybe 2.0,3.0,0 so. " + FILLER * 20
    verdict = model().verdict(premise, "x")
    assert (verdict.label, verdict.evidence) == ("neutral", None)
    np.testing.assert_allclose(list(verdict.probabilities.values()), softmax(2, 3, 0), rtol=1e-5)


def test_a_long_hypothesis_is_cut_and_counted_and_the_premise_still_read() -> None:
    premise = FILLER * 20 + "Then 6,1,0 it stopped."
    verdict = model().verdict(premise, "word " * 100)
    assert verdict.label == "entailment"
    room = 24 - N_SPECIAL
    assert 100 - room < verdict.n_truncated <= 100 - room // 2


def test_both_texts_of_100000_words_are_no_problem() -> None:
    verdict = model(256).verdict("the end is near. " * 25_000, "word " * 100_000)
    assert verdict.label == "neutral"
    assert verdict.n_windows > 500


def test_a_chinese_premise_is_cut_at_its_stops() -> None:
    premise = "今天天气很好我们去公园。" * 12 + "他没有 0,1,6 来参加会议。" + "大家都很高兴。" * 9
    verdict = model().verdict(premise, "他来了")
    assert verdict.label == "contradiction"
    assert verdict.n_windows > 3
    assert verdict.evidence is not None
    assert premise[verdict.evidence.start : verdict.evidence.end] == "他没有 0,1,6 来参加会议。"


def test_verdicts_of_many_equal_those_of_each() -> None:
    pairs = [
        ("It 3,1,0 rained.", "wet"),
        (FILLER * 30 + "Nobody 0,1,6 came.", "x"),
        ("", "nothing"),
        (FILLER, ""),
        ("One 2,1,0 thing. Another 3,1,0 one.", "y"),
    ]
    judge = model()
    together = judge.verdicts(pairs)
    assert together == [judge.verdict(*pair) for pair in pairs]
    np.testing.assert_allclose(
        judge.probabilities(pairs), [list(each.probabilities.values()) for each in together]
    )


def test_evidence_can_be_left_out() -> None:
    reading = WordModel(LABELS, (0.0, 5.0, 0.0))
    verdicts = NLIModel(reading).verdicts([("One 2,1,0 thing. Another one.", "y")], evidence=False)
    assert verdicts[0].evidence is None
    assert len(reading.seen) == 1


def test_no_pairs_give_no_verdicts() -> None:
    assert model().verdicts([]) == []
    assert model().probabilities([]).shape == (0, 3)


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["4,1,0", "0,1,4", "1,2,1", "cat", "stop.", "狗。", "\n\n", "Yes!"]), max_size=120
    )
)
def test_evidence_lies_within_the_premise_and_says_what_the_verdict_says(words: list[str]) -> None:
    premise = " ".join(words)
    verdict = model().verdict(premise, "some hypothesis")
    assert sum(verdict.probabilities.values()) == pytest.approx(1.0, abs=1e-6)
    assert verdict.label == max(verdict.probabilities, key=lambda name: verdict.probabilities[name])
    assert (verdict.evidence is None) == (verdict.label == "neutral")
    if verdict.evidence is not None:
        said = premise[verdict.evidence.start : verdict.evidence.end]
        assert said == said.strip() != ""
        assert {"entailment": "4,1,0", "contradiction": "0,1,4"}[verdict.label] in said


@pytest.mark.parametrize(
    "labels", [("no", "yes", "maybe"), ("entailment", "neutral", "other"), ("e", "e", "n")]
)
def test_other_labels_are_refused_with_the_known_ones(labels: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="entailment, neutral, contradiction") as caught:
        NLIModel(WordModel(labels, (0.0, 0.0, 0.0)))
    assert all(repr(label) in str(caught.value) for label in labels)


def test_unnamed_labels_need_a_mapping() -> None:
    unnamed = WordModel(("LABEL_0", "LABEL_1", "LABEL_2"), (0.0, 1.0, 5.0))
    with pytest.raises(UsageError, match="labels="):
        NLIModel(unnamed)
    mapping = {"LABEL_0": "contradiction", "LABEL_1": "neutral", "LABEL_2": "entailment"}
    assert NLIModel(unnamed, labels=mapping).verdict("a", "b").label == "entailment"


def ascii_model() -> NLIModel:
    """An NLI model that knows only ASCII."""
    words = WordModel(LABELS, (0.0, 5.0, 0.0))
    words.tokenizer = AsciiTokenizer()
    return NLIModel(words)


@pytest.mark.parametrize(
    "given",
    [("6,1,0 猫 狗", "x"), ("x 6,1,0", "y 猫 🎉"), ("0,1,6 猫 狗", "x"), ("6,1,0 猫 狗", "6,1,0 猫 狗")],
)
def test_a_text_that_is_mostly_unknown_gets_no_verdict(given: tuple[str, str]) -> None:
    (verdict,) = ascii_model().verdicts([given])
    assert (verdict.label, verdict.evidence) == ("neutral", None)
    assert verdict.probabilities == {"entailment": 0.0, "neutral": 1.0, "contradiction": 0.0}
    assert verdict.reason.startswith("the model does not know ")
    assert ascii_model().probabilities([given]).tolist() == [[0.0, 1.0, 0.0]]


def test_entailment_is_not_based_on_a_word_that_the_model_cannot_read() -> None:
    """Withheld entailment is added to neutral; contradiction stays, because known words may show it."""
    plain, judged = model(), ascii_model()
    pair = ("She 3,1,0.5 won the race.", "She won the race 🎉")
    entailment, neutral, contradiction = plain.probabilities([pair])[0]
    np.testing.assert_allclose(
        judged.probabilities([pair])[0], [0.0, neutral + entailment, contradiction], rtol=1e-6
    )
    verdict = judged.verdict(*pair)
    assert (verdict.label, verdict.reason) == (
        "neutral",
        "the model does not know 🎉: no verdict can be based on that",
    )
    assert judged.verdict("She 3,1,0.5 won the race 🎉", "She won the race 🎉").label == "entailment"
    assert judged.verdict("She 3,1,0.5 won the race 🎉", "She won.").reason == ""


def test_different_words_that_the_model_cannot_read_do_not_contradict_each_other() -> None:
    pair = ("The price of 苹 is 0,1,6 five dollars.", "The price of 香 is seven dollars.")
    assert model().verdict(*pair).label == "contradiction"
    assert ascii_model().verdict(*pair).label == "neutral"
    same = (pair[0], pair[1].replace("香", "苹"))
    assert ascii_model().verdict(*same).label == "contradiction"
