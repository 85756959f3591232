"""The default on CPUs: an exported graph run by OpenVINO. Loads neither torch nor transformers."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.encoders.batching import Batch, token_budget_batches
from simengine.encoders.contract import BiEncoder, Encoded, Role
from simengine.encoders.openvino_export import PROBE_TEXT, ExportedGraph, exported_graph
from simengine.encoders.openvino_import import import_openvino
from simengine.encoders.openvino_quantize import quantized_graph
from simengine.errors import ModelDamagedError, UsageError
from simengine.models.config import ModelConfig
from simengine.models.fingerprint import Fingerprint
from simengine.models.tokenization import FastTokenizer
from simengine.types import FloatMatrix

# Small batches keep the activations in the processor's cache; see benchmarks/README.md.
TOKEN_BUDGET = 768
# Up to this many tokens in a call one request with all threads is faster than several with one each.
LATENCY_TOKENS = 256
# Below this the graph computes something else than it did when it was exported; bf16 gives 0.9999.
PROBE_COSINE = 0.99


class OpenVinoEncoder(BiEncoder):
    """A sentence-transformers model of a known architecture as one OpenVINO graph on the CPU.

    Args:
        config: of the model's folder.
        fingerprint: of the same model.
        precision: "f32", "bf16" or "int8".
        threads: processor threads to use at most.

    Raises:
        ModelDamagedError: the exported graph gives wrong vectors even after it was exported again.
    """

    def __init__(
        self, config: ModelConfig, fingerprint: Fingerprint, *, precision: str, threads: int
    ) -> None:
        self.fingerprint = fingerprint
        self.dimension = config.dimension
        self.max_tokens = config.max_tokens
        self.runtime = f"openvino-{precision}"
        self._config, self._precision, self._threads = config, precision, threads
        self._lock = threading.Lock()
        self._engines: dict[bool, _Engine] = {}
        self._settings: dict[str, Any] = {}
        if not self._try(exported_graph(config, fingerprint)):
            self._open(exported_graph(config, fingerprint, renew=True))
            if not self._computes_as_exported():
                raise ModelDamagedError(
                    f"{self._graph.path}: wrong vectors after a new export; use --runtime torch"
                )

    def _try(self, graph: ExportedGraph) -> bool:
        """Open a graph that lay in the cache; False if it turns out to be damaged."""
        try:
            self._open(graph)
            if self._computes_as_exported():
                return True
        except UsageError:
            raise
        except Exception:  # a damaged file shows in whatever way OpenVINO or tokenizers report it
            pass
        self.close()
        return False

    def _open(self, graph: ExportedGraph) -> None:
        self.close()
        self._graph = graph
        self.tokenizer: FastTokenizer = FastTokenizer.from_file(
            graph.tokenizer_path,
            max_tokens=self.max_tokens,
            pad_token_id=graph.pad_token_id,
            lower_case=self._config.lower_case,
        )
        self._path = graph.path
        if self._precision == "int8":
            small = quantized_graph(graph.path, graph.folder / "int8", self._run_graph)
            self._path, self._settings = small.path, small.settings

    def _run_graph(self, path: Path, settings: dict[str, Any], texts: Sequence[str]) -> FloatMatrix:
        """Vectors of texts by another graph than this encoder's, which leaves nothing in the cache."""
        self._path, self._settings = path, {**settings, "CACHE_DIR": ""}
        try:
            return self._run(self.tokenizer.encode(texts).ids, 0)
        finally:
            self.close()

    def _computes_as_exported(self) -> bool:
        vector = self._run(self.tokenizer.encode([PROBE_TEXT]).ids, 0)[0]
        return bool(np.isfinite(vector).all() and float(vector @ self._graph.probe) >= PROBE_COSINE)

    def encode_counted(self, texts: Sequence[str], *, role: Role = "text") -> Encoded:
        prompt = self._config.prompt(role)
        tokens = self.tokenizer.encode(texts, prompt=prompt)
        n_left_out = self.tokenizer.prompt_length(prompt) if prompt and self._config.excludes_prompt else 0
        return Encoded(self._run(tokens.ids, n_left_out), tokens.n_tokens, tokens.n_truncated)

    def _run(self, ids: Sequence[npt.NDArray[np.int64]], n_left_out: int) -> FloatMatrix:
        vectors = np.empty((len(ids), self.dimension), np.float32)
        batches = list(token_budget_batches(ids, budget=TOKEN_BUDGET, pad_token_id=self._graph.pad_token_id))
        small = len(batches) == 1 and batches[0].ids.size <= LATENCY_TOKENS
        engine = self._engine(throughput=not small and self._threads > 1)

        def run(batch: Batch) -> None:
            inputs = [batch.ids, batch.mask]
            if self._config.excludes_prompt:
                pooled = batch.mask.copy()
                pooled[:, :n_left_out] = 0
                inputs.append(pooled)
            vectors[batch.rows] = engine.infer(inputs)

        engine.map(run, batches)
        return vectors

    def _engine(self, *, throughput: bool) -> _Engine:
        """The compiled graph for one kind of call, made when the first such call comes: each costs memory."""
        with self._lock:
            if throughput not in self._engines:
                streams = self._threads if throughput else 1
                self._engines[throughput] = self._compile(streams)
            return self._engines[throughput]

    def _compile(self, streams: int) -> _Engine:
        settings = {
            "INFERENCE_PRECISION_HINT": "bf16" if self._precision == "bf16" else "f32",
            "INFERENCE_NUM_THREADS": self._threads,
            "NUM_STREAMS": streams,
            "CACHE_DIR": str(self._graph.compiled_folder),
            **self._settings,
        }
        return _Engine(self._path, settings, streams)

    def close(self) -> None:
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
    def _request(self) -> Any:
        request = self._requests.get()
        try:
            yield request
        finally:
            self._requests.put(request)

    def map(self, function: Any, batches: Sequence[Batch]) -> None:
        if self._pool is None or len(batches) == 1:
            for batch in batches:
                function(batch)
        else:
            # Batches are handed out longest first, so that no stream is left with the long ones at the end.
            for done in [self._pool.submit(function, batch) for batch in batches]:
                done.result()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()
