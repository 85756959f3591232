"""Options that several commands share, under the names that people expect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import click

from simengine.errors import IndexNotFoundError, UsageError

F = TypeVar("F", bound=Callable[..., Any])
Decorator: TypeAlias = Callable[[F], F]

DEFAULT_FOLDER = Path("indexes")


def together(*decorators: Callable[[Any], Any]) -> Callable[[F], F]:
    """One decorator out of several, in reading order."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


model_options = together(
    click.option(
        "-m",
        "--model",
        envvar="SIMENGINE_MODEL",
        help="Model folder or hub name. [default: all-MiniLM-L6-v2]",
    ),
    click.option(
        "--device",
        envvar="SIMENGINE_DEVICE",
        default="auto",
        show_default=True,
        help="auto, cpu, cuda or cuda:N.",
    ),
    click.option(
        "--threads",
        envvar="SIMENGINE_THREADS",
        type=click.IntRange(1),
        help="Threads in all. [default: all cores]",
    ),
    click.option("--offline", envvar="SIMENGINE_OFFLINE", is_flag=True, help="Never contact a model hub."),
)

output_options = together(
    click.option(
        "-q", "--quiet", envvar="SIMENGINE_QUIET", is_flag=True, help="Print results and errors only."
    ),
    click.option("--no-progress", envvar="SIMENGINE_NO_PROGRESS", is_flag=True, help="No progress bars."),
)

corpus_options = together(
    click.option(
        "--id-field",
        envvar="SIMENGINE_ID_FIELD",
        help="Field that holds the id. [default: _id, id, docid or doc_id]",
    ),
    click.option(
        "--text-field",
        envvar="SIMENGINE_TEXT_FIELD",
        help="Field or fields (a,b,c) that hold the text. [default: text, contents, body or content]",
    ),
    click.option(
        "--title-field", envvar="SIMENGINE_TITLE_FIELD", help="Field that holds the title. [default: title]"
    ),
    click.option(
        "--input-format",
        envvar="SIMENGINE_INPUT_FORMAT",
        help="Read as this format whatever the suffix: jsonl, csv, tsv, parquet, txt-lines, txt-file.",
    ),
    click.option(
        "--encoding", envvar="SIMENGINE_ENCODING", default="utf-8", show_default=True, help="Of text files."
    ),
    click.option(
        "--skip-invalid",
        envvar="SIMENGINE_SKIP_INVALID",
        is_flag=True,
        help="Leave out records that cannot be used, and report them.",
    ),
    click.option(
        "--rejects",
        envvar="SIMENGINE_REJECTS",
        type=click.Path(path_type=Path, dir_okay=False),
        help="With --skip-invalid: where the records left out go. [default: beside the index]",
    ),
)

index_option = click.option(
    "-i",
    "--index",
    "index_path",
    envvar="SIMENGINE_INDEX",
    type=click.Path(path_type=Path),
    help="Index directory. [default: the only one under indexes/]",
)
index_argument = click.argument(
    "index_argument", metavar="[INDEX]", required=False, type=click.Path(path_type=Path)
)


def find_index(*given: Path | None) -> Path:
    """The index a command works on: the first that was given, else the only one under indexes/.

    Raises:
        IndexNotFoundError: none was given and there is none, or more than one, to choose from.
    """
    named = [path for path in given if path is not None]
    if len(set(named)) > 1:
        raise UsageError(f"two different indexes are named: {named[0]} and {named[1]}")
    if named:
        return named[0]
    found = sorted(manifest.parent for manifest in DEFAULT_FOLDER.glob("*/manifest.json"))
    if len(found) == 1:
        return found[0]
    if not found:
        raise IndexNotFoundError(
            f"no index under {DEFAULT_FOLDER}/; build one with `simengine index corpus.jsonl`, or name one with --index"
        )
    raise IndexNotFoundError(
        f"{len(found)} indexes under {DEFAULT_FOLDER}/: {', '.join(path.name for path in found)}; "
        f"name one, as in --index {found[0]}"
    )
