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
COLOURS = {"supported": "green", "contradicted": "red", "yes": "green", "no": "red", "answer": "green"}
UNSURE = "yellow"


def answer_text(answer: Answer) -> str:
    """An answer for a person: verdict, answer, where it stands, what speaks against it; or the nearest passages.

    The answers to the parts of a question follow each other, each under its question.
    """
    width = max(min(shutil.get_terminal_size().columns, WIDEST), NARROWEST)
    lines = []
    if answer.asked:
        lines.append(click.style(shorten(f"Understood as: {answer.question}", width), dim=True))
    for part in answer.parts or (answer,):
        if answer.parts:
            lines += wrap(one_line(part.question), width)
        lines += _told(part, width)
    for note in answer.notes:
        lines += wrap(one_line(f"note: {note}"), width)
    return "\n".join(lines) + "\n"


def _told(answer: Answer, width: int) -> list[str]:
    kind = "" if answer.calibrated else ", uncalibrated"
    found = answer.verdict != "not found"
    shown = answer.verdict if answer.sure or not found else f"not sure: {answer.verdict}"
    colour = COLOURS.get(answer.verdict, UNSURE) if answer.sure else UNSURE
    lines = [f"{click.style(shown, fg=colour, bold=True)}  {answer.probability:.2f}{kind}"]
    if not found:
        near = [f"{hit.title or hit.id}: {hit.passage.text}" for hit in answer.nearest]
        return lines + [f"  {shorten(text, width - 2)}" for text in near]
    lines += wrap(one_line(answer.text), width)
    if answer.calculation:
        lines += wrap(one_line(f"calculated: {answer.calculation}"), width)
    return lines + _standing(answer, width)


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
