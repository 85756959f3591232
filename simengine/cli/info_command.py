"""simengine info: what is in an index."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from simengine.cli.options import find_index, format_option, index_argument, index_option, output_options
from simengine.cli.terminal import cells, counted, megabytes, print_pairs, shorten

LEAST_VALUE = 30  # columns for values, however long the names


@click.command("info")
@index_argument
@index_option
@format_option("table", "json")
@output_options
def command(
    index_argument: Path | None, index_path: Path | None, format_: str, quiet: bool, no_progress: bool
) -> None:
    """Show what is in an index: documents, model, ANN index with its measured recall, metadata fields."""
    from simengine.engine.contents import open_contents

    path = find_index(index_argument, index_path)
    with open_contents(path) as contents:
        facts = contents.facts()
    if format_ == "json":
        click.echo(json.dumps({"path": str(path), **facts}, ensure_ascii=False, indent=2))
    else:
        print_pairs(describe(path, facts))


def describe(path: Path, facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and values for a person.

    Args:
        path: the index directory.
        facts: see `Contents.facts`.
    """
    settings, counts, fields = facts["settings"], facts["counts"], facts["fields"]
    names = max(cells(name) for name in ("calibration", *fields))
    room = max(shutil.get_terminal_size((120, 24)).columns - names - 2, LEAST_VALUE)
    state = (
        ""
        if facts["state"] == "complete"
        else f" ({facts['state']}: run the same `simengine index` again to finish it)"
    )
    rows = [
        ("index", f"{path}{state}, {megabytes(facts['bytes'])}"),
        ("documents", f"{counts['documents']:,}"),
        (
            "passages",
            f"{counts['passages']:,} of at most {settings['chunk_tokens']} tokens, "
            f"{counted(counts['tokens'], 'token')} in all",
        ),
        ("coverage", f"{facts['coverage']:.2%} of the tokens were read by the model"),
        ("unknown", _unknown(facts)),
        (
            "model",
            f"{settings['model_name']}, {settings['dimension']} dimensions, "
            f"fingerprint {settings['fingerprint'][:12]}",
        ),
        *([("note", facts["model_choice"])] if facts["model_choice"] else ()),
        *_ann(facts),
        *(("calibration", _calibration(each)) for each in (facts["calibration"] or {}).values()),
        ("generation", f"{facts['generation']}, commit {facts['commit']}"),
        ("built", shorten(f"{settings['created']} by {settings['command']}", room)),
    ]
    if counts["deleted_rows"]:
        rows.insert(3, ("deleted", f"{counts['deleted_rows']:,} passages, until `simengine compact`"))
    if fields:
        rows.append(("", ""))
        rows.append(("field", "type, documents, examples"))
    for name, field in fields.items():
        examples = ", ".join(json.dumps(value, ensure_ascii=False) for value in field["examples"])
        rows.append((name, shorten(f"{'|'.join(field['types'])}, {field['count']:,}: {examples}", room)))
    return rows


def _unknown(facts: Mapping[str, Any]) -> str:
    found = facts["unknown"]
    if found is None:
        if not facts["counts"]["documents"]:
            return "nothing: there are no documents"
        return "not measured (built by an earlier version; `simengine index --overwrite` measures it)"
    text = f"{found['share']:.2%} of the tokens are characters that the model does not know"
    if found["passages_unreadable"]:
        text += f"; it cannot tell {found['passages_unreadable']:,} of {counted(found['passages'], 'passage')} apart"
    missing = facts["counts"]["documents"] - found["documents"]
    return f"{text} ({counted(missing, 'document')} not measured)" if missing else text


def _ann(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    ann = facts["candidate_index"]
    if ann is None:
        return [("ANN index", "none: exact search over all vectors (recall@10 is 1)")]
    tail = facts["counts"]["rows"] - ann["rows"]
    more = f", {tail:,} newer passages are searched exactly" if tail else ""
    text = (
        f"{ann['recipe']}, recall@10 {ann['recall_at_10']:.3f} against exact search "
        f"({ann['recall_queries']} queries), {megabytes(ann['bytes'])}{more}"
    )
    return [("ANN index", text), *(("note", str(line)) for line in ann.get("notes") or ())]


def _calibration(table: Mapping[str, Any]) -> str:
    before = "" if table["ece_before"] is None else f" (before {table['ece_before']:.3f})"
    return (
        f"{table['task']}: {table['kind']} on {table['n']:,} pairs of {table['fitted_on'] or 'the caller'}, "
        f"{table['date']}; expected calibration error {table['ece_after']:.3f}{before}; "
        f"model {table['model'][:12]}"
    )
