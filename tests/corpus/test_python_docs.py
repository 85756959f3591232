"""The corpus that every Python carries."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from simengine.corpus import python_docs as module
from simengine.corpus.chunk import passage_text
from simengine.corpus.python_docs import python_docs
from simengine.errors import DataError
from simengine.types import Document, Span


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    found = list(python_docs())
    by_id = {document.id: document for document in found}
    assert len(by_id) == len(found), "ids are unique"
    return by_id


def test_several_thousand_documents_none_empty(documents: dict[str, Document]) -> None:
    assert len(documents) > 4000
    assert all(d.title and d.text == d.text.strip() and len(d.text) >= 12 for d in documents.values())


@pytest.mark.parametrize(
    ("name", "kind", "top", "full", "words"),
    [
        ("len", "function", "builtins", "builtins", "number of items"),
        ("str.split", "method", "builtins", "builtins", "substrings"),
        ("math.sqrt", "function", "math", "math", "square root"),
        ("itertools.chain", "class", "itertools", "itertools", "chain object"),
        ("json", "module", "json", "json", "JavaScript Object Notation"),
        ("json.dumps", "function", "json", "json", "Serialize"),
        ("json.JSONDecoder", "class", "json", "json", "JSON"),
        ("os.path.join", "function", "os", "os.path", "pathname components"),
        ("os.path.getsize", "function", "os", "os.path", "size of a file"),
        ("os.getcwd", "function", "os", "os", "current working directory"),
        ("asyncio.gather", "function", "asyncio", "asyncio", "aggregating results"),
        ("random.shuffle", "function", "random", "random", "in place"),
        ("collections.deque.append", "method", "collections", "collections", "right side"),
        ("datetime.datetime.isoformat", "method", "datetime", "datetime", "YYYY-MM-DD"),
        ("unittest.TestCase.assertEqual", "method", "unittest", "unittest", "unequal"),
        ("pathlib.Path.read_text", "method", "pathlib", "pathlib", "text mode"),
        ("pathlib.PurePath.name", "property", "pathlib", "pathlib", "path component"),
        ("email.message.Message.get_payload", "method", "email", "email.message", "payload"),
    ],
)
def test_well_known_names_are_there(
    documents: dict[str, Document], name: str, kind: str, top: str, full: str, words: str
) -> None:
    document = documents[name]
    assert words in document.text
    metadata = document.metadata
    assert (metadata["kind"], metadata["module"], metadata["full_module"]) == (kind, top, full)
    assert metadata["name"] == name.rpartition(".")[2]
    assert metadata["python"] == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert metadata["lines"] == len(document.text.splitlines())


def test_titles_show_the_signature_and_stay_short(documents: dict[str, Document]) -> None:
    assert documents["len"].title == "len(obj)"
    assert documents["os.path.join"].title == "os.path.join(a, *p)"
    assert documents["json"].title == "module json"
    assert documents["json.dumps"].title.startswith("json.dumps(obj, *, skipkeys=False")
    assert documents["json.dumps"].title.endswith(", ...)")
    assert max(len(document.title) for document in documents.values()) < 120


def test_examples_are_marked(documents: dict[str, Document]) -> None:
    assert documents["json"].metadata["has_example"] is True
    assert documents["len"].metadata["has_example"] is False


def test_private_names_tests_and_jokes_are_left_out(documents: dict[str, Document]) -> None:
    assert not [name for name in documents if any(part.startswith("_") for part in name.split("."))]
    tops = {document.metadata["module"] for document in documents.values()}
    assert not tops & {"test", "idlelib", "lib2to3", "this", "antigravity", "turtledemo"}
    assert "this" not in sys.modules
    assert "antigravity" not in sys.modules


def test_order_is_the_same_every_time(documents: dict[str, Document]) -> None:
    assert list(python_docs()) == list(documents.values())


def test_docstrings_that_only_repeat_are_left_out(documents: dict[str, Document]) -> None:
    assert sum(document.text == "Internal function." for document in documents.values()) <= 1
    assert "random.Random.shuffle" not in documents


def test_every_document_can_be_encoded_and_stored(documents: dict[str, Document]) -> None:
    for document in documents.values():
        passage_text(document, Span(0, len(document.text))).encode()
        assert "\0" not in document.text


def test_python_without_sources_is_a_clear_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module.sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setattr(module, "INSPECTED", frozenset(["math"]))
    with pytest.raises(DataError, match="no source files"):
        list(python_docs())
