"""The default on CPUs: OpenVINO runs an exported graph. Loads torch and transformers only to export it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from simengine.errors import ModelDamagedError, UsageError
from simengine.runtimes.batching import shared_budget, token_budget_batches
from simengine.runtimes.contract import Network, Rows, T, TokenRuntime
from simengine.runtimes.openvino_engine import LATENCY_TOKENS, GraphRunner
from simengine.runtimes.openvino_export import ExportedGraph, exported_graph
from simengine.runtimes.openvino_quantize import quantized_graph
from simengine.types import FloatMatrix

# Small batches keep the activations in the processor's cache; see benchmarks/README.md.
TEXT_BUDGET, PAIR_BUDGET = 768, 1_024


class OpenVinoRuntime(TokenRuntime[T]):
    """A model of a known architecture as one OpenVINO graph on the CPU.

    Raises:
        ModelDamagedError: the graph gives wrong results even after a new export.
        UsageError: int8 is not possible on this processor, or changes this model's results too much.
    """

    only_cpu: ClassVar[bool] = True
    precisions: ClassVar[frozenset[str]] = frozenset({"f32", "bf16", "int8"})

    def __init__(self, network: Network[T], *, device: str, precision: str, threads: int) -> None:
        super().__init__(network, device=device, precision=precision, threads=threads)
        self.name = f"openvino-{precision}"
        self._precision, self._threads = precision, threads
        self._make_runner = partial(GraphRunner, precision=precision, threads=threads)
        self._runner = self._make_runner(Path())  # compiles on its first call
        if not self._try(exported_graph(network)):
            self._open(exported_graph(network, renew=True))
            if not self._computes_as_exported():
                raise ModelDamagedError(
                    f"{self._graph.path}: wrong {network.outputs} after a new export; use --runtime torch"
                )

    @classmethod
    def refuses(cls, network: Network[Any], device: str) -> str | None:
        config, tested = network.config, network.tested_families
        if config.unsupported is not None:
            return config.unsupported
        if device != "cpu":
            return f"it runs on CPUs only, and the device is {device!r}"
        if config.family not in tested:
            return f"the architecture {config.family!r} is not one of {', '.join(sorted(tested))}"
        return None

    def _try(self, graph: ExportedGraph) -> bool:
        """Open a graph from the cache; False if it is damaged."""
        try:
            self._open(graph)
            if self._computes_as_exported():
                return True
        except UsageError:
            raise
        except Exception:  # OpenVINO and tokenizers report a damaged file in many ways
            pass
        self.close()
        return False

    def _open(self, graph: ExportedGraph) -> None:
        self.close()
        self._graph = graph
        self.tokenizer = self._network.open_tokenizer(graph.tokenizer_path)
        path, settings = graph.path, {}
        if self._precision == "int8":
            small = quantized_graph(
                graph.path, graph.folder / "int8", self._network.int8_check, self._run_other
            )
            path, settings = small.path, small.settings
        self._runner = self._make_runner(path, compiled_folder=graph.compiled_folder, settings=settings)

    def _run_other(self, path: Path, settings: dict[str, Any], inputs: Sequence[T]) -> FloatMatrix:
        """Results of another graph than this runtime's; nothing is cached."""
        runner = self._make_runner(path, settings=settings)
        try:
            return self._run(self._network.tokenize(self.tokenizer, inputs, None), runner)
        finally:
            runner.close()

    def _computes_as_exported(self) -> bool:
        rows = self._network.tokenize(self.tokenizer, self._network.probe, None)
        got = self._run(rows, self._runner)
        return self._network.unchanged(self._graph.probe.reshape(got.shape), got, self._precision)

    def _compute(self, rows: Rows) -> FloatMatrix:
        return self._run(rows, self._runner)

    def _run(self, rows: Rows, runner: GraphRunner) -> FloatMatrix:
        results = np.empty((len(rows.ids), self.width), np.float32)
        budget = TEXT_BUDGET
        if self._network.reads_pairs:  # usually few: a query with its candidates
            budget = shared_budget(rows.ids, budget=PAIR_BUDGET, streams=self._threads, least=LATENCY_TOKENS)
        side = rows.side if self._graph.takes_side else None
        pad = self.tokenizer.pad_token_id
        runner.run(list(token_budget_batches(rows.ids, side, budget=budget, pad_token_id=pad)), results)
        return results

    def close(self) -> None:
        self._runner.close()
