"""simengine delete: delete documents by id or by a filter."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from simengine.cli.options import find_index, index_option, output_options
from simengine.cli.terminal import note
from simengine.errors import UsageError

SHOWN = 5


@click.command("delete")
@click.argument("ids", nargs=-1)
@index_option
@click.option("-w", "--where", help="Delete what a filter matches, as in 'kind == \"module\"'.")
@click.option(
    "--ids-from",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    help="File with one id a line, or - for stdin.",
)
@click.option("--dry-run", is_flag=True, help="Only say how many documents would go.")
@output_options
def command(
    ids: tuple[str, ...],
    index_path: Path | None,
    where: str | None,
    ids_from: Path | None,
    dry_run: bool,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Delete documents by id, by filter, or both.

    They are gone from searches at once; `simengine compact` frees their space.
    """
    from simengine.engine import Engine

    chosen = [*ids, *(read_ids(ids_from) if ids_from else ())]
    if not chosen and where is None:
        raise UsageError("nothing to delete: give ids, --ids-from or --where")
    with Engine.open(find_index(index_path)) as engine:
        if dry_run:
            matching = engine.matching_ids(where) if where is not None else []
            found = {*matching, *(i for i in chosen if engine.get(i) is not None)}
            click.echo(f"{len(found):,} documents would be deleted")
            return
        report = engine.delete(chosen, where=where)
    note(f"{report.deleted:,} documents deleted", quiet=quiet)
    if report.missing:
        shown = ", ".join(report.missing[:SHOWN]) + (", …" if len(report.missing) > SHOWN else "")
        note(f"{len(report.missing):,} ids are not in the index: {shown}")


def read_ids(path: Path) -> list[str]:
    """Ids, one a line; blank lines are passed over."""
    text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip()]
