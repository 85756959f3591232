"""What browsers send to the page: bounded in size and number, and removed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simengine.serving import uploads
from simengine.serving.uploads import UploadGuard, make_room, own_folder, upload_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with upload_folder() as made:
        yield made


def uploaded(folder: Path, name: str, size: int, age: int) -> Path:
    """A file as Gradio puts it: in a folder of its own."""
    (folder / name).mkdir()
    (folder / name / "file.csv").write_bytes(b"x" * size)
    os.utime(folder / name, (1_000_000 - age, 1_000_000 - age))
    return folder / name


def test_the_folder_is_this_process_s_own_and_goes_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    assert own_folder() is None
    with upload_folder() as folder:
        assert folder.parent == tmp_path
        assert own_folder() == folder
        assert folder.stat().st_mode & 0o777 == 0o700
        uploaded(folder, "one", 3, 0)
    assert not folder.exists()
    assert os.environ["GRADIO_TEMP_DIR"] == str(tmp_path)


def test_room_is_made_by_removing_the_oldest(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_KEPT_BYTES", 1_000)
    monkeypatch.setattr(uploads, "MAX_UPLOAD_BYTES", 400)
    new, old, oldest = (uploaded(folder, name, 250, age) for name, age in (("a", 1), ("b", 5), ("c", 9)))
    make_room(folder)
    assert [each.exists() for each in (new, old, oldest)] == [True, True, False]
    monkeypatch.setattr(uploads, "MAX_KEPT", 2)
    make_room(folder)
    assert [each.exists() for each in (new, old)] == [True, False]


class Sender:
    """A browser that sends chunks to a guarded app, which reads them all and says how many bytes there were."""

    def __init__(self, folder: Path, *chunks: bytes, silent: bool = False) -> None:
        self.folder, self.chunks, self.silent = folder, list(chunks), silent
        self.sent: list[Any] = []
        self.read = 0

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        (self.folder / "tmp123").touch()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionError
            self.read += len(message["body"])
            if not message["more_body"]:
                break
        (self.folder / "tmp123").rename(self.folder / "done")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(self.read).encode()})

    async def receive(self) -> Any:
        if not self.chunks and self.silent:
            await asyncio.sleep(60)
        body = self.chunks.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(self.chunks) or self.silent}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    def ask(self, path: str = "/demo/films/gradio_api/upload") -> tuple[int, str]:
        guard = UploadGuard(self.app, self.folder)
        asyncio.run(guard({"type": "http", "path": path, "headers": []}, self.receive, self.send))
        return self.sent[0]["status"], self.sent[1]["body"].decode()


def test_a_body_is_bounded_and_what_is_left_of_it_goes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOAD_BYTES", 5)
    monkeypatch.setattr(uploads, "MAX_BODY_BYTES", 2)
    assert Sender(folder, b"123", b"45").ask() == (200, "5")
    status, text = Sender(folder, b"123", b"456").ask()
    assert (status, "more than 5 bytes" in text) == (413, True)
    assert not (folder / "tmp123").exists()
    assert Sender(folder, b"123").ask("/gradio_api/queue/join")[0] == 413


def test_a_body_that_stops_arriving_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "SILENT_S", 0.02)
    assert Sender(folder, b"1", silent=True).ask()[0] == 408


def test_so_many_uploads_at_once_and_no_more(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOADS", 0)
    assert Sender(folder, b"1").ask()[0] == 429
    assert Sender(folder, b"1").ask("/gradio_api/queue/join")[0] == 200


@pytest.mark.parametrize("route", ["deep_link", "proxy=http://10.0.0.1/", "process_recording", "vibe-edit/"])
def test_parts_of_gradio_that_the_page_does_not_use_are_closed(folder: Path, route: str) -> None:
    sender = Sender(folder, b"1")
    assert sender.ask("/gradio_api/" + route)[0] == 404
    assert sender.read == 0
