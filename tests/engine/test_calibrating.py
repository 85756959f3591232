"""Pairs with existing scores, from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from simengine.engine.fitting import read_judged_pairs
from simengine.errors import DataError


def test_scores_of_a_table_may_have_mixed_formats_and_fields_any_names(tmp_path: Path) -> None:
    path = tmp_path / "judged.csv"
    path.write_text("ask,reply,good,p\nq one,a,1,0.50\nq one,b,0,0\nq two,c,1,1e-1\n")
    found = read_judged_pairs(path, "p", fields=("ask", "reply", "good"))
    assert found.scores.tolist() == pytest.approx([0.5, 0.0, 0.1])
    assert found.labels.tolist() == [1, 0, 1]
    assert found.scale == "probability"
    path.write_text("question,passage,label,p\nq,a,1,0.5\nq,b,0,high\n")
    with pytest.raises(DataError, match="'p' is 'high'; expected a number") as caught:
        read_judged_pairs(path, "p")
    assert caught.value.line == 3
