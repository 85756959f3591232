"""Optional packages."""

from __future__ import annotations

import sys

import pytest

from simengine.errors import MissingExtraError
from simengine.evaluation.classification import evaluate_classification
from simengine.evaluation.ranking import evaluate_ranking
from simengine.evaluation.tagging import evaluate_tagging


@pytest.mark.parametrize(
    ("package", "call"),
    [
        ("sklearn.metrics", lambda: evaluate_classification(["a"], ["a"], labels=("a",))),
        ("ir_measures", lambda: evaluate_ranking({"q": {"d": 1}}, {"q": ["d"]})),
        ("nervaluate", lambda: evaluate_tagging([["O"]], [["O"]])),
    ],
)
def test_metrics_without_their_library_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch, package: str, call
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError) as caught:
        call()
    assert caught.value.extra == "evaluate"
