"""A classifier from a few examples a class: contrastive warm-up of a bi-encoder, then logistic regression.

The bi-encoder learns from pairs of examples that those of one class are alike (cosine 1) and those of two classes are
not (cosine 0); a logistic regression on the vectors then names the classes. Works for single texts and for pairs of
texts, which are represented by (u, v, |u - v|).

Source: Tunstall et al., "Efficient Few-Shot Learning Without Prompts" (SetFit), 2022.
"""

from __future__ import annotations

import itertools
import json
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from simengine.encoders.contract import BiEncoder
from simengine.encoders.load import load_encoder
from simengine.errors import ModelDamagedError, UsageError
from simengine.extras import needing
from simengine.models.kinds import check_kind
from simengine.models.resolve import resolve_model
from simengine.runtimes.hardware import choose_device
from simengine.runtimes.torch_modules import quiet
from simengine.runtimes.whole_weights import whole_weights
from simengine.text.arguments import as_pairs, as_texts, expect, items_of
from simengine.text.checks import parse_own_json
from simengine.types import FloatMatrix

HEAD_NAME, WEIGHTS_NAME = "few_shot_head.json", "few_shot_head.npz"
FORMAT = 1

Inputs: TypeAlias = "Sequence[str] | Sequence[tuple[str, str]]"
"""What a few-shot model classifies: texts, or pairs of texts."""


@dataclass(frozen=True, slots=True)
class FewShotExample:
    """A text, or a pair of texts if `text2` is given, and its class."""

    text: str
    label: str
    text2: str | None = None


@dataclass(frozen=True, slots=True)
class FewShotSettings:
    """How a few-shot model is made.

    Attributes:
        per_class: examples of each class that are used, drawn by the seed where there are more.
        max_pairs: pairs of the warm-up, half of them alike. All that there are, the rarer kind repeated, if fewer.
        epochs: passes over the pairs; 0 leaves the bi-encoder as it is.
        batch_size: pairs a step.
        learning_rate: of the warm-up, falling linearly after a tenth of the steps.
        max_tokens: of a text; the rest is cut off.
        inverse_regularisation: C of the logistic regression; smaller values keep its weights smaller.
        seed: of everything that is drawn.
    """

    per_class: int = 8
    max_pairs: int = 2_000
    epochs: float = 1.0
    batch_size: int = 16
    learning_rate: float = 2e-5
    max_tokens: int = 128
    inverse_regularisation: float = 1.0
    seed: int = 13


class FewShotModel:
    """A bi-encoder and a logistic regression on its vectors.

    Args:
        encoder: of the texts.
        labels: of the classes, in the order of the rows of `weights`.
        weights: (n_labels, n_features) float32.
        bias: (n_labels,) float32.
        pairs: whether pairs of texts are classified.
    """

    def __init__(
        self,
        encoder: BiEncoder,
        labels: tuple[str, ...],
        weights: FloatMatrix,
        bias: FloatMatrix,
        *,
        pairs: bool,
    ) -> None:
        self.encoder, self.labels, self.pairs = encoder, labels, pairs
        self._weights, self._bias = weights, bias

    @classmethod
    def load(
        cls, folder: Path, *, device: str = "auto", runtime: str = "auto", threads: int | None = None
    ) -> FewShotModel:
        """Load what `train_few_shot` wrote; device, runtime and threads as for `load_encoder`.

        Raises:
            ModelDamagedError: the head is missing, cannot be read, or does not fit the encoder.
        """
        try:
            head = parse_own_json((folder / HEAD_NAME).read_text(encoding="utf-8"))
            with np.load(folder / WEIGHTS_NAME, allow_pickle=False) as arrays:
                weights, bias = arrays["weights"], arrays["bias"]
            labels, pairs = tuple(head["labels"]), head["inputs"] == "pairs"
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelDamagedError(f"{folder}: not readable as a few-shot model ({error})") from error
        if head.get("format") != FORMAT:
            raise ModelDamagedError(
                f"{folder / HEAD_NAME}: format is {head.get('format')}, expected {FORMAT}"
            )
        encoder = load_encoder(str(folder), device=device, runtime=runtime, threads=threads, offline=True)
        expected = (len(labels), encoder.dimension * (3 if pairs else 1))
        if weights.shape != expected or bias.shape != expected[:1]:
            raise ModelDamagedError(
                f"{folder / WEIGHTS_NAME}: weights have the shape {weights.shape}, expected {expected}"
            )
        return cls(encoder, labels, weights, bias, pairs=pairs)

    def predict_proba(self, inputs: Inputs) -> FloatMatrix:
        """Probabilities of the classes.

        Args:
            inputs: n texts, or n pairs of texts if the model was trained on pairs.

        Returns:
            (n, n_labels) float32, rows that sum to 1, columns in the order of `labels`.

        Raises:
            UsageError: texts were given for pairs or the other way round.
        """
        first, second = _columns(inputs, self.pairs)
        if not first:
            return np.empty((0, len(self.labels)), np.float32)
        vectors = self.encoder.encode([*first, *second])
        logits = features(vectors, len(first)) @ self._weights.T + self._bias
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities: FloatMatrix = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
        return probabilities

    def predict(self, inputs: Inputs) -> list[str]:
        """The most probable class of each input; of equals the first in the order of `labels`."""
        return [self.labels[i] for i in self.predict_proba(inputs).argmax(axis=1)]


