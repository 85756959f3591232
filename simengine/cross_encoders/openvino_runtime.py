"""The default on CPUs: an exported graph run by OpenVINO. Loads neither torch nor transformers once exported."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.cross_encoders.config import PairConfig
from simengine.cross_encoders.contract import CrossEncoder, Predicted
from simengine.cross_encoders.labels import sigmoid, softmax
from simengine.cross_encoders.openvino_export import PROBE_PAIRS, exported_pair_graph
from simengine.cross_encoders.pair_batches import pair_batches, shared_budget
from simengine.errors import ModelDamagedError, UsageError
from simengine.models.fingerprint import Fingerprint
from simengine.models.pair_tokenization import PairTokenizer, TokenizedPairs
from simengine.runtimes.openvino_engine import LATENCY_TOKENS, GraphRunner
from simengine.runtimes.openvino_export import ExportedGraph
from simengine.runtimes.openvino_quantize import Check, check_texts, quantized_graph
from simengine.types import FloatMatrix

# Small batches keep the activations in the processor's cache; see benchmarks/README.md.
TOKEN_BUDGET = 1_024
# Logits differ by less from those of torch, relative to the largest, unless the graph is damaged.
_PROBE_TOLERANCE = {"f32": 1e-3, "bf16": 0.1, "int8": 0.3}
MAX_PROBABILITY_CHANGE = 0.05
"""int8 is refused where it changes a probability of a check pair by more than this. A trained MiniLM: 0.025."""


class OpenVinoCrossEncoder(CrossEncoder):
    """A model for sequence classification as one OpenVINO graph on the CPU.

    Args:
        config: of the model's folder.
        fingerprint: of the same model.
        precision: "f32", "bf16" or "int8".
        threads: processor threads to use at most.

    Raises:
        ModelDamagedError: the exported graph gives wrong logits even after it was exported again.
        UsageError: int8 is not possible on this processor, or changes this model's probabilities too much.
    """

    def __init__(self, config: PairConfig, fingerprint: Fingerprint, *, precision: str, threads: int) -> None:
        self.fingerprint, self.labels, self.activation = fingerprint, config.labels, config.activation
        self.max_tokens = config.model.max_tokens
        self.runtime = f"openvino-{precision}"
        self._config, self._precision, self._threads = config, precision, threads
        self._runner = self._make_runner(Path(), {}, None)  # compiles nothing before its first call
        if not self._try(exported_pair_graph(config, fingerprint)):
            self._open(exported_pair_graph(config, fingerprint, renew=True))
            if not self._computes_as_exported():
                raise ModelDamagedError(
                    f"{self._graph.path}: wrong logits after a new export; use --runtime torch"
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
        self._types = bool(graph.extra["token_types"])
        self.tokenizer: PairTokenizer = PairTokenizer.from_file(
            graph.tokenizer_path,
            max_tokens=self.max_tokens,
            pad_token_id=graph.pad_token_id,
            lower_case=self._config.model.lower_case,
        )
        path, settings = graph.path, {}
        if self._precision == "int8":
            small = quantized_graph(graph.path, graph.folder / "int8", self._int8_check)
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

    def _int8_check(self) -> Check:
        """Neighbouring paragraphs of a manual as pairs, and the largest change of a probability."""
        texts = check_texts()
        tokens = self.tokenizer.encode_pairs(list(pairwise(texts)))

        def run(path: Path, settings: dict[str, Any]) -> FloatMatrix:
            runner = self._make_runner(path, settings, None)
            try:
                logits = self._run(tokens, runner)
            finally:
                runner.close()
            return softmax(logits) if len(self.labels) > 1 else sigmoid(logits)

        return Check(
            run=run,
            agreement=lambda expected, got: 1.0 - float(np.abs(expected - got).max()),
            least=1.0 - MAX_PROBABILITY_CHANGE,
            name=f"1 minus the largest change of a probability on {len(tokens.ids)} pairs",
        )

    def _computes_as_exported(self) -> bool:
        logits = self._run(self.tokenizer.encode_pairs(PROBE_PAIRS), self._runner).ravel()
        scale = max(1.0, float(np.abs(self._graph.probe).max()))
        error = float(np.abs(logits - self._graph.probe).max())
        return bool(error <= scale * _PROBE_TOLERANCE[self._precision])

    def count_tokens(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.int32]:
        return self.tokenizer.encode_pairs(pairs, prompt=self._config.prompt).n_tokens

    def _predict(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        tokens = self.tokenizer.encode_pairs(
            pairs, prompt=self._config.prompt, truncation=self._config.truncation
        )
        return Predicted(self._run(tokens, self._runner), tokens.n_tokens, tokens.n_truncated)

    def _run(self, tokens: TokenizedPairs, runner: GraphRunner) -> FloatMatrix:
        logits = np.empty((len(tokens.ids), len(self.labels)), np.float32)
        budget = shared_budget(tokens, budget=TOKEN_BUDGET, streams=self._threads, least=LATENCY_TOKENS)
        made = list(pair_batches(tokens, budget=budget, pad_token_id=self._graph.pad_token_id))
        types = {id(batch): types for batch, types in made}
        runner.run(
            [batch for batch, _ in made],
            lambda batch: [batch.ids, batch.mask, *([types[id(batch)]] if self._types else [])],
            logits,
        )
        return logits

    def close(self) -> None:
        self._runner.close()
