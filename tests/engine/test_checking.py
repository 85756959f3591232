"""Engine.check and TextEngine.check."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simengine import Engine, Models, TextEngine
from simengine.errors import UsageError
from simengine.requests.check import CheckOptions, CheckRequest
from tests.serving.library import build_library, word_models

TEXT = "The tower was built in 1889. The tower was built in 1920."


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checked") / "library"
    with word_models():
        build_library(path).close()
    return path


@pytest.fixture
def engine(index: Path) -> Iterator[Engine]:
    with word_models(), Engine.open(index, offline=True) as opened:
        yield opened


@pytest.fixture
def texts() -> Iterator[TextEngine]:
    with word_models(), TextEngine(Models(offline=True)) as opened:
        yield opened


def test_claims_are_judged_by_the_index(engine: Engine) -> None:
    found = engine.check(TEXT)
    assert [claim.verdict for claim in found.claims] == ["supported", "contradicted"]
    assert [claim.evidence and claim.evidence.document_id for claim in found.claims] == ["tower", "tower"]
    assert engine.check([TEXT]) == [found]


def test_a_filter_leaves_documents_out(engine: Engine) -> None:
    found = engine.check(TEXT, options=CheckOptions(where="year >= 2000"))
    assert [claim.verdict for claim in found.claims] == ["not found", "not found"]


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_a_source_needs_no_index(texts: TextEngine, engine: Engine, mode: str) -> None:
    options = CheckOptions(mode=mode)  # type: ignore[arg-type]
    source = "It stands. The tower was built in 1889."
    found = texts.check(TEXT, source=source, options=options)
    assert [claim.verdict for claim in found.claims] == ["supported", "contradicted"]
    assert found.claims[0].evidence is not None
    assert found.claims[0].evidence.document_id == "1"
    assert engine.check(TEXT, source=[source], options=options) == found
    named = texts.check(TEXT, source=[{"id": "a", "text": source}], options=options)
    assert named.claims[0].evidence is not None
    assert named.claims[0].evidence.document_id == "a"


def test_without_an_index_a_source_is_needed(texts: TextEngine) -> None:
    with pytest.raises(UsageError, match="source, or an index"):
        texts.check(TEXT)


def test_what_cannot_be_checked_is_refused(engine: Engine) -> None:
    with pytest.raises(UsageError, match="not both"):
        CheckRequest(texts=("a",), source=["b"], where="year > 1")
    with pytest.raises(UsageError, match="certainty"):
        CheckOptions(certainty=0.4)
    with pytest.raises(UsageError, match="options"):
        engine.check(TEXT, options=3)  # type: ignore[call-overload]
