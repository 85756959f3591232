"""A sequence classification model as torch modules: token ids to logits. Imports torch when called."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from simengine.cross_encoders.config import PairConfig
from simengine.runtimes.torch_modules import quiet
from simengine.runtimes.torch_packed import heads, packed_layer
from simengine.runtimes.whole_weights import load_errors, whole_weights

if TYPE_CHECKING:
    import torch

# Their head reads the first token alone, so that the last layer is computed for that token alone.
FIRST_TOKEN_FAMILIES = frozenset({"bert", "roberta", "xlm-roberta", "camembert", "electra"})


def load_classifier(config: PairConfig, *, attention: str | None = None) -> Any:
    """The model in fp32, evaluation mode, on the CPU, without contacting any hub.

    Args:
        config: of the model's folder.
        attention: transformers' name of an attention implementation, or None for the family's default.

    Raises:
        ModelDamagedError: the weights do not fit the configuration, or some are missing or left over.
    """
    import torch
    from transformers import AutoModelForSequenceClassification

    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False, "dtype": torch.float32}
    if attention is not None:
        options["attn_implementation"] = attention
    folder = config.model.transformer_folder
    with quiet(), whole_weights(folder):
        return AutoModelForSequenceClassification.from_pretrained(folder, **options).eval()


def reads_token_types(config: PairConfig, model: Any) -> bool:
    """Whether the model is given token types: its tokenizer makes them, its forward takes them, they differ."""
    from transformers import AutoTokenizer

    if "token_type_ids" not in inspect.signature(model.forward).parameters:
        return False
    if int(getattr(model.config, "type_vocab_size", 0) or 0) < 2:
        return False
    folder = config.model.transformer_folder
    with quiet(), load_errors(folder, "its tokenizer"):
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    return "token_type_ids" in tokenizer.model_input_names


def padded_logits(
    model: Any, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor | None
) -> torch.Tensor:
    """(n, n_labels) by the model's own forward.

    Args:
        model: from `load_classifier`.
        ids: (n, length) token ids, padded on the right.
        mask: (n, length), 1 for tokens.
        types: (n, length) token types, or None.
    """
    given = {} if types is None else {"token_type_ids": types}
    logits: torch.Tensor = model(input_ids=ids, attention_mask=mask, **given).logits
    return logits


def first_token_logits(
    model: Any,
    ids: torch.Tensor,
    mask: torch.Tensor | None,
    types: torch.Tensor | None,
    where: torch.Tensor | None = None,
    firsts: torch.Tensor | None = None,
) -> torch.Tensor:
    """(n, n_labels) of a model of FIRST_TOKEN_FAMILIES: the last layer sees all tokens but computes the first one.

    Args:
        model: from `load_classifier`.
        ids: (n, length) token ids, padded on the right.
        mask: (n, length), 1 for tokens; None if there is no padding.
        types: (n, length) token types, or None.
        where: positions of the tokens in the flattened mask, to compute without padding; None to compute it too.
        firsts: with `where`, the numbers among these of each text's first token.
    """
    encoder = model.base_model
    n, length = ids.shape
    hidden = encoder.embeddings(input_ids=ids, token_type_ids=types)
    if hasattr(encoder, "embeddings_project"):
        hidden = encoder.embeddings_project(hidden)
    tokens = hidden.flatten(0, 1)
    if where is not None:
        tokens = tokens.index_select(0, where)
    seen = None if mask is None else mask.bool().view(n, 1, 1, length)
    *others, last = encoder.encoder.layer
    for layer in others:
        tokens = packed_layer(layer, tokens, where, (n, length), seen)
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
