"""simengine info: what is in an index."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.options import find_index, index_argument, index_option, output_options
from simengine.cli.terminal import megabytes, print_pairs, shorten

if TYPE_CHECKING:
    from simengine.store.snapshot import Snapshot


@click.command("info")
@index_argument
@index_option
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
@output_options
def command(
    index_argument: Path | None, index_path: Path | None, format_: str, quiet: bool, no_progress: bool
) -> None:
    """Show what is in an index: documents, model, candidate index with its measured recall, metadata fields."""
    from simengine.store.snapshot import Snapshot

    path = find_index(index_argument, index_path)
    with Snapshot.open(path) as snapshot:
        if format_ == "json":
            click.echo(json.dumps(as_record(path, snapshot), ensure_ascii=False, indent=2))
        else:
            print_pairs(describe(path, snapshot))


def as_record(path: Path, snapshot: Snapshot) -> dict[str, object]:
    """All of it, for machines."""
    from dataclasses import asdict

    settings, counts = snapshot.settings, snapshot.counts
    return {
        "path": str(path),
        "state": snapshot.state,
        "generation": snapshot.generation,
        "commit": snapshot.commit_number,
        "counts": asdict(counts),
        "coverage": _coverage(snapshot),
        "settings": settings.to_json(canary=False),
        "candidate_index": snapshot.derived("ann"),
        "bytes": _size(path),
        "fields": {
            name: {"types": list(field.types), "count": field.count, "examples": list(field.examples)}
            for name, field in snapshot.fields().items()
        },
    }


def describe(path: Path, snapshot: Snapshot) -> list[tuple[str, str]]:
    """Names and values for a person."""
    settings, counts = snapshot.settings, snapshot.counts
    state = (
        ""
        if snapshot.state == "complete"
        else f" ({snapshot.state}: run the same `simengine index` again to finish it)"
    )
    rows = [
        ("index", f"{path}{state}, {megabytes(_size(path))}"),
        ("documents", f"{counts.documents:,}"),
        (
            "passages",
            f"{counts.passages:,} of at most {settings.chunk_tokens} tokens, {counts.tokens:,} tokens in all",
        ),
        ("coverage", f"{_coverage(snapshot):.2%} of the tokens were read by the model"),
        (
            "model",
            f"{settings.model_name}, {settings.dimension} dimensions, fingerprint {settings.fingerprint[:12]}",
        ),
        ("candidates", _candidates(snapshot)),
        ("generation", f"{snapshot.generation}, commit {snapshot.commit_number}"),
        ("built", f"{settings.created} by {shorten(settings.command, 90)}"),
    ]
    if counts.deleted_rows:
        rows.insert(3, ("deleted", f"{counts.deleted_rows:,} passages wait for `simengine compact`"))
    fields = snapshot.fields()
    if fields:
        rows.append(("", ""))
        rows.append(("field", "type, documents, examples"))
    for name, field in fields.items():
        examples = ", ".join(json.dumps(value, ensure_ascii=False) for value in field.examples)
        rows.append((name, shorten(f"{'|'.join(field.types)}, {field.count:,}: {examples}", 100)))
    return rows


def _candidates(snapshot: Snapshot) -> str:
    ann = snapshot.derived("ann")
    if ann is None:
        return "exact search over all vectors (recall@10 is 1)"
    tail = snapshot.n_rows - int(str(ann["rows"]))
    more = f", {tail:,} newer passages are searched exactly" if tail else ""
    return (
        f"{ann['recipe']}, recall@10 {float(str(ann['recall_at_10'])):.3f} against exact search "
        f"({ann['recall_queries']} queries), {megabytes(int(str(ann['bytes'])))}{more}"
    )


def _coverage(snapshot: Snapshot) -> float:
    counts = snapshot.counts
    return 1.0 - counts.tokens_truncated / counts.tokens if counts.tokens else 1.0


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
