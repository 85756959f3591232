"""The layers of BERT-like encoders, computed for the tokens of all inputs of a batch without padding."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

PACKED_FAMILIES = frozenset({"bert", "roberta", "xlm-roberta", "camembert"})


def packed_layers(
    model: Any,
    layers: Iterable[Any],
    ids: torch.Tensor,
    types: torch.Tensor | None,
    where: torch.Tensor | None,
    seen: torch.Tensor | None,
) -> torch.Tensor:
    """The hidden states after some layers of a BERT-like encoder: (n_tokens, hidden), text by text.

    Args:
        model: a transformers model without a head.
        layers: the model's first layers, or all.
        ids: (n, length) token ids, padded on the right.
        types: (n, length) token types, or None.
        where: positions of the tokens in the flattened `ids`; None computes all positions, padding included.
        seen: (n, 1, 1, length) bool, False for padding; None if there is none.
    """
    hidden = model.embeddings(input_ids=ids, token_type_ids=types)
    if hasattr(model, "embeddings_project"):
        hidden = model.embeddings_project(hidden)
    tokens: torch.Tensor = hidden.flatten(0, 1)
    if where is not None:
        tokens = tokens.index_select(0, where)
    for layer in layers:
        tokens = packed_layer(layer, tokens, where, (ids.shape[0], ids.shape[1]), seen)
    return tokens


def packed_layer(
    layer: Any,
    tokens: torch.Tensor,
    where: torch.Tensor | None,
    shape: tuple[int, int],
    seen: torch.Tensor | None,
) -> torch.Tensor:
    """One layer of a BERT-like encoder.

    Args:
        layer: of a transformers model.
        tokens: (n_tokens, hidden), the tokens of all texts, concatenated.
        where: their positions among all n * length, or None if `tokens` has all of these.
        shape: (n, length).
        seen: (n, 1, 1, length) bool, False for padding; None if there is none.
    """
    import torch

    own = layer.attention.self
    queries, keys, values = (
        heads(linear(tokens), where, shape, own.num_attention_heads)
        for linear in (own.query, own.key, own.value)
    )
    context = torch.nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask=seen)
    context = context.transpose(1, 2).reshape(shape[0] * shape[1], -1)
    if where is not None:
        context = context.index_select(0, where)
    attended = layer.attention.output(context, tokens)
    output: torch.Tensor = layer.output(layer.intermediate(attended), attended)
    return output


def heads(
    tokens: torch.Tensor, where: torch.Tensor | None, shape: tuple[int, int], n_heads: int
) -> torch.Tensor:
    """Tokens of all texts as (n, heads, length, width) for attention; `shape` is (n, length)."""
    rows = spread(tokens, where, shape[0] * shape[1])
    return rows.view(*shape, n_heads, -1).transpose(1, 2)


def spread(tokens: torch.Tensor, where: torch.Tensor | None, n_rows: int) -> torch.Tensor:
    """Packed tokens scattered back to their positions among `n_rows`, zeros elsewhere."""
    if where is None:
        return tokens
    return tokens.new_zeros((n_rows, tokens.shape[1])).index_copy_(0, where, tokens)
