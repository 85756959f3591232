"""Every word of the page is there in English and in Chinese, with the same values to fill in."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from string import Formatter

import pytest

from simengine.serving.demo import strings
from simengine.serving.demo.strings import Text

SAME = {"recall@10"}


def all_texts() -> list[tuple[str, Text]]:
    found = []
    for module in pkgutil.iter_modules(strings.__path__):
        names = vars(import_module(f"{strings.__name__}.{module.name}"))
        for name, group in names.items():
            if isinstance(group, type) and name.isupper() and group.__module__.endswith(module.name):
                found += [
                    (f"{name}.{key}", text) for key, text in vars(group).items() if isinstance(text, Text)
                ]
    return found


TEXTS = all_texts()


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_tab_has_its_words():
    groups = {name.split(".")[0] for name, _ in TEXTS}
    assert {"ASK", "CHECK", "FRAME", "INDEX", "MAP", "PAIRS", "RECOMMEND", "SEARCH", "UNKNOWN"} <= groups


@pytest.mark.parametrize(("name", "text"), TEXTS, ids=[name for name, _ in TEXTS])
def test_both_languages_say_it_with_the_same_values(name: str, text: Text):
    assert text.en.strip()
    assert text.zh.strip()
    assert fields(text.en) == fields(text.zh)
    assert "—" not in text.en
    assert "judge" not in text.en
    assert fields(text.one) <= fields(text.en)
    if text.en not in SAME and any(character.isalpha() for character in text.en) and "=" not in text.en:
        assert text.zh != text.en


def test_a_text_is_filled_in_in_both_languages():
    assert Text("{n} a", "{n} 个").filled({"n": 3}) == Text("3 a", "3 个")