def train_few_shot(
    examples: Sequence[FewShotExample],
    folder: Path,
    *,
    base: str | None = None,
    settings: FewShotSettings | None = None,
    device: str = "auto",
    runtime: str = "auto",
    offline: bool = False,
) -> FewShotModel:
    """Make a classifier.

    Args:
        examples: of two classes or more, two of each at least; all texts or all pairs.
        folder: is written: a sentence-transformers model with HEAD_NAME and WEIGHTS_NAME beside it.
        base: folder or name of the bi-encoder to start from, None for all-MiniLM-L6-v2.
        settings: see `FewShotSettings`.
        device: "auto", "cpu" or "cuda", of training and of the model that is returned.
        runtime: of the model that is returned.
        offline: never contact a hub.

    Raises:
        UsageError: too few classes or examples, texts mixed with pairs, or the folder is not empty.
        MissingExtraError: the packages for training are not installed.
    """
    settings = settings or FewShotSettings()
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder}: is not empty; name a new folder for the few-shot model")
    chosen = choose_examples(examples, settings.per_class, settings.seed)
    path = resolve_model(base, offline=offline).path
    place = choose_device(device)
    model = _warmed_up(path, chosen, settings, place)
    labels = tuple(sorted({example.label for example in chosen}))
    weights, bias = _fit_head(model, chosen, labels, settings)
    folder.mkdir(parents=True, exist_ok=True)
    with quiet():
        model.save_pretrained(str(folder))
    np.savez(folder / WEIGHTS_NAME, weights=weights, bias=bias)
    head = {
        "format": FORMAT,
        "labels": list(labels),
        "inputs": "pairs" if chosen[0].text2 is not None else "texts",
        "base": base or path.name,
        "examples": {label: sum(example.label == label for example in chosen) for label in labels},
        "seed": settings.seed,
    }
    (folder / HEAD_NAME).write_text(json.dumps(head, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return FewShotModel.load(folder, device=device, runtime=runtime)


def choose_examples(examples: Sequence[FewShotExample], per_class: int, seed: int) -> list[FewShotExample]:
    """At most so many examples of each class, drawn by the seed, in their order.

    Raises:
        UsageError: see `train_few_shot`.
    """
    if per_class < 2:
        raise UsageError(f"per_class is {per_class}; expected 2 or more, to have two that are alike")
    examples = list(items_of(examples, "example"))
    for number, example in enumerate(examples, 1):
        expect(example, FewShotExample, f"example {number}")
    if len({example.text2 is None for example in examples}) > 1:
        raise UsageError("some examples are texts, others pairs of texts; expected one kind")
    by_label: dict[str, list[int]] = {}
    for row, example in enumerate(examples):
        by_label.setdefault(example.label, []).append(row)
    if len(by_label) < 2:
        raise UsageError(f"the examples have {len(by_label)} classes; expected 2 or more")
    rng = random.Random(seed)
    rows: list[int] = []
    for label in sorted(by_label):
        own = by_label[label]
        if len(own) < 2:
            raise UsageError(f"the class {label!r} has one example; expected 2 or more of each")
        rows += rng.sample(own, per_class) if len(own) > per_class else own
    return [examples[row] for row in sorted(rows)]


def contrast_pairs(labels: Sequence[str], max_pairs: int, seed: int) -> list[tuple[int, int, float]]:
    """Pairs of examples that are alike (1.0) and that are not (0.0), as many of the one as of the other.

    Args:
        labels: of n examples.
        max_pairs: at most this many pairs.

    Returns:
        (row, row, likeness), shuffled. Every pair occurs once before any occurs twice; only the rarer kind repeats.
    """
    rng = random.Random(seed)
    alike: list[tuple[int, int]] = []
    different: list[tuple[int, int]] = []
    for one, other in itertools.combinations(range(len(labels)), 2):
        (alike if labels[one] == labels[other] else different).append((one, other))
    n = min(max(len(alike), len(different)), max_pairs // 2)
    pairs: list[tuple[int, int, float]] = []
    for kind, likeness in ((alike, 1.0), (different, 0.0)):
        drawn: list[tuple[int, int]] = []
        while len(drawn) < n:
            drawn += rng.sample(kind, min(len(kind), n - len(drawn)))
        pairs += [(one, other, likeness) for one, other in drawn]
    rng.shuffle(pairs)
    return pairs


def features(vectors: FloatMatrix, n: int) -> FloatMatrix:
    """What the logistic regression sees of n inputs.

    Args:
        vectors: (n, dim) of texts, or (2 n, dim) of pairs: all first texts, then all second ones.

    Returns:
        (n, dim), or (n, 3 dim) of (u, v, |u - v|).
    """
    if len(vectors) == n:
        return vectors
    first, second = vectors[:n], vectors[n:]
    return np.concatenate([first, second, np.abs(first - second)], axis=1)


def _columns(inputs: Inputs, pairs: bool) -> tuple[list[str], list[str]]:
    given = list(items_of(inputs, "pair" if pairs else "text", dimensions=2 if pairs else 1))
    for each in given:
        if isinstance(each, str) is pairs:
            expected = "pairs of texts" if pairs else "texts"
            raise UsageError(f"the few-shot model classifies {expected}, got {each!r:.60}")
    if not pairs:
        return as_texts(given), []
    both = as_pairs(given)
    return [pair[0] for pair in both], [pair[1] for pair in both]


def _warmed_up(path: Path, chosen: Sequence[FewShotExample], settings: FewShotSettings, device: str) -> Any:
    """The bi-encoder after its contrastive training."""
    with needing("train", "few-shot training"):
        from datasets import Dataset
        from sentence_transformers import (
            SentenceTransformer,
            SentenceTransformerTrainer,
            SentenceTransformerTrainingArguments,
        )
    check_kind(path, "bi-encoder")
    with quiet(), whole_weights(path, to_train=True):
        model = SentenceTransformer(
            str(path),
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"dtype": "float32"},
        )
    limit = model.max_seq_length or settings.max_tokens
    model.max_seq_length = min(settings.max_tokens, limit)
    pairs = contrast_pairs([example.label for example in chosen], settings.max_pairs, settings.seed)
    if settings.epochs <= 0:
        return model
    columns: dict[str, list[Any]] = {
        "first": [chosen[one].text for one, _, _ in pairs],
        "second": [chosen[other].text for _, other, _ in pairs],
    }
    if chosen[0].text2 is not None:
        columns["first2"] = [chosen[one].text2 for one, _, _ in pairs]
        columns["second2"] = [chosen[other].text2 for _, other, _ in pairs]
    columns["label"] = [likeness for _, _, likeness in pairs]
    with tempfile.TemporaryDirectory() as scratch, quiet():
        arguments = SentenceTransformerTrainingArguments(
            output_dir=scratch,
            num_train_epochs=settings.epochs,
            per_device_train_batch_size=settings.batch_size,
            learning_rate=settings.learning_rate,
            warmup_steps=0.1,
            seed=settings.seed,
            data_seed=settings.seed,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=device == "cpu",
        )
        trainer = SentenceTransformerTrainer(
            model=model, args=arguments, train_dataset=Dataset.from_dict(columns), loss=contrast_loss(model)
        )
        trainer.train()
    return model.eval()


def contrast_loss(model: Any) -> Any:
    """Squared error of the cosine of two examples: CosineSimilarityLoss, also for examples that are pairs of texts.

    The data set has the columns first, second and label; for pairs of texts also first2 and second2 before the
    label, and the cosine is that of (u, v, |u - v|) of both examples.
    """
    return _loss_class()(model)


@cache
def _loss_class() -> Any:
    import torch
    from sentence_transformers.sentence_transformer.losses import CosineSimilarityLoss

    class ContrastLoss(CosineSimilarityLoss):  # type: ignore[misc]
        def forward(self, sentence_features: Any, labels: torch.Tensor) -> Any:
            columns = list(sentence_features)
            if len(columns) == 2:
                return super().forward(columns, labels)
            u1, u2, v1, v2 = (
                torch.nn.functional.normalize(self.model(column)["sentence_embedding"], dim=-1)
                for column in columns
            )
            both = [torch.cat([u, v, (u - v).abs()], dim=-1) for u, v in ((u1, v1), (u2, v2))]
            return self.compute_loss_from_embeddings(both, labels)

    return ContrastLoss


def _fit_head(
    model: Any, chosen: Sequence[FewShotExample], labels: tuple[str, ...], settings: FewShotSettings
) -> tuple[FloatMatrix, FloatMatrix]:
    with needing("train", "few-shot training", "sklearn"):
        from sklearn.linear_model import LogisticRegression
    texts = [example.text for example in chosen]
    texts += [example.text2 for example in chosen if example.text2 is not None]
    vectors = model.encode(texts, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True)
    rows = features(np.asarray(vectors, np.float32), len(chosen))
    regression = LogisticRegression(
        C=settings.inverse_regularisation, max_iter=1_000, random_state=settings.seed
    )
    regression.fit(rows, [labels.index(example.label) for example in chosen])
    weights, bias = regression.coef_.astype(np.float32), regression.intercept_.astype(np.float32)
    if len(labels) == 2:  # scikit-learn keeps only the second class of two
        weights, bias = np.vstack([0 * weights, weights]), np.concatenate([0 * bias, bias])
    return weights, bias
