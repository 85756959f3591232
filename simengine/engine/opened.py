"""An opened index: its reader, its encoder, and how long they live."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self

from simengine.assembly import SnapshotReader, open_encoder, open_reader, verify_runtime
from simengine.assembly.encoder import check_fingerprint
from simengine.assembly.judging import JudgeOptions, Judges
from simengine.encoders.contract import BiEncoder
from simengine.engine.models import Models
from simengine.errors import UsageError
from simengine.store.contract import Counts
from simengine.store.settings import IndexSettings

if TYPE_CHECKING:
    from simengine.recommend.recommender import TextRecommender


class OpenedIndex:
    """What `Engine` stands on: one reader at a time, replaced when the index changes, closed when nobody uses it."""

    def __init__(self, path: Path, models: Models | None = None, encoder: BiEncoder | None = None) -> None:
        """Use `Engine.open` or `Engine.build`."""
        if models is None:
            raise UsageError(
                f"an index is opened with Engine.open({str(path)!r}), and made with Engine.build"
            )
        self.path = path.absolute()  # changing directory must not lead to another index, or another model
        self.models = models
        self._options = models.encoder_options()
        self._encoder = encoder
        self._encoder_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._refresh_lock = threading.Lock()
        self._judges = Judges()
        self._recommender: TextRecommender | None = None
        self._reader = self._open_reader()
        self._closed = False

    def __len__(self) -> int:
        """Number of documents."""
        return self.counts.documents

    @property
    def counts(self) -> Counts:
        """What the index holds."""
        with self._lease() as reader:
            return reader.snapshot.counts

    @property
    def settings(self) -> IndexSettings:
        """What the index was built with."""
        return self._reader.snapshot.settings

    @property
    def encoder(self) -> BiEncoder:
        """The bi-encoder, loaded on first use; it is refused when it is not the one that built the index."""
        if self._encoder is None:
            with self._encoder_lock:
                if self._encoder is None:
                    self._encoder = self._load_encoder()
        return self._encoder

    def _load_encoder(self) -> BiEncoder:
        settings, given = self._reader.snapshot.settings, self.models.encoder
        if isinstance(given, BiEncoder):
            check_fingerprint(settings, given)
            encoder = given
        else:
            encoder = open_encoder(settings, self._options)
        known = self._reader.snapshot.derived("runtime")
        if known is None or known.get("name") != encoder.runtime:
            verify_runtime(settings, encoder)
        return encoder

    def refresh(self) -> bool:
        """See what other processes have committed. Returns whether there was anything new."""
        with self._refresh_lock:
            self._check_open()
            if self._reader.snapshot.is_current():
                return False
            old, self._reader = self._reader, self._open_reader()
            old.retire()
            return True

    def _open_reader(self) -> SnapshotReader:
        return open_reader(self.path, lambda: self.encoder, threads=self._options.threads)

    @contextmanager
    def _lease(self) -> Iterator[SnapshotReader]:
        """A reader that stays open while it is used, whatever other threads do."""
        self._check_open()
        reader = self._reader
        while not reader.enter():
            self._check_open()
            reader = self._reader
        try:
            yield reader
        finally:
            reader.leave()

    def _judging(self) -> JudgeOptions:
        """The engine's NLI model judges."""
        return self.models.judging(None)

    def _check_open(self) -> None:
        if self._closed:
            raise UsageError(f"the engine for {self.path} is closed")

    def close(self) -> None:
        """Release files and threads; searches that run now end first."""
        if not self._closed:
            self._closed = True
            self._reader.retire(then=self._close_models)

    def _close_models(self) -> None:
        self._judges.close()
        if self._encoder is not None and self._encoder is not self.models.encoder:
            self._encoder.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("an Engine holds open files and cannot be pickled; call Engine.open in each process")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
