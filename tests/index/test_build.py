"""Building, saving and opening; damaged files."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from simengine.errors import DamagedIndexError, RecipeError, StorageFullError, StoreError, UsageError
from simengine.index.build import build_index, load_index
from simengine.index.faiss_index import END
from simengine.index.recipe import Recipe, load_recipe
from simengine.types import FloatMatrix

N, DIM = 2_000, 16
DAMAGED = ("pq-fastscan", "hnsw", "ivf-sq8", "flat")


def unit(n: int, dim: int, seed: int = 0) -> FloatMatrix:
    vectors = np.random.default_rng(seed).standard_normal((n, dim))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


VECTORS = unit(N, DIM)
SEGMENTS = [(0, VECTORS)]


@pytest.fixture(params=DAMAGED)
def saved(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Recipe]:
    recipe = load_recipe(request.param)
    path = tmp_path / "ann.faiss"
    build_index(SEGMENTS, N, DIM, recipe, threads=1).save(path)
    return path, recipe


def opened(path: Path, recipe: Recipe, **options: object) -> object:
    given = {"expected_rows": N, "expected_dim": DIM, "segments": SEGMENTS, **options}
    return load_index(path, recipe, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("recipe", ["pq-fastscan", "ivf-pq-fastscan", "rabitq-fastscan", "sq8", "ivf-flat"])
def test_the_same_seed_gives_the_same_file_and_another_seed_another(recipe: str, tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        build_index(SEGMENTS, N, DIM, load_recipe(recipe), seed=seed, threads=1).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    if "pq" in recipe or "ivf" in recipe:
        assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


@pytest.mark.parametrize("recipe", ["pq-fastscan", "sq8"])
def test_how_the_rows_are_cut_into_segments_does_not_matter(recipe: str, tmp_path: Path) -> None:
    for name, segments in (("a", SEGMENTS), ("b", [(0, VECTORS[:7]), (7, VECTORS[7:])])):
        build_index(segments, N, DIM, load_recipe(recipe), threads=1).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_hnsw_built_by_one_thread_is_the_same_twice(tmp_path: Path) -> None:
    for name in "ab":
        build_index(SEGMENTS, N, DIM, load_recipe("hnsw"), threads=1).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_too_few_rows_are_searched_exactly_and_a_note_says_so() -> None:
    index = build_index([(0, VECTORS[:999])], 999, DIM, load_recipe("pq-fastscan"))
    assert index.factory == "Flat"
    assert index.notes == ("searched exactly: 999 rows are fewer than the 1000 that pq-fastscan asks for",)
    _, rows = index.search(VECTORS[:3], 1)
    assert rows.tolist() == [[0], [1], [2]]


def test_segments_that_do_not_cover_the_rows_are_refused() -> None:
    recipe = load_recipe("flat")
    with pytest.raises(UsageError, match="hold 2000 rows; expected 2001"):
        build_index(SEGMENTS, N + 1, DIM, recipe)
    with pytest.raises(UsageError, match="rows 0 to 5 are in no segment"):
        build_index([(5, VECTORS)], N, DIM, recipe)
    with pytest.raises(UsageError, match="dimension 16; expected 17"):
        build_index(SEGMENTS, N, DIM + 1, recipe)
    with pytest.raises(UsageError, match="contiguous"):
        build_index([(0, np.asfortranarray(VECTORS))], N, DIM, recipe)
    with pytest.raises(UsageError, match=r"expected \(n, dim\) float32"):
        build_index([(0, VECTORS.astype(np.float64))], N, DIM, recipe)  # type: ignore[list-item]


def test_a_factory_that_faiss_does_not_know_is_a_recipe_error() -> None:
    with pytest.raises(RecipeError, match="FAISS cannot make 'NONSENSE'"):
        build_index(SEGMENTS, N, DIM, Recipe("mine", "d", "NONSENSE"))


def test_an_index_opened_without_vectors_says_what_it_needs(saved: tuple[Path, Recipe]) -> None:
    index = load_index(*saved, expected_rows=N, expected_dim=DIM)
    with pytest.raises(UsageError, match="pass segments to load_index"):
        index.search(VECTORS[:1], 1)


def test_the_right_digest_opens_and_a_flipped_byte_anywhere_does_not(saved: tuple[Path, Recipe]) -> None:
    path, recipe = saved
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    assert opened(path, recipe, sha256=digest.upper())
    for place in np.random.default_rng(1).integers(0, len(data), 20):
        path.write_bytes(data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :])
        with pytest.raises(DamagedIndexError, match=r"ann\.faiss.*SHA-256"):
            opened(path, recipe, sha256=digest)


def test_a_truncated_file_is_damaged_at_every_length(saved: tuple[Path, Recipe]) -> None:
    path, recipe = saved
    data = path.read_bytes()
    for length in {0, 1, 3, 4, 40, len(data) // 2, len(data) - 1}:
        path.write_bytes(data[:length])
        with pytest.raises(DamagedIndexError, match=r"ann\.faiss"):
            opened(path, recipe)


def test_files_of_another_kind_are_damaged(saved: tuple[Path, Recipe], tmp_path: Path) -> None:
    path, recipe = saved
    for content in (
        b"not an index",
        b"{}",
        b'{"format": "other"}',
        b"\x00" * 500,
        b"IxFI" + b"\xff" * 200,
        b"IxFI" + b"\xff" * 200 + END,
    ):
        path.write_bytes(content)
        with pytest.raises(DamagedIndexError):
            opened(path, recipe)
    with pytest.raises(DamagedIndexError, match="missing"):
        opened(tmp_path / "none", recipe)


def test_an_index_of_another_size_or_recipe_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "ann.faiss"
    build_index(SEGMENTS, N, DIM, load_recipe("pq-fastscan"), threads=1).save(path)
    recipe = load_recipe("pq-fastscan")
    with pytest.raises(DamagedIndexError, match="2000 rows of dimension 16; expected 1999 of 16"):
        opened(path, recipe, expected_rows=N - 1)
    with pytest.raises(DamagedIndexError, match="expected 2000 of 8"):
        load_index(path, recipe, expected_rows=N, expected_dim=8)
    with pytest.raises(DamagedIndexError, match="IndexPQFastScan; expected IndexHNSWSQ"):
        opened(path, load_recipe("hnsw"))
    with pytest.raises(DamagedIndexError, match="recipe flat writes no FAISS index"):
        opened(path, load_recipe("flat"))


def test_an_index_for_euclidean_distance_is_refused(tmp_path: Path) -> None:
    import faiss

    index = faiss.index_factory(DIM, "SQ8")
    index.train(VECTORS)
    index.add(VECTORS)
    faiss.write_index(index, str(tmp_path / "l2"))
    with (tmp_path / "l2").open("ab") as file:
        file.write(END)
    with pytest.raises(DamagedIndexError, match="inner products"):
        opened(tmp_path / "l2", load_recipe("sq8"))


FUZZ = """
import os, sys, signal
import numpy as np
from pathlib import Path
import faiss
from simengine.errors import DamagedIndexError
from simengine.index.build import load_index
from simengine.index.recipe import load_recipe

