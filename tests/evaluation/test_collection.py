"""Test collections: layouts, and files that are wrong."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from simengine.errors import DataError
from simengine.evaluation.collection import read_collection, read_qrels

QUERIES = '{"_id": "q1", "text": "one"}\n{"_id": "q2", "text": "two"}\n{"_id": "q3", "text": "three"}\n'
QRELS = "query-id\tcorpus-id\tscore\nq2\td1\t2\nq2\td2\t0\nq1\td1\t1\nq3\td9\t0\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "queries.jsonl").write_text(QUERIES)
    (tmp_path / "qrels" / "test.tsv").write_text(QRELS)
    return tmp_path


def test_queries_with_a_relevant_document_are_kept_in_the_order_of_their_file(folder: Path) -> None:
    collection = read_collection(folder)
    assert [(query.id, query.text) for query in collection.queries] == [("q1", "one"), ("q2", "two")]
    assert collection.qrels == {"q2": {"d1": 2, "d2": 0}, "q1": {"d1": 1}, "q3": {"d9": 0}}


def test_compressed_files_are_found(folder: Path) -> None:
    (folder / "queries.jsonl").rename(folder / "plain")
    (folder / "queries.jsonl.gz").write_bytes(gzip.compress(QUERIES.encode()))
    assert len(read_collection(folder).queries) == 2


def test_qrels_need_no_header(tmp_path: Path) -> None:
    path = tmp_path / "dev.tsv"
    path.write_text("q1\td1\t1\n7\t8\t0\n")
    assert read_qrels(path) == {"q1": {"d1": 1}, "7": {"8": 0}}


def test_a_judgement_said_twice_is_one_and_contradictions_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "test.tsv"
    path.write_text("query-id\tcorpus-id\tscore\nq\td\t1\nq\td\t1\n")
    assert read_qrels(path) == {"q": {"d": 1}}
    path.write_text("query-id\tcorpus-id\tscore\nq\td\t1\nq\td\t2\n")
    with pytest.raises(DataError, match=r"test\.tsv:3: document 'd' has the grades 1 and 2"):
        read_qrels(path)


@pytest.mark.parametrize("grade", ["much", "0.5", ""])
def test_a_grade_that_is_no_whole_number_is_refused(tmp_path: Path, grade: str) -> None:
    path = tmp_path / "test.tsv"
    path.write_text(f"query-id\tcorpus-id\tscore\nq\td\t{grade}\n")
    with pytest.raises(DataError, match=r"test\.tsv:2"):
        read_qrels(path)


def test_what_is_missing_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no dev\.tsv; there is test\.tsv"):
        read_collection(folder, split="dev")
    with pytest.raises(DataError, match="there is nothing"):
        read_collection(folder / "nowhere")
    with pytest.raises(DataError, match="this is a file"):
        read_collection(folder / "queries.jsonl")
    (folder / "queries.jsonl").unlink()
    with pytest.raises(DataError, match=r"no queries\.jsonl"):
        read_collection(folder)


def test_a_judged_query_without_text_is_refused(folder: Path) -> None:
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "one"}\n')
    with pytest.raises(DataError, match=r"1 judged queries are not in queries\.jsonl, such as 'q2'"):
        read_collection(folder)


def test_a_collection_without_a_relevant_document_is_refused(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t0\n")
    with pytest.raises(DataError, match="no query has a relevant document"):
        read_collection(folder)


def test_links_of_the_folder_are_read_only_when_asked_for(folder: Path) -> None:
    (folder / "queries.jsonl").rename(folder / "elsewhere")
    (folder / "queries.jsonl").symlink_to("elsewhere")
    with pytest.raises(DataError, match=r"queries\.jsonl: this is a link"):
        read_collection(folder)
    assert len(read_collection(folder, follow_links=True).queries) == 2


def test_an_unknown_header_of_judgements_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "test.tsv"
    path.write_text("question\tanswer\tgrade\nq1\td1\t1\n")
    with pytest.raises(DataError, match="'question', 'answer', 'grade'"):
        read_qrels(path)
