"""The models other than the bi-encoder, each loaded once, on first use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from simengine.cross_encoders.contract import CrossEncoder
from simengine.cross_encoders.load import (
    DEFAULT_NLI_MODEL,
    DEFAULT_RELEVANCE_MODEL,
    MULTILINGUAL_NLI_MODEL,
    load_cross_encoder,
)
from simengine.cross_encoders.nli import NLIModel
from simengine.cross_encoders.routed import RoutedNLIModel
from simengine.engine.models import Models
from simengine.errors import ModelNotFoundError, UsageError
from simengine.models.packaged import MULTILINGUAL_MODEL, packaged_file
from simengine.models.resolve import bundled_names
from simengine.requests.rerank import DEFAULT_DEPTH, Rerank
from simengine.rerank.judge import CrossEncoderJudge, Judge
from simengine.rerank.options import DEFAULT_WEIGHT, RerankOptions, Stage
from simengine.rerank.reranker import Reranker

if TYPE_CHECKING:
    from simengine.cross_encoders.reader import Reader
    from simengine.encoders.contract import BiEncoder
    from simengine.engine.fitted import Fitted
    from simengine.rerank.fit import BlendFit

Wrap = Callable[[CrossEncoder], CrossEncoder]
Labels = tuple[str, ...] | Mapping[str, str] | None


class LoadedModels:
    """NLI model, rerankers and reader of one or several engines. Thread-safe.

    Args:
        models: which ones, and their device.
        wrap: wraps every loaded cross-encoder, for example to batch the pairs of several
            callers; closing the wrapper closes the model.
    """

    def __init__(self, models: Models | None = None, *, wrap: Wrap | None = None) -> None:
        self.models = models or Models()
        self._wrap = wrap
        self._cross_encoders: dict[tuple[str, str], CrossEncoder] = {}
        self._judges: dict[Rerank, CrossEncoderJudge] = {}
        self._reader: Reader | None = None
        self._multilingual: BiEncoder | None = None
        self._lock = threading.RLock()

    def cross_encoder(self, name: str, precision: str = "auto") -> CrossEncoder:
        """A cross-encoder by name; see `load_cross_encoder`."""
        with self._lock:
            key = (name, precision)
            if key not in self._cross_encoders:
                chosen = self.models
                model = load_cross_encoder(
                    name,
                    device=chosen.device,
                    precision=precision,
                    threads=chosen.threads,
                    offline=chosen.offline,
                )
                self._cross_encoders[key] = self._wrap(model) if self._wrap is not None else model
            return self._cross_encoders[key]

    def judge(self, rerank: Rerank | None = None) -> Judge:
        """The judge of a reranking stage: scores how well texts answer queries.

        Raises:
            As `load_cross_encoder`, and UsageError if the model's outputs do not fit its kind.
        """
        asked, given = rerank or Rerank(), self.models.reranker
        if asked.model is None and given is not None and not isinstance(given, str | CrossEncoder):
            return cast("Judge", given)
        return self._judge(asked)

    def _judge(self, asked: Rerank) -> CrossEncoderJudge:
        key = Rerank(
            asked.model,
            kind=asked.kind,
            labels=asked.labels,
            precision=asked.precision,
            claim=asked.claim and asked.model is None,
        )
        with self._lock:
            if key not in self._judges:
                self._judges[key] = self._open(key)
            return self._judges[key]

    def _open(self, asked: Rerank) -> CrossEncoderJudge:
        model, name, labels = self.chosen(asked)
        names = labels if isinstance(labels, Mapping) else named_outputs(model.labels, labels)
        routed = (
            self.nli() if asked.claim and self._is_default(asked) else None
        )  # claims in any language it knows
        return CrossEncoderJudge(model, kind=asked.kind, labels=names, name=name, nli=routed)

    def chosen(self, asked: Rerank) -> tuple[CrossEncoder, str, Labels]:
        """The model of a stage, its name, and the names of its outputs.

        Without a name and a reranker of the engine it is the caller's NLI model; without that, the bundled model for
        relevance, or for claims the bundled NLI model.
        """
        reranker, nli = self.models.reranker, self.models.nli
        if asked.model is None and isinstance(reranker, CrossEncoder):
            return reranker, type(reranker).__name__, asked.labels
        name, labels = asked.model or (reranker if isinstance(reranker, str) else None), asked.labels
        if name is None:
            if isinstance(nli, NLIModel):
                return nli.model, "nli", asked.labels or nli.names
            if nli is None and not asked.claim:
                name = DEFAULT_RELEVANCE_MODEL
            else:
                name, labels = nli or DEFAULT_NLI_MODEL, labels or self.models.nli_labels
        return self.cross_encoder(name, asked.precision), Path(name).name, labels

    def relevance(self) -> CrossEncoderJudge:
        """The judge of whether passages answer questions, whatever reranks: the caller's NLI model, else the bundled
        model for relevance."""
        given = self.models.nli
        if isinstance(given, NLIModel):
            return CrossEncoderJudge(given.model, labels=given.names, name="nli")
        if given is None:
            return self._judge(Rerank(DEFAULT_RELEVANCE_MODEL))
        return self._judge(Rerank(given, labels=self.models.nli_labels))

    def nli(self, rerank: Rerank | None = None) -> NLIModel:
        """The NLI model: of `rerank` if that names one, else the engine's.

        Raises:
            UsageError: the named model is not an NLI model.
        """
        asked = rerank or Rerank()
        if asked.model is None:
            given = self.models.nli
            if isinstance(given, NLIModel):
                return given
            if given is None and self.models.nli_labels is None:
                return RoutedNLIModel(self._nli(Rerank(DEFAULT_NLI_MODEL)), self._multilingual_nli)
            asked = Rerank(
                given or DEFAULT_NLI_MODEL, labels=self.models.nli_labels, precision=asked.precision
            )
        return self._nli(asked)

    def _multilingual_nli(self) -> NLIModel | None:
        """The bundled NLI model for more than English; None if there is none, or its base is not installed."""
        if packaged_file() is None or MULTILINGUAL_NLI_MODEL not in bundled_names():
            return None
        return self._nli(Rerank(MULTILINGUAL_NLI_MODEL))

    def _nli(self, asked: Rerank) -> NLIModel:
        judge = self._judge(asked)
        if judge.nli is None:
            raise UsageError(
                f"{judge.name} is a model for {judge.kind}; expected an NLI model, which has three outputs"
            )
        return judge.nli

    @property
    def nli_name(self) -> str:
        """Name or folder of the NLI model; nothing is loaded."""
        return _name_of(self.models.nli) or DEFAULT_NLI_MODEL

    @property
    def reranker_name(self) -> str:
        """Name or folder of the cross-encoder that reranks; nothing is loaded."""
        models = self.models
        return _name_of(models.reranker) or _name_of(models.nli) or DEFAULT_RELEVANCE_MODEL

    def reader(self) -> Reader | None:
        """The reader; None if none is named."""
        if self.models.reader is None:
            return None
        with self._lock:
            if self._reader is None:
                from simengine.cross_encoders.reader import load_reader

                chosen = self.models
                self._reader = load_reader(
                    self.models.reader, device=chosen.device, threads=chosen.threads, offline=chosen.offline
                )
            return self._reader

    def multilingual(self) -> BiEncoder | None:
        """The multilingual bi-encoder; None if it is not on this machine, or the caller named a bi-encoder."""
        if self.models.encoder is not None:
            return None
        with self._lock:
            if self._multilingual is None:
                from simengine.engine.encoder import open_encoder

                named = replace(self.models, encoder=MULTILINGUAL_MODEL, offline=True)
                with suppress(ModelNotFoundError):
                    self._multilingual = open_encoder(None, named)
            return self._multilingual

    def similarity(self) -> Judge | None:
        """The cross-encoder for graded similarity; None if none is named."""
        name = self.models.similarity
        return None if name is None else self.judge(Rerank(name, kind="similarity"))

    def reranker(self, rerank: Rerank, fitted: Fitted | None = None) -> Reranker:
        """The reranking stages, with weights and depths as given, as fitted, or by default.

        Where nobody named a model or a weight and none was fitted, questions are reranked; other queries keep the
        order of the search, and claims only get stances.
        """
        stages = []
        for asked in rerank.stages():
            judge = self.judge(asked)
            depth, weight = depth_and_weight(asked, judge, fitted)
            default = asked.weight is None and self._is_default(asked) and fitted_blend(judge, fitted) is None
            if default and asked.claim:
                weight = 0.0
            stages.append(Stage(judge, depth, weight, questions_only=default and not asked.claim))
        options = RerankOptions(rerank.claim, rerank.budget_ms)
        return Reranker(stages, options, calibrations={} if fitted is None else fitted.relevance)

    def _is_default(self, asked: Rerank) -> bool:
        """Whether a stage's model is one that ships, and nobody named it."""
        return asked.model is None and self.models.reranker is None and self.models.nli is None

    def load_named(self) -> None:
        """Load the named models, so that a wrong name is an error before serving starts.

        Raises:
            ModelError, UsageError: a model cannot be loaded, or is of another kind.
        """
        if self.models.nli is not None:
            self.nli()
        if self.models.reranker is not None:
            self.judge()
        self.similarity()
        self.reader()

    def loaded(self) -> Sequence[CrossEncoder]:
        """The loaded cross-encoders."""
        with self._lock:
            return list(self._cross_encoders.values())

    def close(self) -> None:
        """Release the models, except the caller's own."""
        with self._lock:
            for model in self._cross_encoders.values():
                model.close()
            if self._multilingual is not None:
                self._multilingual.close()
                self._multilingual = None
            self._cross_encoders.clear()
            self._judges.clear()


