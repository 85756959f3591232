"""Hits as files: CSV that a spreadsheet opens without running anything, and JSON Lines with everything."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from simengine.results.records import hit_record
from simengine.types import Hit

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
COLUMNS = (
    "rank",
    "id",
    "title",
    "score",
    "relevance",
    "calibrated",
    "stance",
    "evidence",
    "passage",
    "duplicates",
)
BOM = "\ufeff"


def as_csv(hits: Sequence[Hit], query: str) -> str:
    """CSV with a header; one column for each metadata field that any hit has.

    Texts that a spreadsheet would take for a formula get an apostrophe in front. A byte order mark tells
    spreadsheets that it is UTF-8.
    """
    fields = list(dict.fromkeys(name for hit in hits for name in hit.metadata))
    out = io.StringIO()
    out.write(BOM)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([neutral(name) for name in ("query", *COLUMNS, *(f"metadata.{name}" for name in fields))])
    for hit in hits:
        record = hit_record(hit)
        judgement = record.get("judgement") or {}
        evidence = judgement.get("evidence") or {}
        cells = [
            query,
            hit.rank,
            hit.id,
            hit.title,
            record["score"],
            judgement.get("relevance"),
            judgement.get("calibrated"),
            judgement.get("stance"),
            evidence.get("text"),
            hit.passage.text,
            " ".join(hit.duplicates),
            *(hit.metadata.get(name) for name in fields),
        ]
        writer.writerow([neutral(cell) for cell in cells])
    return out.getvalue()


def as_jsonl(hits: Sequence[Hit], query: str) -> str:
    """One JSON object for each hit, under the names that the command line prints; each has `duplicates`."""
    records = ({"query": query, **hit_record(hit), "duplicates": list(hit.duplicates)} for hit in hits)
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def neutral(value: object) -> object:
    """A cell's value that no spreadsheet takes for a formula. Numbers stay numbers; lists become JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.lstrip(" \u3000\ufeff").startswith(FORMULA_STARTS) else text


SAVE_FILE = """(file) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([file.text], {type: file.type}));
    link.download = file.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}"""
"""JavaScript that offers {"name", "text", "type"} as a download; nothing is written on the server."""
