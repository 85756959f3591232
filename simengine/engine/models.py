"""Which models an engine uses, and where they run."""

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
    """What turns texts into vectors, such as a `SentenceTransformer`."""

    def encode(self, sentences: Sequence[str], /) -> Any:
        """One vector for each text."""


class Predicts(Protocol):
    """What scores pairs of a query and a text, such as sentence-transformers' `CrossEncoder`."""

    def predict(self, pairs: Sequence[Sequence[str]], /) -> Any:
        """One score for each pair; higher is better."""


@dataclass(frozen=True, slots=True)
class Models:
    """The models of an engine. Each is loaded once, when it is first needed.

    Attributes:
        encoder: folder or hub name of the bi-encoder; or a bi-encoder, which stays the caller's: a `BiEncoder`, or an
            object with `encode(texts)`, such as a `SentenceTransformer`. None for the index's own, or the default for
            a new index.
        nli: folder or name of the NLI model, or an `NLIModel`, which then stays the caller's; None for the one that
            ships.
        reranker: folder or name of the cross-encoder that reranks; or one that stays the caller's: a `CrossEncoder`, a
            `simengine.rerank.judge.Judge`, or an object with `predict(pairs)`, such as sentence-transformers'
            `CrossEncoder`. None for the NLI model.
        reader: folder or name of a model that finds the words that answer; None answers with sentences.
        similarity: folder or name of a cross-encoder for graded similarity; None scores pairs by cosine alone.
        wording: an endpoint that words answers, as `simengine.qa.wording.Wording`; None gives the corpus's own words.
        nli_labels: names of the NLI model's outputs in their order, where its files do not say what they are.
        device: "auto", "cpu", "cuda" or "cuda:N".
        runtime, precision: of the bi-encoder, see `simengine.encoders.load.load_encoder`.
        threads: in all; None means every core.
        offline: never contact a model hub.

    Raises:
        UsageError: a value is of another type.
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
        """A folder's name becomes its absolute path, so that changing directory changes nothing."""
        if (given := getattr(self, name)) is not None:
            object.__setattr__(self, name, keep_model(as_path_name(given, shown or name)))

    @property
    def encoder_name(self) -> str | None:
        """Name of the bi-encoder; None where none is named or the caller has given the object."""
        return self.encoder if isinstance(self.encoder, str) else None


def _model_of(given: object, name: str) -> object:
    """A cross-encoder that was handed in, as what the engine works with."""
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
    """The models that were given in one value, or one by one.

    Raises:
        UsageError: they were given both ways.
    """
    if given is None:
        return single
    if single != Models():
        raise UsageError(
            "models was given beside model, device, runtime, precision, threads or offline; give one"
        )
    return expect(given, Models, "models", "Models(...)")
