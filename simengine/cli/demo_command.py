"""simengine demo: a page to search, ask and explore an index in."""

from __future__ import annotations

import os
import sys
import webbrowser
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.options import (
    ModelChoice,
    allowed_host_option,
    find_index,
    index_argument,
    index_model_options,
    index_option,
    output_options,
)
from simengine.cli.served_models import ServedModels, served_model_options
from simengine.cli.terminal import note
from simengine.errors import UsageError
from simengine.extras import needing
from simengine.serving.listening import listen

if TYPE_CHECKING:
    from socket import socket

    from simengine.serving.hosts import HostRules
    from simengine.serving.settings import ServingSettings

DEFAULT_PORT = 7860
GRACE_S = 1
"""Open pages keep a connection; after so many seconds they are cut off when the command is stopped."""


@click.command("demo")
@index_argument
@index_option
@click.option(
    "--port",
    envvar="SIMENGINE_PORT",
    type=click.IntRange(0, 65_535),
    default=DEFAULT_PORT,
    show_default=True,
    help="0 takes any that is free.",
)
@click.option(
    "--host",
    envvar="SIMENGINE_HOST",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; any but this machine's own needs --insecure.",
)
@click.option(
    "--insecure", is_flag=True, help="Listen beyond this machine; the page asks nobody for a password."
)
@allowed_host_option
@click.option("--no-browser", is_flag=True, help="Do not open the page in a browser.")
@served_model_options
@index_model_options
@output_options
def command(
    index_argument: Path | None,
    index_path: Path | None,
    port: int,
    host: str,
    insecure: bool,
    allowed_host: tuple[str, ...],
    no_browser: bool,
    served_models: ServedModels,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Open a page in which an index can be searched, asked and explored. Ctrl-C ends it.

    It runs on this machine alone: no request leaves it, and only this machine can open it, unless --host and
    --insecure say otherwise.

    \b
    simengine demo
    simengine demo indexes/films --port 8080 --no-browser
    """
    # Before Gradio and the model hub's client are imported, which read them then.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from simengine.serving.hosts import HostRules
    from simengine.serving.settings import LOOPBACK_HOSTS, ServingSettings
    from simengine.serving.uploads import upload_folder

    if host not in LOOPBACK_HOSTS and not insecure:
        raise UsageError(
            f"--host {host} lets other machines use the page, which asks for no password; add --insecure if that is "
            "meant, or put `simengine serve` with keys behind a proxy"
        )
    path = find_index(index_argument, index_path)
    rules, settings = HostRules.of(host, allowed_host), ServingSettings(served_models.models(model_choice))
    with closing(listen(host, port)) as listening, upload_folder():
        _serve(path, settings, listening, rules, browser=not no_browser, quiet=quiet)


def _serve(
    path: Path,
    settings: ServingSettings,
    listening: socket,
    rules: HostRules,
    *,
    browser: bool,
    quiet: bool,
) -> None:
    with needing("demo", "the page"):
        import fastapi

        from simengine.serving.connections import BoundedServer, bounded_config
        from simengine.serving.demo import build_demo, mount_demo
    from simengine.engine import Engine
    from simengine.serving.hosts import HostGuard
    from simengine.serving.served import ServedIndex

    engine = Engine.open(path, models=settings.models)
    served = ServedIndex(path.resolve().name, engine, settings)
    try:
        served.models.load_named()
        served.warm()
        app = mount_demo(fastapi.FastAPI(openapi_url=None), build_demo(served))
        host, port = listening.getsockname()[:2]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        config = bounded_config(HostGuard(app, rules), log_level="warning", timeout_graceful_shutdown=GRACE_S)

        class Announced(BoundedServer):
            """Says where the page is, as soon as it is there."""

            async def startup(self, sockets: list[socket] | None = None) -> None:
                await super().startup(sockets)
                if self.started:
                    click.echo(address)
                    sys.stdout.flush()
                    note("Ctrl-C ends it.", quiet=quiet)
                    if browser:
                        webbrowser.open(address)

        Announced(config).run(sockets=[listening])
    finally:
        served.close()
