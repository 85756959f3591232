"""Every runtime against sentence-transformers' fp32 `encode`: the bundled model, a tiny one of each family."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine.encoders.contract import BiEncoder
from simengine.encoders.load import load_encoder
from simengine.errors import UsageError
from simengine.models.config import read_config
from simengine.models.fingerprint import fingerprint_of
from simengine.models.resolve import resolve_model

TOLERANCE = 1e-5
TEXTS = [
    "A plane is taking off.",
    "",
    "两个人在下棋，旁边有一只猫。",
    "smile 😀 family 👩‍👩‍👧 flag 🇫🇷",
    "A plane is taking off.",
    "the quick brown fox jumps over the lazy dog " * 40,
    "plane",
    "Query: does the order of results stay the order of texts?",
    " \n\t ",
]


@dataclass(frozen=True)
class Recipe:
    """A tiny random model: family, what follows the transformer, and its prompts."""

    family: str
    pooling: tuple[str, ...]
    normalize: bool = True
    dense: int | None = None
    prompts: dict[str, str] | None = None
    default_prompt: str | None = None
    include_prompt: bool = True
    truncate_dim: int | None = None
    plain: bool = False


RECIPES = {
    "bert-mean": Recipe("bert", ("mean",)),
    "bert-plain-folder": Recipe("bert", ("mean",), normalize=False, plain=True),
    "bert-cls+mean-dense": Recipe("bert", ("cls", "mean"), dense=24),
    "bert-weightedmean-not-normalized": Recipe("bert", ("weightedmean",), normalize=False),
    "roberta-cls-prompts": Recipe(
        "roberta", ("cls",), prompts={"query": "search: ", "document": "text: "}, normalize=False
    ),
    "mpnet-max-default-prompt": Recipe("mpnet", ("max",), prompts={"sts": "same: "}, default_prompt="sts"),
    "xlm-roberta-lasttoken": Recipe("xlm-roberta", ("lasttoken",)),
    "xlm-roberta-mean-prompt-excluded": Recipe(
        "xlm-roberta",
        ("mean",),
        prompts={"query": "find the fox: ", "document": "dog "},
        include_prompt=False,
    ),
    "bert-cls-prompt-excluded": Recipe(
        "bert", ("cls", "lasttoken"), prompts={"query": "find the fox: "}, include_prompt=False
    ),
    "modernbert-mean-matryoshka": Recipe("modernbert", ("mean",), dense=40, truncate_dim=16),
    "modernbert-cls": Recipe("modernbert", ("cls",)),
    "distilbert-sqrt": Recipe("distilbert", ("mean_sqrt_len_tokens",), normalize=False),
    "camembert-mean": Recipe("camembert", ("mean",)),
}


def _tokenizer(family: str) -> Any:
    """A tokenizer of the family's kind, trained on a few sentences."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    wordpiece = family in ("bert", "mpnet", "distilbert")
    special = (
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] if wordpiece else ["<s>", "<pad>", "</s>", "<unk>"]
    )
    corpus = [text for text in TEXTS if text.strip()] * 3 + ["search: text: compare the: find the fox: dog"]
    if wordpiece:
        raw = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        raw.normalizer = normalizers.BertNormalizer()
        raw.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer: Any = trainers.WordPieceTrainer(vocab_size=300, special_tokens=special, show_progress=False)
    elif family in ("xlm-roberta", "camembert"):
        raw = Tokenizer(models.Unigram())
        raw.normalizer = normalizers.NFKC()
        raw.pre_tokenizer = pre_tokenizers.Metaspace()
        trainer = trainers.UnigramTrainer(
            vocab_size=200, special_tokens=special, unk_token="<unk>", show_progress=False
        )
    else:
        raw = Tokenizer(models.BPE())
        raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        raw.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=400,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
    raw.train_from_iterator(corpus, trainer)
    cls, sep, pad = ("[CLS]", "[SEP]", "[PAD]") if wordpiece else ("<s>", "</s>", "<pad>")
    ends = [(cls, raw.token_to_id(cls)), (sep, raw.token_to_id(sep))]
    raw.post_processor = processors.TemplateProcessing(single=f"{cls} $A {sep}", special_tokens=ends)
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        cls_token=cls,
        sep_token=sep,
        pad_token=pad,
        unk_token="[UNK]" if wordpiece else "<unk>",
        model_input_names=["input_ids", "attention_mask"],
    )


