"""simengine serve: indexes behind HTTP."""

from __future__ import annotations

import faulthandler
import os
import re
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simengine.cli.options import (
    ModelChoice,
    allowed_host_option,
    collected,
    find_indexes,
    index_model_options,
    index_option,
    together,
)
from simengine.cli.served_models import ServedModels, served_model_options
from simengine.extras import needing
from simengine.serving.listening import listen

if TYPE_CHECKING:
    from fastapi import FastAPI

    from simengine.engine.models import Models
    from simengine.serving.catalogue import Catalogue
    from simengine.serving.settings import ServiceSettings, ServingSettings


def _at_least(least: float, name: str, default: float, text: str) -> Callable[[Any], Any]:
    kind = click.IntRange(int(least)) if isinstance(default, int) else click.FloatRange(least)
    variable = "SIMENGINE_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, envvar=variable, type=kind, default=default, show_default=True, help=text)


@dataclass(frozen=True, slots=True)
class ServeChoice:
    """What `serve_options` ask for."""

    host: str
    port: int
    keys: Path | None
    insecure: bool
    allowed_host: tuple[str, ...]
    demo: bool
    docs: bool
    log_texts: bool
    max_body_bytes: int
    max_json_depth: int
    max_texts: int
    max_text_chars: int
    max_query_chars: int
    max_documents: int
    max_k: int
    max_requests: int
    max_connections: int
    header_timeout_s: float
    max_queued: int
    max_waiting_writes: int
    timeout_s: float
    body_timeout_s: float
    drain_s: float
    stop_timeout_s: float
    batch_tokens: int
    batch_wait_ms: float

    def serving(self, models: Models) -> ServingSettings:
        """How the indexes are served."""
        from simengine.serving.settings import BatchSettings, ServingSettings

        return ServingSettings(
            models=models,
            batching=BatchSettings(
                max_tokens=self.batch_tokens, max_wait_ms=self.batch_wait_ms, max_queued=self.max_queued
            ),
            timeout_s=self.timeout_s,
            max_waiting_writes=self.max_waiting_writes,
        )

    def service(self) -> ServiceSettings:
        """How the service runs.

        Raises:
            UsageError: it would be open to other machines without keys.
        """
        from simengine.serving.settings import ConnectionLimits, Limits, ServiceSettings

        return ServiceSettings(
            host=self.host,
            port=self.port,
            keys_file=self.keys,
            insecure=self.insecure,
            allowed_hosts=self.allowed_host,
            limits=Limits(
                max_body_bytes=self.max_body_bytes,
                max_json_depth=self.max_json_depth,
                max_texts=self.max_texts,
                max_text_chars=self.max_text_chars,
                max_query_chars=self.max_query_chars,
                max_documents=self.max_documents,
                max_k=self.max_k,
            ),
            connections=ConnectionLimits(self.max_connections, self.header_timeout_s),
            max_requests=self.max_requests,
            timeout_s=self.timeout_s,
            body_timeout_s=self.body_timeout_s,
            drain_s=self.drain_s,
            stop_timeout_s=self.stop_timeout_s,
            log_texts=self.log_texts,
            docs=self.docs,
        )


