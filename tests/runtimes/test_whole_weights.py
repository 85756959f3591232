from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine.encoders.load import load_encoder
from simengine.errors import ModelDamagedError, ModelError

RUNTIMES = ("openvino", "torch", "sentence-transformers")
TEXTS = ["the quick brown fox", "a plane is taking off 猫"]
Tensors = dict[str, Any]
QUERY = "encoder.layer.1.attention.self.query.weight"


@pytest.fixture
def changed(tiny_model: Path, tmp_path: Path) -> Callable[..., Path]:
    """The tiny model with other tensors or other settings."""

    def make(change: Callable[[Tensors], Tensors] = dict, **settings: Any) -> Path:
        from safetensors.torch import load_file, save_file

        folder = Path(shutil.copytree(tiny_model, tmp_path / "changed"))
        save_file(
            change(load_file(folder / "model.safetensors")), folder / "model.safetensors", {"format": "pt"}
        )
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | settings))
        return folder

    return make


def load(folder: Path, runtime: str = "auto") -> Any:
    return load_encoder(str(folder), runtime=runtime, device="cpu", precision="f32", offline=True)


def without(part: str) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {name: value for name, value in tensors.items() if part not in name}


def gated(tensors: Tensors) -> Tensors:
    """The layout of jina-v2: model_type "bert", and a gated layer in place of BERT's two."""
    import torch

    kept = without(".intermediate.")(without(".output.dense")(tensors))
    return kept | {
        f"encoder.layer.{i}.mlp.{name}.weight": torch.zeros(4, 4)
        for i in (0, 1)
        for name in ("gated_layers", "wo")
    }


def with_nan(tensors: Tensors) -> Tensors:
    import torch

    return tensors | {QUERY: torch.full_like(tensors[QUERY], float("nan"))}


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(
    ("change", "settings", "said"),
    [
        (without(QUERY), {}, f"missing {QUERY}"),
        (gated, {}, r"unexpected encoder\.layer\.0\.mlp\.gated_layers\.weight"),
        (dict, {"num_hidden_layers": 3}, r"missing encoder\.layer\.2\..* and 13 more"),
        (dict, {"num_hidden_layers": 1}, r"unexpected encoder\.layer\.1\."),
        (dict, {"intermediate_size": 96}, r"of another shape encoder\.layer\.0\.intermediate"),
        (dict, {"vocab_size": 40}, "of another shape embeddings.word_embeddings.weight"),
        (with_nan, {}, f"{QUERY} has values that are not finite"),
    ],
)
def test_weights_that_are_not_the_models_are_refused(
    changed: Callable[..., Path], runtime: str, change: Any, settings: Any, said: str
) -> None:
    folder = changed(change, **settings)
    for _ in range(2):  # a failed load caches nothing that a second one would use
        with pytest.raises(ModelDamagedError, match=said):
            load(folder, runtime)


def renamed(tensors: Tensors) -> Tensors:
    """The layout of the first BERT: a prefix, gamma and beta, a counter and pretraining heads."""
    import torch

    old = {
        "bert."
        + name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): value
        for name, value in tensors.items()
    }
    return old | {
        "bert.embeddings.position_ids": torch.arange(64)[None],
        "cls.predictions.bias": torch.zeros(3),
        "cls.seq_relationship.weight": torch.zeros(2, 64),
    }


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("change", [renamed, without("pooler"), without("nothing")])
def test_harmless_extra_weights_are_accepted_and_give_the_oracles_vectors(
    changed: Callable[..., Path], runtime: str, change: Any
) -> None:
    from sentence_transformers import SentenceTransformer

    folder = changed(change)
    oracle = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    encoder = load(folder, runtime)
    np.testing.assert_allclose(
        encoder.encode(TEXTS), oracle.encode(TEXTS, normalize_embeddings=True), atol=1e-5
    )
    encoder.close()


