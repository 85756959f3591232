"""Which kinds of model folder can be loaded: read from the folder's files, before any weights."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from simengine.errors import ModelDamagedError, ModelError
from simengine.models.folder import (
    module_kind,
    path_inside,
    read_module_list,
    read_settings,
    transformer_settings,
)

Wanted: TypeAlias = Literal["bi-encoder", "cross-encoder", "reader", "tagger", "base"]
_EXPECTED: Final[Mapping[Wanted, str]] = {
    "bi-encoder": "a bi-encoder that turns each text into one dense vector, such as all-MiniLM-L6-v2",
    "cross-encoder": "a cross-encoder for pairs of texts (an architecture that ends in ForSequenceClassification)",
    "reader": "a reader (an architecture that ends in ForQuestionAnswering)",
    "tagger": "a tagger (an architecture that ends in ForTokenClassification)",
    "base": "a text encoder to train from, such as all-MiniLM-L6-v2",
}
_SPARSE = (
    "a sparse encoder (SPLADE), which weights the words of its vocabulary instead of giving a dense vector"
)
_MULTI_VECTOR = "a multi-vector model (ColBERT), which gives one vector for every token"
_CLIP = "a model of texts and pictures (CLIP), whose text vectors are made for comparing with pictures"
_ROUTER = "a router, which sends queries and documents through different networks"
_CROSS = "a cross-encoder, which scores pairs of texts"
_SAVED_TYPES: Final = {
    "SparseEncoder": _SPARSE,
    "MultiVectorEncoder": _MULTI_VECTOR,
    "ColBERT": _MULTI_VECTOR,
    "CrossEncoder": _CROSS,
}
"""`model_type` of config_sentence_transformers.json; "SentenceTransformer" and nothing mean dense."""
_MODULES: Final = {
    "SpladePooling": _SPARSE,
    "MLMTransformer": _SPARSE,
    "SparseAutoEncoder": _SPARSE,
    "CSRSparsity": _SPARSE,
    "SparseStaticEmbedding": _SPARSE,
    "IDF": _SPARSE,
    "MultiVectorMask": _MULTI_VECTOR,
    "TokenPooling": _MULTI_VECTOR,
    "CLIPModel": _CLIP,
    "Router": _ROUTER,
    "Asym": _ROUTER,
    "BoW": "a bag of words, which counts the words of a list of its own",
    "WordEmbeddings": "vectors of single words with a tokenizer of their own",
    "LogitScore": "a reranker that scores pairs by a language model",
}
_PICTURE_FAMILIES: Final = frozenset(
    {"clip", "chinese_clip", "altclip", "align", "siglip", "siglip2", "blip", "blip-2", "clipseg", "groupvit",
     "flava", "metaclip_2", "owlvit", "owlv2", "vision-text-dual-encoder", "x_clip", "clap", "clvp"}
)  # fmt: skip
# transformers 5 silently leaves these out of its text encoders.
_GONE_POSITIONS: Final = frozenset({"relative_key", "relative_key_query", "alibi"})
TOKENIZER_FILES: Final = ("tokenizer.json", "vocab.*", "*.model", "*.tiktoken", "*.codes")
"""A tokenizer's vocabulary; without one, transformers makes a tokenizer that knows no words."""
_CODE_FILES: Final = (
    "config.json",
    "tokenizer_config.json",
    "processor_config.json",
    "preprocessor_config.json",
)
# In the model card's header.
_SPARSE_TAG = re.compile(r"^\s*-\s*['\"]?(splade|sparse-encoder)['\"]?\s*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Files:
    folder: Path
    place: Path
    modules: tuple[str, ...]
    architecture: Mapping[str, Any]
    saved: Mapping[str, Any]
    settings: Mapping[str, Any]


def check_kind(folder: Path, wanted: Wanted) -> None:
    """Refuse a folder that would load as a different model than its author's.

    Args:
        folder: in the layout of sentence-transformers or transformers.
        wanted: the intended use; "base" for a model to train from.

    Raises:
        ModelError: it is another kind of model, or one that needs its own code, an adapter or quantised
            weights; the message says what would work.
        ModelDamagedError: a settings file cannot be read, or there is no tokenizer.
    """
    entries = read_module_list(folder) or []
    place = path_inside(folder, str(entries[0].get("path") or "")) if entries else folder
    files = _Files(
        folder=folder,
        place=place,
        modules=tuple(module_kind(entry["type"]) for entry in entries),
        architecture=read_settings(place / "config.json", missing_ok=True),
        saved=read_settings(folder / "config_sentence_transformers.json", missing_ok=True),
        settings=transformer_settings(place),
    )
    if (other := _other_kind(files, wanted)) is not None:
        raise ModelError(f"{folder}: holds {other}; expected {_EXPECTED[wanted]}")
    reason = _adapter(files) or _own_code(files) or _quantised(files) or _changed_architecture(files)
    if reason is not None:
        raise ModelError(f"{folder}: {reason}")
    parts = sorted(path.parent.name for path in folder.glob("[0-9]_*/config.json"))
    if parts and not files.modules:
        raise ModelDamagedError(
            f"{folder}: has {', '.join(parts)} but no modules.json, which says how they follow each other; fetch the "
            "model again"
        )
    own_tokenizer = bool(files.architecture) and files.modules[:1] in ((), ("Transformer",))
    if own_tokenizer and wanted not in ("reader", "tagger") and not has_tokenizer(place):
        raise ModelDamagedError(
            f"{place}: has no tokenizer; expected tokenizer.json or the vocabulary it is made from, such as vocab.txt: "
            "save the model's tokenizer into the folder, or fetch the model again"
        )


def has_tokenizer(folder: Path) -> bool:
    """Whether a folder has the vocabulary of a tokenizer."""
    return any(any(folder.glob(pattern)) for pattern in TOKENIZER_FILES)


def _other_kind(files: _Files, wanted: Wanted) -> str | None:
    saved = str(files.saved.get("model_type") or "SentenceTransformer")
    if saved == "CrossEncoder" and wanted != "bi-encoder":
        return None
    if saved in _SAVED_TYPES:
        return _SAVED_TYPES[saved]
    if saved != "SentenceTransformer":
        return f"a model of the kind {saved!r} (config_sentence_transformers.json), which simengine does not know"
    for kind in files.modules:
        if kind.startswith("pylate."):
            return _MULTI_VECTOR
        if kind in _MODULES:
            return _MODULES[kind]
    return _by_architecture(files) or _unpooled(files, wanted)


def _by_architecture(files: _Files) -> str | None:
    family = str(files.architecture.get("model_type", ""))
    names = [str(name) for name in files.architecture.get("architectures") or ()]
    if family in _PICTURE_FAMILIES:
        return _CLIP
    if not files.modules and (pictured := {"vision_config", "audio_config"} & set(files.architecture)):
        return f"a model of more than texts ({family}, with {' and '.join(sorted(pictured))})"
    if any("colbert" in name.lower() or name.endswith("ForRetrieval") for name in names):
        return _MULTI_VECTOR
    if not files.modules and (files.folder / "artifact.metadata").is_file():
        return _MULTI_VECTOR
    tagged = not files.modules and _SPARSE_TAG.search(_card_header(files.folder)) is not None
    return _SPARSE if tagged or any("splade" in name.lower() for name in names) else None


def _card_header(folder: Path) -> str:
    """The YAML block at the head of README.md; "" if there is none."""
    try:
        text = (folder / "README.md").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    parts = re.split(r"^---\s*$", text, maxsplit=2, flags=re.MULTILINE)
    return parts[1] if len(parts) == 3 and not parts[0].strip() else ""


def _unpooled(files: _Files, wanted: Wanted) -> str | None:
    """A transformer's token vectors without a pooling into one vector."""
    if wanted != "bi-encoder" or files.modules[:1] != ("Transformer",) or "Pooling" in files.modules:
        return None
    if any("." in kind for kind in files.modules):
        return None
    if files.settings.get("module_output_name", "token_embeddings") != "token_embeddings":
        return None
    return (
        f"modules without a pooling ({', '.join(files.modules)}), so one vector for every token (as ColBERT)"
    )


def _adapter(files: _Files) -> str | None:
    found = next((p for p in (files.folder, files.place) if (p / "adapter_config.json").is_file()), None)
    if found is None:
        return None
    settings = read_settings(found / "adapter_config.json")
    base = settings.get("base_model_name_or_path") or "an unnamed model"
    return (
        f"holds a PEFT adapter ({settings.get('peft_type') or 'of no named type'}) for {base}, not a whole model; "
        "merge it into that model with PEFT's merge_and_unload(), save that with its tokenizer, and give its folder"
    )


def _own_code(files: _Files) -> str | None:
    foreign = [kind for kind in files.modules if "." in kind]
    named = [f"modules.json: {', '.join(foreign)}"] if foreign else []
    for name, place in itertools.product(_CODE_FILES, (files.folder, files.place)):
        references = _references(read_settings(place / name, missing_ok=True).get("auto_map"))
        named += [f"auto_map in {name}: {', '.join(references)}"] if references else []
    if not named:
        return None
    return (
        f"needs Python code that comes with the model ({'; '.join(dict.fromkeys(named))}), and simengine runs no code "
        "from a model's folder; use a model whose architecture is part of transformers"
    )


def _references(auto_map: Any) -> list[str]:
    values = list(auto_map.values()) if isinstance(auto_map, Mapping) else [auto_map]
    flat = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return list(dict.fromkeys(str(each) for each in flat if each))


def _quantised(files: _Files) -> str | None:
    settings = files.architecture.get("quantization_config")
    if not settings:
        return None
    method = settings.get("quant_method") if isinstance(settings, Mapping) else settings
    return (
        f"its weights are quantised ({method or 'by a method that is not named'}); expected weights in f32, bf16 or "
        "f16: use the model that it was quantised from"
    )


def _changed_architecture(files: _Files) -> str | None:
    positions = files.architecture.get("position_embedding_type")
    if positions not in _GONE_POSITIONS:
        return None
    return (
        f"config.json has position_embedding_type {positions!r}, which transformers no longer computes; use a "
        "model with absolute positions"
    )
