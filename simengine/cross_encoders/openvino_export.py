"""A cross-encoder exported once as an OpenVINO graph from token ids to logits, and kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.cross_encoders.config import PairConfig
from simengine.models.fingerprint import Fingerprint
from simengine.models.pair_tokenization import PairTokenizer, TokenizedPairs
from simengine.runtimes.openvino_export import (
    TOKENIZER_NAME,
    ExportedGraph,
    cached_graph,
    write_graph,
    write_note,
)

PROBE_PAIRS = (
    ("A man is playing a guitar on the street.", "Somebody makes music."),
    ("The committee did not approve the budget for 2024.", "The budget was approved."),
    ("Does the graph still compute what it computed when it was exported?", "42"),
)
"""What is asked of a graph whenever it is opened."""
# Raise the number when the exported graph changes, so that graphs of older versions are not used.
_VARIANT = "-pairs1"
# OpenVINO's fused attention makes NaN of padding that sees no token in its window (see the encoders' export).
_LOCAL_ATTENTION = frozenset({"modernbert"})


def exported_pair_graph(
    config: PairConfig, fingerprint: Fingerprint, *, renew: bool = False
) -> ExportedGraph:
    """The model's graph from the cache, exported first if it is not there or is not whole.

    Its inputs are token ids, mask, and token types where `extra["token_types"]` says so, all (n, length)
    int64; its output is (n, n_labels) float32. The probe holds the logits of PROBE_PAIRS, row by row.

    Args:
        config: of the model's folder.
        fingerprint: of the same model; names the graph's folder.
        renew: export again in any case (the graph in the cache was found to be damaged).
    """
    return cached_graph(
        config.model, fingerprint, lambda target: _export(config, target), variant=_VARIANT, renew=renew
    )


def _export(config: PairConfig, folder: Path) -> None:
    import torch

    from simengine.cross_encoders.torch_model import load_classifier, padded_logits, reads_token_types
    from simengine.runtimes.torch_modules import load_tokenizer_file, quiet

    load_tokenizer_file(config.model, folder / TOKENIZER_NAME)
    pad_token_id = int(config.model.architecture.get("pad_token_id") or 0)
    tokenizer = PairTokenizer.from_file(
        folder / TOKENIZER_NAME, max_tokens=config.model.max_tokens, lower_case=config.model.lower_case
    )
    tokens = tokenizer.encode_pairs(PROBE_PAIRS)
    attention = "eager" if config.model.family in _LOCAL_ATTENTION else None
    model = load_classifier(config, attention=attention)
    with_types = reads_token_types(config, model)
    probe = []
    with quiet(), torch.inference_mode():
        for ids, types in zip(tokens.ids, tokens.types, strict=True):
            row = torch.from_numpy(ids)[None]
            given = torch.from_numpy(types)[None] if with_types else None
            probe.append(padded_logits(model, row, torch.ones_like(row), given)[0].float().numpy())
    write_graph(_module(model, config), _example(tokens, pad_token_id, with_types), folder)
    write_note(folder, pad_token_id, np.concatenate(probe), {"token_types": with_types})


def _module(model: Any, config: PairConfig) -> Any:
    import torch

    from simengine.cross_encoders.torch_model import FIRST_TOKEN_FAMILIES, first_token_logits, padded_logits

    compute = first_token_logits if config.model.family in FIRST_TOKEN_FAMILIES else padded_logits

    class Pair(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(
            self,
            input_ids: torch.Tensor,
            attention_mask: torch.Tensor,
            token_type_ids: torch.Tensor | None = None,
        ) -> torch.Tensor:
            return compute(self.model, input_ids, attention_mask, token_type_ids)

    return Pair().eval()


def _example(tokens: TokenizedPairs, pad_token_id: int, with_types: bool) -> dict[str, Any]:
    """The probe pairs as one padded batch."""
    import torch

    length = max(len(row) for row in tokens.ids)

    def filled(rows: Sequence[npt.NDArray[np.int64]], value: int) -> torch.Tensor:
        return torch.tensor([[*row.tolist(), *[value] * (length - len(row))] for row in rows])

    inputs = {
        "input_ids": filled(tokens.ids, pad_token_id),
        "attention_mask": filled([np.ones_like(row) for row in tokens.ids], 0),
    }
    if with_types:
        inputs["token_type_ids"] = filled(tokens.types, 0)
    return inputs
