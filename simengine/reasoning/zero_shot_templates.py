"""Hypotheses that say a text belongs to a class: built-in templates in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simengine.errors import UsageError
from simengine.text.scripts import has_chinese

SLOT = "{}"
TEMPLATES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("topic", "en"): ("This text is about {}.", "The topic is {}."),
    ("topic", "zh"): ("这段文字是关于{}的。", "这段话的主题是{}。"),
    ("sentiment", "en"): ("The sentiment of this text is {}.", "The author's opinion is {}."),
    ("sentiment", "zh"): ("这段文字的情感是{}的。", "作者的评价是{}的。"),
}
"""By what a label is, and the language of the labels."""

_SENTENCE_ENDS = (".", "!", "?", "。", "！", "？")


def templates_for(template: str | Sequence[str] | None, task: str, labels: Sequence[str]) -> tuple[str, ...]:
    """The templates that were given, or the built-in ones.

    Args:
        template: one or several, each with one {} for the label; None for the built-in ones.
        task: "topic" or "sentiment", for the built-in ones.
        labels: Chinese templates are taken where one of them holds a Chinese character.

    Raises:
        UsageError: a template without a {} or with two, none at all, or an unknown task.
    """
    if template is None:
        language = "zh" if any(map(has_chinese, labels)) else "en"
        if (task, language) not in TEMPLATES:
            known = ", ".join(dict.fromkeys(name for name, _ in TEMPLATES))
            raise UsageError(f"task is {task!r}; templates are built in for {known}")
        return TEMPLATES[task, language]
    given = (template,) if isinstance(template, str) else tuple(template)
    if not given:
        raise UsageError("no template given; expected a sentence with {} for the label")
    for each in given:
        if not isinstance(each, str) or each.count(SLOT) != 1:
            raise UsageError(f"template {each!r}: expected a sentence with one {SLOT}, where the label goes")
    return given


def check_labels(labels: Sequence[str]) -> None:
    """Raise UsageError unless these are different names, one at least, none of them blank."""
    if isinstance(labels, str) or not len(labels):
        raise UsageError(f"labels are {labels!r}; expected a list of names, one at least")
    if any(not isinstance(label, str) or not label.strip() for label in labels):
        raise UsageError(f"labels are {list(labels)!r:.200}; expected names, none of them blank")
    if len(set(labels)) != len(labels):
        raise UsageError(f"a label occurs twice among {', '.join(labels)}")


def hypotheses_for(
    labels: Sequence[str], templates: Sequence[str], descriptions: Mapping[str, str] | None
) -> list[list[str]]:
    """For each label its hypotheses, as many for each.

    Args:
        labels: different names.
        templates: each with one {}.
        descriptions: from a label to the words that stand for it in a template. One that is a sentence (it ends like
            one) is the label's hypothesis by itself.

    Raises:
        UsageError: a description is of no label, or blank.
    """
    descriptions = descriptions or {}
    if unknown := [label for label in descriptions if label not in labels]:
        raise UsageError(f"there is a description of {unknown[0]!r}, which is none of {', '.join(labels)}")
    if blank := [label for label, words in descriptions.items() if not words.strip()]:
        raise UsageError(f"the description of {blank[0]!r} is blank")
    found = []
    for label in labels:
        words = descriptions.get(label, label).strip()
        if label in descriptions and words.endswith(_SENTENCE_ENDS):
            found.append([words] * len(templates))
        else:
            found.append([template.replace(SLOT, words) for template in templates])
    return found
