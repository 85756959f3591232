from __future__ import annotations

from pathlib import Path

import pytest

from simengine.cross_encoders.load import load_cross_encoder
from simengine.encoders.load import load_encoder
from simengine.errors import UsageError
from simengine.runtimes import choice
from tests.contracts.pair_models import RECIPES, make_pair_model


@pytest.fixture
def own_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """An additional runtime."""
    monkeypatch.setattr(choice, "RUNTIMES", (*choice.RUNTIMES, "own"))
    monkeypatch.setitem(choice._CLASSES, "own", ("tests.runtimes.own_runtime", "OwnRuntime"))


@pytest.mark.usefixtures("own_runtime")
def test_a_new_runtime_runs_both_kinds_of_model(tiny_model: Path, tmp_path: Path) -> None:
    encoder = load_encoder(str(tiny_model), runtime="own", device="cpu", threads=3, offline=True)
    assert (encoder.runtime, encoder.runtime_reason) == ("own-cpu-f32-3", "requested")
    encoded = encoder.encode_counted(["the quick brown fox", "dog"])
    assert encoded.vectors.shape == (2, encoder.dimension)
    assert encoded.vectors[:, 0].tolist() == encoded.n_tokens.tolist() == [6, 3]
    pairs = load_cross_encoder(
        str(make_pair_model(RECIPES["bert-nli"], tmp_path)), runtime="own", device="cpu", offline=True
    )
    predicted = pairs.predict_counted([("a fox", "a dog"), ("", "a dog")])
    assert predicted.logits.shape == (2, 3)
    assert predicted.logits[:, 0].tolist() == predicted.n_tokens.tolist()


@pytest.mark.usefixtures("own_runtime")
def test_a_runtime_is_asked_whether_it_can(tiny_model: Path) -> None:
    with pytest.raises(UsageError, match="precision 'int8'"):
        load_encoder(str(tiny_model), runtime="own", device="cpu", precision="int8", offline=True)


def test_an_architecture_whose_graphs_are_not_tested_runs_in_torch(tmp_path: Path) -> None:
    folder = make_pair_model(RECIPES["deberta-v2-nli"], tmp_path)
    model = load_cross_encoder(str(folder), device="cpu", offline=True)
    assert model.runtime == "torch-f32"
    assert model.runtime_reason == "openvino is not tested with the architecture 'deberta-v2'"
    with pytest.raises(
        UsageError, match=r"the architecture 'deberta-v2' is not one of bert, .*; use --runtime torch$"
    ):
        load_cross_encoder(str(folder), runtime="openvino", offline=True)
