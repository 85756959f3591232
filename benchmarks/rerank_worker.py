"""One way to rerank, in a process of its own, driven over stdin by speed_rerank.py.

python rerank_worker.py SUBJECT MODEL_FOLDER [THREADS]      SUBJECT: ours-PRECISION or st

Reads one JSON command a line, answers with one JSON line.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Rank = Callable[[str, list[str]], Any]


def ours(precision: str, folder: str, threads: int | None) -> tuple[Rank, str]:
    """The reranker as a user of the library calls it, hits and judgements included."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from simengine import Models, Rerank
    from simengine.engine.loaded import LoadedModels
    from simengine.rerank.candidates import passages_as_hits

    rerank = Rerank(folder, depth=1_000, weight=1.0, precision=precision)  # type: ignore[arg-type]
    models = LoadedModels(Models(device="cpu", threads=threads, offline=True))
    reranker = models.reranker(rerank)

    def rank(query: str, passages: list[str]) -> list[float]:
        (hits,) = reranker.rerank([query], [passages_as_hits(passages)]).hits
        scores = dict.fromkeys(range(len(passages)), 0.0)
        for hit in hits:
            scores[int(hit.id) - 1] = hit.score
        return [scores[place] for place in range(len(passages))]

    return rank, models.judge(rerank).model.runtime  # type: ignore[attr-defined]


def sentence_transformers(folder: str, threads: int | None) -> tuple[Rank, str]:
    """CrossEncoder.predict as its documentation shows it; `rank` refuses models of three classes."""
    import torch
    from sentence_transformers import CrossEncoder

    if threads is not None:
        torch.set_num_threads(threads)
    model = CrossEncoder(folder, device="cpu", local_files_only=True)
    labels = [str(name).lower() for _, name in sorted(model.config.id2label.items())]
    column = labels.index("entailment")

    def rank(query: str, passages: list[str]) -> list[float]:
        pairs = [(passage, query) for passage in passages]
        probabilities = model.predict(pairs, apply_softmax=True, show_progress_bar=False)
        found: list[float] = np.asarray(probabilities)[:, column].tolist()
        return found

    return rank, "sentence-transformers torch"


def main() -> None:
    # What a library prints while it loads must not mix with the answers.
    answers = sys.stdout
    sys.stdout = sys.stderr
    subject, folder = sys.argv[1:3]
    threads = int(sys.argv[3]) if len(sys.argv) > 3 else None
    if subject == "st":
        rank, description = sentence_transformers(folder, threads)
    else:
        rank, description = ours(subject.removeprefix("ours-"), folder, threads)
    print(json.dumps({"runtime": description}), file=answers, flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        start = time.perf_counter()
        scores = rank(command["query"], command["passages"])
        seconds = time.perf_counter() - start
        answer = {"seconds": seconds, "scores": scores if command.get("scores") else None}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
