"""The facts about an index as HTML. Everything that comes from the index is escaped."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from simengine.serving.demo.cards import shortened
from simengine.serving.demo.strings import Language
from simengine.serving.demo.strings.index import INDEX
from simengine.serving.demo.strings.unknown import UNKNOWN

MB = 1_000_000


def facts_html(facts: Mapping[str, Any], language: Language) -> str:
    """HTML of what `ServedIndex.facts` says."""
    return (
        _tiles(facts, language)
        + _section(INDEX.about.of(language), _about(facts, language))
        + _section(INDEX.calibration.of(language), _calibration(facts.get("calibration") or {}, language))
        + _section(INDEX.fields.of(language), _fields(facts["fields"], language))
    )


def _tiles(facts: Mapping[str, Any], language: Language) -> str:
    counts, ann, share = facts["counts"], facts["candidate_index"], facts["coverage"]
    if ann is None:
        recall, how = "1.000", INDEX.recall_exact.of(language)
    else:
        recall = f"{float(ann['recall_at_10']):.3f}"
        how = INDEX.recall_measured.of(language).format(n=f"{int(ann['recall_queries']):,}")
    cut = counts["tokens_truncated"]
    read = INDEX.coverage_some.of(language).format(n=f"{cut:,}") if cut else INDEX.coverage_all.of(language)
    unknown = facts.get("unknown")
    if unknown is not None and unknown["tokens_unknown"]:
        read += " " + UNKNOWN.share.of(language).format(share=f"{unknown['share']:.2%}")
    # Rounding must not make a whole out of what is none.
    covered = "100%" if not cut else f"{min(share, 0.9999):.2%}"
    tiles = (
        (f"{counts['documents']:,}", INDEX.documents.of(language), ""),
        (f"{counts['passages']:,}", INDEX.passages.of(language), ""),
        (f"{counts['tokens']:,}", INDEX.tokens.of(language), ""),
        (f"{facts['bytes'] / MB:,.1f} MB", INDEX.size.of(language), ""),
        (recall, INDEX.recall.of(language), how),
        (covered, INDEX.coverage.of(language), read),
    )
    items = "".join(
        f"<li><b>{escape(value)}</b> <span>{escape(name)}</span>{f'<small>{escape(more)}</small>' if more else ''}</li>"
        for value, name, more in tiles
    )
    return f'<ul class="se-tiles">{items}</ul>'


def _about(facts: Mapping[str, Any], language: Language) -> str:
    settings, counts = facts["settings"], facts["counts"]
    model = [
        settings["model_name"],
        INDEX.dimensions.of(language).format(n=settings["dimension"]),
        INDEX.fingerprint.of(language).format(digest=str(settings["fingerprint"])[:12]),
    ]
    state = facts["state"]
    rows = [
        (
            INDEX.state,
            INDEX.complete.of(language)
            if state == "complete"
            else INDEX.incomplete.of(language).format(state=state),
        ),
        (INDEX.model, " · ".join(model)),
        (INDEX.candidates, _candidates(facts, language)),
        (INDEX.chunks, INDEX.chunk_tokens.of(language).format(n=settings["chunk_tokens"])),
        (
            INDEX.built,
            f"{settings['created']} · "
            + INDEX.commit.of(language).format(generation=facts["generation"], commit=facts["commit"]),
        ),
    ]
    if counts["deleted_rows"]:
        said = INDEX.deleted_rows.of(language).format(n=f"{counts['deleted_rows']:,}")
        rows.append((INDEX.deleted, said))
    items = "".join(f"<dt>{escape(name.of(language))}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    return f'<dl class="se-pairs">{items}</dl>'


def _candidates(facts: Mapping[str, Any], language: Language) -> str:
    ann = facts["candidate_index"]
    if ann is None:
        return INDEX.exact.of(language)
    parts = [str(ann["recipe"]), f"{int(ann['bytes']) / MB:,.1f} MB"]
    newer = int(facts["counts"]["rows"]) - int(ann["rows"])
    if newer > 0:
        parts.append(INDEX.newer.of(language).format(n=f"{newer:,}"))
    return " · ".join(parts)


def _calibration(tables: Mapping[str, Mapping[str, Any]], language: Language) -> str:
    if not tables:
        return f"<p>{escape(INDEX.calibration_none.of(language))}</p>"
    names = (INDEX.task, INDEX.method, INDEX.pairs, INDEX.error_after, INDEX.error_before, INDEX.date)
    rows = [
        (
            task,
            str(table["kind"]),
            f"{int(table['n']):,}",
            f"{float(table['ece_after']):.3f}",
            "" if table.get("ece_before") is None else f"{float(table['ece_before']):.3f}",
            str(table["date"]),
        )
        for task, table in tables.items()
    ]
    return _table([name.of(language) for name in names], rows)


def _fields(fields: Mapping[str, Mapping[str, Any]], language: Language) -> str:
    if not fields:
        return f"<p>{escape(INDEX.fields_none.of(language))}</p>"
    names = (INDEX.field, INDEX.kinds, INDEX.count, INDEX.examples)
    rows = [
        (
            name,
            " | ".join(field["types"]),
            f"{field['count']:,}",
            shortened(", ".join(json.dumps(value, ensure_ascii=False) for value in field["examples"]), 120),
        )
        for name, field in fields.items()
    ]
    return _table([name.of(language) for name in names], rows)


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="se-table" tabindex="0" role="region" aria-label="{escape(names[0])}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _section(title: str, html: str) -> str:
    return f'<section class="se-section"><h2>{escape(title)}</h2>{html}</section>'
