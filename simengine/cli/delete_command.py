"""simengine delete: delete documents by id or by a filter."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from simengine.cli.options import find_index, index_option, leading_index, output_options
from simengine.cli.terminal import counted, note, one_line
from simengine.corpus.sources import refuse_special
from simengine.errors import DataError, UsageError
from simengine.text.checks import parse_json

SHOWN = 5


@click.command("delete")
@click.argument("ids", nargs=-1, metavar="[INDEX] [IDS]...")
@index_option
@click.option(
    "-w",
    "--where",
    help="Delete what a filter matches (metadata, _id, title), as in 'kind == \"module\"'.",
)
@click.option(
    "--ids-from",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    help="File with one id per line, or - for stdin. A line that begins with a quotation mark is a JSON string.",
)
@click.option("--dry-run", is_flag=True, help="Only say how many documents would be deleted.")
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
    from simengine.engine.writing import delete_documents

    others = where is not None or ids_from is not None
    index_path, ids = leading_index(ids, index_path, "ids, --ids-from or --where", alone=others)
    chosen = [*ids, *(read_ids(ids_from) if ids_from else ())]
    if not chosen and where is None:
        raise UsageError("nothing to delete: give ids, --ids-from or --where")
    report = delete_documents(find_index(index_path), chosen, where, dry_run=dry_run)
    if dry_run:
        click.echo(f"{counted(report.deleted, 'document')} would be deleted")
        return
    note(f"{counted(report.deleted, 'document')} deleted", quiet=quiet)
    if report.missing:
        more = ", …" if len(report.missing) > SHOWN else ""
        shown = ", ".join(map(one_line, report.missing[:SHOWN])) + more
        note(f"{counted(len(report.missing), 'id')} not in the index: {shown}")


def read_ids(path: Path) -> list[str]:
    """Ids, one per line, every character of it; blank lines are skipped.

    A line that begins with a quotation mark is a JSON string, so that every id can be given.

    Raises:
        DataError: the file is not UTF-8, or such a line is not a JSON string; names file and line.
    """
    stdin = str(path) == "-"
    source = "<stdin>" if stdin else str(path)
    refuse_special(path)
    content = sys.stdin.buffer.read() if stdin else path.read_bytes()
    ids = []
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            line = raw.decode("utf-8").removesuffix("\r")
        except UnicodeDecodeError as error:
            raise DataError(f"not UTF-8: byte {raw[error.start]:#04x}", source, number) from error
        if line and not line.isspace():
            ids.append(_json_string(line, source, number) if line.startswith('"') else line)
    return ids


def _json_string(line: str, source: str, number: int) -> str:
    try:
        value = parse_json(line)
        if isinstance(value, str):
            value.encode()  # refuses half a surrogate pair
            return value
    except ValueError:
        pass
    raise DataError(f"begins with a quotation mark and is not a JSON string: {line:.60}", source, number)