folder, name = Path(sys.argv[1]), sys.argv[2]
vectors, recipe = np.load(folder / "vectors.npy"), load_recipe(name)
data = bytearray((folder / "ann.faiss").read_bytes())
rng = np.random.default_rng(0)
for attempt in range(40):
    changed = bytearray(data)
    changed[rng.integers(0, 300 if attempt % 2 else len(data))] ^= 1 << int(rng.integers(0, 8))
    (folder / "changed").write_bytes(changed)
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            index = load_index(
                folder / "changed", recipe, expected_rows=len(vectors), expected_dim=vectors.shape[1],
                segments=[(0, vectors)], threads=1,
            )
            index.search(vectors[:20], 10)
        except DamagedIndexError:
            pass
        except BaseException as error:
            print(repr(error), flush=True)
            os._exit(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, attempt
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the check forks")
@pytest.mark.parametrize("name", ["pq-fastscan", "hnsw", "ivf-pq-fastscan"])
def test_flipped_bits_never_crash_the_process_even_without_a_digest(name: str, tmp_path: Path) -> None:
    np.save(tmp_path / "vectors.npy", VECTORS)
    build_index(SEGMENTS, N, DIM, load_recipe(name), threads=1).save(tmp_path / "ann.faiss")
    done = subprocess.run(
        [sys.executable, "-c", FUZZ, str(tmp_path), name],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2_000:]


def test_a_full_disk_is_an_error_and_leaves_the_old_file(saved: tuple[Path, Recipe]) -> None:
    path, recipe = saved
    before = path.read_bytes()
    index = build_index(SEGMENTS, N, DIM, recipe, threads=1)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    import signal

    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, limits[1]))
    try:
        with pytest.raises(StorageFullError):
            index.save(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == before
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_a_folder_that_is_not_there_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot write"):
        build_index([], 0, DIM, load_recipe("flat")).save(tmp_path / "none" / "ann")


def test_the_record_of_an_exact_index_is_readable(tmp_path: Path) -> None:
    build_index(SEGMENTS, N, DIM, load_recipe("flat")).save(tmp_path / "ann")
    assert json.loads((tmp_path / "ann").read_text()) == {
        "format": "simengine exact index",
        "n_rows": N,
        "dimension": DIM,
    }
