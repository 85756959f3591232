"""Loads models that are evaluated or that label pairs, for their task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from simengine.corpus.examples import canonical_label
from simengine.cross_encoders.load import DEFAULT_NLI_MODEL, DEFAULT_RELEVANCE_MODEL, load_cross_encoder
from simengine.cross_encoders.nli import NLIModel
from simengine.cross_encoders.relevance import RelevanceModel, SimilarityModel
from simengine.engine.encoder import open_encoder
from simengine.engine.loaded import named_outputs
from simengine.engine.models import Models
from simengine.errors import UsageError
from simengine.evaluation.pair_models import BiEncoderScorer, CrossEncoderScorer, NLIProbabilities, model_kind
from simengine.models.resolve import DEFAULT_MODEL, resolve_model

if TYPE_CHECKING:
    from simengine.cross_encoders.contract import CrossEncoder
    from simengine.cross_encoders.reader import Reader
    from simengine.cross_encoders.tagger import Tagger

# All functions take the model's name from `Models.encoder`, whatever its kind.


def load_scorer(
    models: Models, *, relevance: bool, labels: Sequence[str] | None = None
) -> tuple[BiEncoderScorer | CrossEncoderScorer, str]:
    """A scorer of pairs for the model's kind, and the name of its runtime.

    Args:
        relevance: of passages to questions; False for graded similarity.
        labels: see `load_nli`; for relevance only.

    Raises:
        UsageError: the model cannot score pairs.
    """
    kind = kind_of(models)
    if kind == "bi-encoder":
        encoder = open_encoder(None, models)
        return BiEncoderScorer(encoder, relevance=relevance), encoder.runtime
    if kind != "cross-encoder":
        raise UsageError(f"{model_name(models)} is a {kind}; expected a bi-encoder or a cross-encoder")
    return load_cross_scorer(models, relevance=relevance, labels=labels)


def load_cross_scorer(
    models: Models, *, relevance: bool, labels: Sequence[str] | None = None
) -> tuple[CrossEncoderScorer, str]:
    """As `load_scorer`, for a cross-encoder."""
    loaded = _load_cross(models)
    if not relevance:
        return CrossEncoderScorer(SimilarityModel(loaded)), loaded.runtime
    mapping = None if len(loaded.labels) == 1 else _label_mapping(loaded.labels, labels)
    return CrossEncoderScorer(RelevanceModel(loaded, labels=mapping)), loaded.runtime


def load_nli(models: Models, labels: Sequence[str] | None = None) -> tuple[NLIProbabilities, str]:
    """An NLI model, and the name of its runtime.

    Args:
        labels: names of the outputs in their order; for models with meaningless names.

    Raises:
        UsageError: its outputs are not those of NLI.
    """
    loaded = _load_cross(models)
    return NLIProbabilities(NLIModel(loaded, labels=_label_mapping(loaded.labels, labels))), loaded.runtime


def load_answering(models: Models) -> Reader:
    """A reader.

    Raises:
        UsageError: the model is of another kind.
    """
    from simengine.cross_encoders.reader import load_reader

    refuse_other_kinds(models, "reading", "reader")
    return load_reader(
        model_name(models), device=models.device, threads=models.threads, offline=models.offline
    )


def load_tagging(models: Models) -> Tagger:
    """A tagger.

    Raises:
        UsageError: the model is of another kind.
    """
    from simengine.cross_encoders.tagger import load_tagger

    refuse_other_kinds(models, "tagging", "tagger")
    return load_tagger(
        model_name(models), device=models.device, threads=models.threads, offline=models.offline
    )


def kind_of(models: Models) -> str:
    """The kind of the named model."""
    return model_kind(resolve_model(models.encoder_name, offline=models.offline).path)


def model_name(models: Models) -> str:
    """As given, or the default's."""
    return models.encoder_name or DEFAULT_MODEL


def with_default(models: Models, task: str) -> Models:
    """The named model, or simengine's default for a task.

    Raises:
        UsageError: none is named, and there is no default.
    """
    if models.encoder is not None or task in ("sts", "retrieval"):
        return models
    if task in ("nli", "rerank"):
        return replace(models, encoder=DEFAULT_NLI_MODEL if task == "nli" else DEFAULT_RELEVANCE_MODEL)
    raise UsageError(f"simengine ships no model for {task}: name one with --model")


def refuse_other_kinds(models: Models, task: str, expected: str) -> None:
    """Refuse a model for another task; loading it would fail with an obscure error.

    Raises:
        UsageError: its files are of another kind of model.
    """
    kind = kind_of(models)
    if kind != expected:
        raise UsageError(f"{task} needs a {expected}; {model_name(models)} is a {kind}")


def _load_cross(models: Models) -> CrossEncoder:
    return load_cross_encoder(
        models.encoder_name, device=models.device, threads=models.threads, offline=models.offline
    )


def _label_mapping(own: tuple[str, ...], given: Sequence[str] | None) -> dict[str, str] | None:
    """From a model's own labels to the given names; None if its own are meaningful."""
    mapping = named_outputs(own, given)
    return None if all(canonical_label(label) for label in own) else mapping
