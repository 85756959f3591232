"""The Check tab: the claims of a text one by one, each with its verdict and evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr
from markupsafe import Markup

from simengine.engine.matching import shifted
from simengine.requests.check import CheckRequest
from simengine.results.check import CheckedClaim, CheckedText
from simengine.serving.demo.context import QUIET, DemoContext, area
from simengine.serving.demo.highlight import marked
from simengine.serving.demo.notices import failure, notice, skeleton
from simengine.serving.demo.rendering import render
from simengine.serving.demo.strings import UNKNOWN, Language
from simengine.serving.demo.strings.check import CHECK
from simengine.text.checks import check_text

MOST_CHARS = 20_000
LOOKS = {"supported": ("supports", "✓"), "contradicted": ("contradicts", "✕"), "not found": ("neutral", "·")}
UNSURE_LOOK = ("neutral", "?")


class CheckTab:
    """The components of the tab, and what they do."""

    def __init__(self, context: DemoContext) -> None:
        self.context, self.served = context, context.served
        self.text = context.textbox(
            "se-check-text", CHECK.text, CHECK.text_hint, lines=5, max_lines=16, max_length=MOST_CHARS
        )
        self.source = context.textbox(
            "se-check-source", CHECK.source, CHECK.source_hint, lines=2, max_lines=12, max_length=MOST_CHARS
        )
        self.go = context.button("se-check-go", CHECK.go, min_width=112, variant="primary")
        self.shown = area("se-checked", start_html("en"))
        self.found = gr.State(None)
        inputs = [context.language, self.text, self.source]
        self.go.click(self.check, inputs, [self.shown, self.found], **QUIET)
        context.on_language(self.again, [self.found], [self.shown])

    def check(self, language: Language, text: str, source: str) -> Iterator[Sequence[Any]]:
        """Check the text, with a skeleton shown meanwhile."""
        text, source = (text or "").strip(), (source or "").strip()
        if not text:
            yield notice(language, "empty", CHECK.blank_title, CHECK.blank_body), gr.skip()
            return
        yield skeleton(language, CHECK.loading), gr.skip()
        try:
            check_text(text, "text")
            check_text(source, "source")
            request = CheckRequest(texts=(text,), source=(source,) if source else None)
            (found,) = self.served.engine.run(request)
            foreign = any(note.source == "nli" for note in self.served.engine.notes(request))
        except Exception as error:
            yield failure(error, language), gr.skip()
            return
        yield checked_html(found, language, foreign=foreign), (found, foreign)

    def again(self, language: Language, found: tuple[CheckedText, bool] | None) -> Markup:
        """What is shown, in the language that was switched to."""
        return start_html(language) if found is None else checked_html(found[0], language, foreign=found[1])


def start_html(language: Language) -> Markup:
    """What stands where claims will be."""
    return notice(language, "empty", CHECK.start_title, CHECK.start_body)


def checked_html(found: CheckedText, language: Language, *, foreign: bool = False) -> Markup:
    """HTML of checked claims.

    Args:
        found: with the claims.
        language: of the page.
        foreign: the cross-encoder knows hardly any characters of the text.
    """
    said = notice(language, "note", UNKNOWN.cross_encoder) if foreign else Markup()
    if not found.claims:
        return said + notice(language, "none", CHECK.none_title, CHECK.none_body)
    counts = [(name, n) for name in (*LOOKS, "not sure") if (n := found.count(name))]  # type: ignore[arg-type]
    claims = [_shown(claim) for claim in found.claims]
    return said + render(
        "checked", language, {"claims": claims, "counts": counts, "calibrated": found.calibrated}
    )


def _shown(claim: CheckedClaim) -> dict[str, Any]:
    kind, sign = LOOKS.get(claim.verdict, UNSURE_LOOK)
    words = shifted(claim.unsupported, claim.span.start)
    return {"claim": claim, "kind": kind, "sign": sign, "marked": marked(claim.text, words)}
