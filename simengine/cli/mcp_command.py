"""simengine mcp: indexes as tools for an agent."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.options import (
    ModelChoice,
    allowed_host_option,
    find_indexes,
    index_model_options,
    index_option,
    output_options,
)
from simengine.cli.served_models import ServedModels, served_model_options
from simengine.cli.terminal import note
from simengine.errors import UsageError
from simengine.extras import needing

if TYPE_CHECKING:
    from simengine.engine.models import Models
    from simengine.serving.catalogue import Catalogue

DEFAULT_PORT = 8765


@click.command(
    "mcp",
    epilog='Example, in an agent\'s settings: {"command": "simengine", "args": ["mcp", "/data/indexes/manual"]}',
)
@click.argument("indexes", metavar="[INDEX]...", nargs=-1, type=click.Path(path_type=Path))
@index_option
@served_model_options
@click.option(
    "--http", is_flag=True, help="Serve HTTP at http://127.0.0.1:PORT/mcp instead of stdin and stdout."
)
@click.option("--port", type=click.IntRange(1, 65_535), help=f"With --http. [default: {DEFAULT_PORT}]")
@allowed_host_option
@index_model_options
@output_options
def command(
    indexes: tuple[Path, ...],
    index_path: Path | None,
    served_models: ServedModels,
    http: bool,
    port: int | None,
    allowed_host: tuple[str, ...],
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Serve indexes to an agent over the Model Context Protocol: search, ask, score, nli, classify, recommend and more.

    An agent starts this command and speaks to it on stdin and stdout. Nothing can be changed through it, and with
    --http it can be reached from this machine only.
    """
    if port is not None and not http:
        raise UsageError("--port needs --http")
    if allowed_host and not http:
        raise UsageError("--allowed-host needs --http")
    paths = find_indexes(indexes, index_path)
    with needing("mcp", "`simengine mcp`"):
        from simengine.serving.mcp import build_server, run_http, run_stdio
    with _opened(paths, served_models.models(model_choice)) as catalogue:
        catalogue.load_named()
        server = build_server(catalogue)
        _warm(catalogue)
        if http:
            chosen = port or DEFAULT_PORT
            note(
                f"serving {', '.join(catalogue)} at http://127.0.0.1:{chosen}/mcp; Ctrl-C stops", quiet=quiet
            )
            run_http(server, chosen, allowed_host)
        else:
            run_stdio(server)


def _opened(paths: list[Path], models: Models) -> Catalogue:
    from simengine.serving.catalogue import Catalogue
    from simengine.serving.settings import ServingSettings

    return Catalogue.open(paths, ServingSettings(models))


def _warm(catalogue: Catalogue) -> None:
    """Load the encoders while the agent introduces itself. What goes wrong is told by the first call that needs one."""
    import threading

    def load() -> None:
        for served in catalogue.values():
            with suppress(Exception):
                served.warm()

    threading.Thread(target=load, name="simengine-warm", daemon=True).start()