class _Marker:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_pickle_runs_no_code(changed: Callable[..., Path], runtime: str, tmp_path: Path) -> None:
    folder = changed()
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps({QUERY: _Marker(tmp_path / "ran")}))
    with pytest.raises(ModelDamagedError, match="would run code when read; use a model with safetensors"):
        load(folder, runtime)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(("family", "head"), [("XLNet", "LMHeadModel"), ("Bart", "ForConditionalGeneration")])
def test_pretraining_heads_are_ignored_in_other_families(
    tiny_model: Path, tmp_path: Path, family: str, head: str
) -> None:
    import transformers
    from sentence_transformers import SentenceTransformer

    torch_seed(3)
    sizes = dict.fromkeys(("n_layer", "encoder_layers", "decoder_layers"), 1)
    sizes |= dict.fromkeys(("n_head", "encoder_attention_heads", "decoder_attention_heads"), 2)
    sizes |= dict.fromkeys(("d_model", "d_inner", "encoder_ffn_dim", "decoder_ffn_dim"), 32)
    config = getattr(transformers, f"{family}Config")(vocab_size=60, **sizes)
    getattr(transformers, f"{family}{head}")(config).save_pretrained(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tiny_model / name, tmp_path / name)
    oracle = SentenceTransformer(str(tmp_path), device="cpu", local_files_only=True)
    expected = oracle.encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(load(tmp_path).encode(TEXTS), expected, atol=1e-6)


def torch_seed(number: int) -> None:
    import torch

    torch.manual_seed(number)


def test_a_shard_that_is_missing_is_damage(changed: Callable[..., Path]) -> None:
    from transformers import AutoModel

    folder = changed()
    model = AutoModel.from_pretrained(folder)
    expected = load(folder, "torch").encode(TEXTS)
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder, max_shard_size="100KB")
    shards = sorted(folder.glob("model-*.safetensors"))
    assert len(shards) > 1
    np.testing.assert_allclose(load(folder, "torch").encode(TEXTS), expected, atol=1e-6)
    shards[0].unlink()
    for runtime in RUNTIMES:
        with pytest.raises(ModelDamagedError, match=shards[0].name):
            load(folder, runtime)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_tokenizer_with_more_tokens_than_the_model_is_refused(
    changed: Callable[..., Path], runtime: str
) -> None:
    key = "embeddings.word_embeddings.weight"
    folder = changed(lambda tensors: tensors | {key: tensors[key][:20].clone()}, vocab_size=20)
    with pytest.raises(ModelDamagedError, match=r"its tokenizer has the token .* vectors for 20 tokens only"):
        load(folder, runtime)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(("content", "said"), [(None, "has no tokenizer"), ("{}", "cannot be loaded")])
def test_a_tokenizer_that_is_missing_or_broken_is_damage(
    changed: Callable[..., Path], runtime: str, content: str | None, said: str
) -> None:
    folder = changed()
    (folder / "tokenizer.json").unlink()
    if content is not None:
        (folder / "tokenizer.json").write_text(content)
    with pytest.raises(ModelDamagedError, match=said):
        load(folder, runtime)


def save_modules(folder: Path, *, similarity: str | None, normalised: bool) -> Path:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    modules = [Transformer(str(folder)), Pooling(64), *([Normalize()] if normalised else [])]
    model = SentenceTransformer(modules=modules, device="cpu", similarity_fn_name=similarity)
    model.save_pretrained(str(folder / "saved"), create_model_card=False)
    return folder / "saved"


@pytest.mark.parametrize(
    ("similarity", "normalised"), [("dot", False), ("euclidean", False), ("manhattan", True)]
)
def test_a_model_trained_for_another_similarity_is_refused(
    changed: Callable[..., Path], similarity: str, normalised: bool
) -> None:
    folder = save_modules(changed(), similarity=similarity, normalised=normalised)
    with pytest.raises(ModelError, match=f"similarity '{similarity}'.*by cosine"):
        load(folder)