def _name_of(given: object) -> str:
    """The name of a model, or the class of a caller's object; "" if there is none."""
    return given if isinstance(given, str) else "" if given is None else type(given).__name__


def named_outputs(own: Sequence[str], given: Sequence[str] | None) -> dict[str, str] | None:
    """From a model's own labels to the given names, in their order; None if none were given.

    Raises:
        UsageError: the numbers of names and outputs differ.
    """
    if given is None:
        return None
    if len(given) != len(own):
        raise UsageError(f"{len(given)} labels are given; the model has {len(own)}: {', '.join(own)}")
    return dict(zip(own, given, strict=True))


def fitted_blend(judge: Judge, fitted: Fitted | None) -> BlendFit | None:
    """The blend that was fitted for an index with this judge; None if there is none."""
    blend = None if fitted is None else fitted.blends.get(judge.fingerprint)
    return blend if blend is not None and blend.kind == judge.kind else None


def depth_and_weight(asked: Rerank, judge: Judge, fitted: Fitted | None) -> tuple[int, float]:
    """Depth and weight of a stage: as given, else as fitted for the index and model, else the defaults."""
    blend = fitted_blend(judge, fitted)
    depth, weight = asked.depth, asked.weight
    if depth is None:
        depth = DEFAULT_DEPTH if blend is None else blend.depth
    if weight is None:
        weight = DEFAULT_WEIGHT if blend is None else blend.weight
    return depth, weight
