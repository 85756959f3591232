"""Judges that several callers and several indexes share: each model is loaded once, pairs of all callers are joined."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simengine.cross_encoders.contract import CrossEncoder, Predicted
from simengine.cross_encoders.reader import Reader, load_reader
from simengine.engine.loaded import JudgeChoice, JudgeOptions, Judges, open_judge
from simengine.models.unknown import Reading
from simengine.rerank.judge import CrossEncoderJudge, Judge
from simengine.serving.batching import Batcher, text_tokens
from simengine.serving.settings import BatchSettings, ServingSettings
from simengine.types import FloatMatrix

PairOutput = tuple[FloatMatrix, int, int]


class BatchedCrossEncoder(CrossEncoder):
    """A cross-encoder whose callers' pairs are joined.

    Args:
        model: closed with this one.
        settings: see `BatchSettings`.
    """

    def __init__(self, model: CrossEncoder, settings: BatchSettings) -> None:
        self.fingerprint, self.labels, self.activation = model.fingerprint, model.labels, model.activation
        self.max_tokens, self.tokenizer = model.max_tokens, model.tokenizer
        self.runtime, self.runtime_reason = model.runtime, model.runtime_reason
        self._model = model
        self.batcher: Batcher[None, tuple[str, str], PairOutput] = Batcher(
            lambda _, pairs: self._joined(pairs), self._tokens, settings, "judge"
        )

    def _joined(self, pairs: Sequence[tuple[str, str]]) -> list[PairOutput]:
        predicted = self._model.predict_counted(pairs)
        return list(
            zip(predicted.logits, predicted.n_tokens.tolist(), predicted.n_truncated.tolist(), strict=True)
        )

    def _tokens(self, pair: tuple[str, str]) -> int:
        return min(text_tokens(pair[0]) + text_tokens(pair[1]), self.max_tokens)

    def predict_counted(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        """See `CrossEncoder`."""
        if not pairs:
            return self._model.predict_counted(pairs)
        return self._predict(pairs)

    def _predict(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        done = self.batcher.call(None, pairs)
        return Predicted(
            np.stack([logits for logits, _, _ in done]),
            np.array([n for _, n, _ in done], np.int32),
            np.array([n for _, _, n in done], np.int32),
        )

    def count_tokens(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.int32]:
        """See `CrossEncoder`."""
        return self._model.count_tokens(pairs)

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """See `CrossEncoder`."""
        return self._model.readings(texts)

    def close(self) -> None:
        """See `CrossEncoder`."""
        self.batcher.close()
        self._model.close()


class SharedJudges(Judges):
    """As `Judges`, with pairs of all callers joined; and the reader, if one is served.

    Args:
        settings: names the judge and the reader.
    """

    def __init__(self, settings: ServingSettings) -> None:
        super().__init__()
        self._settings = settings
        self._reader: Reader | None = None
        self._reader_lock = threading.Lock()

    def options(self, *, claim: bool = False, budget_ms: float | None = None) -> JudgeOptions:
        """The served judge, for one question."""
        models = self._settings.models
        return JudgeOptions(
            stages=(JudgeChoice(models.judge, labels=models.judge_labels),),
            claim=claim,
            budget_ms=budget_ms,
            device=models.device,
            threads=models.threads,
            offline=models.offline,
        )

    def judge(self) -> Judge:
        """The served judge, loaded when first asked for."""
        options = self.options()
        return self.get(options.stages[0], options)

    def similarity(self) -> Judge | None:
        """The served cross-encoder for graded similarity, loaded when first asked for; None where none is served."""
        model = self._settings.models.similarity
        return None if model is None else self.get(JudgeChoice(model, "similarity"), self.options())

    def get(self, choice: JudgeChoice, options: JudgeOptions) -> Judge:
        """See `Judges`."""
        key = (choice.model, choice.kind, choice.labels, options.device, options.runtime, options.precision)
        with self._lock:
            if key not in self._loaded:
                self._loaded[key] = self._open(choice, options)
            return self._loaded[key]

    def _open(self, choice: JudgeChoice, options: JudgeOptions) -> Judge:
        judge = open_judge(choice, options)
        names = None
        if choice.labels is not None:
            names = dict(zip(judge.model.labels, choice.labels, strict=True))
        model = BatchedCrossEncoder(judge.model, self._settings.batching)
        return CrossEncoderJudge(model, kind=choice.kind, labels=names, name=judge.name)

    def reader(self) -> Reader | None:
        """The served reader, loaded when first asked for; None where none is served."""
        models = self._settings.models
        if models.reader is None:
            return None
        with self._reader_lock:
            if self._reader is None:
                self._reader = load_reader(
                    models.reader, device=models.device, threads=models.threads, offline=models.offline
                )
            return self._reader

    def load_named(self) -> None:
        """Load the models that the settings name, so that a wrong one is an error before anything is served.

        Raises:
            ModelError, UsageError: one cannot be loaded, or is of another kind.
        """
        if self._settings.models.judge is not None:
            self.judge()
        self.similarity()
        self.reader()

    def batchers(self) -> list[Batcher[None, tuple[str, str], PairOutput]]:
        """Those of the models that are loaded."""
        models = [judge.model for judge in self._loaded.values() if isinstance(judge, CrossEncoderJudge)]
        return [model.batcher for model in models if isinstance(model, BatchedCrossEncoder)]