def test_the_inner_product_of_normalised_vectors_is_their_cosine(changed: Callable[..., Path]) -> None:
    from sentence_transformers import SentenceTransformer

    folder = save_modules(changed(), similarity="dot", normalised=True)
    oracle = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    vectors = load(folder, "torch").encode(TEXTS)
    score = oracle.similarity(*oracle.encode(TEXTS)).item()
    assert float(vectors[0] @ vectors[1]) == pytest.approx(score, abs=1e-5)


def test_a_folders_settings_do_not_force_shapes(changed: Callable[..., Path]) -> None:
    """A folder's settings may make transformers replace tensors of another shape by random ones."""
    folder = save_modules(changed(), similarity=None, normalised=False)
    path = folder / "sentence_bert_config.json"
    asked = {"model_args": {"ignore_mismatched_sizes": True}}
    path.write_text(json.dumps(json.loads(path.read_text()) | asked))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"intermediate_size": 96}))
    with pytest.raises(ModelDamagedError, match="another shape"):
        load(folder)


def test_a_decoders_attention_is_left_to_transformers(changed: Callable[..., Path]) -> None:
    from sentence_transformers import SentenceTransformer

    folder = changed(is_decoder=True)
    encoder = load(folder)
    assert "is_decoder" in encoder.runtime_reason
    oracle = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    np.testing.assert_allclose(
        encoder.encode(TEXTS), oracle.encode(TEXTS, normalize_embeddings=True), atol=1e-6
    )


def test_a_load_by_someone_else_is_not_checked(changed: Callable[..., Path]) -> None:
    """The check applies to one load in one thread; afterwards transformers is restored."""
    from transformers import AutoModel, PreTrainedModel

    before = PreTrainedModel.from_pretrained.__func__
    folder = changed(without(QUERY))
    with pytest.raises(ModelDamagedError):
        load(folder, "torch")
    assert PreTrainedModel.from_pretrained.__func__ is before
    assert AutoModel.from_pretrained(folder).config.model_type == "bert"


@pytest.mark.parametrize("kind", ["Dense", "LayerNorm"])
def test_values_that_are_not_finite_are_found_in_every_module(
    tiny_model: Path, tmp_path: Path, kind: str
) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules

    model = SentenceTransformer(str(tiny_model), device="cpu")
    size = model.get_embedding_dimension()
    added = modules.Dense(size, 4) if kind == "Dense" else modules.LayerNorm(size)
    next(added.parameters()).data.fill_(float("nan"))
    SentenceTransformer(modules=[model[0], model[1], added], device="cpu").save(str(tmp_path / "nan"))
    with torch.no_grad(), pytest.raises(ModelDamagedError, match="weight has values that are not finite"):
        load(tmp_path / "nan")


def test_modules_that_do_not_fit_each_other_are_damage(tiny_model: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules

    model = SentenceTransformer(str(tiny_model), device="cpu")
    dense = modules.Dense(model.get_embedding_dimension(), 4)
    SentenceTransformer(modules=[model[0], model[1], dense], device="cpu").save(str(tmp_path / "turned"))
    listing = tmp_path / "turned" / "modules.json"
    first, second, third = json.loads(listing.read_text())
    listing.write_text(json.dumps([first, third, second]))
    with pytest.raises(ModelDamagedError, match="its list of modules cannot be loaded"):
        load(tmp_path / "turned")


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_form_of_outputs_does_not_change_vectors(
    changed: Callable[..., Path], tiny_model: Path, runtime: str
) -> None:
    encoder = load(changed(return_dict=False, chunk_size_feed_forward=4), runtime)
    np.testing.assert_allclose(encoder.encode(TEXTS), load(tiny_model).encode(TEXTS), atol=1e-5)
    encoder.close()


@pytest.mark.parametrize("named", [{"a": "../elsewhere/model.safetensors"}, ["a"]])
def test_shards_outside_of_the_folder_are_refused(changed: Callable[..., Path], named: Any) -> None:
    folder = changed()
    (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": named}))
    with pytest.raises(
        ModelDamagedError, match="weight_map does not give a file of this folder for every tensor"
    ):
        load(folder)
