"""A BERT bi-encoder from a weight file, as the folder that transformers and sentence-transformers read."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from simengine.models.delta_folder import TOKENIZER_NAME, WEIGHTS_NAME
from simengine.models.packaged_blocks import BlockFile

PROMPTS: Final = {"query": "query: ", "passage": "passage: "}
_SPACE = "\u2581"
_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
_PRIVATE = 0xE000
"""From here on, characters that do not occur in texts: NFKC leaves them unchanged."""


def write_folder(blocks: BlockFile, folder: Path, *, card: str) -> None:
    """Write config, weights, tokenizer and modules into an empty folder.

    Args:
        blocks: the weights.
        folder: an existing one.
        card: the model card, Markdown.
    """
    from safetensors.numpy import save_file

    save_file(bert_tensors(blocks), folder / WEIGHTS_NAME, {"format": "pt"})
    (folder / TOKENIZER_NAME).write_text(tokenizer_json(blocks), encoding="utf-8")
    (folder / "README.md").write_text(card, encoding="utf-8")
    for name, value in _settings(blocks).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def bert_tensors(blocks: BlockFile) -> dict[str, np.ndarray[Any, Any]]:
    """The tensors under the names of transformers' `BertModel`: float32, word embeddings float16.

    A 4-bit value times its scale has more digits than float16 keeps; what is lost is a thousandth of what the 4 bits
    have lost already.
    """
    h, m = blocks.hidden, blocks.intermediate
    found: dict[str, np.ndarray[Any, Any]] = {
        "embeddings.word_embeddings.weight": blocks.tensor("emb.word", blocks.vocabulary, h).astype(
            np.float16
        ),
        "embeddings.position_embeddings.weight": blocks.tensor("emb.pos", blocks.positions, h),
        "embeddings.token_type_embeddings.weight": blocks.tensor("emb.type", blocks.types, h),
        "embeddings.LayerNorm.weight": blocks.tensor("emb.ln.w", h),
        "embeddings.LayerNorm.bias": blocks.tensor("emb.ln.b", h),
    }
    linear = {
        "q": ("attention.self.query", h, h),
        "k": ("attention.self.key", h, h),
        "v": ("attention.self.value", h, h),
        "ao": ("attention.output.dense", h, h),
        "fi": ("intermediate.dense", m, h),
        "fo": ("output.dense", h, m),
    }
    norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
    for layer in range(blocks.layers):
        for short, (name, rows, columns) in linear.items():
            place = f"encoder.layer.{layer}.{name}"
            found[f"{place}.weight"] = blocks.tensor(f"l{layer}.{short}.w", rows, columns)
            found[f"{place}.bias"] = blocks.tensor(f"l{layer}.{short}.b", rows)
        for short, name in norms.items():
            place = f"encoder.layer.{layer}.{name}"
            found[f"{place}.weight"] = blocks.tensor(f"l{layer}.{short}.w", h)
            found[f"{place}.bias"] = blocks.tensor(f"l{layer}.{short}.b", h)
    return found


def tokenizer_json(blocks: BlockFile) -> str:
    """The unigram tokenizer as the `tokenizers` package writes it."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(list(blocks.pieces), blocks.unk, byte_fallback=False))
    tokenizer.normalizer = _normalizer(blocks.characters)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=_SPACE, prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement=_SPACE, prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", blocks.bos), ("</s>", blocks.eos)],
    )
    tokenizer.add_special_tokens(
        [AddedToken(name, special=True, normalized=False, lstrip=name == "<mask>") for name in _SPECIAL]
    )
    return str(tokenizer.to_str())


def _normalizer(characters: Mapping[str, str]) -> Any:
    """The character map, as a normaliser.

    The map is NFKC, except for characters that it drops, turns into spaces, or leaves alone. NFKC also joins marks with
    their letters, which a map of single characters cannot express and the published tokenizer does.
    """
    from tokenizers import Regex, normalizers

    dropped = [c for c, to in characters.items() if to == ""]
    spaces = [c for c, to in characters.items() if to == " " and unicodedata.normalize("NFKC", c) != " "]
    kept = [c for c in map(chr, _LEFT_ALONE) if c not in characters and unicodedata.normalize("NFKC", c) != c]
    hidden = {c: chr(_PRIVATE + number) for number, c in enumerate(kept)}
    steps = [
        normalizers.Replace(Regex(_any_of(dropped)), ""),
        normalizers.Replace(Regex(_any_of(spaces)), " "),
        *(normalizers.Replace(c, private) for c, private in hidden.items()),
        normalizers.NFKC(),
        *(normalizers.Replace(private, c) for c, private in hidden.items()),
        normalizers.Replace(Regex(" {2,}"), " "),
        normalizers.Strip(),
    ]
    return normalizers.Sequence(steps)


_LEFT_ALONE = (0x32FF, 0xFF5E)
"""Of the characters that NFKC changes and the map does not, those that texts have: the sign of an era, a wide tilde."""


def _any_of(characters: list[str]) -> str:
    return "[" + "".join(map(re.escape, sorted(characters))) + "]"


def _settings(blocks: BlockFile) -> dict[str, Any]:
    special = {
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "mask_token": "<mask>",
    }
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "attention_probs_dropout_prob": 0.1,
            "dtype": "float32",
            "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1,
            "hidden_size": blocks.hidden,
            "initializer_range": 0.02,
            "intermediate_size": blocks.intermediate,
            "layer_norm_eps": float(f"{blocks.epsilon:.6g}"),
            "max_position_embeddings": blocks.positions,
            "model_type": "bert",
            "num_attention_heads": blocks.heads,
            "num_hidden_layers": blocks.layers,
            "bos_token_id": blocks.bos,
            "eos_token_id": blocks.eos,
            "pad_token_id": blocks.pad,
            "type_vocab_size": blocks.types,
            "vocab_size": blocks.vocabulary,
        },
        "tokenizer_config.json": {
            **special,
            "model_max_length": blocks.positions,
            "tokenizer_class": "PreTrainedTokenizerFast",
        },
        "special_tokens_map.json": special,
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
        "sentence_bert_config.json": {"max_seq_length": blocks.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": {**PROMPTS, "document": PROMPTS["passage"]},
            "default_prompt_name": "query",
            "similarity_fn_name": "cosine",
        },
        "1_Pooling/config.json": {
            "word_embedding_dimension": blocks.hidden,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_cls_token": False,
            "pooling_mode_max_tokens": False,
            "include_prompt": True,
        },
    }
