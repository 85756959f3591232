"""The shortest script that does as `simengine search`: load model, vectors and texts, print the ten best.

python st_search_script.py MODEL FOLDER QUERY
"""

import json
import sys
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

model, folder, query = SentenceTransformer(sys.argv[1], device="cpu"), Path(sys.argv[2]), sys.argv[3]
vectors = np.load(folder / "vectors.npy")
texts = [json.loads(line)["text"] for line in (folder / "corpus.jsonl").open(encoding="utf-8")]
scores = vectors @ model.encode(query, normalize_embeddings=True)
for rank, row in enumerate(np.argsort(-scores)[:10], start=1):
    print(f"{rank:2} {scores[row]:.4f} {texts[row][:120]}")