def _transformer(family: str, tokenizer: Any) -> Any:
    import transformers

    common = {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id}
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
    configs: dict[str, Callable[[], Any]] = {
        "bert": lambda: transformers.BertConfig(**common, **shape, max_position_embeddings=80),
        "roberta": lambda: transformers.RobertaConfig(**common, **shape, max_position_embeddings=80),
        "camembert": lambda: transformers.CamembertConfig(**common, **shape, max_position_embeddings=80),
        "xlm-roberta": lambda: transformers.XLMRobertaConfig(**common, **shape, max_position_embeddings=80),
        "mpnet": lambda: transformers.MPNetConfig(**common, **shape, max_position_embeddings=80),
        "distilbert": lambda: transformers.DistilBertConfig(
            **common, dim=32, n_layers=2, n_heads=4, hidden_dim=48, max_position_embeddings=80
        ),
        "modernbert": lambda: transformers.ModernBertConfig(
            **common,
            **{**shape, "num_hidden_layers": 4},
            max_position_embeddings=80,
            local_attention=8,
            global_attn_every_n_layers=2,
            cls_token_id=0,
            sep_token_id=2,
            bos_token_id=0,
            eos_token_id=2,
        ),
    }
    config = configs[family]()
    # Larger weights than a new model has: vectors of different texts must differ clearly.
    config.initializer_range = 0.3
    return transformers.AutoModel.from_config(config)


def make_model(recipe: Recipe, folder: Path) -> Path:
    """Write a tiny model as sentence-transformers writes models."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer

    torch.manual_seed(7)
    tokenizer = _tokenizer(recipe.family)
    plain = folder / "plain"
    _transformer(recipe.family, tokenizer).save_pretrained(plain)
    tokenizer.model_max_length = 48
    tokenizer.save_pretrained(plain)
    if recipe.plain:
        return plain
    modules: list[Any] = [Transformer(str(plain))]
    pooling = Pooling(32, recipe.pooling, include_prompt=recipe.include_prompt)
    modules.append(pooling)
    if recipe.dense:
        modules.append(Dense(pooling.pooling_output_dimension, recipe.dense))
    if recipe.normalize:
        modules.append(Normalize())
    model = SentenceTransformer(
        modules=modules,
        device="cpu",
        prompts=recipe.prompts,
        default_prompt_name=recipe.default_prompt,
        truncate_dim=recipe.truncate_dim,
    )
    model.save(str(folder / "model"), create_model_card=False)
    return folder / "model"


@dataclass(frozen=True)
class Case:
    """A model folder with the oracle's vectors."""

    name: str
    folder: Path
    oracle: Any

    def expected(self, texts: list[str], role: str = "text") -> np.ndarray:
        encode = {
            "text": self.oracle.encode,
            "query": self.oracle.encode_query,
            "passage": self.oracle.encode_document,
        }[role]
        return np.asarray(encode(texts, normalize_embeddings=True, show_progress_bar=False))


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    import torch

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMENGINE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("SIMENGINE_OFFLINE", "1")
        # Texts and models are tiny: torch's threads would only wait for each other.
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        yield
        torch.set_num_threads(before)


# The third runtime is the oracle itself: only our wrapper is to be tested.
AROUND_THE_ORACLE = (
    "bundled",
    "mpnet-max-default-prompt",
    "modernbert-mean-matryoshka",
    "roberta-cls-prompts",
)
PAIRS = [
    *((name, runtime) for name in ("bundled", *RECIPES) for runtime in ("openvino", "torch")),
    *((name, "sentence-transformers") for name in AROUND_THE_ORACLE),
]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Case]:
    import torch
    from sentence_transformers import SentenceTransformer

    @functools.cache
    def make(name: str) -> Case:
        bundled = name == "bundled"
        folder = (
            resolve_model(None, offline=True).path
            if bundled
            else make_model(RECIPES[name], tmp_path_factory.mktemp(name))
        )
        oracle = SentenceTransformer(
            str(folder), device="cpu", local_files_only=True, model_kwargs={"dtype": torch.float32}
        )
        return Case(name, folder, oracle)

    return make


@pytest.fixture(scope="module", params=PAIRS, ids="-".join)
def pair(request: pytest.FixtureRequest) -> tuple[str, str]:
    chosen: tuple[str, str] = request.param
    return chosen


@pytest.fixture(scope="module")
def case(pair: tuple[str, str], cases: Callable[[str], Case]) -> Case:
    return cases(pair[0])


@pytest.fixture(scope="module")
def encoder(pair: tuple[str, str], case: Case) -> Iterator[BiEncoder]:
    loaded = load_encoder(
        str(case.folder),
        runtime=pair[1],
        device="cpu",
        precision="f32",
        threads=2 if pair[1] == "openvino" else 1,
        offline=True,
    )
    yield loaded
    loaded.close()


@pytest.mark.parametrize("role", ["text", "query", "passage"])
def test_vectors_equal_those_of_sentence_transformers(encoder: BiEncoder, case: Case, role: Any) -> None:
    got = encoder.encode(TEXTS, role=role)
    expected = case.expected(TEXTS, role)
    assert got.dtype == np.float32
    assert got.shape == (len(TEXTS), encoder.dimension)
    np.testing.assert_allclose(got, expected, atol=TOLERANCE)


def test_rows_have_length_one(encoder: BiEncoder) -> None:
    np.testing.assert_allclose(np.linalg.norm(encoder.encode(TEXTS), axis=1), 1.0, atol=1e-5)


