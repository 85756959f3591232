"""What several test modules share."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

from simengine.types import Document

hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

TOPICS = {
    "animals": [
        "Cats purr when they are content.",
        "A dog barks at the stranger.",
        "Horses graze on the meadow.",
        "Bees collect pollen from flowers.",
    ],
    "money": [
        "The stock market fell sharply today.",
        "Interest rates were raised by the central bank.",
        "Investors fear inflation.",
        "The company published its quarterly profit.",
    ],
    "space": [
        "The rocket reached orbit after nine minutes.",
        "Astronomers found a distant galaxy.",
        "Mars has two small moons.",
        "The telescope observes infrared light.",
    ],
}


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may contact a hub."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in ("SIMENGINE_INDEX", "SIMENGINE_MODEL", "SIMENGINE_VERBOSE", "SIMENGINE_DEVICE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session", autouse=True)
def _shared_cache(tmp_path_factory: pytest.TempPathFactory) -> object:
    """One cache of exported graphs for the whole run, unless the environment names one."""
    import os

    if "SIMENGINE_CACHE" in os.environ:
        yield
        return
    os.environ["SIMENGINE_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    del os.environ["SIMENGINE_CACHE"]


@pytest.fixture
def documents() -> list[Document]:
    """Twelve short documents on three topics, with metadata."""
    return [
        Document(f"{topic}-{n}", text, metadata={"topic": topic, "n": n})
        for topic, texts in TOPICS.items()
        for n, text in enumerate(texts)
    ]


@pytest.fixture
def corpus_file(tmp_path: Path, documents: list[Document]) -> Path:
    """The same documents as a file."""
    from tests.corpora import write_corpus

    write_corpus(documents, tmp_path / "corpus.jsonl")
    return tmp_path / "corpus.jsonl"
