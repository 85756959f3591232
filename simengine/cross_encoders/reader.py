"""Extractive reading comprehension: the span of a context that answers a question, or "no answer"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from simengine.cross_encoders.reading_windows import best_span, reading_windows
from simengine.cross_encoders.token_model import StoredSettings, TokenModel, load_token_model, longest_input
from simengine.text.arguments import as_pairs

CONFIG_KEY = "simengine_reader"
"""Key of the reader settings in a model's config.json."""
_CHUNK = 1_024


@dataclass(frozen=True, slots=True)
class ReaderSettings(StoredSettings):
    """Settings of a reader.

    Attributes:
        max_tokens: of a window, question and special tokens included.
        stride: tokens that neighbouring windows of a long context share.
        max_answer_tokens: longer spans are not considered.
        no_answer_threshold: above this no_answer_score the result is "no answer". Chosen on dev data.
            None always answers, for readers trained only on answerable questions.
    """

    key: ClassVar[str] = CONFIG_KEY
    max_tokens: int = 384
    stride: int = 128
    max_answer_tokens: int = 30
    no_answer_threshold: float | None = 0.0


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """An answer from a context.

    Attributes:
        text: `context[start:end]`; "" for "no answer".
        start, end: characters of the context; 0 and 0 without an answer.
        score: of the best span, even for "no answer": the sum of two logits. -inf for a context without tokens.
        no_answer_score: log-odds of "no answer" against the best span, inf for a context without tokens; the lowest
            of all windows.
    """

    text: str
    start: int
    end: int
    score: float
    no_answer_score: float

    @property
    def answered(self) -> bool:
        """Whether there is an answer."""
        return self.end > self.start


class Reader:
    """An extractive question answering model. Thread-safe; one thread runs at a time.

    Args:
        tokens: the model and its tokenizer.
        settings: None for those of the model's config.
    """

    def __init__(self, tokens: TokenModel, settings: ReaderSettings | None = None) -> None:
        settings = settings or ReaderSettings.of_config(tokens.model.config)
        limit = longest_input(tokens.model.config, tokens.tokenizer)
        self.settings = replace(settings, max_tokens=min(settings.max_tokens, limit))
        self._tokens = tokens

    def answer(self, question: str, context: str, *, allow_none: bool = True) -> ReadAnswer:
        """Read one context. See `answers`."""
        return self.answers([(question, context)], allow_none=allow_none)[0]

    def answers(self, pairs: Sequence[tuple[str, str]], *, allow_none: bool = True) -> list[ReadAnswer]:
        """Read contexts of any length.

        Args:
            pairs: n questions with their contexts.
            allow_none: False gives the best span even if "no answer" scores higher.

        Returns:
            n answers.

        Raises:
            UsageError: a question is blank, or too long for the model's windows.
        """
        pairs = as_pairs(pairs)
        found: list[ReadAnswer] = []
        for start in range(0, len(pairs), _CHUNK):
            found += self._answers(pairs[start : start + _CHUNK])
        threshold = self.settings.no_answer_threshold
        if not allow_none or threshold is None:
            return found
        return [
            replace(answer, text="", start=0, end=0) if answer.no_answer_score > threshold else answer
            for answer in found
        ]

    def _answers(self, pairs: Sequence[tuple[str, str]]) -> list[ReadAnswer]:
        settings = self.settings
        with self._tokens.lock:
            windows = reading_windows(
                self._tokens.tokenizer, pairs, max_tokens=settings.max_tokens, stride=settings.stride
            )
            logits = self._tokens.run([window.inputs for window in windows], _start_and_end)
        nulls = [float("inf")] * len(pairs)
        best: list[tuple[float, int, int]] = [(float("-inf"), 0, 0)] * len(pairs)
        for window, values in zip(windows, logits, strict=True):
            row = window.row
            nulls[row] = min(nulls[row], float(values[window.null].sum()))
            span = best_span(window, values, settings.max_answer_tokens)
            if span is not None and span[0] > best[row][0]:
                best[row] = span
        return [
            ReadAnswer(context[start:end], start, end, score, null - score)
            for (_, context), (score, start, end), null in zip(pairs, best, nulls, strict=True)
        ]


def _start_and_end(output: Any) -> Any:
    import torch

    return torch.stack([output.start_logits, output.end_logits], dim=-1)


def load_reader(
    name: str, *, threads: int | None = None, device: str = "auto", offline: bool = False
) -> Reader:
    """Load a reader.

    Args:
        name: a folder or a hub name of a transformers model for question answering.
        threads: most processor threads to use; None for all that this process may use.
        device: "auto", "cpu", "cuda" or "cuda:N".
        offline: never contact a hub.

    Raises:
        ModelNotFoundError: see `resolve_model`.
        ModelError: the model is not a reader, or its tokenizer has no fast variant.
        ModelDamagedError: its files cannot be loaded.
        DeviceError: CUDA was requested and cannot be used.
    """
    return Reader(
        load_token_model(name, "ForQuestionAnswering", threads=threads, device=device, offline=offline)
    )
