"""Tiny random cross-encoders of several families, written as transformers or sentence-transformers write them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simengine.models.resolve import resolve_model

NLI = ("contradiction", "entailment", "neutral")
MAX_TOKENS = 48
WORDS = (
    "A plane is taking off. The plane leaves the quick brown fox jumps over a lazy dog; query: does the order stay? "
    "两个人在下棋，旁边有一只猫。 smile 😀 café 3.14"
)


@dataclass(frozen=True)
class PairRecipe:
    """A tiny random model.

    Attributes:
        family: of transformers.
        labels: names of its outputs.
        saved_by: "transformers", or "sentence-transformers" with `prompts`, `default_prompt` and `activation`.
        dense_head: sentence-transformers modules (transformer, pooling, linear layer) instead of a classifier.
        hidden: width of a BERT.
    """

    family: str
    labels: tuple[str, ...] = NLI
    saved_by: str = "transformers"
    prompts: dict[str, str] | None = None
    default_prompt: str | None = None
    identity: bool = False
    dense_head: bool = False
    hidden: int = 32


RECIPES = {
    "bert-nli": PairRecipe("bert"),
    "bert-similarity": PairRecipe("bert", ("LABEL_0",), "sentence-transformers", identity=True),
    "bert-prompt": PairRecipe(
        "bert", ("relevance",), "sentence-transformers", {"ask": "query: "}, default_prompt="ask"
    ),
    "roberta-relevance": PairRecipe("roberta", ("relevance",), "sentence-transformers"),
    "xlm-roberta-two": PairRecipe("xlm-roberta", ("no", "yes")),
    "electra-nli": PairRecipe("electra"),
    "modernbert-nli": PairRecipe("modernbert", saved_by="sentence-transformers"),
    "distilbert-nli": PairRecipe("distilbert"),
    "mpnet-nli": PairRecipe("mpnet"),
    "deberta-v2-nli": PairRecipe("deberta-v2"),
    "bert-dense-head": PairRecipe("bert", ("score",), "sentence-transformers", dense_head=True),
}


def make_pair_model(recipe: PairRecipe, folder: Path) -> Path:
    """Write the model into a new folder below `folder`."""
    import torch
    from transformers import AutoModel, AutoModelForSequenceClassification

    torch.manual_seed(11)
    tokenizer = _tokenizer(recipe.family)
    tokenizer.model_max_length = MAX_TOKENS
    config = _config(recipe.family, tokenizer, recipe.labels, recipe.hidden)
    kind = AutoModel if recipe.dense_head else AutoModelForSequenceClassification
    plain = folder / "plain"
    model = kind.from_config(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("bias"):
                weight.normal_(0, 0.3)
    model.save_pretrained(plain)
    tokenizer.save_pretrained(plain)
    if recipe.saved_by == "transformers":
        return plain
    _sentence_transformer(recipe, plain).save_pretrained(str(folder / "model"), create_model_card=False)
    return folder / "model"


def _sentence_transformer(recipe: PairRecipe, plain: Path) -> Any:
    import torch
    from sentence_transformers import CrossEncoder

    options: dict[str, Any] = {"device": "cpu", "prompts": recipe.prompts, "local_files_only": True}
    if not recipe.dense_head:
        activation = torch.nn.Identity() if recipe.identity else None
        return CrossEncoder(
            str(plain), default_prompt_name=recipe.default_prompt, activation_fn=activation, **options
        )
    from sentence_transformers.base.modules import Dense, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    head = Dense(
        32, 1, module_input_name="sentence_embedding", module_output_name="scores",
        activation_function=torch.nn.Identity(),
    )  # fmt: skip
    return CrossEncoder(modules=[Transformer(str(plain)), Pooling(32, "mean"), head], **options)


def _config(family: str, tokenizer: Any, labels: tuple[str, ...], hidden: int) -> Any:
    from transformers import AutoConfig

    shape: dict[str, Any] = {
        "hidden_size": hidden,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 48,
    }
    if family == "distilbert":
        shape = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48}
    if family == "modernbert":
        ends = {"cls_token_id": 0, "sep_token_id": 2, "bos_token_id": 0, "eos_token_id": 2}
        shape |= ends | {"num_hidden_layers": 4, "local_attention": 8, "global_attn_every_n_layers": 2}
    if family == "electra":
        shape |= {"embedding_size": 16}
    if family == "deberta-v2":
        shape |= {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_buckets": 8,
                  "max_relative_positions": 16, "type_vocab_size": 0, "pooler_hidden_size": 32}  # fmt: skip
    return AutoConfig.for_model(
        family,
        **shape,
        vocab_size=len(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        max_position_embeddings=80,
        initializer_range=0.3,  # pairs must differ clearly
        id2label=dict(enumerate(labels)),
        label2id={name: i for i, name in enumerate(labels)},
    )


def _tokenizer(family: str) -> Any:
    """The bundled model's tokenizer for BERT, a small one of the family's kind for the others."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    if family in ("bert", "electra"):
        return AutoTokenizer.from_pretrained(resolve_model(None, offline=True).path, local_files_only=True)
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    if family in ("roberta", "modernbert"):
        raw = Tokenizer(models.BPE())
        raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer: Any = trainers.BpeTrainer(
            vocab_size=330, special_tokens=special, initial_alphabet=alphabet, show_progress=False
        )
    else:
        raw = Tokenizer(models.WordPiece(unk_token="<unk>"))
        raw.normalizer = normalizers.BertNormalizer()
        raw.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(vocab_size=200, special_tokens=special, show_progress=False)
    raw.train_from_iterator([WORDS], trainer)
    double = "</s> </s>" if family == "roberta" else "</s>"
    raw.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair=f"<s> $A {double} $B:1 </s>:1", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        model_input_names=["input_ids", "attention_mask"],
    )
