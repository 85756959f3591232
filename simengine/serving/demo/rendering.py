"""HTML of the page from `templates/`. Autoescaping is on: only `Markup` reaches the page as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from simengine.serving.demo.strings import FRAME, UNKNOWN, Text
from simengine.serving.demo.strings.ask import ASK, VERDICT_NAMES
from simengine.serving.demo.strings.check import CHECK, CHECK_NAMES
from simengine.serving.demo.strings.index import INDEX
from simengine.serving.demo.strings.map import MAP
from simengine.serving.demo.strings.pairs import PAIRS
from simengine.serving.demo.strings.recommend import RECOMMEND
from simengine.serving.demo.strings.search import SEARCH, STAGE_NAMES, STANCE_NAMES
from simengine.serving.demo.strings.text import Language

WORDS = {
    "ASK": ASK, "CHECK": CHECK, "FRAME": FRAME, "INDEX": INDEX, "MAP": MAP, "PAIRS": PAIRS, "RECOMMEND": RECOMMEND,
    "SEARCH": SEARCH, "UNKNOWN": UNKNOWN, "CHECK_NAMES": CHECK_NAMES, "STAGE_NAMES": STAGE_NAMES,
    "STANCE_NAMES": STANCE_NAMES, "VERDICT_NAMES": VERDICT_NAMES,
    "STANCE_SIGNS": {"supports": "✓", "contradicts": "✕", "neutral": "·"},
}  # fmt: skip
SECONDS_FROM_MS = 2_000


def render(template: str, language: Language, values: Mapping[str, Any]) -> Markup:
    """The HTML of a template.

    Args:
        template: name of a file in `templates/`, without ".html".
        language: of the texts that the filters `t`, `count` and `duration` give.
        values: for the template; one that it uses and that is missing is an error.
    """
    found = environment().get_template(f"{template}.html")
    return Markup(found.render({**values, "language": language}))


@cache
def environment() -> Environment:
    """The templates, with these filters.

    - `text|t(n=3)`: a `Text` in the page's language, values filled in; a plain string stays as it is.
    - `text|count(n)`: the same for a number of things, with a singular.
    - `ms|duration`: a time for people.
    - `x|fmt(".3f")`: Python's `format`; `n|megabytes`: of bytes.
    """
    made = Environment(
        loader=PackageLoader("simengine.serving.demo"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(WORDS)
    made.filters.update(
        {"t": _said, "count": _counted, "duration": _duration, "fmt": format, "megabytes": _megabytes}
    )
    return made


@pass_context
def _said(context: Context, text: Text | str, **values: Any) -> str:
    said = text.of(context["language"]) if isinstance(text, Text) else text
    return said.format(**values) if values else said


@pass_context
def _counted(context: Context, text: Text, n: int, **values: Any) -> str:
    return _said(context, text.for_number(n), n=f"{n:,}", **values)


@pass_context
def _duration(context: Context, ms: float) -> str:
    if ms < SECONDS_FROM_MS:
        return _said(context, FRAME.in_ms, ms=f"{ms:,.0f}")
    return _said(context, FRAME.in_s, s=f"{ms / 1000:,.1f}")


def _megabytes(n_bytes: float) -> str:
    return f"{n_bytes / 1_000_000:,.1f} MB"
