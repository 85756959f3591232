"""Operations without an index: similarity, NLI, labels, explanations, reranking of given passages."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

from simengine.encoders.contract import BiEncoder, Role
from simengine.engine.default_model import with_default
from simengine.engine.dispatch import answer
from simengine.engine.encoder import open_encoder
from simengine.engine.models import Models, models_of
from simengine.engine.parts import Parts
from simengine.engine.verbs import Verbs
from simengine.errors import UsageError
from simengine.models.resolve import DEFAULT_MODEL
from simengine.models.unknown import Reading, readings_of
from simengine.requests.pairs import ScoreRequest
from simengine.text.arguments import as_texts
from simengine.types import FloatMatrix

if TYPE_CHECKING:
    from simengine.engine.loaded import LoadedModels
    from simengine.engine.notes import Note
    from simengine.progress import Progress

logger = logging.getLogger("simengine")


class TextEngine(Verbs):
    """The models without an index. Operations on documents raise UsageError.

    Without a named bi-encoder each `ScoreRequest` gets the one that can read its texts, see
    `simengine.engine.default_model`; vectors (`encode`) are always those of the English one.

    Args:
        models: which ones, and their device; each is loaded on first use.
        loaded: the caller's models, which are not closed, instead of own ones.
        note: called with a sentence for the user.

    Example:
        >>> from simengine import Models, TextEngine
        >>> with TextEngine(Models(offline=True)) as engine:
        ...     print(engine.nli([("Cats purr.", "No cat makes a sound.")])[0].label)
        contradiction
    """

    def __init__(
        self,
        models: Models | None = None,
        *,
        loaded: LoadedModels | None = None,
        note: Callable[[str], None] = logger.info,
    ) -> None:
        self._texts = _NoIndex(models_of(models, Models()))
        self._multilingual: TextEngine | None = None
        self._lock = threading.Lock()
        self._parts = Parts(self._texts, self._texts, loaded, self._texts.refuse, note)  # type: ignore[arg-type]

    def run(self, request: Any, *, progress: Progress | None = None) -> Any:
        """See `Verbs.run`.

        Raises:
            UsageError: the request needs an index.
        """
        return answer(self._engine_for(request)._parts, request, progress)

    def notes(self, request: Any) -> list[Note]:
        """See `Verbs.notes`."""
        return Verbs.notes(self._engine_for(request), request)

    def _engine_for(self, request: object) -> TextEngine:
        """Itself; for pairs that are to be compared, and no named bi-encoder, one whose bi-encoder can read them."""
        if self._texts.models.encoder is not None or not isinstance(request, ScoreRequest):
            return self
        texts = [text for pair in request.pairs for text in pair]
        models = with_default(self._texts.models, texts, self._parts.note)
        if models.encoder == DEFAULT_MODEL:
            return self
        with self._lock:
            if self._multilingual is None:
                self._multilingual = TextEngine(models, loaded=self._parts.models, note=self._parts.note)
            return self._multilingual

    def encode(self, texts: Sequence[str], *, role: Role = "text") -> FloatMatrix:
        """Vectors of texts: (n, dim) float32, rows L2-normalised."""
        return self._texts.encode(texts, role=role)

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """For each text what the bi-encoder can read, and what it has no tokens for."""
        return self._texts.readings(texts)

    @property
    def encoder(self) -> BiEncoder:
        """The bi-encoder, loaded on first use."""
        return self._texts.encoder

    def close(self) -> None:
        """Release its own models."""
        if self._multilingual is not None:
            self._multilingual.close()
        self._texts.close()
        self._parts.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _NoIndex:
    """Replaces an index: an encoder, and an error for everything else."""

    path = Path()

    def __init__(self, models: Models) -> None:
        self.models = models
        self._encoder: BiEncoder | None = None
        self._lock = threading.Lock()

    @property
    def encoder(self) -> BiEncoder:
        """The bi-encoder, loaded on first use."""
        with self._lock:
            if self._encoder is None:
                self._encoder = open_encoder(None, self.models)
            return self._encoder

    def encode(self, texts: Sequence[str], *, role: Role = "text") -> FloatMatrix:
        return self.encoder.encode(as_texts(texts), role=role)

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        return readings_of(self.encoder, as_texts(texts))

    @contextmanager
    def lease(self) -> Iterator[None]:
        """Without an index nothing is stored."""
        yield None

    def refuse(self, *_: object, **__: object) -> NoReturn:
        """All other methods of a retriever."""
        raise UsageError("this needs an index; open one with Engine.open(path)")

    run = search_vectors = similar = matching_ids = get = refuse

    def close(self) -> None:
        if self._encoder is not None and self._encoder is not self.models.encoder:
            self._encoder.close()
