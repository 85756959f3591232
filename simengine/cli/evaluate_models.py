"""The models that `simengine evaluate` judges: which one, of which kind, loaded for its task."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simengine.cli.options import ModelChoice
from simengine.cli.terminal import counted
from simengine.errors import UsageError
from simengine.evaluation.pair_models import BiEncoderScorer, CrossEncoderScorer, NLIClassifier, model_kind
from simengine.models.resolve import DEFAULT_MODEL, resolve_model

if TYPE_CHECKING:
    from simengine.cross_encoders.contract import CrossEncoder


def load_scorer(model: ModelChoice, *, relevance: bool) -> tuple[BiEncoderScorer | CrossEncoderScorer, str]:
    """A scorer of pairs, of the kind that the model is, and the name of what runs it.

    Raises:
        UsageError: the model scores no pairs.
    """
    kind = kind_of(model)
    if kind == "bi-encoder":
        encoder = model.load_encoder()
        return BiEncoderScorer(encoder, relevance=relevance), encoder.runtime
    if kind != "cross-encoder":
        raise UsageError(f"{model_name(model)} is a {kind}; expected a bi-encoder or a cross-encoder")
    loaded = load_cross(model)
    return CrossEncoderScorer(loaded, relevance=relevance), loaded.runtime


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


def cut_notes(model: BiEncoderScorer | CrossEncoderScorer | NLIClassifier) -> tuple[str, ...]:
    """What must be said where the model could not read everything."""
    if not model.n_truncated:
        return ()
    noun = "text" if isinstance(model, BiEncoderScorer) else "pair"
    return (f"{counted(model.n_truncated, noun)} cut to what the model reads",)
