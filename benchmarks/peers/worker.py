"""Runs one subject in a process of its own: commands as JSON lines on stdin, answers as JSON lines on stdout.

    python worker.py chroma_peer

Every subject module has a class `Subject` with the methods of the protocol below. What a library prints goes
to stderr.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol


class SubjectProtocol(Protocol):
    """A search library as its own documentation says to use it, with the bundled all-MiniLM-L6-v2."""

    packages: Sequence[str]

    def start(self, model: str) -> None:
        """Import the library and load the model, as far as that can be done before a corpus is there."""

    def build(self, corpus: Path, folder: Path) -> dict[str, Any]:
        """Read the corpus, encode it, leave a closed index in `folder`; figures for the detail."""

    def insert(self, corpus: Path, vectors: Path, folder: Path) -> dict[str, Any]:
        """As `build`, with the vectors (n, 384) float32 of a .npy file instead of encoding, if possible."""

    def open(self, folder: Path) -> None:
        """Open an index for searching."""

    def search(self, query: str, k: int, mode: str) -> list[str]:
        """Ids of the k best for one text, by mode: dense, hybrid, filtered (dense where year >= 2015)."""


def _answer(subject: SubjectProtocol, command: dict[str, Any]) -> dict[str, Any]:
    start = time.perf_counter()
    result: dict[str, Any] = {}
    paths = {key: Path(command[key]) for key in ("corpus", "vectors", "folder") if key in command}
    match command["do"]:
        case "start":
            subject.start(command["model"])
            result = {"versions": {package: version(package) for package in subject.packages}}
        case "build":
            result = subject.build(**paths)
        case "insert":
            result = subject.insert(**paths)
        case "open":
            subject.open(**paths)
        case "search":
            result = _search(subject, command["queries"], command["k"], command["mode"])
        case other:
            raise ValueError(f"unknown command {other!r}")
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": time.perf_counter() - start, "peak_rss_mb": peak_kib * 1024 / 1e6, **result}


def _search(subject: SubjectProtocol, queries: list[str], k: int, mode: str) -> dict[str, Any]:
    times, found = [], []
    for query in queries:
        start = time.perf_counter()
        ids = subject.search(query, k, mode)
        times.append((time.perf_counter() - start) * 1000)
        found.append(ids)
    return {"ms": times, "ids": found}


def main() -> None:
    """Answer commands until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print must not get between the answers
    subject = import_module(sys.argv[1]).Subject()
    for line in sys.stdin:
        answers.write(json.dumps(_answer(subject, json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
