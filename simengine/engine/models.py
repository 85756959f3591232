"""The models of an engine, and their device."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from simengine.encoders.contract import BiEncoder
from simengine.errors import UsageError
from simengine.paths import keep_model
from simengine.text.arguments import as_flag, as_path_name, as_texts, as_whole, expect, shown

if TYPE_CHECKING:
    from simengine.cross_encoders.contract import CrossEncoder
    from simengine.cross_encoders.nli import NLIModel
    from simengine.qa.wording import Wording
    from simengine.rerank.judge import Judge


class Encodes(Protocol):
    """Encodes texts, such as a `SentenceTransformer`."""

    def encode(self, sentences: Sequence[str], /) -> Any:
        """One vector for each text."""


class Predicts(Protocol):
    """Scores pairs of a query and a text, such as sentence-transformers' `CrossEncoder`."""

    def predict(self, pairs: Sequence[Sequence[str]], /) -> Any:
        """One score for each pair; higher is better."""


@dataclass(frozen=True, slots=True)
class Models:
    """The models of an engine. Each is loaded once, on first use.

    Attributes:
        encoder: folder or hub name of the bi-encoder; or your own, which is not closed: a `BiEncoder`, or an
            object with `encode(texts)`, such as a `SentenceTransformer`. None for the index's; a new index, and
            `score` without one, get the model that reads their texts (see `simengine.engine.default_model`).
        nli: folder or name of the NLI model, or your own `NLIModel`, which is not closed; None for the bundled one.
        reranker: folder or name of the cross-encoder that reranks; or your own, which is not closed: a `CrossEncoder`,
            a `simengine.rerank.judge.Judge`, or an object with `predict(pairs)`, such as sentence-transformers'
            `CrossEncoder`. None for `nli` if that is given, else the bundled model for relevance.
        reader: folder or name of an extractive reader; None answers with sentences.
        similarity: folder or name of a cross-encoder for graded similarity; None scores pairs only by cosine.
        wording: an endpoint that words answers, as `simengine.qa.wording.Wording`; None quotes the corpus.
        nli_labels: names of the NLI model's outputs in their order, if its files do not name them.
        device: "auto", "cpu", "cuda" or "cuda:N".
        runtime, precision: of the bi-encoder, see `simengine.encoders.load.load_encoder`.
        threads: in total; None for all cores.
        offline: never contact a model hub.

    Raises:
        UsageError: a value has the wrong type.
    """

    encoder: str | BiEncoder | Encodes | None = None
    nli: str | NLIModel | None = None
    reader: str | None = None
    device: str = "auto"
    runtime: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    offline: bool = False
    reranker: str | CrossEncoder | Judge | Predicts | None = None
    similarity: str | None = None
    nli_labels: tuple[str, ...] | None = None
    wording: Wording | None = None

    def __post_init__(self) -> None:
        if self.encoder is None or isinstance(self.encoder, str | os.PathLike):
            self._keep_name("encoder", "model")
        elif not isinstance(self.encoder, BiEncoder):
            from simengine.encoders.given import as_bi_encoder

            object.__setattr__(self, "encoder", as_bi_encoder(self.encoder))
        for name in ("nli", "reranker"):
            given = getattr(self, name)
            if given is None or isinstance(given, str | os.PathLike):
                self._keep_name(name)
            else:
                object.__setattr__(self, name, _model_of(given, name))
        self._keep_name("reader")
        self._keep_name("similarity")
        if self.threads is not None:
            object.__setattr__(self, "threads", as_whole(self.threads, "threads"))
        for name in ("device", "runtime", "precision"):
            expect(getattr(self, name), str, name, "a string")
        as_flag(self.offline, "offline")
        if self.nli_labels is not None:
            object.__setattr__(self, "nli_labels", tuple(as_texts(self.nli_labels, "label")))

    def _keep_name(self, name: str, shown: str = "") -> None:
        """Folders as absolute paths, so that changing directory has no effect."""
        if (given := getattr(self, name)) is not None:
            object.__setattr__(self, name, keep_model(as_path_name(given, shown or name)))

    @property
    def encoder_name(self) -> str | None:
        """Name of the bi-encoder; None if none is named or the caller has passed an object."""
        return self.encoder if isinstance(self.encoder, str) else None


def _model_of(given: object, name: str) -> object:
    """The caller's cross-encoder as the type that the engine uses."""
    from simengine.cross_encoders.contract import CrossEncoder
    from simengine.cross_encoders.nli import NLIModel

    if name == "nli":
        return expect(given, NLIModel, name, "a folder, a name, or an NLIModel")
    if isinstance(given, CrossEncoder) or callable(getattr(given, "judge", None)):
        return given
    if isinstance(given, type) or not callable(getattr(given, "predict", None)):
        raise UsageError(
            f"reranker is {shown(given)}; expected a folder, a name, a CrossEncoder, or an object with predict(pairs)"
        )
    from simengine.rerank.given import GivenReranker

    return GivenReranker(given)


def llm_wording(base_url: str, model: str, api_key: str | None = None, *, timeout_s: float = 20.0) -> Wording:
    """An OpenAI-compatible endpoint that words answers; see `simengine.qa.wording.Wording`."""
    from simengine.qa.wording import Wording

    return Wording(base_url, model, api_key, timeout_s=timeout_s)


def models_of(given: Models | None, single: Models) -> Models:
    """Models given as one value, or one by one.

    Raises:
        UsageError: both were given.
    """
    if given is None:
        return single
    if single != Models():
        raise UsageError(
            "models was given together with model, device, runtime, precision, threads or offline; give one"
        )
    return expect(given, Models, "models", "Models(...)")
