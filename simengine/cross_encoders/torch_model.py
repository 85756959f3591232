"""A sequence classification model as torch modules: token ids to logits. Imports torch when called."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simengine.models.config import ModelConfig
from simengine.runtimes.torch_model import TorchModel
from simengine.runtimes.torch_modules import load_model, quiet
from simengine.runtimes.torch_packed import PACKED_FAMILIES, heads, packed_layers
from simengine.runtimes.whole_weights import load_errors

if TYPE_CHECKING:
    import torch

# Their head reads only the first token, so the last layer is computed for that token only.
FIRST_TOKEN_FAMILIES = PACKED_FAMILIES | {"electra"}


class PairModel(TorchModel):
    """Token ids and token types to (n, n_labels).

    Args:
        config: of the model's folder.
        attention: see `load_model`.

    Raises:
        ModelDamagedError: the folder's weights or its tokenizer cannot be loaded.
    """

    def __init__(self, config: ModelConfig, attention: str | None = None) -> None:
        folder = config.transformer_folder
        model = load_model(folder, "AutoModelForSequenceClassification", pooler=True, attention=attention)
        super().__init__(
            model,
            takes_side=reads_token_types(folder, model),
            packs=config.family in FIRST_TOKEN_FAMILIES,
        )

    def padded(self, ids: torch.Tensor, mask: torch.Tensor, side: torch.Tensor | None = None) -> torch.Tensor:
        given = {} if side is None else {"token_type_ids": side}
        logits: torch.Tensor = self.body(input_ids=ids, attention_mask=mask, **given).logits
        return logits

    def traced(self, ids: torch.Tensor, mask: torch.Tensor, side: torch.Tensor | None = None) -> torch.Tensor:
        if self.packs:
            return first_token_logits(self.body, ids, mask, side)
        return self.padded(ids, mask, side)

    def packed(
        self,
        ids: torch.Tensor,
        mask: torch.Tensor,
        side: torch.Tensor | None,
        where: torch.Tensor | None,
    ) -> torch.Tensor:
        if where is None:
            return first_token_logits(self.body, ids, None, side)
        lengths = mask.sum(dim=1)
        return first_token_logits(self.body, ids, mask, side, where, lengths.cumsum(0) - lengths)


def reads_token_types(folder: Path, model: Any) -> bool:
    """Whether token types are an input: the tokenizer returns them, the model's forward takes them, and they differ."""
    from transformers import AutoTokenizer

    if "token_type_ids" not in inspect.signature(model.forward).parameters:
        return False
    if int(getattr(model.config, "type_vocab_size", 0) or 0) < 2:
        return False
    with quiet(), load_errors(folder, "its tokenizer"):
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    return "token_type_ids" in tokenizer.model_input_names


def first_token_logits(
    model: Any,
    ids: torch.Tensor,
    mask: torch.Tensor | None,
    types: torch.Tensor | None,
    where: torch.Tensor | None = None,
    firsts: torch.Tensor | None = None,
) -> torch.Tensor:
    """(n, n_labels) of a model of FIRST_TOKEN_FAMILIES: the last layer computes only the first token, from all tokens.

    Args:
        model: a transformers model for sequence classification.
        ids: (n, length) token ids, padded on the right.
        mask: (n, length), 1 for tokens; None if there is no padding.
        types: (n, length) token types, or None.
        where: positions of the tokens in the flattened mask, to skip padding; None to compute it too.
        firsts: with `where`, the indices among these of each text's first token.
    """
    encoder = model.base_model
    n, length = ids.shape
    seen = None if mask is None else mask.bool().view(n, 1, 1, length)
    *others, last = encoder.encoder.layer
    tokens = packed_layers(encoder, others, ids, types, where, seen)
    first = tokens.view(n, length, -1)[:, 0] if firsts is None else tokens.index_select(0, firsts)
    states = _first_token_layer(last, tokens, first, where, (n, length), seen).unsqueeze(1)
    pooler = getattr(encoder, "pooler", None)
    logits: torch.Tensor = model.classifier(states if pooler is None else pooler(states))
    return logits


def _first_token_layer(
    layer: Any,
    tokens: torch.Tensor,
    first: torch.Tensor,
    where: torch.Tensor | None,
    shape: tuple[int, int],
    seen: torch.Tensor | None,
) -> torch.Tensor:
    import torch

    own = layer.attention.self
    keys, values = (
        heads(linear(tokens), where, shape, own.num_attention_heads) for linear in (own.key, own.value)
    )
    queries = own.query(first).view(shape[0], 1, own.num_attention_heads, -1).transpose(1, 2)
    context = torch.nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask=seen)
    attended = layer.attention.output(context.reshape(shape[0], -1), first)
    states: torch.Tensor = layer.output(layer.intermediate(attended), attended)
    return states
