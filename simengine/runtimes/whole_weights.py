"""Weights are loaded completely or not at all: no layer keeps random weights. Imports torch when called."""

from __future__ import annotations

import contextlib
import pickle
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simengine.errors import ModelDamagedError, SimengineError

_LOADING = threading.RLock()
_POOLER = re.compile(r"(^|\.)pooler\.")
# Counters that older versions of transformers stored, and heads of pretraining, which no model here has.
_HARMLESS = re.compile(r"(^|\.)(position_ids|token_type_ids|inv_freq|masked_bias)$")
_PRETRAINING_HEADS = re.compile(
    r"^(cls|lm_head|mlm_head|predictions|sop_classifier|vocab_transform|vocab_layer_norm|vocab_projector|"
    r"generator_predictions|generator_lm_head|discriminator_predictions|lm_predictions|mask_predictions|lm_loss)\."
    r"|^final_logits_bias$"
)
_MASKED_HEADS = re.compile(r"^(head|decoder)\.")


@contextlib.contextmanager
def whole_weights(folder: Path, *, pooler: bool = True, to_train: bool = False) -> Iterator[None]:
    """Within it, a transformers model that this thread loads gets every weight from its folder, or is refused.

    transformers initialises missing weights randomly and drops unexpected ones; both are only logged.

    Args:
        folder: named in messages.
        pooler: whether the model's pooler is used; an unused one may be missing.
        to_train: a base model for training, whose head may be newly initialised; its encoder must be complete.

    Raises:
        ModelDamagedError: weights are missing, unexpected, of another shape or not finite, or loading fails.
    """
    from transformers import PreTrainedModel

    loader = threading.get_ident()

    def from_pretrained(cls: Any, *args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != loader or kwargs.get("output_loading_info"):
            return original(cls, *args, **kwargs)
        if (config := kwargs.get("config")) is not None:
            # These change the form of the output and the steps of the computation, but not the values.
            config.return_dict, config.chunk_size_feed_forward = True, 0
        wanted = {"output_loading_info": True, "ignore_mismatched_sizes": True}
        model, info = original(cls, *args, **{**kwargs, **wanted})
        _check_weights(folder, model, info, pooler=pooler, to_train=to_train)
        return model

    with _LOADING, load_errors(folder):
        original = PreTrainedModel.from_pretrained.__func__
        PreTrainedModel.from_pretrained = classmethod(from_pretrained)
        try:
            yield
        finally:
            PreTrainedModel.from_pretrained = classmethod(original)


@contextlib.contextmanager
def load_errors(folder: Path, what: str = "the model") -> Iterator[None]:
    """Turn errors of transformers, sentence-transformers, tokenizers and safetensors about a folder into one type.

    Args:
        folder: named in the message.
        what: what is loaded from it, for the message.

    Raises:
        ModelDamagedError: with the folder and the first line of their message.
    """
    try:
        yield
    except SimengineError:
        raise
    except pickle.UnpicklingError as error:
        raise ModelDamagedError(
            f"{folder}: {what} cannot be loaded: its weights are a pickle that is damaged or would run code when "
            "read; use a model with safetensors"
        ) from error
    except Exception as error:  # an invalid folder can fail anywhere in these libraries
        lines = str(error).strip().splitlines() or ["no reason given"]
        raise ModelDamagedError(
            f"{folder}: {what} cannot be loaded ({type(error).__name__}: {lines[0]})"
        ) from error


def _check_weights(folder: Path, model: Any, info: dict[str, Any], *, pooler: bool, to_train: bool) -> None:
    missing = [key for key in info["missing_keys"] if not _may_lack(key, model, pooler, to_train)]
    unknown = [key for key in info["unexpected_keys"] if not _may_drop(key, model, to_train)]
    other = [key for key, *_ in info["mismatched_keys"] if not (to_train and _in_head(key, model))]
    found = [
        f"{what} {_some(keys)}"
        for keys, what in (
            (missing, "missing"),
            (unknown, "unexpected"),
            (other, "of another shape"),
        )
        if keys
    ]
    if found:
        raise ModelDamagedError(
            f"{folder}: the weights do not fit the architecture in config.json ({type(model).__name__}): "
            f"{'; '.join(found)}. Fetch the model again, or use one whose architecture is part of transformers"
        )
    check_finite(folder, model)


def check_finite(folder: Path, module: Any) -> None:
    """Refuse NaN and infinite weights, with which every vector would be NaN.

    Args:
        folder: named in messages.
        module: a torch module.

    Raises:
        ModelDamagedError: with the name of such a weight.
    """
    for name, weight in module.named_parameters():
        if weight.device.type != "meta" and not bool(weight.isfinite().all()):
            raise ModelDamagedError(f"{folder}: {name} has values that are not finite; fetch the model again")


def _some(keys: list[str]) -> str:
    shown = ", ".join(sorted(keys)[:3])
    return f"{shown} and {len(keys) - 3} more" if len(keys) > 3 else shown


def _may_lack(key: str, model: Any, pooler: bool, to_train: bool) -> bool:
    if _POOLER.search(key):
        return to_train or not pooler
    return to_train and _in_head(key, model)


def _may_drop(key: str, model: Any, to_train: bool) -> bool:
    if _POOLER.search(key) or _HARMLESS.search(key) or _PRETRAINING_HEADS.match(key):
        return True
    saved = str((getattr(model.config, "architectures", None) or [""])[0])
    return (to_train and _in_head(key, model)) or (
        saved.endswith("ForMaskedLM") and bool(_MASKED_HEADS.match(key))
    )


def _in_head(key: str, model: Any) -> bool:
    """Whether a tensor is outside the encoder, by the encoder's prefix and the names of its parts."""
    first = key.removeprefix(f"{model.base_model_prefix}.").split(".", 1)[0]
    return not key.startswith(f"{model.base_model_prefix}.") and first not in dict(
        model.base_model.named_children()
    )


def check_vocabulary(folder: Path, tokenizer: Any, n_vectors: int | None) -> None:
    """Refuse a tokenizer with tokens for which the model has no vector.

    Args:
        folder: named in messages.
        tokenizer: of the `tokenizers` package.
        n_vectors: rows of the model's embedding table; None if unknown.

    Raises:
        ModelDamagedError: with such a token.
    """
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    token = max(vocabulary, key=vocabulary.__getitem__, default="")
    if n_vectors is not None and vocabulary.get(token, 0) >= n_vectors:
        raise ModelDamagedError(
            f"{folder}: its tokenizer has the token {token!r} with id {vocabulary[token]}, but the model has "
            f"vectors for {n_vectors} tokens only; the tokenizer is of another model: fetch the model again"
        )
