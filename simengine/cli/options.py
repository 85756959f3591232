"""Options that several commands share, under the names that people expect."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from simengine.cli.terminal import note, noting
from simengine.errors import IndexNotFoundError, UsageError

if TYPE_CHECKING:
    from simengine.engine import Engine
    from simengine.engine.models import Models
    from simengine.engine.texts import TextEngine

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_FOLDER = Path("indexes")
LOCK_WAIT_S = 30.0  # how long what was fitted, perhaps for minutes, waits for another writer


def together(*decorators: Callable[[Any], Any]) -> Callable[[F], F]:
    """One decorator out of several, in reading order."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def collected(kind: type[Any], name: str) -> Callable[[Any], Any]:
    """A decorator that hands the options named like the fields of `kind` to a command as one `kind`, called `name`."""
    names = [field.name for field in fields(kind)]

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(**options: Any) -> Any:
            made = kind(**{field: options.pop(field) for field in names})
            return function(**options, **{name: made})

        return call

    return decorate


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What the options of `model_options_for` ask for."""

    model: str | None
    device: str
    threads: int | None
    offline: bool

    def models(self) -> Models:
        """The same, as the engine takes it."""
        from simengine.engine.models import Models

        return Models(self.model, device=self.device, threads=self.threads, offline=self.offline)

    def open_engine(self, index: Path, models: Models | None = None, *, quiet: bool = False) -> Engine:
        """An index with this model, or with these; notes go to stderr unless `quiet`."""
        from simengine.engine import Engine

        return Engine.open(index, models=models or self.models(), note=noting(quiet=quiet))

    def text_engine(self, models: Models | None = None) -> TextEngine:
        """The models without an index; notes go to stderr."""
        from simengine.engine.texts import TextEngine

        return TextEngine(models or self.models(), note=noting())


@dataclass(frozen=True, slots=True)
class CorpusChoice:
    """What `corpus_options` ask for."""

    id_field: str | None
    text_field: str | None
    title_field: str | None
    input_format: str | None
    encoding: str
    skip_invalid: bool
    rejects: Path | None
    types: str | None
    delimiter: str | None
    max_line_bytes: int | None
    follow_links: bool


def model_options_for(
    default: str, envvar: str | None = "SIMENGINE_MODEL", *, kind: str = "Model", hidden: bool = False
) -> Callable[[F], F]:
    """Options that name a model and where it runs, given to a command as one `ModelChoice`, called `model_choice`.

    `default` is what --help names as the model that is taken without the option, `kind` what it is; `hidden` keeps
    --model, which a command once had, out of --help.
    """
    return together(
        click.option(
            "-m",
            "--model",
            envvar=envvar,
            hidden=hidden,
            metavar="MODEL",
            help=f"{kind}: folder or hub name. [default: {default}]",
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
        click.option(
            "--offline", envvar="SIMENGINE_OFFLINE", is_flag=True, help="Never contact a model hub."
        ),
        collected(ModelChoice, "model_choice"),
    )


model_options: Callable[[Any], Any] = model_options_for("all-MiniLM-L6-v2", kind="Bi-encoder")
BY_TEXTS = "all-MiniLM-L6-v2; multilingual-e5-small for texts in other languages than English"
index_model_options: Callable[[Any], Any] = model_options_for("the index's model", kind="Bi-encoder")

output_option = click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File instead of stdout."
)


def format_option(
    *formats: str, default: str = "table", envvar: str | None = None
) -> Callable[[Callable[..., Any]], Any]:
    """--format of these formats, given to a command as `format_`; `default` is what the help says of it.

    Without the option a command gets "table", or None where what is the default depends on others.
    """
    return click.option(
        "--format",
        "format_",
        envvar=envvar,
        type=click.Choice(formats),
        default=default if default in formats else None,
        help=f"Output format. [default: {default}]",
    )


labels_option = click.option(
    "--labels",
    metavar="A,B,C",
    help="Names of the NLI model's outputs, in their order, as in contradiction,entailment,neutral, where its files do "
    "not say what they are.",
)

allowed_host_option = click.option(
    "--allowed-host",
    metavar="NAME",
    multiple=True,
    envvar="SIMENGINE_ALLOWED_HOST",
    help="A further name under which this is reached, as that of a proxy in front. May be given several times.",
)

similarity_option = click.option(
    "--similarity",
    metavar="MODEL",
    envvar="SIMENGINE_SIMILARITY_MODEL",
    help="Cross-encoder for graded similarity (simengine train --task similarity), which scores pairs beside the "
    "cosine. [default: none]",
)


def label_names(given: str | None) -> tuple[str, ...] | None:
    """The names in "A,B,C"."""
    return None if given is None else tuple(name.strip() for name in given.split(","))


output_options = together(
    click.option(
        "-q", "--quiet", envvar="SIMENGINE_QUIET", is_flag=True, help="Print results and errors only."
    ),
    click.option("--no-progress", envvar="SIMENGINE_NO_PROGRESS", is_flag=True, help="No progress bars."),
)

delimiter_option = click.option(
    "--delimiter",
    metavar="CHAR",
    envvar="SIMENGINE_DELIMITER",
    help="Between the fields of a .csv or .tsv: a character, or tab, semicolon, pipe.",
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
        help="Field or fields (a,b,c) that hold the text. [default: the first there is of text, contents, body, "
        "content, passage, document, sentence]",
    ),
    click.option(
        "--title-field", envvar="SIMENGINE_TITLE_FIELD", help="Field that holds the title. [default: title]"
    ),
    click.option(
        "--input-format",
        envvar="SIMENGINE_INPUT_FORMAT",
        help="Read as this format whatever the suffix: jsonl, json, csv, tsv, parquet, txt-lines, txt-file.",
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
        help="With --skip-invalid: file for the records left out. [default: beside the index, where one is written]",
    ),
    click.option(
        "--types",
        metavar="FIELD=TYPE,...",
        envvar="SIMENGINE_TYPES",
        help="Types of .csv and .tsv columns (str, int, float, bool), as in zip=str,year=int. [default: numbers where "
        "every cell keeps its spelling, else str]",
    ),
    delimiter_option,
    click.option(
        "--max-line-bytes",
        envvar="SIMENGINE_MAX_LINE_BYTES",
        type=click.IntRange(1),
        help="Longest line, record or whole-file document that is read. [default: 33554432]",
    ),
    click.option(
        "--follow-links",
        envvar="SIMENGINE_FOLLOW_LINKS",
        is_flag=True,
        help="Read what links in folders lead to; without it they are left out and counted.",
    ),
    collected(CorpusChoice, "corpus_choice"),
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


def typed(name: str) -> bool:
    """Whether an option of the running command was typed, and not taken from the environment or its default."""
    source = click.get_current_context().get_parameter_source(name)
    return source not in (ParameterSource.ENVIRONMENT, ParameterSource.DEFAULT)


def find_index(*given: Path | None) -> Path:
    """The index a command works on: the one that was given, else the only one under indexes/.

    A plain name that is no folder here also means a folder under indexes/. What is typed wins over SIMENGINE_INDEX.

    Args:
        given: the argument, if the command takes one, and the option last.

    Raises:
        UsageError: argument and option name two different indexes.
        IndexNotFoundError: none was given and there is none, or more than one, to choose from.
    """
    named = [by_name(path) for path in given if path is not None]
    if len({os.path.realpath(path) for path in named}) > 1 and typed("index_path"):
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
        f"{len(found)} indexes under {DEFAULT_FOLDER}/: {', '.join(map(str, found))}; "
        f"name one, as in --index {found[0]}"
    )


def find_indexes(given: Sequence[Path], option: Path | None) -> list[Path]:
    """The indexes of a command that takes several: the arguments, else the option, else the only one (`find_index`).

    Raises:
        UsageError: several arguments and the option, or one argument and another index as the option.
        IndexNotFoundError: as `find_index`.
    """
    if len(given) < 2:
        return [find_index(*given, option)]
    if option is not None and typed("index_path"):
        raise UsageError("give the indexes as arguments, or one with --index")
    return [find_index(path) for path in given]


def leading_index(
    words: tuple[str, ...], option: Path | None, noun: str, *, alone: bool = False, names: bool = False
) -> tuple[Path | None, tuple[str, ...]]:
    """Tell an index that stands in front of a command's other words from these, as in `search indexes/x "words"`.

    Only a folder that is an index counts, and only with words behind it. The bare name of an index may well be a
    word: it is told, and one under indexes/ counts only where something behind it was quoted.

    Args:
        words: all arguments of the command.
        option: what --index gives.
        noun: what the words are, for messages, as in "a query".
        alone: no words need follow, as where queries come from a file.
        names: a bare name counts always, as where files follow.

    Returns:
        What `find_index` takes, None where no index is named; the other words.

    Raises:
        UsageError: another index than --index, or an index with nothing behind it.
        IndexNotFoundError: the first word is a path that can only be meant as an index, and is none.
    """
    first = by_name(Path(words[0])) if words and words[0].strip() else None
    if first is None or not is_index(first):
        if first is not None and len(words) > 1 and not names and (option is None or not typed("index_path")):
            _refuse_no_index(words[0], noun)
        return option, words
    rest, is_path = words[1:], "/" in words[0] or os.sep in words[0]
    if not rest and not alone:
        if is_path or names:
            raise UsageError(f"{words[0]} is an index; give {noun} too")
        return option, words
    quoted = any(" " in word.strip() for word in rest)
    if not (is_path or names or quoted or not rest) and not is_index(Path(words[0])):
        return option, words
    if not is_path and not names and not alone:
        note(f"{words[0]} is taken as the index {first}; use --index if it is meant as something else")
    return find_index(first, option), rest


def _refuse_no_index(word: str, noun: str) -> None:
    """Refuse a first word such as indexes/typo or another/folder, which would become part of a query."""
    path = Path(word)
    if os.sep not in word:
        return
    try:
        is_below = len(path.parts) > 1 and path.parent.is_dir() and path.parent.samefile(DEFAULT_FOLDER)
        is_folder = path.is_dir()
    except OSError:  # a long text is no name of a file, or there is no folder indexes/
        return
    if is_below or is_folder:
        found = "a folder, but not an index" if is_folder else "not there"
        raise IndexNotFoundError(
            f"{path} stands where an index may be named, and is {found}. If it belongs to {noun}, name the index with "
            "--index"
        )


def is_index(path: Path) -> bool:
    """Whether a folder is an index."""
    try:
        return (path / "manifest.json").is_file()
    except OSError:  # a long text is no name of a file
        return False


def by_name(path: Path) -> Path:
    """indexes/NAME for a NAME that is no folder here; every other path as it stands."""
    below = DEFAULT_FOLDER / path
    try:
        return below if len(path.parts) == 1 and not path.is_dir() and below.is_dir() else path
    except OSError:  # a long text is no name of a file
        return path
