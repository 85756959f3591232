"""The monitor against counts made by hand, on streams whose changes are known."""

from __future__ import annotations

import json
import math
import random

import pytest

from simengine.errors import FingerprintMismatchError, UsageError
from simengine.reasoning.monitor import Monitor
from simengine.reasoning.zero_shot import ZeroShotClassifier
from simengine.requests.monitor import MonitorOptions, StreamText
from simengine.results.monitor import Alert
from tests.cross_encoders.fakes import AsciiTokenizer
from tests.reasoning.keyword_model import keyword_nli

TABLE = {"price": 6.0, "outage": 6.0, "good": 6.0, "bad": 6.0}
OPTIONS = MonitorOptions(topics=("price", "outage"), sentiments=("good", "bad"), window=40)


def classifier(**table: float) -> ZeroShotClassifier:
    return ZeroShotClassifier(keyword_nli(table or TABLE))


def stream(*parts: tuple[str, int]) -> list[StreamText]:
    """Texts one after the other, each as often as said."""
    texts = [text for text, n in parts for _ in range(n)]
    return [StreamText(text, float(number), number, f"id{number}") for number, text in enumerate(texts)]


def watched(texts: list[StreamText], options: MonitorOptions = OPTIONS) -> list[Alert]:
    return Monitor(classifier(), options).add(texts)


def test_a_stream_that_does_not_change_gives_no_alert() -> None:
    mixed = random.Random(1)
    texts = [StreamText(mixed.choice(["a price", "an outage", "nothing", "bad"])) for _ in range(1_500)]
    assert watched(texts) == []


def test_a_topic_that_comes_up_is_told_once_with_its_figures_and_examples() -> None:
    found = watched(stream(("a price", 160), ("an outage", 300)))
    rise = next(
        each for each in found if (each.change, each.topic, each.sentiment) == ("rise", "outage", None)
    )
    # Looks come every 10 texts. 10 of 40 against 0 of 130: told at text 170.
    assert (rise.first, rise.last, rise.n_now, rise.share_now) == (131, 170, 40, 0.25)
    assert (rise.n_before, rise.share_before) == (130, 0.0)
    assert rise.p_value == pytest.approx(math.comb(40, 10) / math.comb(170, 10))  # no other table is rarer
    assert [each.number for each in rise.examples] == [170, 169, 168]
    assert (rise.examples[0].id, rise.examples[0].time, rise.examples[0].text) == ("id169", 169, "an outage")
    assert (rise.time_first, rise.time_last, rise.calibrated) == (130, 169, False)
    assert sum((each.topic, each.sentiment) == ("outage", None) for each in found) == 1


def test_a_fall_shows_texts_from_before_it() -> None:
    found = watched(stream(("a price", 160), ("an outage", 100)))
    fall = next(each for each in found if (each.change, each.topic) == ("fall", "price"))
    assert fall.share_before == 1.0
    assert {each.text for each in fall.examples} == {"a price"}
    assert all(each.number < fall.first for each in fall.examples)


def test_a_sentiment_that_turns_within_a_topic_is_told_for_the_topic() -> None:
    calm = [("price good", 1), ("outage bad", 1)] * 100
    angry = [("price bad", 1), ("outage good", 1)] * 100  # over all texts nothing changes
    options = MonitorOptions(("price", "outage"), ("good", "bad"), window=80)
    found = watched(stream(*calm, *angry), options)
    assert {(each.topic is not None, each.sentiment is not None) for each in found} == {(True, True)}
    turned = next(each for each in found if (each.topic, each.sentiment) == ("price", "bad"))
    assert (turned.change, turned.share_before) == ("rise", 0.0)
    assert {each.text for each in turned.examples} == {"price bad"}


def test_how_the_stream_is_divided_into_calls_does_not_matter() -> None:
    texts = stream(("a price", 160), ("an outage", 100), ("bad", 100))
    one = Monitor(classifier(), OPTIONS)
    found = []
    for at in range(0, len(texts), 7):
        found += one.add(texts[at : at + 7])
    assert found == watched(texts)
    assert found


