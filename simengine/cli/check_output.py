"""Checked claims for people."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from simengine.cli.terminal import counted, one_line, shorten, wrap

if TYPE_CHECKING:
    from simengine.results.check import CheckedClaim, CheckedText
    from simengine.types import Evidence

NARROWEST, WIDEST = 40, 120
INDENT, QUOTED_LINES = "    ", 3
LOOKS = {"supported": ("✓", "green"), "contradicted": ("✕", "red"), "not found": ("·", "yellow")}
UNSURE_LOOK = ("?", None)  # a verdict that is not sure has no colour of its own
_SKIPPED = {"short": "short sentence", "question": "question", "heading": "heading", "greeting": "greeting"}


def check_text(claim: CheckedClaim) -> str:
    """A claim for a person: its verdict, itself, the evidence, and what nothing supports."""
    width = max(min(shutil.get_terminal_size().columns, WIDEST), NARROWEST) - len(INDENT)
    sign, colour = LOOKS.get(claim.verdict, UNSURE_LOOK)
    head = click.style(f"{sign} {claim.verdict:<12}", fg=colour, bold=colour is not None)
    lines = [f"{head}  {claim.probability:.2f}", *_indented(one_line(claim.text), width)]
    if claim.judged != claim.text:
        lines.append(_dim(f"judged as: {claim.judged}", width))
    for name, evidence in (("evidence", claim.evidence), ("against", claim.against)):
        if evidence is not None:
            lines += _indented(f"{name}: {shorten(evidence.text, QUOTED_LINES * width)}", width)
            lines.append(_dim(_place(evidence), width))
    if claim.unsupported:
        at = claim.span.start
        spans = [one_line(claim.text[span.start - at : span.end - at]) for span in claim.unsupported]
        lines.append(INDENT + shorten(f"nothing supports: {' … '.join(spans)}", width))
    if claim.reason:
        lines += _indented(one_line(f"reason: {claim.reason}"), width)
    return "\n".join(lines) + "\n"


def summary(found: Sequence[CheckedText]) -> str:
    """One line: the number of claims of each verdict, and of sentences that are not claims."""
    claims = [claim for text in found for claim in text.claims]
    skipped = {reason: sum(text.skipped.get(reason, 0) for text in found) for reason in _SKIPPED}
    left_out = ", ".join(counted(n, _SKIPPED[reason]) for reason, n in skipped.items() if n)
    verdicts = ", ".join(
        f"{sum(claim.verdict == name for claim in claims):,} {name}" for name in (*LOOKS, "not sure")
    )
    kind = "calibrated" if all(text.calibrated for text in found) else "uncalibrated"
    said = f"{counted(len(claims), 'claim')}: {verdicts}" if claims else "no claims to check"
    return f"{said}; probabilities {kind}" + (f"; left out: {left_out}" if left_out else "")


def _place(evidence: Evidence) -> str:
    title = f" {evidence.title}" if evidence.title and evidence.title != evidence.document_id else ""
    return f"in {evidence.document_id}{title} [{evidence.span.start}:{evidence.span.end}]"


def _indented(text: str, width: int) -> list[str]:
    return [INDENT + line for line in wrap(text, width)]


def _dim(text: str, width: int) -> str:
    return INDENT + click.style(shorten(text, width), dim=True)