limit_options = together(
    _at_least(1, "--max-body-bytes", 8 << 20, "Bytes of one request; more gets 413."),
    _at_least(1, "--max-json-depth", 103, "Lists and objects inside each other; 103 at most."),
    _at_least(1, "--max-texts", 1_000, "Texts or pairs in one request; more gets 422, as with all below."),
    _at_least(1, "--max-text-chars", 200_000, "Characters of one text."),
    _at_least(1, "--max-query-chars", 10_000, "Characters of a query, a question or a statement."),
    _at_least(1, "--max-documents", 1_000, "Documents in one write."),
    _at_least(1, "--max-k", 1_000, "Hits."),
    _at_least(
        1,
        "--max-requests",
        64,
        "Requests of a kind (quick, slow, write) at once; as many again wait.",
    ),
    _at_least(1, "--max-connections", 1_000, "Open connections; beyond it the one silent longest is closed."),
    _at_least(0.001, "--header-timeout-s", 10.0, "A connection that has sent no header by then is closed."),
    _at_least(1, "--max-queued", 256, "Callers that may wait for a model; more get 429."),
    _at_least(1, "--max-waiting-writes", 32, "Writes to one index that may wait; more get 429."),
    _at_least(0.001, "--timeout-s", 60.0, "Requests that only read are answered by then; 504 if need be."),
    _at_least(0.001, "--body-timeout-s", 20.0, "A request has arrived by then."),
    _at_least(0, "--drain-s", 0.0, "After the signal to stop, new work gets 503 for so long at least."),
    _at_least(0, "--stop-timeout-s", 60.0, "After that signal, answers are waited for so long at most."),
    _at_least(1, "--batch-tokens", 2_048, "Tokens that callers' texts are joined up to."),
    _at_least(0, "--batch-wait-ms", 1.0, "A batch waits so long for company, and only in a crowd."),
)
serve_options = together(
    click.option(
        "--host",
        envvar="SIMENGINE_HOST",
        default="127.0.0.1",
        show_default=True,
        help="Address to listen on; any but this machine's own needs --keys or --insecure.",
    ),
    click.option(
        "--port",
        envvar="SIMENGINE_PORT",
        type=click.IntRange(0, 65_535),
        default=8000,
        show_default=True,
        help="0 takes any that is free; the log says which.",
    ),
    click.option(
        "--keys",
        envvar="SIMENGINE_KEYS",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Ask for a key of this file (simengine keys). Without it anyone who reaches the port may do anything.",
    ),
    click.option("--insecure", is_flag=True, help="Listen beyond this machine without keys."),
    allowed_host_option,
    click.option(
        "--demo/--no-demo", default=False, show_default=True, help="The page of simengine demo, at /demo."
    ),
    click.option("--docs/--no-docs", default=True, show_default=True, help="/docs and /openapi.json."),
    click.option(
        "--log-texts", is_flag=True, help="Put queries and messages, which repeat them, into the log."
    ),
    limit_options,
    collected(ServeChoice, "choice"),
)


@click.command("serve")
@click.argument("indexes", nargs=-1, metavar="[INDEX]...", type=click.Path(path_type=Path))
@index_option
@serve_options
@served_model_options
@index_model_options
def command(
    indexes: tuple[Path, ...],
    index_path: Path | None,
    choice: ServeChoice,
    served_models: ServedModels,
    model_choice: ModelChoice,
) -> None:
    """Serve indexes over HTTP: search, ask, recommend, score, nli, classify, documents, and the routes that the clients
    of OpenAI and Cohere call. The first index is the default one; /docs describes all routes.

    SIGTERM and Ctrl-C finish what was accepted, and refuse what comes after it.

    \b
    simengine serve
    simengine keys create search --keys keys.json && simengine serve films books --keys keys.json --host 0.0.0.0
    """
    # Before Gradio and the model hub's client are imported, which read them then.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    if model_choice.offline:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    faulthandler.enable()  # a mapped file that is cut off under us ends the process: say where
    settings = choice.service()
    paths = find_indexes(indexes, index_path)
    with needing("serve", "the service"):
        from simengine.serving.rest.app import create_app
        from simengine.serving.rest.logs import JsonLog
        from simengine.serving.rest.server import run
    from simengine.serving.catalogue import Catalogue
    from simengine.serving.uploads import upload_folder

    log = JsonLog(texts=settings.log_texts)
    with (
        upload_folder() if choice.demo else nullcontext(),
        Catalogue.open(paths, choice.serving(served_models.models(model_choice))) as catalogue,
    ):
        catalogue.load_named()
        app = create_app(catalogue, settings, log=log)
        if choice.demo:
            mount_pages(app, catalogue)
        listening = listen(settings.host, settings.port)
        try:
            run(app, log, listening)
        finally:
            listening.close()


def mount_pages(app: FastAPI, catalogue: Catalogue) -> None:
    """Put a page for each index below /demo.

    Raises:
        MissingExtraError: Gradio is not installed.
    """
    with needing("demo", "the page"):
        from simengine.serving.demo import build_demo, mount_demo
    from starlette.responses import RedirectResponse

    paths = page_paths(catalogue)
    first = next(iter(paths.values()))

    async def page() -> RedirectResponse:
        return RedirectResponse(f"{first}/")

    app.add_api_route("/demo", page, include_in_schema=False)
    app.add_api_route("/demo/", page, include_in_schema=False)
    for name, path in paths.items():
        mount_demo(app, build_demo(catalogue[name]), path)


def page_paths(catalogue: Mapping[str, Any]) -> dict[str, str]:
    """For each index the path of its page, of letters, digits, dots, hyphens and underscores."""
    paths: dict[str, str] = {}
    for number, name in enumerate(catalogue, 1):
        plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip(".-")
        path = f"/demo/{plain or number}"
        paths[name] = f"{path}-{number}" if path in paths.values() else path
    return paths
