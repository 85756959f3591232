"""Retrieval sets made from public Chinese data, and from queries written for this project, in memory."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from quality_retrieval import Collection, read_collection

SEED = 13
Qrels = dict[str, dict[str, int]]


def chinese_sets(data: Path, n_queries: int) -> dict[str, Callable[[], Collection]]:
    """Name to maker of each Chinese set; each has at most `n_queries` queries, drawn by a fixed seed.

    Args:
        data: the data folder.
        n_queries: most queries of a set.
    """
    cmrc, mlqa = data / "qa/cmrc2018/dev.json.gz", data / "qa/mlqa_dev/dev.zh.json.gz"
    pairs = {name: data / f"similarity/{name}/dev.jsonl.gz" for name in ("lcqmc", "afqmc")}
    written = data / "retrieval/written_queries/cmrc_zh.jsonl"
    makers: dict[str, tuple[Path, Callable[[], Collection]]] = {
        "cmrc2018": (cmrc, lambda: _question_set("cmrc2018", cmrc, n_queries)),
        "mlqa_zh": (mlqa, lambda: _question_set("mlqa_zh", mlqa, n_queries)),
        "lcqmc": (pairs["lcqmc"], lambda: _pair_set("lcqmc", pairs["lcqmc"], n_queries)),
        "afqmc": (pairs["afqmc"], lambda: _pair_set("afqmc", pairs["afqmc"], n_queries)),
        "written_cmrc": (written, lambda: _written_set(written, _contexts(cmrc))),
    }
    return {name: make for name, (path, make) in makers.items() if path.is_file()}


def english_sets(data: Path, n_queries: int) -> dict[str, Callable[[], Collection]]:
    """The same for the English test collections, and for the queries written for Python's documentation."""
    folders = [path.parent.parent for path in sorted((data / "retrieval").glob("*/qrels/test.tsv"))]
    makers: dict[str, Callable[[], Collection]] = {
        path.name: (lambda path=path: _drawn(read_collection(path), n_queries)) for path in folders
    }
    written = data / "retrieval/written_queries/python_docs.jsonl"
    if written.is_file():
        makers["written_python_docs"] = lambda: _written_set(written, _python_docs())
    return makers


def _drawn(collection: Collection, n_queries: int) -> Collection:
    queries = collection.queries
    if len(queries) > n_queries:
        queries = sorted(random.Random(SEED).sample(queries, n_queries))
    qrels = {name: collection.qrels[name] for name, _ in queries}
    return Collection(collection.path, collection.documents, queries, qrels)


def _contexts(path: Path) -> list[tuple[str, str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    texts = dict.fromkeys(paragraph["context"] for each in articles for paragraph in each["paragraphs"])
    return [(f"p{number}", "", text) for number, text in enumerate(texts)]


def _question_set(name: str, path: Path, n_queries: int) -> Collection:
    """Question to paragraph: all paragraphs, each question's own one relevant."""
    documents = _contexts(path)
    ids = {text: document_id for document_id, _, text in documents}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    relevant: dict[str, set[str]] = {}
    for paragraph in (paragraph for each in articles for paragraph in each["paragraphs"]):
        for question in paragraph["qas"]:
            relevant.setdefault(question["question"].strip(), set()).add(ids[paragraph["context"]])
    return _drawn(_of(name, documents, relevant), n_queries)


def _pair_set(name: str, path: Path, n_queries: int) -> Collection:
    """Question to question: all second texts, those that are labelled as the same relevant.

    A second text that is the query itself is no document of that query; see `without_self`.
    """
    records = _records(path)
    ids = {text: f"t{number}" for number, text in enumerate(dict.fromkeys(each["text2"] for each in records))}
    relevant: dict[str, set[str]] = {}
    for each in records:
        if int(each["label"]) == 1 and each["text1"] != each["text2"]:
            relevant.setdefault(each["text1"], set()).add(ids[each["text2"]])
    return _drawn(_of(name, [(i, "", text) for text, i in ids.items()], relevant), n_queries)


def _written_set(path: Path, documents: list[tuple[str, str, str]]) -> Collection:
    """Queries written for passages; where these are given by text, their ids are looked up by it."""
    passages = path.with_name(f"{path.stem}.passages.jsonl.gz")
    ids = {document_id: document_id for document_id, _, _ in documents}
    if passages.is_file():
        by_text = {text: document_id for document_id, _, text in documents}
        ids = {each["_id"]: by_text[each["text"]] for each in _records(passages) if each["text"] in by_text}
    relevant: dict[str, set[str]] = {}
    for each in _records(path):
        if found := {ids[name] for name in each["positive_ids"] if name in ids}:
            relevant.setdefault(each["query"], set()).update(found)
    return _of(f"written_{path.stem}", documents, relevant)


def _of(name: str, documents: Iterable[tuple[str, str, str]], relevant: dict[str, set[str]]) -> Collection:
    queries = [(f"q{number}", text) for number, text in enumerate(relevant)]
    qrels: Qrels = {query_id: dict.fromkeys(sorted(relevant[text]), 1) for query_id, text in queries}
    return Collection(Path(name), list(documents), queries, qrels)


def without_self(collection: Collection, ranked: list[list[str]]) -> list[list[str]]:
    """Rankings without documents whose text is the query's."""
    texts = {document_id: text for document_id, _, text in collection.documents}
    return [
        [document_id for document_id in ids if texts[document_id] != query]
        for (_, query), ids in zip(collection.queries, ranked, strict=True)
    ]


def _python_docs() -> list[tuple[str, str, str]]:
    from simengine.corpus.python_docs import python_docs

    return [(document.id, document.title, document.text) for document in python_docs()]


def _records(path: Path) -> list[dict[str, Any]]:
    raw = path.read_bytes()
    lines = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8").splitlines()
    return [json.loads(line) for line in lines if line]
