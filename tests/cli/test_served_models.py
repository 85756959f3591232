"""The models that are served beside the bi-encoder."""

from __future__ import annotations

import click
import pytest

from simengine.cli.options import ModelChoice
from simengine.cli.served_models import ServedModels, served_model_options
from simengine.engine.models import Models

CHOICE = ModelChoice("bi-encoder", "cpu", 2, True)
PLAIN = Models("bi-encoder", device="cpu", threads=2, offline=True)


def models_of(*words: str) -> Models:
    """What a command that has the options gives the engine."""

    @click.command()
    @served_model_options
    def command(served_models: ServedModels) -> Models:
        return served_models.models(CHOICE)

    found: Models = command.main(list(words), standalone_mode=False)
    return found


def test_nothing_named_leaves_the_defaults() -> None:
    assert models_of() == PLAIN


def test_each_option_names_its_model() -> None:
    words = "--nli a --reranker b --labels x,y,z --reader c --similarity d"
    found = models_of(*words.split())
    assert (found.encoder, found.nli, found.reranker, found.reader, found.similarity) == (
        "bi-encoder",
        "a",
        "b",
        "c",
        "d",
    )
    assert (found.nli_labels, found.device, found.threads, found.offline) == (("x", "y", "z"), "cpu", 2, True)


def test_the_former_name_of_the_nli_model_works_with_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    assert models_of("--judge", "a") == models_of("--nli", "a")
    assert "--judge is deprecated; use --nli, or --reranker" in capsys.readouterr().err


def test_variables_name_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMENGINE_NLI_MODEL", "a")
    monkeypatch.setenv("SIMENGINE_RERANKER", "b")
    assert (models_of().nli, models_of("--reranker", "c").reranker) == ("a", "c")
