"""simengine export: an index's documents, passages or vectors to a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.options import find_index, index_argument, index_option, output_options
from simengine.cli.output import check_json_lines, write_lines
from simengine.cli.terminal import counted, note

if TYPE_CHECKING:
    from simengine.engine.contents import Contents


@click.command("export")
@index_argument
@index_option
@click.option(
    "--what",
    type=click.Choice(["documents", "passages", "vectors"]),
    default="documents",
    show_default=True,
    help="What to write.",
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
    from simengine.corpus.write import document_record
    from simengine.engine.contents import open_contents

    matrix = check_npy(output) if what == "vectors" else None
    if matrix is None:
        check_json_lines(output)
    with open_contents(find_index(index_argument, index_path)) as contents:
        if matrix is not None:
            count = export_vectors(contents, matrix)
        elif what == "documents":
            count = write_lines(map(document_record, contents.documents()), output)
        else:
            count = write_lines(contents.passages(), output)
    note(f"{counted(count, what.removesuffix('s'))} written to {output or 'stdout'}", quiet=quiet)


def export_vectors(contents: Contents, path: Path) -> int:
    """One row per live passage, (n, dim) float32 .npy, and beside it the rows' {"id", "start", "end"} as JSON Lines."""
    from simengine.cli.arrays import open_matrix

    def places() -> Iterator[Mapping[str, object]]:
        for block, vectors in contents.vectors():
            matrix.write(vectors)
            yield from block

    with open_matrix(path, contents.dimension) as matrix:
        return write_lines(places(), path.with_suffix(".ids.jsonl"))