def test_windows_of_seconds_go_by_the_times_of_the_texts() -> None:
    options = MonitorOptions(("price", "outage"), window_s=100.0, min_texts=5)
    slow = [StreamText("a price", 10.0 * number) for number in range(60)]
    fast = [StreamText("an outage", 600.0 + number) for number in range(100)]
    found = watched([*slow, *fast], options)
    rise = next(each for each in found if each.topic == "outage")
    assert (rise.change, rise.share_before) == ("rise", 0.0)
    window = [
        each
        for each in [*slow, *fast][: rise.last]
        if each.time_s > [*slow, *fast][rise.last - 1].time_s - 100
    ]
    assert rise.n_now == len(window)
    assert rise.share_now == sum(each.text == "an outage" for each in window) / len(window)


def test_a_text_that_is_late_counts_as_of_the_time_before_it() -> None:
    monitor = Monitor(classifier(), MonitorOptions(("price", "outage"), window_s=10.0))
    monitor.add([StreamText("price", 100.0), StreamText("price", 50.0), StreamText("price", 101.0)])
    assert (monitor.n_late, monitor.n_texts) == (1, 3)


def test_one_topic_at_most_is_the_most_probable() -> None:
    both = [StreamText("price and outage")] * 200
    alone = [StreamText("nothing")] * 100
    many = MonitorOptions(("price", "outage"), window=40)
    single = MonitorOptions(("price", "outage"), window=40, multi_label=False, threshold=0.0)
    assert {each.topic for each in watched([*both, *alone], many)} == {"price", "outage"}
    assert watched([*both, *alone], single) == []  # a tie goes to the first, before and after


def test_a_resumed_monitor_says_what_an_uninterrupted_one_says() -> None:
    texts = stream(("a price", 160), ("an outage", 100), ("bad", 100))
    for cut in (0, 3, 165, 200, len(texts)):
        first = Monitor(classifier(), OPTIONS)
        found = first.add(texts[:cut])
        state = json.loads(json.dumps(first.state(), ensure_ascii=False))
        second = Monitor.resumed(classifier(), state)
        assert found + second.add(texts[cut:]) == watched(texts)
        assert second.n_texts == len(texts)


def test_memory_is_that_of_the_windows() -> None:
    monitor = Monitor(classifier(), OPTIONS)
    monitor.add([StreamText("x" * 2_000)] * 300)
    state = monitor.state()
    assert (len(state["window"]), len(state["before"])) == (40, 160)
    assert len(json.dumps(state)) < 200_000


def test_a_state_of_another_model_or_of_no_monitor_is_refused() -> None:
    monitor = Monitor(classifier(), OPTIONS)
    with pytest.raises(FingerprintMismatchError):
        Monitor.resumed(classifier(price=1.0), monitor.state())
    for broken in ({}, [], {**monitor.state(), "version": 99}, {**monitor.state(), "since": [1]}):
        with pytest.raises(UsageError):
            Monitor.resumed(classifier(), broken)
    without = monitor.state()
    del without["window"]
    with pytest.raises(UsageError):
        Monitor.resumed(classifier(), without)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"topics": ("a",), "multi_label": False},
        {"sentiments": ("a",)},
        {"topics": ("a", "b"), "sentiments": ("b", "c")},
        {"topics": ("a",), "window": 1},
        {"topics": ("a",), "window": 10},
        {"topics": ("a",), "window_s": 0.0},
        {"topics": ("a",), "reference": 0},
        {"topics": ("a",), "threshold": 2.0},
        {"topics": ("a",), "significance": 0.0},
        {"topics": ("a",), "min_change": 0.0},
    ],
)
def test_options_that_could_never_tell_anything_are_refused(options) -> None:
    with pytest.raises(UsageError):
        MonitorOptions(**options)


def test_a_blank_text_or_one_without_a_time_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        watched([StreamText(" ")])
    with pytest.raises(UsageError):
        watched([StreamText("a")], MonitorOptions(("price",), window_s=5.0))


def test_no_texts_change_nothing() -> None:
    assert watched([]) == []


def test_texts_that_the_model_cannot_read_are_left_out_and_counted() -> None:
    """Half a stream in another script changes no share of the other half."""
    model = classifier()
    model.nli.model.tokenizer = AsciiTokenizer()
    monitor = Monitor(model, OPTIONS)
    texts = [StreamText(text) for text in ["a price", "nothing"] * 80 + ["猫喜欢睡觉"] * 300]
    assert monitor.add(texts) == []
    assert (monitor.n_texts, monitor.n_unreadable) == (160, 300)
    again = Monitor.resumed(model, monitor.state())
    assert again.n_unreadable == 300
