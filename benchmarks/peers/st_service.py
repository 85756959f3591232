"""A service as it is first written with FastAPI and sentence-transformers: one call of the model for each request.

python st_service.py MODEL FOLDER PORT

FOLDER holds `vectors.npy` and `corpus.jsonl`. The routes are plain functions, so FastAPI runs up to 40 of them at once
in threads. No keys, no limits, no log. Search is exact, by vectors alone.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sentence_transformers import SentenceTransformer

model, folder = SentenceTransformer(sys.argv[1], device="cpu"), Path(sys.argv[2])
vectors = np.load(folder / "vectors.npy")
documents = [json.loads(line) for line in (folder / "corpus.jsonl").open(encoding="utf-8")]
app = FastAPI()


class Search(BaseModel):
    query: str
    k: int = 10


class Embeddings(BaseModel):
    input: list[str]


@app.get("/ready")
def ready() -> dict[str, str]:
    return {"status": "ready"}


@app.post("/v1/search")
def search(request: Search) -> dict[str, object]:
    scores = vectors @ model.encode(request.query, normalize_embeddings=True)
    best = np.argpartition(-scores, request.k)[: request.k]
    best = best[np.argsort(-scores[best])]
    return {"hits": [{**documents[row], "score": float(scores[row])} for row in best]}


@app.post("/v1/embeddings")
def embeddings(request: Embeddings) -> dict[str, object]:
    found = model.encode(request.input, normalize_embeddings=True)
    return {"data": [{"index": at, "embedding": each.tolist()} for at, each in enumerate(found)]}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[3]), log_level="warning", access_log=False)