def test_empty_batch_gives_shape_0_dim(encoder: BiEncoder) -> None:
    encoded = encoder.encode_counted([])
    assert encoded.vectors.shape == (0, encoder.dimension)
    assert encoded.vectors.dtype == np.float32
    assert encoded.n_tokens.shape == encoded.n_truncated.shape == (0,)
    assert encoded.n_tokens.dtype == encoded.n_truncated.dtype == np.int32


@pytest.mark.parametrize("n", [1, 2])
def test_few_texts_equal_the_oracle(encoder: BiEncoder, case: Case, n: int) -> None:
    np.testing.assert_allclose(encoder.encode(TEXTS[:n]), case.expected(TEXTS[:n]), atol=TOLERANCE)


def test_batch_equals_single(encoder: BiEncoder) -> None:
    together = encoder.encode(TEXTS)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=TOLERANCE)


def test_order_is_kept_over_many_batches(encoder: BiEncoder) -> None:
    texts = [f"{TEXTS[i % 4]} fox {'dog ' * (i % 23)}" for i in range(72)]
    picked = [0, 1, 37, 70, 71]
    every = encoder.encode(texts)
    np.testing.assert_allclose(every[picked], encoder.encode([texts[i] for i in picked]), atol=TOLERANCE)


def test_duplicates_get_the_same_vector(encoder: BiEncoder) -> None:
    vectors = encoder.encode(["a fox", "another dog", "a fox"])
    np.testing.assert_allclose(vectors[0], vectors[2], atol=TOLERANCE)


def test_tokens_are_counted_and_truncation_is_not_silent(encoder: BiEncoder, case: Case) -> None:
    encoded = encoder.encode_counted(TEXTS)
    whole = case.oracle.tokenizer(
        [(case.oracle.prompts.get(case.oracle.default_prompt_name) or "") + text for text in TEXTS],
        truncation=False,
        verbose=False,
    )["input_ids"]
    lengths = np.asarray([len(ids) for ids in whole])
    np.testing.assert_array_equal(encoded.n_tokens, lengths)
    np.testing.assert_array_equal(encoded.n_truncated, np.maximum(lengths - encoder.max_tokens, 0))
    assert encoded.n_truncated[5] > 0
    assert encoder.max_tokens == case.oracle.max_seq_length


def test_words_beyond_the_limit_change_nothing(encoder: BiEncoder) -> None:
    head = "fox dog " * 300
    vectors = encoder.encode([head + "plane", head + "lazy quick"])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)


def test_threads_at_once_get_their_own_results(encoder: BiEncoder) -> None:
    expected = encoder.encode(TEXTS)
    failures: list[str] = []

    def work(shift: int) -> None:
        for repeat in range(2):
            chosen = [(i + shift + repeat) % len(TEXTS) for i in range(len(TEXTS) - shift % 3)]
            got = encoder.encode([TEXTS[i] for i in chosen])
            if not np.allclose(got, expected[chosen], atol=TOLERANCE):
                failures.append(f"thread {shift}")

    threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_tokenizer_offsets_are_characters_of_the_text(encoder: BiEncoder) -> None:
    for text, offsets in zip(TEXTS, encoder.tokenizer.offsets(TEXTS), strict=True):
        assert offsets.dtype == np.int32
        assert offsets.ndim == 2
        assert offsets.shape[1] == 2
        assert (offsets >= 0).all()
        assert (offsets <= len(text)).all()
        assert (np.diff(offsets[:, 0]) >= 0).all()
    lengths = [len(offsets) for offsets in encoder.tokenizer.offsets(TEXTS)]
    bare = encoder.encode_counted(TEXTS, role="query").n_tokens
    assert (bare >= np.asarray(lengths) + encoder.tokenizer.n_special_tokens).all()


@pytest.mark.parametrize("role", ["text", "query", "passage"])
def test_the_tokens_of_a_prompt_are_known(encoder: BiEncoder, case: Case, role: Any) -> None:
    prompt = read_config(case.folder).prompt(role)
    own = case.oracle.tokenizer(prompt, add_special_tokens=False)["input_ids"]
    assert encoder.prompt_tokens(role) == (1 + len(own) if prompt else 0)


def test_vectors_can_be_truncated(encoder: BiEncoder, case: Case, pair: tuple[str, str]) -> None:
    given = {"runtime": pair[1], "device": "cpu", "precision": "f32"}
    short = load_encoder(str(case.folder), threads=1, truncate_dim=8, offline=True, **given)
    assert short.dimension == 8
    assert short.fingerprint != encoder.fingerprint
    with case.oracle.truncate_embeddings(8):
        expected = case.expected(TEXTS)
    np.testing.assert_allclose(short.encode(TEXTS), expected, atol=TOLERANCE)
    short.close()


def test_the_fingerprint_does_not_depend_on_the_runtime(encoder: BiEncoder, case: Case) -> None:
    assert encoder.fingerprint == fingerprint_of(read_config(case.folder))


@pytest.mark.parametrize("n", [0, 100_000])
def test_a_dimension_that_the_model_does_not_have_is_refused(case: Case, n: int) -> None:
    with pytest.raises(UsageError, match="truncate_dim"):
        load_encoder(str(case.folder), truncate_dim=n, offline=True)
