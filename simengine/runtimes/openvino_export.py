"""Model folders as OpenVINO graphs from token ids to the model's outputs, exported once and cached."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from simengine.files import hash_file
from simengine.models.cache import cache_directory, create_folder_atomically, exclusive, read_json
from simengine.models.fingerprint import settings_digest
from simengine.runtimes.batching import make_batch
from simengine.runtimes.contract import Network
from simengine.runtimes.openvino_import import import_openvino, silent_converter

if TYPE_CHECKING:
    import torch

    from simengine.runtimes.torch_model import TorchModel

# To be incremented when the exported graph changes, so that older graphs are not used.
GRAPH_FORMAT = 3
# Padding far from a text has no token in its attention window: OpenVINO's fused attention returns NaN for it, the
# eager form a finite number, which the pooling ignores.
_LOCAL_ATTENTION = frozenset({"modernbert"})
_LARGE_TABLE = 1 << 24
"""Least elements of an embedding table that is stored in float16."""
GRAPH_NAME, TOKENIZER_NAME, NOTE_NAME = "graph.xml", "tokenizer.json", "graph.json"
_SIDE = "token_types"  # key of a note: whether the graph has a third input, token types or not


@dataclass(frozen=True, slots=True)
class ExportedGraph:
    """An exported graph in its folder.

    Attributes:
        folder: where it is.
        probe: float32, torch's outputs for the network's probe at export, row by row.
        takes_side: whether `Rows.side`, if the model has it, is an input of the graph.
    """

    folder: Path
    probe: npt.NDArray[np.float32]
    takes_side: bool

    @property
    def path(self) -> Path:
        """graph.xml; its weights are next to it in graph.bin."""
        return self.folder / GRAPH_NAME

    @property
    def tokenizer_path(self) -> Path:
        """The tokenizer as transformers reads the model folder."""
        return self.folder / TOKENIZER_NAME

    @property
    def compiled_folder(self) -> Path:
        """For OpenVINO's own cache of compiled graphs."""
        return self.folder / "compiled"


def exported_graph(network: Network[Any], *, renew: bool = False) -> ExportedGraph:
    """The model's graph from the cache, exported first if it is missing or incomplete.

    Exporting imports torch and transformers and takes some seconds; it happens once per model and version,
    even if several processes need it at the same time.

    Args:
        network: the model; its fingerprint and its settings files determine the graph's folder.
        renew: always export again (the cached graph is damaged).

    Raises:
        OSError: the cache cannot be written.
    """
    model = f"{network.fingerprint.digest[:32]}-{settings_digest(network.config)[:12]}"
    folder = cache_directory() / "graphs" / f"{model}-{_versions()}{network.graph_variant}"
    if not renew and (found := _read_graph(folder)):
        return found
    with exclusive(folder):
        if not renew and (found := _read_graph(folder)):
            return found
        create_folder_atomically(folder, lambda target: _export(network, target))
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
    # Damaged weights show in the probe's outputs; a damaged vocabulary may not.
    if hash_file(folder / TOKENIZER_NAME) != note.get("tokenizer_sha256"):
        return None
    return ExportedGraph(
        folder=folder,
        probe=np.asarray(note["probe"], np.float32),
        takes_side=bool((note.get("extra") or {}).get(_SIDE, True)),
    )


def _sizes_agree(folder: Path, sizes: Any) -> bool:
    if not isinstance(sizes, dict) or not sizes:
        return False
    try:
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except OSError:
        return False


def _export(network: Network[Any], folder: Path) -> None:
    import torch

    from simengine.runtimes.torch_modules import load_tokenizer_file, quiet

    load_tokenizer_file(network.config, folder / TOKENIZER_NAME)
    tokenizer = network.open_tokenizer(folder / TOKENIZER_NAME)
    rows = network.tokenize(tokenizer, network.probe, None)
    model = network.load("eager" if network.config.family in _LOCAL_ATTENTION else None)
    side = rows.side if model.takes_side else None

    def tensors(parts: Sequence[tuple[int, int]], length: int) -> list[torch.Tensor]:
        """Model inputs from (row, tokens to keep of it)."""
        ids = [rows.ids[row][:n] for row, n in parts]
        beside = None if side is None else [side[row][:n] for row, n in parts]
        batch = make_batch(np.arange(len(ids)), ids, beside, length, tokenizer.pad_token_id)
        return [torch.from_numpy(array) for array in batch.inputs]

    whole = [(row, len(ids)) for row, ids in enumerate(rows.ids)]
    with quiet(), torch.inference_mode():
        outputs = [model.padded(*tensors([part], part[1]))[0].float() for part in whole]
    # Rows of different lengths, so that the trace does not depend on a batch without padding.
    cut = [(0, max(whole[0][1] // 2, 1)), (0, 1)]
    _write_graph(model, tensors([*whole, *cut], max(4, *(n for _, n in whole))), folder)
    probe = np.concatenate([each.numpy() for each in outputs])
    _write_note(folder, tokenizer.pad_token_id, probe, takes_side=model.takes_side)


def _write_note(folder: Path, pad_token_id: int, probe: npt.NDArray[np.float32], *, takes_side: bool) -> None:
    """Complete a folder with a graph and its tokenizer: write sizes, hashes, and torch's outputs."""
    names = (GRAPH_NAME, "graph.bin", TOKENIZER_NAME)
    note = {
        "format": GRAPH_FORMAT,
        "pad_token_id": pad_token_id,
        "probe": [float(value) for value in probe],
        "tokenizer_sha256": hash_file(folder / TOKENIZER_NAME),
        "files": {name: (folder / name).stat().st_size for name in names},
        "extra": {_SIDE: takes_side},
    }
    (folder / NOTE_NAME).write_text(json.dumps(note), encoding="utf-8")


def _write_graph(model: TorchModel, examples: Sequence[torch.Tensor], folder: Path) -> None:
    """Trace a model and write the graph with fp32 weights.

    Args:
        model: in fp32, on the CPU.
        examples: its inputs, for several texts of different lengths.
        folder: where graph.xml and graph.bin are written.
    """
    import torch

    from simengine.runtimes.torch_modules import quiet

    class Traced(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.head = model.body, model.head

        def forward(
            self,
            input_ids: torch.Tensor,
            attention_mask: torch.Tensor,
            side: torch.Tensor | None = None,
        ) -> torch.Tensor:
            return model.traced(input_ids, attention_mask, side)

    inputs = dict(zip(("input_ids", "attention_mask", "side"), examples, strict=False))
    with quiet(), torch.no_grad(), silent_converter() as convert_model:
        graph = convert_model(Traced().eval(), example_input=inputs)
    _halve_exact_tables(graph)
    import_openvino().save_model(graph, str(folder / GRAPH_NAME), compress_to_fp16=False)


def _halve_exact_tables(graph: Any) -> None:
    """Store large embedding tables in float16 if that is lossless: half the file and half the memory."""
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
        widened.get_rt_info()["decompression_0"] = ""  # without this mark the conversion is constant-folded
        node.input(0).replace_source_output(widened.output(0))
