"""The recommender team's pipeline, run as its README says, on its made-up catalogue and on files."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from simengine.errors import UsageError
from simengine.recommend import ItemVectors
from tests.faults.encoder import WordEncoder

FOLDER = Path(__file__).parents[2] / "apps" / "recommender_pipeline"


@pytest.fixture(scope="module")
def pipeline() -> Iterator[ModuleType]:
    path = list(sys.path)
    spec = importlib.util.spec_from_file_location("recommender_pipeline", FOLDER / "pipeline.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    module.load_encoder = lambda name, **options: WordEncoder()
    yield module
    sys.path[:] = path
    for name in ("recommender_pipeline", "pipeline_data", "pipeline_lists"):
        sys.modules.pop(name, None)


def test_the_made_up_catalogue_gives_a_list_for_every_user_and_a_report(pipeline: ModuleType, tmp_path: Path):
    pytest.importorskip("sklearn")
    output = tmp_path / "lists.jsonl"
    assert pipeline.main(["--synthetic", "-n", "7", "-o", str(output)]) == 0
    records = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    dataset = pipeline.synthetic(0)
    assert {record["user"] for record in records} == set(dataset.interactions.user_ids)
    seen: dict[str, set[str]] = {}
    history = dataset.interactions
    for user, item in zip(history.users, history.items, strict=True):
        seen.setdefault(history.user_ids[user], set()).add(history.item_ids[item])
    for record in records:
        assert len(record["items"]) == len(set(record["items"])) == 7
        assert record["scores"] == sorted(record["scores"], reverse=True)
        assert not seen[record["user"]] & set(record["items"])
    report = json.loads((tmp_path / "lists.report.json").read_text("utf-8"))
    assert report["n_users"] == len(records)
    measured = report["measured"]
    assert measured["blend"]["nDCG@10"] > measured["popularity"]["nDCG@10"]
    assert set(report["blend"]["weights"]) >= {"content", "popularity", "item-knn"}


def test_the_made_up_catalogue_is_the_same_for_a_seed(pipeline: ModuleType):
    one, two, other = pipeline.synthetic(3), pipeline.synthetic(3), pipeline.synthetic(4)
    assert one.documents == two.documents
    np.testing.assert_array_equal(one.interactions.items, two.interactions.items)
    assert one.documents != other.documents


def test_own_files_are_read_measured_by_each_users_last_and_written_as_parquet(
    pipeline: ModuleType, tmp_path: Path
):
    pq = pytest.importorskip("pyarrow.parquet")
    items, history = tmp_path / "items.jsonl", tmp_path / "history.csv"
    items.write_text(
        "".join(json.dumps({"id": f"i{n}", "text": f"words {n}"}) + "\n" for n in range(6)), "utf-8"
    )
    rows = [
        (f"u{user}", f"i{(user + step) % 6}", 5, user * 10 + step) for user in range(3) for step in range(3)
    ]
    history.write_text(
        "user,item,rating,timestamp\n" + "".join(",".join(map(str, row)) + "\n" for row in rows), "utf-8"
    )
    output = tmp_path / "out" / "lists.parquet"
    files = ["--items", str(items), "--interactions", str(history)]
    assert pipeline.main([*files, "--split", "last", "-n", "20", "-o", str(output)]) == 0
    found = {row["user"]: row["items"] for row in pq.read_table(output).to_pylist()}
    every = {f"i{n}" for n in range(6)}
    assert {user: set(listed) for user, listed in found.items()} == {
        f"u{user}": every - {f"i{(user + step) % 6}" for step in range(3)} for user in range(3)
    }
    report = json.loads((tmp_path / "out" / "lists.report.json").read_text("utf-8"))
    assert report["measured"]["n_users"] == 3
    assert report["blend"]["weights"] == {"content": 1.0, "popularity": 1.0}


def test_missing_data_is_said_with_the_place_and_exit_code_4(
    pipeline: ModuleType, tmp_path: Path, monkeypatch, capsys
):
    monkeypatch.setenv("SIMENGINE_DATA", str(tmp_path))
    assert pipeline.main(["-o", str(tmp_path / "lists.jsonl")]) == 4
    said = capsys.readouterr().err
    assert str(tmp_path / "recommendation" / "ml_100k") in said
    assert "--synthetic" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [["--synthetic", "-o", "lists.txt"], ["--items", "a.jsonl"], ["--synthetic", "-n", "0"]]
)
def test_wrong_arguments_are_refused_before_any_work(
    pipeline: ModuleType, tmp_path: Path, monkeypatch, capsys, arguments: list[str]
):
    monkeypatch.chdir(tmp_path)
    assert pipeline.main(arguments) == 2
    assert "error: " in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_error_in_the_middle_leaves_the_old_lists(pipeline: ModuleType, tmp_path: Path):
    output = tmp_path / "lists.jsonl"
    output.write_text("yesterday\n", "utf-8")

    def fail() -> None:
        with pipeline.open_writer(output) as out:
            out.write(["u"], np.array([["a", ""]], object), np.array([[1.0, -np.inf]], np.float32))
            raise UsageError("stopped")

    with pytest.raises(UsageError, match="stopped"):
        fail()
    assert output.read_text("utf-8") == "yesterday\n"
    assert [file.name for file in tmp_path.iterdir()] == ["lists.jsonl"]


def test_nobody_to_measure_is_said(pipeline: ModuleType):
    dataset = pipeline.synthetic(0)
    vectors = np.eye(len(dataset.documents), dtype=np.float32)
    items = ItemVectors.from_vectors([document.id for document in dataset.documents], vectors)
    with pytest.raises(UsageError, match="nobody can be measured"):
        pipeline.measure(dataset, items, pipeline.Settings(liked_from=9.0))
