"""Training recipes: everything that decides what a run does, as frozen values, read from TOML."""

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
        path: as written; see `simengine.training.recipe_file` for where it is looked for.
        name: unique in the run; the file's folder and stem if empty.
        kind: what a row is; "auto" is the task's own kind. In a three-class run a "relevance" or "reading" source
            is answer selection: the passage is the premise, the question the hypothesis, "answers it" is entailment.
        fields: names of the fields that hold the texts, and the label or score, in the order of the reader's own;
            () takes the usual names.
        limit: at most this many rows, drawn by the run's seed; None takes all.
        repeat: how often an epoch sees each row.
        include, exclude: field → values; rows kept, rows left out.
        unit: for reading sources in pair tasks: the "passage" or the "sentence" that holds the answer.
        negatives: for reading sources in pair tasks: other units of the same article (else of others) paired with
            each question as examples of what does not answer it.
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
    """How the weights are moved.

    Attributes:
        epochs: passes over the training data; fractions are allowed.
        batch_size: examples a step and device.
        gradient_accumulation: steps added up before the weights move.
        learning_rate: peak of the schedule (5e-5 suits a fine-tune, 5e-4 to 1e-3 LoRA).
        head_learning_rate: of the newly made output layers, or None for the same.
        weight_decay: of AdamW, not applied to biases and LayerNorm.
        warmup: share of the steps with an increasing learning rate.
        schedule: of the learning rate.
        dropout: of hidden states, or None for what the model's config says.
        attention_dropout: of attention probabilities, or None for what the model's config says. Without any,
            attention runs fused, which is faster.
        max_grad_norm: gradients are scaled down to this norm.
        precision: "auto" is bf16 autocast on CUDA devices and on CPUs with matrix units for it, fp32 elsewhere.
        gradient_checkpointing: compute activations again instead of keeping them.
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
    """What is not trained.

    Attributes:
        embeddings: the embedding layer.
        layers: this many lower layers.
    """

    embeddings: bool = False
    layers: Natural = 0


@dataclass(frozen=True, slots=True)
class Peft:
    """Parameter-efficient tuning by the PEFT library; the saved model has the change merged in where that is possible.

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
    """How batches of several sources follow each other.

    Attributes:
        strategy: "concatenate" makes one set of all (batches hold rows of several sources); "proportional" draws
            whole batches by size, "round-robin" in turn until the smallest is used up, "temperature" by
            size ** (1 / temperature).
        temperature: 1 is proportional, large values approach equal shares.
    """

    strategy: Literal["concatenate", "proportional", "round-robin", "temperature"] = "concatenate"
    temperature: Annotated[float, Ge(1)] = 2.0


@dataclass(frozen=True, slots=True)
class Loss:
    """What is minimised.

    Attributes:
        class_weights: "balanced" (inverse frequency), or a weight per label, or None.
        label_smoothing: share of the target spread over all classes.
        retriever: "mnrl" (in-batch negatives, gradients cached), "cosent", "two-tower" (softmax over u, v, |u-v|), or
            "auto": by what a source's rows are.
        matryoshka: dimensions that are to work alone as well, for retrievers.
        scale: of the cosine in in-batch softmax losses.
        mini_batch: rows a forward pass of the cached loss.
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
        weight: of the adversarial loss beside the clean one.
    """

    epsilon: Positive = 1.0
    weight: Positive = 1.0


@dataclass(frozen=True, slots=True)
class Smoothness:
    """Predictions are to stay where they are when noise is added to the embeddings.

    Attributes:
        noise: standard deviation of the noise.
        weight: of the symmetric KL divergence beside the loss.
    """

    noise: Positive = 1e-3
    weight: Positive = 1.0


@dataclass(frozen=True, slots=True)
class Distillation:
    """A larger model teaches.

    Attributes:
        teacher: folder or name of a cross-encoder.
        temperature: of both softmaxes, for class logits.
        alpha: weight of the teacher's part; 1 - alpha stays with the labels.
    """

    teacher: str
    temperature: Positive = 2.0
    alpha: Share = 0.5


@dataclass(frozen=True, slots=True)
class Stopping:
    """When training ends early, by the dev metric.

    Attributes:
        patience: evaluations without improvement before the run stops; 0 never stops early.
        evaluations: of the dev sets, spread over the run.
        min_gain: what counts as improvement.
    """

    patience: Natural = 0
    evaluations: Count = 5
    min_gain: Annotated[float, Ge(0)] = 0.0


@dataclass(frozen=True, slots=True)
class Leakage:
    """What happens to training rows that also stand in dev or test.

    Attributes:
        action: "refuse" the run, "drop" those rows, or only "report" them.
        held_out: further files that training must not have seen, such as test sets.
        embeddings: look for near meanings too, by the default bi-encoder.
        cosine: from here on two texts say the same.
    """

    action: Literal["refuse", "drop", "report"] = "refuse"
    held_out: tuple[DataSource, ...] = ()
    embeddings: bool = False
    cosine: Share = 0.97


@dataclass(frozen=True, slots=True)
class Recipe:
    """A training run.

    Attributes:
        task: what kind of model is made.
        train: where it learns.
        dev: where the best checkpoint is chosen. Without any, the last one is kept.
        base: folder or name of the model to start from.
        max_tokens: tokens of an input, special tokens included; the rest is cut off and counted.
        seed: of everything that is drawn.
        labels: the model's labels in its order; () takes the task's own, or those of the training data.
        description: one line for the model card.
        licence: of the weights, for the card; "" leaves it unsaid.
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
        """Plain values, as they would stand in JSON."""
        return asdict(self)
