"""Which weights are trained: freezing, and PEFT methods put into a model and merged out of it again."""

from __future__ import annotations

from typing import Any

from simengine.errors import UsageError
from simengine.extras import needing
from simengine.training.recipe import Freezing, Peft

# Where the common architectures keep their encoder layers and what stands before them.
_LAYER_PATHS = ("encoder.layer", "encoder.layers", "transformer.layer", "layers")


def freeze(transformer: Any, freezing: Freezing) -> int:
    """Freeze the embeddings and lower layers of a transformers model; the number of frozen parameters.

    Raises:
        UsageError: the architecture's layers are not known, or there are fewer than asked for.
    """
    base = transformer.base_model
    frozen: list[Any] = []
    if freezing.embeddings or freezing.layers:
        # A lower layer cannot be still while what feeds it moves.
        frozen.append(getattr(base, "embeddings", None) or transformer.get_input_embeddings())
    if freezing.layers:
        layers = _layers(base)
        if freezing.layers > len(layers):
            raise UsageError(f"freezing.layers is {freezing.layers}; the model has {len(layers)} layers")
        frozen += list(layers[: freezing.layers])
    count = 0
    for module in frozen:
        for parameter in module.parameters():
            parameter.requires_grad_(False)
            count += parameter.numel()
    return count


def _layers(base: Any) -> Any:
    for path in _LAYER_PATHS:
        module = base
        for name in path.split("."):
            module = getattr(module, name, None)
            if module is None:
                break
        if module is not None:
            return module
    raise UsageError(
        f"freezing.layers: the layers of {type(base).__name__} are not known; use freezing.embeddings"
    )


def set_dropout(transformer: Any, dropout: float | None, attention: float | None) -> None:
    """Set the dropout probabilities of a model; None leaves them.

    Args:
        transformer: a transformers model.
        dropout: of hidden states.
        attention: of attention probabilities; None for the same as `dropout`.
    """
    import torch

    if attention is None:
        attention = dropout
    for module in transformer.modules():
        inside = type(module).__name__.endswith("SelfAttention")
        value = attention if inside else dropout
        for child in module.children():
            if isinstance(child, torch.nn.Dropout) and value is not None:
                child.p = value
        for name, value in (("dropout_prob", dropout), ("attention_dropout", attention)):
            if isinstance(getattr(module, name, None), float) and value is not None:
                setattr(module, name, value)


def head_names(transformer: Any) -> list[str]:
    """Parameter names outside the base model: the output layers."""
    inside = {id(parameter) for parameter in transformer.base_model.parameters()}
    return [name for name, parameter in transformer.named_parameters() if id(parameter) not in inside]


def add_peft(transformer: Any, peft: Peft) -> None:
    """Put a PEFT method's modules into the model; its base weights are frozen, its output layers are not.

    Raises:
        MissingExtraError: PEFT is not installed.
        UsageError: the method cannot be used with this architecture.
    """
    with needing("train", "parameter-efficient tuning", "peft"):
        from peft import inject_adapter_in_model
    if peft.method == "prefix":
        raise UsageError(
            "peft.method 'prefix' feeds past keys and values into the attention, which the encoders that simengine "
            f"trains ({type(transformer).__name__}) do not take, and which could not be merged into plain weights; "
            "use lora or ia3"
        )
    head = head_names(transformer)
    names = [name for name, parameter in transformer.named_parameters() if parameter.requires_grad]
    # PEFT freezes everything that is not its own: what was free to move among the output layers stays so.
    free = {name for name in head if name in names}
    try:
        inject_adapter_in_model(_config(transformer, peft), transformer)
    except ValueError as error:
        raise UsageError(f"peft.targets: {error}") from error
    for name, parameter in transformer.named_parameters():
        if name in free:
            parameter.requires_grad_(True)


def _config(transformer: Any, peft: Peft) -> Any:
    from peft import IA3Config, LoraConfig

    linear = linear_names(transformer)
    if peft.method == "lora":
        return LoraConfig(
            r=peft.rank,
            lora_alpha=peft.alpha,
            lora_dropout=peft.dropout,
            target_modules=list(peft.targets) or linear,
        )
    targets = list(peft.targets) or linear
    # IA3 scales keys, values and the output of the feed-forward's first layer: the input of its second.
    scaled = [
        name
        for name in targets
        if any(part in name for part in (".key", ".value", ".k", ".v", "k_lin", "v_lin"))
    ]
    second = [
        name
        for name in targets
        if name.endswith(("output.dense", "lin2", "mlp.Wo")) and "attention" not in name
    ]
    chosen = scaled + second if not peft.targets else targets
    if not chosen:
        raise UsageError(
            "peft.targets: no keys, values or feed-forward layers were found; name the modules for IA3"
        )
    return IA3Config(target_modules=chosen, feedforward_modules=[name for name in chosen if name in second])


def linear_names(transformer: Any) -> list[str]:
    """Full names of the linear layers inside the base model's encoder layers."""
    import torch

    base = transformer.base_model
    prefix = next((name for name, module in transformer.named_modules() if module is base), "")
    return [
        f"{prefix}.{name}" if prefix else name
        for name, module in base.named_modules()
        if isinstance(module, torch.nn.Linear) and not name.startswith(("pooler", "embeddings"))
    ]


def merge_peft(transformer: Any) -> int:
    """Fold every adapter into the weights below it and take it out; the number of layers that had one."""
    try:
        from peft.tuners.tuners_utils import BaseTunerLayer
    except ImportError:
        return 0
    found = [
        (name, module) for name, module in transformer.named_modules() if isinstance(module, BaseTunerLayer)
    ]
    for name, module in found:
        module.merge()
        parent_name, _, child = name.rpartition(".")
        setattr(transformer.get_submodule(parent_name), child, module.get_base_layer())
    if hasattr(transformer, "peft_config"):
        del transformer.peft_config
    return len(found)


def trainable(model: Any) -> tuple[int, int]:
    """Trainable and all parameters."""
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
    return sum(n for n, free in sizes if free), sum(n for n, _ in sizes)
