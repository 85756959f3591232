"""simengine info: what is in an index."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.options import find_index, index_argument, index_option, output_options
from simengine.cli.terminal import cells, counted, megabytes, print_pairs, shorten

if TYPE_CHECKING:
    from simengine.store.snapshot import Snapshot

LEAST_VALUE = 30  # columns for values, however long the names


@click.command("info")
@index_argument
@index_option
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
@output_options
def command(
    index_argument: Path | None, index_path: Path | None, format_: str, quiet: bool, no_progress: bool
) -> None:
    """Show what is in an index: documents, model, candidate index with its measured recall, metadata fields."""
    from simengine.indexing.facts import facts_of
    from simengine.store.snapshot import Snapshot

    path = find_index(index_argument, index_path)
    with Snapshot.open(path) as snapshot:
        if format_ == "json":
            record = {"path": str(path), **facts_of(path, snapshot)}
            click.echo(json.dumps(record, ensure_ascii=False, indent=2))
        else:
            print_pairs(describe(path, snapshot))


def describe(path: Path, snapshot: Snapshot) -> list[tuple[str, str]]:
    """Names and values for a person."""
    from simengine.calibration.stored import describe_calibration, stored_calibrations
    from simengine.indexing.facts import coverage, folder_bytes

    settings, counts, fields = snapshot.settings, snapshot.counts, snapshot.fields()
    names = max(cells(name) for name in ("candidates", *fields))
    room = max(shutil.get_terminal_size((120, 24)).columns - names - 2, LEAST_VALUE)
    state = (
        ""
        if snapshot.state == "complete"
        else f" ({snapshot.state}: run the same `simengine index` again to finish it)"
    )
    rows = [
        ("index", f"{path}{state}, {megabytes(folder_bytes(path))}"),
        ("documents", f"{counts.documents:,}"),
        (
            "passages",
            f"{counts.passages:,} of at most {settings.chunk_tokens} tokens, "
            f"{counted(counts.tokens, 'token')} in all",
        ),
        ("coverage", f"{coverage(snapshot):.2%} of the tokens were read by the model"),
        ("unknown", _unknown(snapshot)),
        (
            "model",
            f"{settings.model_name}, {settings.dimension} dimensions, fingerprint {settings.fingerprint[:12]}",
        ),
        *_candidates(snapshot),
        *(("calibration", describe_calibration(each)) for each in stored_calibrations(snapshot).values()),
        ("generation", f"{snapshot.generation}, commit {snapshot.commit_number}"),
        ("built", shorten(f"{settings.created} by {settings.command}", room)),
    ]
    if counts.deleted_rows:
        rows.insert(3, ("deleted", f"{counts.deleted_rows:,} passages, until `simengine compact`"))
    if fields:
        rows.append(("", ""))
        rows.append(("field", "type, documents, examples"))
    for name, field in fields.items():
        examples = ", ".join(json.dumps(value, ensure_ascii=False) for value in field.examples)
        rows.append((name, shorten(f"{'|'.join(field.types)}, {field.count:,}: {examples}", room)))
    return rows


def _unknown(snapshot: Snapshot) -> str:
    from simengine.indexing.facts import unknown_counts

    found = unknown_counts(snapshot)
    if found is None:
        return "not measured (built by an earlier version; `simengine index --overwrite` measures it)"
    text = f"{found.share:.2%} of the tokens are characters that the model does not know"
    if found.passages_unreadable:
        text += f"; {found.passages_unreadable:,} of {counted(found.passages, 'passage')} cannot be told apart by it"
    missing = snapshot.counts.documents - found.documents
    return f"{text} ({counted(missing, 'document')} not measured)" if missing else text


def _candidates(snapshot: Snapshot) -> list[tuple[str, str]]:
    ann = snapshot.derived("ann")
    if ann is None:
        return [("candidates", "exact search over all vectors (recall@10 is 1)")]
    tail = snapshot.n_rows - int(str(ann["rows"]))
    more = f", {tail:,} newer passages are searched exactly" if tail else ""
    text = (
        f"{ann['recipe']}, recall@10 {float(str(ann['recall_at_10'])):.3f} against exact search "
        f"({ann['recall_queries']} queries), {megabytes(int(str(ann['bytes'])))}{more}"
    )
    notes = ann.get("notes")
    return [
        ("candidates", text),
        *(("note", str(line)) for line in (notes if isinstance(notes, list) else [])),
    ]
