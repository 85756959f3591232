"""Freezing, dropout and PEFT: which weights move, and that merging changes nothing but the layers' kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simengine.errors import UsageError
from simengine.training import adapt
from simengine.training.recipe import Freezing, Peft
from tests.training.tiny_models import tiny_cross_encoder

PAIRS = [("A man eats.", "Someone eats."), ("It rains.", "The sun shines.")]


@pytest.fixture
def model(tmp_path: Path) -> Any:
    return tiny_cross_encoder(tmp_path / "tiny")


def free(transformer: Any) -> set[str]:
    return {name for name, parameter in transformer.named_parameters() if parameter.requires_grad}


def test_freezing_layers_stills_the_embeddings_and_the_lower_layers_only(model: Any) -> None:
    transformer = model.transformers_model
    everything = free(transformer)
    count = adapt.freeze(transformer, Freezing(layers=1))
    still = everything - free(transformer)
    assert still == {name for name in everything if "embeddings" in name or "encoder.layer.0." in name}
    named = dict(transformer.named_parameters())
    assert count == sum(named[name].numel() for name in still)


def test_freezing_more_layers_than_there_are_is_refused(model: Any) -> None:
    with pytest.raises(UsageError, match="has 2 layers"):
        adapt.freeze(model.transformers_model, Freezing(layers=3))


def test_nothing_is_frozen_unless_asked(model: Any) -> None:
    assert adapt.freeze(model.transformers_model, Freezing()) == 0


def dropouts(model: Any) -> dict[str, float]:
    import torch

    modules = model.transformers_model.named_modules()
    return {name: module.p for name, module in modules if isinstance(module, torch.nn.Dropout)}


def test_dropout_is_set_everywhere(model: Any) -> None:
    adapt.set_dropout(model.transformers_model, 0.25, None)
    assert set(dropouts(model).values()) == {0.25}


def test_dropout_of_attention_is_set_apart(model: Any) -> None:
    before = dropouts(model)
    adapt.set_dropout(model.transformers_model, None, 0.5)
    after = dropouts(model)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {name for name in after if name.endswith("attention.self.dropout")}
    assert len(changed) == 2
    assert {after[name] for name in changed} == {0.5}


@pytest.mark.parametrize("method", ["lora", "ia3"])
def test_peft_moves_only_its_own_weights_and_the_head_and_merges_without_a_trace(
    model: Any, method: str
) -> None:
    import numpy as np
    import torch

    transformer = model.transformers_model
    names = list(transformer.state_dict())
    untouched = model.predict(PAIRS, activation_fn=torch.nn.Identity())
    adapt.add_peft(transformer, Peft(method=method, rank=4, dropout=0.0))
    part = "lora_" if method == "lora" else "ia3_"
    moving = free(transformer)
    assert any(part in name for name in moving)
    assert all(part in name or name.startswith("classifier") for name in moving)
    assert np.allclose(model.predict(PAIRS, activation_fn=torch.nn.Identity()), untouched, atol=1e-6)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in transformer.named_parameters():
            if part in name:
                parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.2)
    adapted = model.predict(PAIRS, activation_fn=torch.nn.Identity())
    assert np.abs(adapted - untouched).max() > 0.05
    assert adapt.merge_peft(transformer) > 0
    assert list(transformer.state_dict()) == names
    assert np.allclose(model.predict(PAIRS, activation_fn=torch.nn.Identity()), adapted, atol=1e-5)


def test_lora_on_named_modules_adapts_those_alone(model: Any) -> None:
    adapt.add_peft(model.transformers_model, Peft(targets=("query",), rank=2))
    lora = {name.split(".lora_")[0] for name in free(model.transformers_model) if ".lora_" in name}
    assert len(lora) == 2
    assert all(name.endswith("query") for name in lora)


def test_unknown_target_and_prefix_are_refused_with_the_reason(model: Any) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        adapt.add_peft(model.transformers_model, Peft(targets=("nowhere",)))
    with pytest.raises(UsageError, match="past keys and values"):
        adapt.add_peft(model.transformers_model, Peft(method="prefix"))


def test_head_is_what_lies_outside_the_base_model(model: Any) -> None:
    assert set(adapt.head_names(model.transformers_model)) == {"classifier.weight", "classifier.bias"}
