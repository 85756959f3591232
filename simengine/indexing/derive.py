"""What is made from committed data: the candidate index with its measured recall, and the lexical index."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from simengine.errors import DamagedIndexError
from simengine.files import hash_file
from simengine.index.build import build_index
from simengine.index.recall import measure_recall
from simengine.index.recipe import Recipe, choose_recipe, load_recipe, recipe_from_table, recipe_to_table
from simengine.indexing.report import IndexReport
from simengine.lexical.index import LexicalIndex, RowBatch
from simengine.lexical.tie import Tie
from simengine.progress import Progress
from simengine.store.snapshot import Snapshot
from simengine.store.writer import IndexWriter

TAIL_ROWS = 20_000  # rows that may be searched exactly beside the candidate index
TAIL_SHARE = 0.2  # ... and their share of its rows, before it is built anew
REBUILD_BLOCK = 4_096
REMAKE = "`simengine verify --repair` makes it anew"


def recipe_for(writer: IndexWriter) -> Recipe:
    """The recipe that the index's settings ask for; "auto" chooses by the number of rows."""
    name, kept = writer.settings.recipe, writer.derived("recipe")
    if kept is not None:
        return recipe_from_table(kept, f"{writer.path} (its recipe)")
    if name == "auto":
        return choose_recipe(writer.n_rows, writer.settings.dimension)
    return load_recipe(name)


def ann_is_due(writer: IndexWriter) -> bool:
    """Whether the candidate index is missing, made by another recipe, or too far behind the committed rows."""
    recipe = recipe_for(writer)
    known = writer.derived("ann")
    if recipe.exact:
        return known is not None
    if known is None or known.get("recipe") != recipe.name:
        return True
    tail = writer.n_rows - int(str(known["rows"]))
    return tail > max(TAIL_ROWS, TAIL_SHARE * writer.n_rows)


def build_ann(
    writer: IndexWriter,
    *,
    device: str,
    threads: int | None,
    seed: int,
    report: IndexReport,
    progress: Progress,
) -> None:
    """Build the candidate index over all committed rows, measure its recall, and register its file.

    An exact recipe needs no file: searches scan the vector segments themselves.
    """
    recipe = recipe_for(writer)
    if recipe.exact:
        writer.remove_derived("ann")
        return
    start = time.perf_counter()
    progress.stage(f"candidate index ({recipe.name})")
    with writer.snapshot() as snapshot:
        segments = [(segment.first_row, segment.vectors) for segment in snapshot.segments]
        index = build_index(
            segments, snapshot.n_rows, snapshot.dimension, recipe, device=device, threads=threads, seed=seed
        )
        recall = measure_recall(index, segments, seed=seed)
        path = writer.new_derived_path("ann", ".faiss")
        index.save(path)
    writer.set_derived(
        "ann",
        {
            "file": path.relative_to(writer.folder).as_posix(),
            "rows": index.n_rows,
            "recipe": recipe.name,
            "recipe_table": recipe_to_table(recipe),
            "factory": index.factory,
            "notes": list(index.notes),
            "device": device,
            "recall_at_10": round(recall.recall, 4),
            "recall_low": round(recall.low, 4),
            "recall_high": round(recall.high, 4),
            "recall_queries": recall.n_queries,
            "sha256": hash_file(path),
            "bytes": path.stat().st_size,
        },
    )
    report.ann_s += time.perf_counter() - start


def level_lexical(writer: IndexWriter, progress: Progress) -> LexicalIndex:
    """Open the lexical index for writing, at exactly the committed rows.

    Rows beyond the last commit (a kill between the two commits) are cut off; a lexical index that is damaged,
    missing or behind, that cannot forget those rows, or that an earlier version's text analysis wrote, is made again
    from the documents.
    """
    LexicalIndex.discard_leftovers(writer.lexical_path)
    try:
        lexical = LexicalIndex.open(writer.lexical_path, create=True)
        try:
            check_tie(lexical, writer)
            forgotten = not lexical.is_outdated and lexical.truncate(writer.n_rows)
            level = forgotten and lexical.n_rows == lexical.n_passages == writer.n_rows
        except BaseException:
            lexical.close()
            raise
        if level:
            if lexical.tie is None:
                tie_lexical(lexical, writer)
            return lexical
        lexical.close()
    except DamagedIndexError:
        pass  # made again below: everything in it stands in the documents
    lexical = rebuild_lexical(writer, progress)
    tie_lexical(lexical, writer)
    return lexical


