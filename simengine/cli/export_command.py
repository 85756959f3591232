"""simengine export: an index's documents, passages or vectors to a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.options import find_index, index_argument, index_option, output_options
from simengine.cli.output import check_json_lines, open_output
from simengine.cli.terminal import counted, note

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
    help="File. [default: stdout; vectors need one, NAME.npy, and get NAME.ids.jsonl beside it]",
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
    """Write what an index holds to a file: documents (a corpus again), passages, or vectors.

    Vectors are an (n, dim) float32 array with a row for each passage; line n of NAME.ids.jsonl says of row n which
    document it is of, and from which to which character of its text: {"id", "start", "end"}.
    """
    from simengine.cli.arrays import check_npy
    from simengine.store.snapshot import Snapshot

    matrix = check_npy(output) if what == "vectors" else None
    if matrix is None:
        check_json_lines(output)
    with Snapshot.open(find_index(index_argument, index_path)) as snapshot:
        if matrix is not None:
            count = export_vectors(snapshot, matrix)
        else:
            count = 0
            records = _documents(snapshot) if what == "documents" else _passages(snapshot)
            with open_output(output) as out:
                for record in records:
                    out.write(json.dumps(record, ensure_ascii=False) + "\n")
                    count += 1
    note(f"{counted(count, what.removesuffix('s'))} written to {output or 'stdout'}", quiet=quiet)


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
    """One row per live passage, (n, dim) float32 .npy, and beside it the rows' {"id", "start", "end"} as JSON Lines."""
    import numpy as np

    from simengine.cli.arrays import open_matrix

    live = snapshot.live_rows()
    rows = np.arange(snapshot.n_rows) if live is None else np.flatnonzero(live)
    with (
        open_matrix(path, snapshot.dimension) as matrix,
        open_output(path.with_suffix(".ids.jsonl")) as out,
    ):
        for at in range(0, len(rows), BLOCK):
            block = rows[at : at + BLOCK]
            matrix.write(snapshot.vectors(block))
            places = snapshot.passages(block)
            names = snapshot.document_ids([place.doc_key for place in places])
            for place, name in zip(places, names, strict=True):
                record = {"id": name, "start": place.start, "end": place.end}
                out.write(json.dumps(record, ensure_ascii=False) + "\n")
    return len(rows)
