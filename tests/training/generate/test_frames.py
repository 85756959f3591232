"""Frames and their arithmetic: labels follow from numbers, roles and quantifiers, in both languages."""

from __future__ import annotations

import random
import re
from collections import defaultdict

import pytest

from simengine.training.generate import (
    joined_en,
    logic_en,
    logic_zh,
    quantities_en,
    quantities_zh,
    roles_en,
    roles_zh,
    stress_frames,
    templates_en,
    templates_zh,
    vocabulary,
)
from simengine.training.generate.kinds import KINDS, RULES
from simengine.training.generate.made import CONTRADICTION, ENTAILMENT, NEUTRAL
from simengine.training.generate.spans import NumberRange, draw_two, says

FRAMES = [(language, rule) for language, rules in RULES.items() for rule in rules.frames]


@pytest.mark.parametrize(
    ("premise", "hypothesis", "label"),
    [
        (NumberRange("exactly", 5), NumberRange("at_least", 3), ENTAILMENT),
        (NumberRange("exactly", 5), NumberRange("more_than", 5), CONTRADICTION),
        (NumberRange("more_than", 5), NumberRange("at_least", 6), ENTAILMENT),
        (NumberRange("at_most", 5), NumberRange("less_than", 6), ENTAILMENT),
        (NumberRange("between", 3, 8), NumberRange("at_most", 8), ENTAILMENT),
        (NumberRange("between", 3, 8), NumberRange("exactly", 5), NEUTRAL),
        (NumberRange("less_than", 5), NumberRange("at_least", 5), CONTRADICTION),
        (NumberRange("at_least", 5), NumberRange("at_most", 5), NEUTRAL),
    ],
)
def test_what_a_span_says_of_another(premise: NumberRange, hypothesis: NumberRange, label: str) -> None:
    assert says(premise, hypothesis) == label


@pytest.mark.parametrize("label", [ENTAILMENT, NEUTRAL, CONTRADICTION])
def test_drawn_spans_have_the_label_by_counting(label: str) -> None:
    rng = random.Random(3)
    for _ in range(100):
        one, other = draw_two(1, 9, 1, label, rng)  # type: ignore[arg-type]
        allowed = [{n for n in range(30) if span.low <= n <= span.high} for span in (one, other)]
        counted = (
            ENTAILMENT if allowed[0] <= allowed[1] else NEUTRAL if allowed[0] & allowed[1] else CONTRADICTION
        )
        assert counted == label


@pytest.mark.parametrize(("language", "rule"), FRAMES)
def test_frames_fill_every_slot_and_never_contradict_themselves(language: str, rule) -> None:
    labels = defaultdict(set)
    for seed in range(25):
        for made in rule(random.Random(seed)):
            for text in (made.premise, made.hypothesis):
                assert not re.search(r"[{}_]|  |\.\.|。。", text), text
                assert text.endswith((".", "。")), text
                assert text[0] == text[0].upper(), text
            assert made.label in KINDS[made.kind]
            labels[made.premise, made.hypothesis].add(made.label)
    assert labels
    assert all(len(found) == 1 for found in labels.values())


@pytest.mark.parametrize(("language", "rule"), FRAMES)
def test_frames_are_deterministic_by_seed(language: str, rule) -> None:
    assert list(rule(random.Random(5))) == list(rule(random.Random(5)))


@pytest.mark.parametrize(
    ("minutes", "style", "text"),
    [
        (870, "24", "14:30"),
        (870, "12", "2:30 pm"),
        (870, "words", "half past two in the afternoon"),
        (480, "24", "08:00"),
        (480, "12", "8 am"),
        (480, "words", "eight o'clock in the morning"),
        (720, "words", "12 pm"),
        (30, "words", "12:30 am"),
        (1140, "words", "seven o'clock in the evening"),
    ],
)
def test_english_clock(minutes: int, style: str, text: str) -> None:
    assert quantities_en.clock(minutes, style) == text


@pytest.mark.parametrize(
    ("minutes", "style", "text"),
    [
        (870, "24", "14:30"),
        (870, "12", "下午2点半"),
        (840, "words", "下午两点"),
        (720, "words", "中午十二点"),
        (300, "12", "凌晨5点"),
    ],
)
def test_chinese_clock(minutes: int, style: str, text: str) -> None:
    assert quantities_zh.clock(minutes, style) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "零"), (10, "十"), (12, "十二"), (20, "二十"), (99, "九十九")]
)
def test_chinese_numbers(value: int, text: str) -> None:
    assert quantities_zh.chinese_number(value) == text


@pytest.mark.parametrize("module", [quantities_en, quantities_zh])
def test_limits_are_kept_by_early_cases_and_broken_by_late_ones(module) -> None:
    frames = templates_en.DEADLINES if module is quantities_en else templates_zh.DEADLINES
    shapes = {}
    for _, allowed, refused, _ in frames:
        for claims, shape in ((True, allowed), (False, refused)):
            fixed = re.split(r"\{\w+\}(?:\{u\})?", shape)
            shapes[fixed[0], fixed[-1]] = claims
    for seed in range(200):
        for made in module.deadlines(random.Random(seed)):
            if made.label == NEUTRAL:
                continue
            limit, case = (re.search(r"\d+", text) for text in (made.premise, made.hypothesis))
            if limit is None or case is None:
                continue  # in Chinese numerals
            claims = next(
                claim
                for (start, end), claim in shapes.items()
                if made.hypothesis.startswith(start) and made.hypothesis.endswith(end)
            )
            in_time = int(case[0]) <= int(limit[0])
            assert (in_time == claims) == (made.label == ENTAILMENT)


