"""simengine export: an index's documents, passages or vectors to a file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.options import find_index, index_argument, index_option, output_options
from simengine.cli.terminal import note

if TYPE_CHECKING:
    from simengine.store.snapshot import Snapshot


BLOCK = 4_096


@click.command("export")
@index_argument
@index_option
@click.option(
    "--what", type=click.Choice(["documents", "passages", "vectors"]), default="documents", show_default=True
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File. [default: stdout; vectors need one, NAME.npy, and get NAME.ids.txt beside it]",
)
@output_options
def command(
    index_argument: Path | None,
    index_path: Path | None,
    what: str,
    output: Path | None,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Write what an index holds to a file: documents (a corpus again), passages, or vectors."""
    from simengine.errors import UsageError
    from simengine.store.snapshot import Snapshot

    with Snapshot.open(find_index(index_argument, index_path)) as snapshot:
        if what == "vectors":
            if output is None:
                raise UsageError("--what vectors needs --output NAME.npy")
            count = export_vectors(snapshot, output)
        else:
            count = 0
            records = _documents(snapshot) if what == "documents" else _passages(snapshot)
            with click.open_file(str(output or "-"), "w", encoding="utf-8", atomic=output is not None) as out:
                for record in records:
                    click.echo(json.dumps(record, ensure_ascii=False), file=out)
                    count += 1
    note(f"{count:,} {what} written to {output or 'stdout'}", quiet=quiet)


def _documents(snapshot: Snapshot) -> Iterator[dict[str, object]]:
    from simengine.corpus.write import document_record
    from simengine.types import Document

    for stored in snapshot.iter_documents():
        yield dict(document_record(Document(stored.id, stored.text, stored.title, stored.metadata)))


def _passages(snapshot: Snapshot) -> Iterator[dict[str, object]]:
    rows = snapshot.iter_rows()
    while block := list(islice(rows, BLOCK)):
        places = snapshot.passages([row.row for row in block])
        names = snapshot.document_ids([row.doc_key for row in block])
        for row, place, name in zip(block, places, names, strict=True):
            yield {
                "id": name,
                "start": place.start,
                "end": place.end,
                "title": row.title,
                "text": row.text,
                "n_tokens": place.n_tokens,
                "n_truncated": place.n_truncated,
            }


def export_vectors(snapshot: Snapshot, path: Path) -> int:
    """One row per live passage, (n, dim) float32 .npy, and beside it the passages' "id<TAB>start<TAB>end"."""
    import numpy as np
    from numpy.lib.format import write_array_header_1_0

    partial, names = path.with_name(f".{path.name}.{os.getpid()}.partial"), path.with_suffix(".ids.txt")
    live = snapshot.live_rows()
    rows = np.arange(snapshot.n_rows) if live is None else np.flatnonzero(live)
    try:
        with (
            partial.open("wb") as file,
            click.open_file(str(names), "w", encoding="utf-8", atomic=True) as out,
        ):
            header = {"descr": "<f4", "fortran_order": False, "shape": (len(rows), snapshot.dimension)}
            write_array_header_1_0(file, header)
            for at in range(0, len(rows), BLOCK):
                block = rows[at : at + BLOCK]
                file.write(snapshot.vectors(block).astype("<f4", copy=False).tobytes())
                places = snapshot.passages(block)
                for place, name in zip(
                    places, snapshot.document_ids([p.doc_key for p in places]), strict=True
                ):
                    out.write(f"{name}\t{place.start}\t{place.end}\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return len(rows)
