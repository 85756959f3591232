"""The default on CPUs: an exported graph run by OpenVINO. Loads neither torch nor transformers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.encoders.contract import BiEncoder, Encoded, Role
from simengine.errors import ModelDamagedError, UsageError
from simengine.models.config import ModelConfig
from simengine.models.fingerprint import Fingerprint
from simengine.models.tokenization import FastTokenizer
from simengine.runtimes.batching import Batch, token_budget_batches
from simengine.runtimes.openvino_engine import GraphRunner
from simengine.runtimes.openvino_export import PROBE_TEXT, ExportedGraph, exported_graph
from simengine.runtimes.openvino_quantize import cosine_check, quantized_graph
from simengine.types import FloatMatrix

# Small batches keep the activations in the processor's cache; see benchmarks/README.md.
TOKEN_BUDGET = 768
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
        self._runner = self._make_runner(Path(), {}, None)  # compiles nothing before its first call
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
        path, settings = graph.path, {}
        if self._precision == "int8":
            small = quantized_graph(graph.path, graph.folder / "int8", lambda: cosine_check(self._run_graph))
            path, settings = small.path, small.settings
        self._runner = self._make_runner(path, settings, graph.compiled_folder)

    def _make_runner(self, path: Path, settings: dict[str, Any], compiled: Path | None) -> GraphRunner:
        return GraphRunner(
            path,
            precision=self._precision,
            threads=self._threads,
            compiled_folder=compiled,
            settings=settings,
        )

    def _run_graph(self, path: Path, settings: dict[str, Any], texts: Sequence[str]) -> FloatMatrix:
        """Vectors of texts by another graph than this encoder's, which leaves nothing in the cache."""
        runner = self._make_runner(path, settings, None)
        try:
            return self._run(self.tokenizer.encode(texts).ids, 0, runner)
        finally:
            runner.close()

    def _computes_as_exported(self) -> bool:
        vector = self._run(self.tokenizer.encode([PROBE_TEXT]).ids, 0, self._runner)[0]
        return bool(np.isfinite(vector).all() and float(vector @ self._graph.probe) >= PROBE_COSINE)

    def encode_counted(self, texts: Sequence[str], *, role: Role = "text") -> Encoded:
        prompt = self._config.prompt(role)
        tokens = self.tokenizer.encode(texts, prompt=prompt)
        n_left_out = self.tokenizer.prompt_length(prompt) if prompt and self._config.excludes_prompt else 0
        vectors = self._run(tokens.ids, n_left_out, self._runner)
        return Encoded(vectors, tokens.n_tokens, tokens.n_truncated, tokens.n_unknown, tokens.unknown_share)

    def _run(self, ids: Sequence[npt.NDArray[np.int64]], n_left_out: int, runner: GraphRunner) -> FloatMatrix:
        vectors = np.empty((len(ids), self.dimension), np.float32)
        batches = list(token_budget_batches(ids, budget=TOKEN_BUDGET, pad_token_id=self._graph.pad_token_id))

        def inputs(batch: Batch) -> list[npt.NDArray[np.int64]]:
            if not self._config.excludes_prompt:
                return [batch.ids, batch.mask]
            pooled = batch.mask.copy()
            pooled[:, :n_left_out] = 0
            return [batch.ids, batch.mask, pooled]

        runner.run(batches, inputs, vectors)
        return vectors

    def close(self) -> None:
        self._runner.close()
