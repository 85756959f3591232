"""The Index tab: what is in the index, how well it finds, whether it is sound."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import gradio as gr
from markupsafe import Markup

from simengine.indexing.health import VerifyReport, check_index
from simengine.serving.demo.cards import shortened
from simengine.serving.demo.context import QUIET, DemoContext, area
from simengine.serving.demo.notices import failure, notice, skeleton
from simengine.serving.demo.rendering import render
from simengine.serving.demo.strings import Language
from simengine.serving.demo.strings.index import INDEX


class IndexTab:
    """The components of the tab, and what they do."""

    def __init__(self, context: DemoContext) -> None:
        self.context, self.served = context, context.served
        self.facts = area("se-facts")
        self.health = area("se-health", unknown_html("en"))
        with gr.Row(elem_classes="se-buttons"):
            self.check = context.button("se-check", INDEX.check, min_width=180)
            self.refresh = context.button("se-refresh", INDEX.refresh)
        self.found = gr.State(None)
        language = context.language
        self.refresh.click(self.show, [language], [self.facts], **QUIET)
        self.check.click(self.look, [language], [self.health, self.found], **QUIET)
        context.on_open(self.show, [], [self.facts])
        context.on_language(self.show_now, [], [self.facts])
        context.on_language(self.health_again, [self.found], [self.health])

    def show(self, language: Language) -> Iterator[Markup]:
        """The facts as they are now."""
        yield skeleton(language, INDEX.loading, 1)
        yield self.show_now(language)

    def show_now(self, language: Language) -> Markup:
        """The facts as they are now, at once."""
        try:
            return facts_html(self.served.facts(), language)
        except Exception as error:
            return failure(error, language)

    def look(self, language: Language) -> Iterator[tuple[Markup, tuple[VerifyReport, float] | None]]:
        """Check every file."""
        yield skeleton(language, INDEX.checking, 1), None
        start = time.perf_counter()
        try:
            health = check_index(self.served.engine.path)
        except Exception as error:
            yield failure(error, language), None
            return
        found = (health, time.perf_counter() - start)
        yield self.health_again(language, found), found

    def health_again(self, language: Language, found: tuple[VerifyReport, float] | None) -> Markup:
        """What the check found, in a language."""
        return unknown_html(language) if found is None else health_html(found[0], found[1], language)


def facts_html(facts: Mapping[str, Any], language: Language) -> Markup:
    """HTML of what `ServedIndex.facts` says."""
    calibrations = [
        (
            task,
            table["kind"],
            f"{table['n']:,}",
            f"{table['ece_after']:.3f}",
            "" if table.get("ece_before") is None else f"{table['ece_before']:.3f}",
            table["date"],
        )
        for task, table in (facts.get("calibration") or {}).items()
    ]
    fields = [
        (
            name,
            " | ".join(field["types"]),
            f"{field['count']:,}",
            shortened(", ".join(json.dumps(value, ensure_ascii=False) for value in field["examples"]), 120),
        )
        for name, field in facts["fields"].items()
    ]
    return render("facts", language, {"facts": facts, "calibrations": calibrations, "fields": fields})


def unknown_html(language: Language) -> Markup:
    """What stands where the check's result will be."""
    return notice(language, "empty", INDEX.health_unknown, INDEX.health_unknown_body)


def health_html(health: VerifyReport, took_s: float, language: Language) -> Markup:
    """HTML of a check's result."""
    if not health.problems:
        counts = {"files": f"{len(health.checked):,}", "documents": f"{health.documents:,}"}
        body = INDEX.healthy_body.filled({**counts, "seconds": f"{took_s:.1f}"})
        return notice(language, "good", INDEX.healthy, body)
    lines = [f"{each.file.name}: {each.what}\n{each.remedy}" for each in health.problems]
    title = INDEX.damaged.for_number(len(lines)).filled({"n": len(lines)})
    return notice(language, "error", title, "\n\n".join(lines))
