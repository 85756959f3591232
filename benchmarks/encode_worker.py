"""One way to encode, in a process of its own, driven over stdin by speed_encode.py.

python encode_worker.py SUBJECT MODEL_FOLDER      SUBJECT: ours-PRECISION, st, st-openvino, st-openvino-f32

Reads one JSON command a line, answers with one JSON line. Runs also where simengine is not installed, for the
subjects whose name begins with "st".
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def load(subject: str, folder: str) -> tuple[Callable[[list[str]], Any], str]:
    """The encoding function of a subject and a line that describes it."""
    if subject.startswith("ours"):
        sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
        from simengine.encoders.load import load_encoder

        encoder = load_encoder(folder, precision=subject.removeprefix("ours-"), device="cpu", offline=True)
        return encoder.encode, encoder.runtime
    from sentence_transformers import SentenceTransformer

    options: dict[str, Any] = {}
    if subject.startswith("st-openvino"):
        settings = {"INFERENCE_PRECISION_HINT": "f32"} if subject.endswith("f32") else {}
        options = {"backend": "openvino", "model_kwargs": {"ov_config": settings}}
    model = SentenceTransformer(folder, device="cpu", local_files_only=True, **options)

    def encode(texts: list[str]) -> Any:
        return model.encode(texts, show_progress_bar=False)

    return encode, f"sentence-transformers {model.get_backend()}"


def main() -> None:
    # What a library prints while it loads or exports must not mix with the answers.
    answers = sys.stdout
    sys.stdout = sys.stderr
    encode, description = load(sys.argv[1], sys.argv[2])
    print(json.dumps({"runtime": description}), file=answers, flush=True)
    texts: dict[str, list[str]] = {}
    for line in sys.stdin:
        command = json.loads(line)
        answer: dict[str, Any] = {}
        if command["do"] == "read":
            texts = json.loads(Path(command["path"]).read_text(encoding="utf-8"))
        elif command["do"] == "encode":
            start = time.perf_counter()
            vectors = encode(texts[command["set"]])
            answer["seconds"] = time.perf_counter() - start
            if command.get("save"):
                np.save(command["save"], np.asarray(vectors, np.float32))
        elif command["do"] == "single":
            answer["seconds"] = []
            for text in texts[command["set"]]:
                start = time.perf_counter()
                encode([text])
                answer["seconds"].append(time.perf_counter() - start)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
