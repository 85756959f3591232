"""Files that browsers send to the page: where they lie, how much of it there is, and when it goes."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from simengine.serving.hosts import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDER_VARIABLE, PREFIX = "GRADIO_TEMP_DIR", "simengine-page-"
MAX_UPLOAD_BYTES, MAX_BODY_BYTES = 64 << 20, 8 << 20
MAX_UPLOADS = 4
"""At the same time."""
MAX_KEPT_BYTES, MAX_KEPT = 256 << 20, 100
SILENT_S = 20.0
"""A body of which nothing arrives for so long is given up."""
_API = "/gradio_api/"
_CLOSED = (
    "deep_link",
    "proxy=",
    "process_recording",
    "vibe-",
    "undo-vibe-",
    "stream/",
    "run-history/",
    "dev/",
)
"""Parts of Gradio that the page has no use for, some of which write files or ask other servers."""


@contextmanager
def upload_folder() -> Iterator[Path]:
    """A folder of this process's own for uploads, removed at the end. Enter it before Gradio is imported."""
    before = os.environ.get(FOLDER_VARIABLE)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=before, ignore_cleanup_errors=True) as folder:
        os.environ[FOLDER_VARIABLE] = folder
        try:
            yield Path(folder)
        finally:
            if before is None:
                del os.environ[FOLDER_VARIABLE]
            else:
                os.environ[FOLDER_VARIABLE] = before


def own_folder() -> Path | None:
    """The folder of `upload_folder`; None outside of it."""
    folder = Path(os.environ.get(FOLDER_VARIABLE, ""))
    return folder if folder.name.startswith(PREFIX) else None


def drop_unfinished(folder: Path) -> None:
    """Remove what is left of uploads that failed; called while none is under way."""
    for entry in folder.iterdir():
        if entry.is_file():
            entry.unlink(missing_ok=True)


def make_room(folder: Path) -> None:
    """Remove what was uploaded first until another upload fits."""
    found = []
    for entry in folder.iterdir():
        with suppress(OSError):  # it may go meanwhile, and is no folder while it arrives
            size = sum(each.lstat().st_size for each in entry.iterdir())
            found.append((entry.lstat().st_mtime, size, entry))
    found.sort()
    n_bytes, n_kept = sum(size for _, size, _ in found), len(found)
    for _, size, entry in found:
        if n_bytes <= MAX_KEPT_BYTES - MAX_UPLOAD_BYTES and n_kept < MAX_KEPT:
            return
        shutil.rmtree(entry, ignore_errors=True)
        n_bytes, n_kept = n_bytes - size, n_kept - 1


class UploadGuard:
    """ASGI middleware around Gradio: bounds what is sent to it.

    Args:
        app: Gradio's.
        folder: where it puts uploads, if that is this process's own.
    """

    def __init__(self, app: ASGIApp, folder: Path | None = None) -> None:
        self._app, self._folder = app, folder
        self._n_uploads = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        route = scope["path"].partition(_API)[2] if scope["type"] == "http" else ""
        if route.startswith(_CLOSED):
            await refuse(send, 404, "this page has no such address")
        elif scope["type"] != "http":
            await self._app(scope, receive, send)
        elif route.rstrip("/") != "upload":
            await self._bounded(scope, receive, send, MAX_BODY_BYTES)
        elif self._n_uploads >= MAX_UPLOADS:
            await refuse(send, 429, f"{MAX_UPLOADS} uploads are under way, which is the most; try again")
        else:
            self._n_uploads += 1
            try:
                if self._folder is not None:
                    await asyncio.to_thread(make_room, self._folder)
                await self._bounded(scope, receive, send, MAX_UPLOAD_BYTES)
            finally:
                self._n_uploads -= 1
                if self._folder is not None and not self._n_uploads:
                    drop_unfinished(self._folder)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        """Pass a request on; where its body is too large or stops arriving, Gradio sees its client go."""
        size, whole, answered = 0, False, False
        problem: tuple[int, str] | None = None

        async def arriving() -> Message:
            nonlocal size, whole, problem
            if whole or problem:
                return await receive() if whole else {"type": "http.disconnect"}
            try:
                message = await asyncio.wait_for(receive(), SILENT_S)
            except TimeoutError:
                problem = (408, f"nothing of the request arrived for {SILENT_S:g} s")
                return {"type": "http.disconnect"}
            size += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if size > most:
                whole, problem = False, (413, f"the request has more than {most:,} bytes, which is the most")
                return {"type": "http.disconnect"}
            return message

        async def answer(message: Message) -> None:
            nonlocal answered
            if answered or problem is None:
                answered = True
                await send(message)

        try:
            await self._app(scope, arriving, answer)
        except Exception:
            if problem is None:
                raise
        if problem is not None and not answered:
            await refuse(send, *problem)
