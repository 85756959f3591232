"""Hypotheses that a text belongs to a class: built-in templates in English and Chinese."""

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
"""By the kind and the language of the labels."""

_NEITHER = frozenset(
    (
        "neutral",
        "other",
        "others",
        "none",
        "none of these",
        "neither",
        "miscellaneous",
        "misc",
        "anything else",
    )
) | {"中性", "中立", "其他", "其它", "无", "都不是", "以上都不是"}

_SENTENCE_ENDS = (".", "!", "?", "。", "！", "？")


def templates_for(template: str | Sequence[str] | None, task: str, labels: Sequence[str]) -> tuple[str, ...]:
    """The given templates, or the built-in ones.

    Args:
        template: one or several, each with one {} for the label; None for the built-in ones.
        task: "topic" or "sentiment", for the built-in ones.
        labels: Chinese templates are used if one of them has a Chinese character.

    Raises:
        UsageError: a template without a {} or with two, no template, or an unknown task.
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


def means_neither(label: str) -> bool:
    """Whether a label is what is left where no other one fits, such as "neutral" or 其他."""
    return label.strip().lower() in _NEITHER


def check_labels(labels: Sequence[str]) -> None:
    """Raise UsageError unless these are different names, at least one, none of them blank."""
    if isinstance(labels, str) or not len(labels):
        raise UsageError(f"labels are {labels!r}; expected a list of names, at least one")
    if any(not isinstance(label, str) or not label.strip() for label in labels):
        raise UsageError(f"labels are {list(labels)!r:.200}; expected names, none of them blank")
    if len(set(labels)) != len(labels):
        raise UsageError(f"a label occurs twice among {', '.join(labels)}")


def hypotheses_for(
    labels: Sequence[str], templates: Sequence[str], descriptions: Mapping[str, str] | None
) -> list[list[str]]:
    """For each label its hypotheses, the same number for each.

    Args:
        labels: different names.
        templates: each with one {}.
        descriptions: from a label to its words in a template. A description that is a sentence (by its
            ending) is itself the label's hypothesis.

    Raises:
        UsageError: a description of an unknown label, or a blank one.
    """
    descriptions = descriptions or {}
    if unknown := [label for label in descriptions if label not in labels]:
        raise UsageError(f"there is a description of {unknown[0]!r}, which is not one of {', '.join(labels)}")
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
