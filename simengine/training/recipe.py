"""Training recipes: everything that determines a run, as frozen values, read from TOML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal, TypeAlias

from annotated_types import Ge, Gt, Le, Lt, MinLen

Positive: TypeAlias = Annotated[float, Gt(0)]
Share: TypeAlias = Annotated[float, Ge(0), Le(1)]
Fraction: TypeAlias = Annotated[float, Ge(0), Lt(1)]
Count: TypeAlias = Annotated[int, Ge(1)]
Natural: TypeAlias = Annotated[int, Ge(0)]

TaskName: TypeAlias = Literal["nli", "similarity", "relevance", "retriever", "reader", "tagger"]
Kind: TypeAlias = Literal["auto", "nli", "scored", "relevance", "reading", "triplets", "tagging"]


@dataclass(frozen=True, slots=True)
class DataSource:
    """One file of examples.

    Attributes:
        path: as written; see `simengine.training.recipe_file` for where it is searched.
        name: unique in the run; the file's folder and stem if empty.
        kind: what a row is; "auto" is the task's own kind. In a three-class run a "relevance" or "reading" source
            is answer selection: the passage is the premise, the question the hypothesis, "answers it" is entailment.
        fields: names of the fields that hold the texts, and the label or score, in the order of the reader's own;
            () takes the usual names.
        limit: at most this many rows, sampled by the run's seed; None takes all.
        repeat: how often an epoch sees each row.
        include, exclude: field → values; rows kept, rows left out.
        unit: for reading sources in pair tasks: the "passage" or the "sentence" with the answer.
        negatives: for reading sources in pair tasks: other units of the same article (else of others) paired with
            each question as negatives.
        licence: as its publisher states it; goes into the model card.
        url: where it came from; goes into the model card.
    """

    path: str
    name: str = ""
    kind: Kind = "auto"
    fields: tuple[str, ...] = ()
    limit: Count | None = None
    repeat: Count = 1
    include: Mapping[str, tuple[str | int | bool, ...]] = field(default_factory=dict)
    exclude: Mapping[str, tuple[str | int | bool, ...]] = field(default_factory=dict)
    unit: Literal["passage", "sentence"] = "passage"
    negatives: Natural = 1
    licence: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Optimisation:
    """Optimisation settings.

    Attributes:
        epochs: passes over the training data; fractions are allowed.
        batch_size: examples per step and device.
        gradient_accumulation: batches accumulated per weight update.
        learning_rate: peak of the schedule (5e-5 suits a fine-tune, 5e-4 to 1e-3 LoRA).
        head_learning_rate: of new output layers, or None for the same.
        weight_decay: of AdamW, not applied to biases and LayerNorm.
        warmup: share of the steps with a rising learning rate.
        schedule: of the learning rate.
        dropout: of hidden states, or None for the model's config.
        attention_dropout: of attention probabilities, or None for the model's config. Without any,
            attention runs fused, which is faster.
        max_grad_norm: gradients are scaled down to this norm.
        precision: "auto" is bf16 autocast on CUDA devices and on CPUs with matrix units for it, fp32 elsewhere.
        gradient_checkpointing: recompute activations instead of keeping them.
        group_by_length: batches of similar length, which saves padding.
    """

    epochs: Positive = 3.0
    batch_size: Count = 32
    gradient_accumulation: Count = 1
    learning_rate: Positive = 5e-5
    head_learning_rate: Positive | None = None
    weight_decay: Annotated[float, Ge(0)] = 0.01
    warmup: Fraction = 0.1
    schedule: Literal["linear", "cosine", "constant_with_warmup"] = "linear"
    dropout: Fraction | None = None
    attention_dropout: Fraction | None = 0.0
    max_grad_norm: Positive = 1.0
    precision: Literal["auto", "f32", "bf16", "f16"] = "auto"
    gradient_checkpointing: bool = False
    group_by_length: bool = True


@dataclass(frozen=True, slots=True)
class Freezing:
    """Frozen weights.

    Attributes:
        embeddings: the embedding layer.
        layers: this many lower layers.
    """

    embeddings: bool = False
    layers: Natural = 0


@dataclass(frozen=True, slots=True)
class Peft:
    """Parameter-efficient tuning by the PEFT library; the change is merged into the saved model if possible.

    Attributes:
        method: "lora", "ia3" or "prefix" (only architectures whose attention takes past keys and values).
        rank: of LoRA's matrices.
        alpha: LoRA's scale times rank.
        dropout: of LoRA's input.
        targets: module names to adapt; () is every linear layer of the transformer for LoRA, PEFT's own choice for IA3.
        prefix_tokens: length of the prefix.
    """

    method: Literal["lora", "ia3", "prefix"] = "lora"
    rank: Count = 16
    alpha: Positive = 32.0
    dropout: Fraction = 0.05
    targets: tuple[str, ...] = ()
    prefix_tokens: Count = 20


@dataclass(frozen=True, slots=True)
class Mixing:
    """How batches of several sources are interleaved.

    Attributes:
        strategy: "concatenate" makes one set of all (batches hold rows of several sources); "proportional" draws
            whole batches by size, "round-robin" in turn until the smallest is exhausted, "temperature" by
            size ** (1 / temperature).
        temperature: 1 is proportional, large values approach equal shares.
    """

    strategy: Literal["concatenate", "proportional", "round-robin", "temperature"] = "concatenate"
    temperature: Annotated[float, Ge(1)] = 2.0


@dataclass(frozen=True, slots=True)
class Loss:
    """The loss.

    Attributes:
        class_weights: "balanced" (inverse frequency), or a weight per label, or None.
        label_smoothing: share of the target spread over all classes.
        retriever: "mnrl" (in-batch negatives, gradients cached), "cosent", "two-tower" (softmax over u, v, |u-v|), or
            "auto": by the kind of a source's rows.
        matryoshka: truncated dimensions to train too, for retrievers.
        scale: of the cosine in in-batch softmax losses.
        mini_batch: rows per forward pass of the cached loss.
    """

    class_weights: Literal["balanced"] | Mapping[str, Positive] | None = None
    label_smoothing: Fraction = 0.0
    retriever: Literal["auto", "mnrl", "cosent", "two-tower"] = "auto"
    matryoshka: tuple[Count, ...] = ()
    scale: Positive = 20.0
    mini_batch: Count = 32


@dataclass(frozen=True, slots=True)
class Adversarial:
    """Adversarial training: the loss on embeddings moved by `epsilon` along the gradient is added.

    Attributes:
        epsilon: L2 norm of the perturbation of a sequence's embeddings.
        weight: of the adversarial loss relative to the clean one.
    """

    epsilon: Positive = 1.0
    weight: Positive = 1.0


@dataclass(frozen=True, slots=True)
class Smoothness:
    """Smoothness: predictions should not change when noise is added to the embeddings.

    Attributes:
        noise: standard deviation of the noise.
        weight: of the symmetric KL divergence relative to the loss.
    """

    noise: Positive = 1e-3
    weight: Positive = 1.0


@dataclass(frozen=True, slots=True)
class Distillation:
    """Distillation from a larger model.

    Attributes:
        teacher: folder or name of a cross-encoder.
        temperature: of both softmaxes, for class logits.
        alpha: weight of the teacher's part; 1 - alpha is that of the labels.
    """

    teacher: str
    temperature: Positive = 2.0
    alpha: Share = 0.5


@dataclass(frozen=True, slots=True)
class Stopping:
    """Early stopping by the dev metric.

    Attributes:
        patience: evaluations without improvement before the run stops; 0 never stops early.
        evaluations: of the dev sets, spread over the run.
        min_gain: least improvement that counts.
    """

    patience: Natural = 0
    evaluations: Count = 5
    min_gain: Annotated[float, Ge(0)] = 0.0


@dataclass(frozen=True, slots=True)
class Leakage:
    """What happens to training rows that also appear in dev or test.

    Attributes:
        action: "refuse" the run, "drop" those rows, or only "report" them.
        held_out: further files that must not be in the training data, such as test sets.
        embeddings: compare meanings too, with the default bi-encoder.
        cosine: least cosine of two texts that say the same.
    """

    action: Literal["refuse", "drop", "report"] = "refuse"
    held_out: tuple[DataSource, ...] = ()
    embeddings: bool = False
    cosine: Share = 0.97


@dataclass(frozen=True, slots=True)
class Recipe:
    """A training run.

    Attributes:
        task: the kind of model.
        train: training sources.
        dev: sources to choose the best checkpoint on. Without any, the last one is kept.
        base: folder or name of the model to start from.
        max_tokens: tokens of an input, special tokens included; the rest is cut off and counted.
        seed: of all sampling.
        labels: the model's labels in its order; () takes the task's own, or those of the training data.
        description: one line for the model card.
        licence: of the weights, for the card; "" states none.
        limits: sentences for the card on what the model cannot do.
    """

    task: TaskName
    train: Annotated[tuple[DataSource, ...], MinLen(1)]
    dev: tuple[DataSource, ...] = ()
    base: str = "all-MiniLM-L6-v2"
    max_tokens: Annotated[int, Ge(8)] = 128
    seed: Natural = 13
    labels: tuple[str, ...] = ()
    description: str = ""
    licence: str = ""
    limits: tuple[str, ...] = ()
    optimisation: Optimisation = Optimisation()
    freezing: Freezing = Freezing()
    peft: Peft | None = None
    mixing: Mixing = Mixing()
    loss: Loss = Loss()
    adversarial: Adversarial | None = None
    smoothness: Smoothness | None = None
    distillation: Distillation | None = None
    stopping: Stopping = Stopping()
    leakage: Leakage = Leakage()

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)