def rebuild_lexical(writer: IndexWriter, progress: Progress) -> LexicalIndex:
    """Make the lexical index anew from the documents.

    Those deleted since the last compaction go in as well, as they stand in the index that it replaces: their words
    count in the scores of the others, and results must not depend on whether an index was ever made anew.
    """
    progress.stage("lexical index", writer.n_rows)
    with writer.snapshot() as snapshot:
        return LexicalIndex.rebuild(
            writer.lexical_path, _lexical_batches(snapshot, progress), n_rows=writer.n_rows
        )


def lexical_is_sound(writer: IndexWriter) -> bool:
    """Whether every file of the lexical index has its checksum, every row is there, and today's analysis wrote it."""
    try:
        with LexicalIndex.open(writer.lexical_path, create=True) as lexical:
            lexical.verify()
            check_rows(lexical, writer.n_rows)
            check_tie(lexical, writer)
            return not lexical.is_outdated
    except DamagedIndexError:
        return False


def check_rows(lexical: LexicalIndex, n_rows: int) -> None:
    """Raise DamagedIndexError unless a lexical index holds all rows of a snapshot (and perhaps later ones).

    Its files have checksums, but meta.json, which says how many passages each of them holds, has none.
    """
    if lexical.n_rows < n_rows:
        raise DamagedIndexError(lexical.path, f"holds {lexical.n_rows:,} of {n_rows:,} passages; {REMAKE}")
    if lexical.n_passages != lexical.n_rows:
        raise DamagedIndexError(
            lexical.path / "meta.json",
            f"counts {lexical.n_passages:,} passages where {lexical.n_rows:,} were written; {REMAKE}",
        )


def tie_lexical(lexical: LexicalIndex, writer: IndexWriter) -> None:
    """Record that the lexical index holds the rows of the writer's last commit."""
    stamp = writer.commit_stamp(writer.commit_number)
    if stamp is not None:
        lexical.tie_to(Tie(writer.generation_id, writer.commit_number, stamp))


def check_tie(lexical: LexicalIndex, index: Snapshot | IndexWriter) -> None:
    """Raise DamagedIndexError where a lexical index was made for other documents than those of an index.

    One that an earlier version wrote, and nobody has written to since, does not say what it was made for.
    """
    tie = lexical.tie
    if tie is None:
        return
    if tie.generation != index.generation_id:
        raise DamagedIndexError(
            lexical.path, f"belongs to another index or another state of this one; {REMAKE}"
        )
    if tie.commit > index.commit_number:
        if isinstance(index, Snapshot) and not index.is_current():
            return  # a writer has gone on since the snapshot was opened; the rows after it are not seen
        raise DamagedIndexError(
            lexical.path,
            f"was written for commit {tie.commit}, and the database ends at commit {index.commit_number}: one of "
            f"them comes from another time; {REMAKE}",
        )
    if tie.stamp != index.commit_stamp(tie.commit):
        raise DamagedIndexError(
            lexical.path,
            f"was written for another commit {tie.commit} than the database has: they come from two copies of the "
            f"index; {REMAKE}",
        )


def ann_is_sound(writer: IndexWriter) -> bool:
    """Whether the candidate index's file has the digest that it was written with; True where there is none."""
    entry = writer.derived("ann")
    if entry is None:
        return True
    path = writer.folder / str(entry["file"])
    return path.is_file() and hash_file(path) == entry["sha256"]


def _lexical_batches(snapshot: Snapshot, progress: Progress) -> Iterator[RowBatch]:
    rows = snapshot.iter_rows(deleted=True)
    while block := list(islice(rows, REBUILD_BLOCK)):
        yield [row.row for row in block], [row.title for row in block], [row.text for row in block]
        progress.advance(len(block))
