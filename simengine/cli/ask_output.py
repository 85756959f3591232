"""Answers for people and for machines."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click

from simengine.cli.search_output import mark
from simengine.cli.terminal import one_line, shorten, wrap

if TYPE_CHECKING:
    from simengine.types import Answer

NARROWEST, WIDEST = 40, 120
COLOURS = {"supported": "green", "contradicted": "red", "not found": "yellow"}


def answer_text(answer: Answer) -> str:
    """An answer for a person: verdict, answer, where it stands, what speaks against it; or the nearest passages."""
    width = max(min(shutil.get_terminal_size().columns, WIDEST), NARROWEST)
    kind = "" if answer.calibrated else ", uncalibrated"
    head = click.style(answer.verdict, fg=COLOURS.get(answer.verdict), bold=True)
    lines = [f"{head}  {answer.probability:.2f}{kind}"]
    if answer.asked:
        lines.append(click.style(shorten(f"understood as: {answer.question}", width), dim=True))
    if answer.verdict == "not found":
        lines += [
            f"  {shorten(f'{hit.title or hit.id}: {hit.passage.text}', width - 2)}" for hit in answer.nearest
        ]
    else:
        lines += wrap(one_line(answer.text), width)
        lines += _standing(answer, width)
    for note in answer.notes:
        lines += wrap(one_line(f"note: {note}"), width)
    return "\n".join(lines) + "\n"


def _standing(answer: Answer, width: int) -> list[str]:
    lines = []
    for name, evidence in (("evidence", answer.evidence), ("against", answer.against)):
        if evidence is None:
            continue
        said = "" if name == "evidence" and evidence.text == answer.text else f": {evidence.text}"
        title = f" {evidence.title}" if evidence.title and evidence.title != evidence.document_id else ""
        place = f"{evidence.document_id}{title} [{evidence.span.start}:{evidence.span.end}]"
        lines.append("  " + mark(shorten(f"{name}: {place}{said}", width - 2), answer.question))
    return lines
