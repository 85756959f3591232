"""The models that `simengine evaluate` judges: which one, of which kind, loaded for its task."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simengine.cli.options import ModelChoice
from simengine.cli.terminal import counted
from simengine.corpus.examples import canonical_label
from simengine.errors import UsageError
from simengine.evaluation.pair_models import BiEncoderScorer, CrossEncoderScorer, NLIProbabilities, model_kind
from simengine.models.resolve import DEFAULT_MODEL, resolve_model

if TYPE_CHECKING:
    from simengine.cross_encoders.contract import CrossEncoder


def load_scorer(
    model: ModelChoice, *, relevance: bool, labels: str | None = None
) -> tuple[BiEncoderScorer | CrossEncoderScorer, str]:
    """A scorer of pairs, of the kind that the model is, and the name of what runs it.

    Args:
        relevance: of passages to questions; False for graded similarity.
        labels: see `load_nli`; for relevance only.

    Raises:
        UsageError: the model scores no pairs.
    """
    from simengine.cross_encoders.relevance import RelevanceModel, SimilarityModel

    kind = kind_of(model)
    if kind == "bi-encoder":
        encoder = model.load_encoder()
        return BiEncoderScorer(encoder, relevance=relevance), encoder.runtime
    if kind != "cross-encoder":
        raise UsageError(f"{model_name(model)} is a {kind}; expected a bi-encoder or a cross-encoder")
    loaded = load_cross(model)
    if not relevance:
        return CrossEncoderScorer(SimilarityModel(loaded)), loaded.runtime
    mapping = None if len(loaded.labels) == 1 else label_mapping(loaded.labels, labels)
    return CrossEncoderScorer(RelevanceModel(loaded, labels=mapping)), loaded.runtime


def load_nli(model: ModelChoice, labels: str | None) -> tuple[NLIProbabilities, str]:
    """An NLI model, and the name of what runs it.

    Args:
        labels: names of the outputs in their order, with commas between; for models whose own names say nothing.

    Raises:
        UsageError: its outputs are not those of NLI.
    """
    from simengine.cross_encoders.nli import NLIModel

    loaded = load_cross(model)
    return NLIProbabilities(NLIModel(loaded, labels=label_mapping(loaded.labels, labels))), loaded.runtime


def label_mapping(own: tuple[str, ...], given: str | None) -> dict[str, str] | None:
    """From a model's own labels to the names that were given; None where its own say what they mean.

    Raises:
        UsageError: there are not as many names as outputs.
    """
    if given is None:
        return None
    names = [name.strip() for name in given.split(",")]
    if len(names) != len(own):
        raise UsageError(f"--labels names {len(names)} outputs; the model has {len(own)}: {', '.join(own)}")
    understood = all(canonical_label(label) for label in own)
    return None if understood else dict(zip(own, names, strict=True))


def load_cross(model: ModelChoice) -> CrossEncoder:
    """The cross-encoder that was asked for."""
    from simengine.cross_encoders.load import load_cross_encoder

    return load_cross_encoder(model.model, device=model.device, threads=model.threads, offline=model.offline)


def kind_of(model: ModelChoice) -> str:
    """What kind of model was asked for."""
    return model_kind(resolve_model(model.model, offline=model.offline).path)


def model_name(model: ModelChoice) -> str:
    """As it was given, or the default's."""
    return model.model or DEFAULT_MODEL


def with_default(model: ModelChoice, task: str) -> ModelChoice:
    """The model that was asked for, or the one that simengine has for a task.

    Raises:
        UsageError: none was asked for, and there is none.
    """
    if model.model is not None or task in ("sts", "retrieval"):
        return model
    if task in ("nli", "rerank"):
        from simengine.cross_encoders.load import DEFAULT_NLI_MODEL

        return replace(model, model=DEFAULT_NLI_MODEL)
    raise UsageError(f"simengine carries no model for {task}: give --model")


def refuse_other_kinds(model: ModelChoice, task: str, expected: str) -> None:
    """Say that a model is for another task before loading it fails in a way that nobody understands.

    Raises:
        UsageError: its files say that it is something else.
    """
    kind = kind_of(model)
    if kind != expected:
        raise UsageError(f"{task} needs a {expected}; {model_name(model)} is a {kind}")


def cut_notes(model: BiEncoderScorer | CrossEncoderScorer | NLIProbabilities) -> tuple[str, ...]:
    """What must be said where the model could not read everything."""
    if not model.n_truncated:
        return ()
    noun = "text" if isinstance(model, BiEncoderScorer) else "pair"
    return (f"{counted(model.n_truncated, noun)} cut to what the model reads",)
