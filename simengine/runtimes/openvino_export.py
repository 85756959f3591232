"""A model folder exported once as an OpenVINO graph, with pooling and normalisation inside, and kept."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.models.cache import cache_directory, create_folder_atomically, exclusive, read_json
from simengine.models.config import ModelConfig
from simengine.models.fingerprint import Fingerprint, settings_digest
from simengine.runtimes.openvino_import import import_openvino, silent_converter
from simengine.types import Json

# Raise it when the exported graph changes, so that graphs of older versions are not used.
GRAPH_FORMAT = 3
PROBE_TEXT = "A short text that shows whether the graph still computes what it computed when it was exported."
# Padding far behind a text sees no token in its window: OpenVINO's fused attention makes NaN of that, the eager
# form a finite number that the pooling leaves out.
_LOCAL_ATTENTION = frozenset({"modernbert"})
_LARGE_TABLE = 1 << 24
"""Elements of an embedding table from which its size matters."""
GRAPH_NAME, TOKENIZER_NAME, NOTE_NAME, COMPILED_NAME = "graph.xml", "tokenizer.json", "graph.json", "compiled"


@dataclass(frozen=True, slots=True)
class ExportedGraph:
    """A folder with an exported graph.

    Attributes:
        folder: where it is.
        path: graph.xml; its weights stand beside it as graph.bin.
        tokenizer_path: the tokenizer as transformers reads the model folder.
        compiled_folder: for OpenVINO's own cache of compiled graphs.
        pad_token_id: fills up short rows.
        probe: (dim,) float32, what torch gave for the exporter's probe text when the graph was exported.
        extra: what else the exporter noted.
    """

    folder: Path
    path: Path
    tokenizer_path: Path
    compiled_folder: Path
    pad_token_id: int
    probe: npt.NDArray[np.float32]
    extra: Mapping[str, Json] = field(default_factory=dict)


def exported_graph(config: ModelConfig, fingerprint: Fingerprint, *, renew: bool = False) -> ExportedGraph:
    """The model's graph from the cache, exported first if it is not there or is not whole.

    Exporting imports torch and transformers and takes some seconds; it happens once per model and version,
    also where several processes ask at the same time.

    Args:
        config: of the model's folder.
        fingerprint: of the same model; names the graph's folder.
        renew: export again in any case (the graph in the cache was found to be damaged).
    """
    return cached_graph(config, fingerprint, lambda target: _export(config, target), renew=renew)


def cached_graph(
    config: ModelConfig,
    fingerprint: Fingerprint,
    export: Callable[[Path], None],
    *,
    variant: str = "",
    renew: bool = False,
) -> ExportedGraph:
    """The graph of any model from the cache, exported first if it is not there or is not whole.

    Args:
        config: of the model's folder; its settings files are part of the name of the graph's folder.
        fingerprint: of the same model; names the graph's folder.
        export: writes the graph, its tokenizer and its note (see `write_graph`, `write_note`) into a folder.
        variant: names the exporter and its version, where that is not the bi-encoders'.
        renew: export again in any case.

    Raises:
        OSError: the cache cannot be written.
    """
    folder = (
        cache_directory()
        / "graphs"
        / (f"{fingerprint.digest[:32]}-{settings_digest(config)[:12]}-{_versions()}{variant}")
    )
    if not renew and (found := _read_graph(folder)):
        return found
    with exclusive(folder):
        if not renew and (found := _read_graph(folder)):
            return found
        create_folder_atomically(folder, export)
        found = _read_graph(folder)
    if found is None:
        raise OSError(f"{folder}: the exported graph cannot be read back")
    return found


def _versions() -> str:
    openvino, transformers = (importlib.metadata.version(name) for name in ("openvino", "transformers"))
    return f"g{GRAPH_FORMAT}-ov{openvino}-tf{transformers}"


def _read_graph(folder: Path) -> ExportedGraph | None:
    note = read_json(folder / NOTE_NAME)
    if not isinstance(note, dict) or not _sizes_agree(folder, note.get("files")):
        return None
    # Damage in the weights shows in the probe's vector; in the vocabulary it could hide.
    if _sha256(folder / TOKENIZER_NAME) != note.get("tokenizer_sha256"):
        return None
    return ExportedGraph(
        folder=folder,
        path=folder / GRAPH_NAME,
        tokenizer_path=folder / TOKENIZER_NAME,
        compiled_folder=folder / COMPILED_NAME,
        pad_token_id=int(note["pad_token_id"]),
        probe=np.asarray(note["probe"], np.float32),
        extra=note.get("extra") or {},
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _sizes_agree(folder: Path, sizes: Any) -> bool:
    if not isinstance(sizes, dict) or not sizes:
        return False
    try:
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except OSError:
        return False


def _export(config: ModelConfig, folder: Path) -> None:
    from simengine.models.tokenization import FastTokenizer
    from simengine.runtimes.torch_modules import load_tokenizer_file

    load_tokenizer_file(config, folder / TOKENIZER_NAME)
    pad_token_id = int(config.architecture.get("pad_token_id") or 0)
    tokenizer = FastTokenizer.from_file(
        folder / TOKENIZER_NAME, max_tokens=config.max_tokens, lower_case=config.lower_case
    )
    ids = tokenizer.encode([PROBE_TEXT]).ids[0]
    write_note(folder, pad_token_id, _trace(config, folder, ids, pad_token_id))


def write_note(
    folder: Path,
    pad_token_id: int,
    probe: npt.NDArray[np.float32],
    extra: Mapping[str, Json] | None = None,
) -> None:
    """Complete a folder that holds a graph and its tokenizer: sizes, hashes, and what torch computed.

    Args:
        folder: with graph.xml, graph.bin and tokenizer.json.
        pad_token_id: fills up short rows.
        probe: (dim,) float32, torch's result for a text that is encoded again whenever the graph is opened.
        extra: kept for the exporter's own use.
    """
    names = (GRAPH_NAME, "graph.bin", TOKENIZER_NAME)
    note = {
        "format": GRAPH_FORMAT,
        "pad_token_id": pad_token_id,
        "probe": [float(value) for value in probe],
        "tokenizer_sha256": _sha256(folder / TOKENIZER_NAME),
        "files": {name: (folder / name).stat().st_size for name in names},
        "extra": dict(extra or {}),
    }
    (folder / NOTE_NAME).write_text(json.dumps(note), encoding="utf-8")


def write_graph(module: Any, inputs: Mapping[str, Any], folder: Path) -> None:
    """Trace a torch module and write the graph with fp32 weights.

    Args:
        module: in evaluation mode.
        inputs: example tensors by the names of the arguments of `forward`, in their order; with rows of
            different length, so that nothing in the trace depends on a batch without padding.
        folder: gets graph.xml and graph.bin.
    """
    import torch

    from simengine.runtimes.torch_modules import quiet

    with quiet(), torch.no_grad(), silent_converter() as convert_model:
        graph = convert_model(module, example_input=dict(inputs))
    _halve_exact_tables(graph)
    import_openvino().save_model(graph, str(folder / GRAPH_NAME), compress_to_fp16=False)


def _halve_exact_tables(graph: Any) -> None:
    """Keep large embedding tables in float16 where no value changes by it: half the file and half the memory."""
    from openvino import opset13

    for node in graph.get_ordered_ops():
        if node.get_type_name() != "Gather":
            continue
        table = node.input_value(0).get_node()
        if table.get_type_name() != "Constant" or table.get_output_element_type(0).get_type_name() != "f32":
            continue
        values = table.get_data()
        if values.size < _LARGE_TABLE or not np.array_equal(halves := values.astype(np.float16), values):
            continue
        widened = opset13.convert(opset13.constant(halves), "f32")
        widened.get_rt_info()["decompression_0"] = ""  # without this mark the conversion is folded away
        node.input(0).replace_source_output(widened.output(0))


def _trace(
    config: ModelConfig, folder: Path, probe_ids: npt.NDArray[np.int64], pad_token_id: int
) -> npt.NDArray[np.float32]:
    """Write the graph into a folder; the vector that torch gives for the probe's token ids."""
    import torch

    from simengine.runtimes.torch_modules import build_head, load_transformer, quiet

    attention = "eager" if config.family in _LOCAL_ATTENTION else None
    transformer, head = load_transformer(config, attention=attention), build_head(config)

    class Sentence(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer, self.head = transformer, head

        def forward(
            self,
            input_ids: torch.Tensor,
            attention_mask: torch.Tensor,
            pooling_mask: torch.Tensor | None = None,
        ) -> torch.Tensor:
            hidden = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            pooled = attention_mask if pooling_mask is None else pooling_mask
            vectors: torch.Tensor = self.head(hidden, pooled)
            return vectors

    ids = torch.full((3, max(len(probe_ids), 4)), pad_token_id)
    mask = torch.zeros_like(ids)
    for row, length in enumerate((len(probe_ids), max(len(probe_ids) // 2, 1), 1)):
        ids[row, :length] = torch.from_numpy(probe_ids[:length])
        mask[row, :length] = 1
    inputs = {"input_ids": ids, "attention_mask": mask}
    if config.excludes_prompt:
        inputs["pooling_mask"] = mask.clone()
    module = Sentence().eval()
    with quiet(), torch.inference_mode():
        vectors = module(*(tensor[:1, : len(probe_ids)] for tensor in inputs.values()))
    write_graph(module, inputs, folder)
    probe: npt.NDArray[np.float32] = vectors[0].numpy().astype(np.float32)
    return probe
