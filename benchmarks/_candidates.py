"""Candidates of the engine for test collections, and what a judge says of each, kept on disk.

Every collection of retrieval/ is indexed and searched as a user would; WikiQA and TrecQA give candidates of their own
for each question, which the engine orders. Judged relevance is kept for each pair of texts, so that a run that was
stopped goes on, another depth judges only what is new, and blends cost nothing.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from quality_retrieval import read_collection

from simengine import Document, Engine
from simengine.corpus.examples import read_relevance
from simengine.corpus.read import ReadOptions, read_corpus
from simengine.rerank.candidates import judged_text
from simengine.rerank.judge import Judge
from simengine.types import Hit

ANSWER_SETS = {"wikiqa_dev": "qa/wikiqa/dev.jsonl.gz", "trecqa_dev": "qa/trecqa/dev.jsonl.gz"}
WRITTEN_SETS = {"written_ag_news": "ag_news", "written_abstracts": "abstracts", "written_cmrc_zh": "cmrc_zh"}
"""Queries of four kinds that were written for passages of these texts; incompletely judged."""
BLOCK_PAIRS = 256


@dataclass(frozen=True)
class Candidates:
    """Queries of one set with what the engine found for them.

    Attributes:
        name: of the set.
        queries: (id, text) of queries that have a relevant document.
        qrels: query id to document id to grade, above 0 only.
        hits: for each query, best first.
        n_all: queries that the set has; `queries` may be a sample of them.
    """

    name: str
    queries: list[tuple[str, str]]
    qrels: dict[str, dict[str, int]]
    hits: list[list[Hit]]
    n_all: int


def set_names(data: Path) -> list[str]:
    """All sets there are."""
    folders = sorted((data / "retrieval").iterdir())
    names = [path.name for path in folders if (path / "qrels" / "test.tsv").is_file()] + list(ANSWER_SETS)
    return names + (list(WRITTEN_SETS) if (data / "retrieval" / "written_queries").is_dir() else [])


def read_candidates(name: str, data: Path, cache: Path, *, depth: int, most_queries: int) -> Candidates:
    """The candidates of one set.

    Args:
        name: of `set_names`.
        data: folder of the data sets.
        cache: where indexes are kept.
        depth: candidates for each query of a retrieval set.
        most_queries: a larger set is sampled down to so many.
    """
    if name in ANSWER_SETS:
        return _answer_candidates(name, data, cache)
    if name in WRITTEN_SETS:
        return _written_candidates(name, data / "retrieval" / "written_queries", cache, depth)
    collection = read_collection(data / "retrieval" / name)
    queries = _sample(collection.queries, most_queries)
    documents = read_corpus([collection.path], ReadOptions(skip_invalid=True))
    with Engine.build(documents, cache / "indexes" / name, offline=True) as engine:
        hits = engine.search([text for _, text in queries], k=depth)
    qrels = {query_id: collection.qrels[query_id] for query_id, _ in queries}
    return Candidates(name, queries, qrels, hits, len(collection.queries))


def _answer_candidates(name: str, data: Path, cache: Path) -> Candidates:
    """Sentences of each question, ordered by the engine within the question."""
    questions: dict[str, str] = {}
    documents: list[Document] = []
    qrels: dict[str, dict[str, int]] = defaultdict(dict)
    for number, pair in enumerate(read_relevance(data / ANSWER_SETS[name])):
        if pair.extra.get("in_train"):
            continue
        question = questions.setdefault(pair.text1, f"q{len(questions)}")
        documents.append(Document(f"s{number}", pair.text2, metadata={"question": question}))
        if float(str(pair.label)) > 0:
            qrels[question][f"s{number}"] = 1
    queries = [(question, text) for text, question in questions.items() if qrels.get(question)]
    with Engine.build(documents, cache / "indexes" / name, offline=True) as engine:
        hits = [engine.search(text, k=1000, where=f'question == "{question}"') for question, text in queries]
    return Candidates(
        name, queries, {question: qrels[question] for question, _ in queries}, hits, len(queries)
    )


def _written_candidates(name: str, folder: Path, cache: Path, depth: int) -> Candidates:
    stem = WRITTEN_SETS[name]
    lines = (folder / f"{stem}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = {f"q{number}": json.loads(line) for number, line in enumerate(lines)}
    queries = [(query, row["query"]) for query, row in rows.items()]
    documents = read_corpus([folder / f"{stem}.passages.jsonl.gz"])
    with Engine.build(documents, cache / "indexes" / name, offline=True) as engine:
        hits = engine.search([text for _, text in queries], k=depth)
    qrels = {query: dict.fromkeys(row["positive_ids"], 1) for query, row in rows.items()}
    return Candidates(name, queries, qrels, hits, len(queries))


def _sample(queries: list[tuple[str, str]], most: int) -> list[tuple[str, str]]:
    if len(queries) <= most:
        return queries
    chosen = np.random.default_rng(20261122).permutation(len(queries))[:most]
    return [queries[place] for place in sorted(chosen.tolist())]


def judged(
    candidates: Candidates, judge: Judge, cache: Path, *, claim: bool = False
) -> list[npt.NDArray[np.float64]]:
    """The relevance of each hit of each query, by a judge; what the cache holds is not judged again.

    Args:
        claim: see `Judge.judge`.
    """
    path = (
        cache
        / "judged"
        / f"{judge.fingerprint[:16]}-{'claim' if claim else judge.kind}-{candidates.name}.jsonl"
    )
    known = _known(path)
    pairs = {
        _key(text, judged_text(hit)): (text, judged_text(hit))
        for (_, text), hits in zip(candidates.queries, candidates.hits, strict=True)
        for hit in hits
    }
    missing = [key for key in pairs if key not in known]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as out:
        for number, block in enumerate(_blocks(missing)):
            found = judge.judge([pairs[key] for key in block], claim=claim).relevance.tolist()
            known.update(zip(block, found, strict=True))
            out.write(
                "".join(json.dumps([key, value]) + "\n" for key, value in zip(block, found, strict=True))
            )
            out.flush()
            if number % 8 == 0:
                print(
                    f"{candidates.name}: {number * BLOCK_PAIRS:,} of {len(missing):,} pairs", file=sys.stderr
                )
    return [
        np.array([known[_key(text, judged_text(hit))] for hit in hits], np.float64)
        for (_, text), hits in zip(candidates.queries, candidates.hits, strict=True)
    ]


def _known(path: Path) -> dict[str, float]:
    found: dict[str, float] = {}
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                key, value = json.loads(line)
            except ValueError:  # the last line of a run that was killed
                continue
            found[key] = float(value)
    return found


def _key(query: str, text: str) -> str:
    return hashlib.sha256(f"{query}\0{text}".encode()).hexdigest()[:24]


def _blocks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), BLOCK_PAIRS):
        yield items[start : start + BLOCK_PAIRS]
