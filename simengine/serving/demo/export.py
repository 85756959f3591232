"""Hits as files: CSV that a spreadsheet opens without running anything, and JSON Lines with everything."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence

from simengine.results.records import hit_record
from simengine.types import Hit

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
COLUMNS = (
    "rank", "id", "title", "score", "relevance", "calibrated", "stance", "evidence", "passage", "duplicates",
)  # fmt: skip
BOM = "\ufeff"


def as_csv(hits: Sequence[Hit], query: str) -> str:
    """CSV with a header; one column for each metadata field that any hit has."""
    fields = list(dict.fromkeys(name for hit in hits for name in hit.metadata))
    rows: list[Sequence[object]] = [("query", *COLUMNS, *(f"metadata.{name}" for name in fields))]
    for hit in hits:
        record = hit_record(hit)
        judgement = record.get("judgement") or {}
        judged = [judgement.get(name) for name in ("relevance", "calibrated", "stance")]
        evidence = (judgement.get("evidence") or {}).get("text")
        cells = [query, hit.rank, hit.id, hit.title, record["score"], *judged, evidence, hit.passage.text]
        rows.append([*cells, " ".join(hit.duplicates), *(hit.metadata.get(name) for name in fields)])
    return csv_text(rows)


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """CSV for spreadsheets: a byte order mark says that it is UTF-8; no cell is taken for a formula, see `neutral`."""
    out = io.StringIO()
    out.write(BOM)
    csv.writer(out, lineterminator="\r\n").writerows([neutral(cell) for cell in row] for row in rows)
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