@pytest.mark.parametrize("module", [roles_en, roles_zh])
def test_an_act_the_other_way_round_contradicts_and_its_passive_follows(module) -> None:
    persons = vocabulary.TRAIN_PERSONS if module is roles_en else vocabulary.TRAIN_PERSONS_ZH
    for seed in range(100):
        first, _, passive, *_ = module.acts(random.Random(seed))
        assert first.label == CONTRADICTION
        assert sorted(words(first.premise)) == sorted(words(first.hypothesis))
        assert passive.label == ENTAILMENT
        assert passive.premise == first.premise
        named = [person for person in persons if person.lower() in first.premise.lower()]
        assert len(named) >= 2


def words(text: str) -> list[str]:
    return re.findall(r"\w+" if text.isascii() else r"\w", text.lower())


def test_quantifiers_follow_from_sets() -> None:
    found = {}
    for seed in range(300):
        for made in logic_en.quantifiers(random.Random(seed)):
            found[made.premise, made.hypothesis] = made.label
    assert found["All the rooms have a balcony.", "Most of the rooms have a balcony."] == ENTAILMENT
    assert found["Some of the rooms have a balcony.", "No room has a balcony."] == CONTRADICTION
    assert found["All the rooms on the top floor have a balcony.", "Every room has a balcony."] == NEUTRAL


@pytest.mark.parametrize("module", [logic_en, logic_zh])
def test_permission_and_prohibition_exclude_each_other(module) -> None:
    may, barred = ("may", "must not") if module is logic_en else ("可以", "不得")
    who, act = (module.ACTORS, [act[0] for act in module.ACTIONS] if module is logic_en else module.ACTIONS)
    gap = " " if module is logic_en else ""
    for seed in range(400):
        for made in module.modality(random.Random(seed)):
            for actor in who:
                for action in act:
                    end = "." if gap else "。"
                    if {made.premise, made.hypothesis} == {
                        f"{actor}{gap}{may}{gap}{action}{end}",
                        f"{actor}{gap}{barred}{gap}{action}{end}",
                    }:
                        assert made.label == CONTRADICTION


def test_word_lists_of_training_and_benchmarks_are_disjoint() -> None:
    names = [name.removeprefix("TRAIN_") for name in vars(vocabulary) if name.startswith("TRAIN_")]
    assert len(names) == 6
    for name in names:
        assert not set(getattr(vocabulary, f"TRAIN_{name}")) & set(getattr(vocabulary, f"HELD_OUT_{name}"))


def test_no_training_frame_has_a_held_out_word() -> None:
    held_out = {
        *(person.removeprefix("the ") for person in vocabulary.HELD_OUT_PERSONS),
        *vocabulary.HELD_OUT_THINGS,
        *(form for act in vocabulary.HELD_OUT_ACTS for form in act),
    }
    for language, rule in FRAMES:
        for seed in range(15):
            for made in rule(random.Random(seed)):
                text = f"{made.premise} {made.hypothesis}".lower()
                if language == "en":
                    assert not {word.lower() for word in held_out} & set(re.findall(r"\w+", text)), text
                else:
                    for name in ("PERSONS", "THINGS", "ACTS"):
                        assert not [
                            word for word in getattr(vocabulary, f"HELD_OUT_{name}_ZH") if word in text
                        ], text


def test_no_training_frame_is_a_benchmark_frame() -> None:
    def shapes(frames) -> set[str]:
        texts = [text for frame in frames for text in (frame if isinstance(frame, tuple) else (frame,))]
        return {re.sub(r"\{\w+\}", "", text) for text in texts if isinstance(text, str) and len(text) > 12}

    benchmark = set()
    for name, value in vars(stress_frames).items():
        if name.isupper():
            benchmark |= shapes(value)
    training = set()
    for module in (templates_en, templates_zh, roles_en, roles_zh, joined_en, logic_zh):
        for value in vars(module).values():
            if isinstance(value, tuple):
                training |= shapes(value)
    assert benchmark
    assert not benchmark & training


@pytest.mark.parametrize("language", ["EN", "ZH"])
def test_benchmark_frames_are_many_and_all_different(language: str) -> None:
    for name in ("STATEMENTS", "DENIALS", "ROLES", "INTERVALS"):
        frames = getattr(stress_frames, f"{name}_{language}")
        texts = [text for frame in frames for text in frame if text not in ("at_most", "at_least")]
        assert 16 <= len(frames) <= 30
        assert len(set(texts)) == len(texts)
    bounds = [frame[3] for frame in getattr(stress_frames, f"INTERVALS_{language}")]
    assert min(bounds.count("at_most"), bounds.count("at_least")) >= 10
