"""A graph compiled by OpenVINO, separately for small and large calls. Loads neither torch nor transformers."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.runtimes.batching import Batch
from simengine.runtimes.openvino_import import import_openvino
from simengine.types import FloatMatrix

# For calls of up to this many tokens, one request with all threads is faster than several with one thread each.
LATENCY_TOKENS = 256


class GraphRunner:
    """Runs batches through a graph. Thread-safe.

    Args:
        path: the graph.
        precision: "f32", "bf16", or "int8" for a graph with int8 weights.
        threads: most processor threads to use.
        compiled_folder: OpenVINO's cache of compiled graphs; None for no cache.
        settings: further OpenVINO properties.
    """

    def __init__(
        self,
        path: Path,
        *,
        precision: str,
        threads: int,
        compiled_folder: Path | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self._path, self._threads = path, threads
        self._settings = {
            "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
            "INFERENCE_NUM_THREADS": threads,
            "CACHE_DIR": str(compiled_folder or ""),
            **(settings or {}),
        }
        self._lock = threading.Lock()
        self._engines: dict[bool, _Engine] = {}

    def run(self, batches: Sequence[Batch], results: FloatMatrix) -> None:
        """Compute the graph's first output for every batch.

        Args:
            batches: longest first.
            results: (n, width), filled in the batches' rows.
        """
        small = len(batches) == 1 and batches[0].ids.size <= LATENCY_TOKENS
        engine = self._engine(throughput=not small and self._threads > 1)

        def run(batch: Batch) -> None:
            results[batch.rows] = engine.infer(batch.inputs)

        engine.map(run, batches)

    def _engine(self, *, throughput: bool) -> _Engine:
        """The compiled graph for one kind of call, compiled on the first such call: each costs memory."""
        with self._lock:
            if throughput not in self._engines:
                streams = self._threads if throughput else 1
                self._engines[throughput] = _Engine(
                    self._path, {**self._settings, "NUM_STREAMS": streams}, streams
                )
            return self._engines[throughput]

    def close(self) -> None:
        """Release threads and memory; the next call compiles again."""
        with self._lock:
            for engine in self._engines.values():
                engine.close()
            self._engines.clear()


class _Engine:
    """A compiled graph with as many requests as it has streams."""

    def __init__(self, path: Path, settings: dict[str, Any], streams: int) -> None:
        self._compiled = import_openvino().Core().compile_model(str(path), "CPU", settings)
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for _ in range(streams):
            self._requests.put(self._compiled.create_infer_request())
        self._pool = ThreadPoolExecutor(streams, "simengine-encode") if streams > 1 else None

    def infer(self, inputs: list[npt.NDArray[np.int64]]) -> FloatMatrix:
        with self._request() as request:
            result: FloatMatrix = request.infer(inputs, share_inputs=True)[0]
            return result

    @contextlib.contextmanager
    def _request(self) -> Iterator[Any]:
        request = self._requests.get()
        try:
            yield request
        finally:
            self._requests.put(request)

    def map(self, function: Callable[[Batch], None], batches: Sequence[Batch]) -> None:
        if self._pool is None or len(batches) == 1:
            for batch in batches:
                function(batch)
        else:
            # Longest batches first, so that no stream is still running a long one at the end.
            for done in [self._pool.submit(function, batch) for batch in batches]:
                done.result()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()
