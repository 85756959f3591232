"""Changes of an index: writing and deleting documents, compaction, repair."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from simengine.corpus.chunk import Chunker, ChunkSettings
from simengine.encoders.contract import BiEncoder
from simengine.engine.default_model import DefaultModel, choose_default, looked_at, read_ahead
from simengine.engine.encoder import (
    GIVEN_MODEL,
    check_fingerprint,
    new_settings,
    open_encoder,
    verify_runtime,
)
from simengine.engine.models import Models
from simengine.errors import IndexExistsError, IndexNotFoundError, StoreError, UsageError
from simengine.index.recipe import load_recipe, recipe_to_dict
from simengine.indexing.derive import (
    ann_is_due,
    ann_is_sound,
    build_ann,
    level_lexical,
    lexical_is_sound,
    rebuild_lexical,
    tie_lexical,
)
from simengine.indexing.indexer import Indexer
from simengine.indexing.report import IndexReport
from simengine.models.resolve import DEFAULT_MODEL
from simengine.paths import expand
from simengine.progress import NoProgress, Progress
from simengine.requests.index import IndexOptions, Policy
from simengine.search.masks import Selections
from simengine.search.trust import VERSION, measure_trust
from simengine.store.settings import IndexSettings
from simengine.store.snapshot import Snapshot
from simengine.store.verify import repair_manifest
from simengine.store.writer import IndexWriter
from simengine.text.checks import surrogate_fault
from simengine.types import Document

# Entries that a compaction copies, because they need not or cannot be derived again: fits on labelled data.
KEPT = ("fusion", "calibration", "rerank", "answer", "runtime", "recipe", "sources", "model")

logger = logging.getLogger("simengine")


def open_writer(
    path: Path,
    models: Models,
    options: IndexOptions,
    *,
    create: bool,
    encoder: BiEncoder | None = None,
    choose: Callable[[], DefaultModel] = DefaultModel,
) -> tuple[IndexWriter, BiEncoder]:
    """Open an index for writing, or create it, with its encoder or the given one.

    Args:
        choose: the model of a new index for which none is given; its note is stored with the index.

    Raises:
        IndexNotFoundError: `create` is False and there is none.
        IndexLockedError: another process writes to it.
        UsageError: the options' passage sizes differ from the index's.
        FingerprintMismatchError: the model is not the index's.
    """
    writer = None if create and options.overwrite else _open_existing(path, options, required=not create)
    if writer is not None:
        try:
            _check_same_settings(writer.settings, options, path)
            _check_same_sources(writer, options)
            if encoder is None:
                encoder = open_encoder(writer.settings, models)
            check_fingerprint(writer.settings, encoder)
            verify_runtime(writer.settings, encoder)
        except BaseException:
            writer.close()
            raise
        return writer, encoder
    chosen = choose() if encoder is None and models.encoder is None else DefaultModel()
    if chosen.name != DEFAULT_MODEL:
        models = replace(models, encoder=chosen.name)
    name = models.encoder_name or (GIVEN_MODEL if encoder or models.encoder else DEFAULT_MODEL)
    encoder = encoder or open_encoder(None, models)
    if expand(name).is_dir():
        name = str(expand(name).resolve())  # the index may be opened from another folder
    settings = new_settings(encoder, name, options)
    writer = IndexWriter.create(
        path, settings, overwrite=options.overwrite, lock_timeout_s=options.lock_timeout_s
    )
    try:
        if settings.recipe != "auto":
            writer.set_derived("recipe", recipe_to_dict(load_recipe(settings.recipe)))
        if options.sources:
            writer.set_derived("sources", {"paths": list(options.sources)})
        if chosen.note:
            writer.set_derived("model", {"note": chosen.note})
    except BaseException:
        writer.close()
        raise
    return writer, encoder


def _open_existing(path: Path, options: IndexOptions, *, required: bool) -> IndexWriter | None:
    try:
        return IndexWriter.open(path, lock_timeout_s=options.lock_timeout_s)
    except IndexNotFoundError:
        if required:
            raise
        return None


def _check_same_settings(settings: IndexSettings, options: IndexOptions, path: Path) -> None:
    for name in ("chunk_tokens", "overlap_tokens", "recipe"):
        asked, has = getattr(options, name), getattr(settings, name)
        if asked is not None and asked != has:
            raise IndexExistsError(
                f"the index {path} was started with {name} {has}, not {asked}; --overwrite rebuilds it"
            )


def _check_same_sources(writer: IndexWriter, options: IndexOptions) -> None:
    known = writer.derived("sources")
    if not options.check_sources or known is None or known["paths"] == list(options.sources):
        return
    given, built = ", ".join(options.sources), ", ".join(map(str, list(known["paths"] or ())))  # type: ignore[arg-type]
    raise IndexExistsError(
        f"the index {writer.path} was built from {built}, not from {given}; `simengine add` adds documents "
        "to it, --overwrite rebuilds it, and --output names another folder"
    )


def _check_name(path: Path) -> None:
    """Raise UsageError if the lexical index could not be written: its library needs paths in UTF-8."""
    if fault := surrogate_fault(str(path.absolute())):
        raise UsageError(f"{path}: the path {fault}; an index needs a folder whose path is UTF-8")


def _open_for(path: Path, encoder: BiEncoder, options: IndexOptions) -> IndexWriter:
    """Open an existing index with a loaded encoder."""
    writer = IndexWriter.open(path, lock_timeout_s=options.lock_timeout_s)
    try:
        check_fingerprint(writer.settings, encoder)
    except BaseException:
        writer.close()
        raise
    return writer


def write_documents(
    documents: Iterable[Document],
    path: Path,
    policy: Policy,
    *,
    models: Models | None = None,
    options: IndexOptions | None = None,
    encoder: BiEncoder | None = None,
    create: bool = False,
    n_expected: int | None = None,
    progress: Progress | None = None,
    on_encoder: Callable[[BiEncoder], None] | None = None,
    note: Callable[[str], None] = logger.info,
) -> IndexReport:
    """Write documents into an index and bring everything derived from them up to date.

    Args:
        documents: read once. Nothing is created if the first of them cannot be read.
        policy: see `Indexer.run`.
        encoder: a loaded one; its fingerprint is checked.
        create: whether a missing index is created.
        on_encoder: called with the loaded encoder, for a caller that keeps using it.
        note: called with a sentence for the user, such as why a new index gets the multilingual model.

    Returns:
        The report.
    """
    start = time.perf_counter()
    models, options = models or Models(), options or IndexOptions()
    progress, report = progress or NoProgress(), IndexReport()
    _check_name(path)
    held, stream = read_ahead(documents, whole=create and encoder is None and models.encoder is None)

    def choose() -> DefaultModel:
        chosen = choose_default(looked_at(held))
        if chosen.note:
            note(chosen.note)
        return chosen

    if encoder is not None and not create:
        writer = _open_for(path, encoder, options)
    else:
        writer, encoder = open_writer(path, models, options, create=create, encoder=encoder, choose=choose)
        if on_encoder is not None:
            on_encoder(encoder)
    with writer:
        if policy != "sync" and writer.state != "complete":
            raise StoreError(
                f"{path}: its build was stopped; run the same `simengine index` again to finish it first"
            )
        chunker = _chunker_for(writer.settings, encoder)
        lexical = level_lexical(writer, progress)
        try:
            indexer = Indexer(writer, encoder, chunker, lexical, report=report, progress=progress)
            indexer.run(stream, policy, n_expected=n_expected)
            tie_lexical(lexical, writer)
        finally:
            lexical.close()
        if options.prune:
            report.deleted += len(writer.delete(list(indexer.unseen_ids())).deleted)
        elif policy == "sync":
            report.absent = indexer.n_unseen
        if ann_is_due(writer):
            device = "cuda" if models.device.startswith("cuda") else "cpu"
            build_ann(
                writer,
                device=device,
                threads=models.threads,
                seed=options.seed,
                report=report,
                progress=progress,
            )
        _measure_trust(writer, encoder, options.seed)
        if writer.derived("runtime") is None:
            writer.set_derived("runtime", {"name": encoder.runtime})
        writer.finish()
    report.total_s = time.perf_counter() - start
    return report


def _chunker_for(settings: IndexSettings, encoder: BiEncoder) -> Chunker:
    """Passages that fit the model together with its prompt."""
    budget = max(settings.chunk_tokens - encoder.prompt_tokens("passage"), 2 * settings.overlap_tokens, 8)
    return Chunker(encoder.tokenizer, ChunkSettings(budget, settings.overlap_tokens))


def _measure_trust(writer: IndexWriter, encoder: BiEncoder, seed: int) -> None:
    """Store the model's weight in hybrid search on this corpus; measured again when the corpus has doubled."""
    known = writer.derived("fusion")
    if (
        known is not None
        and known.get("version") == VERSION
        and writer.n_rows < 2 * int(str(known.get("rows", 0)))
    ):
        return
    with writer.snapshot() as snapshot:
        trust = measure_trust(snapshot, encoder, seed=seed)
    if trust is not None:
        writer.set_derived("fusion", {**trust, "rows": writer.n_rows})


def delete_documents(
    path: Path, ids: Sequence[str] = (), where: str | None = None, *, dry_run: bool = False
) -> IndexReport:
    """Delete documents by id, by filter, or both, in one commit; the filter sees the latest commit.

    Args:
        dry_run: only report what would be deleted.

    Raises:
        FilterError: the filter cannot be read or does not fit the metadata.
        IndexLockedError: another process writes to the index.
    """
    report = IndexReport()
    if dry_run:
        with Snapshot.open(path) as snapshot:
            chosen = _chosen(snapshot, ids, where)
            known = snapshot.doc_keys_by_id(chosen)
        report.deleted, report.missing = len(known), [name for name in chosen if name not in known]
        return report
    with IndexWriter.open(path) as writer:
        with writer.snapshot() as snapshot:
            chosen = _chosen(snapshot, ids, where)
        result = writer.delete(chosen)
    report.deleted, report.missing = len(result.deleted), list(result.missing)
    return report


def _chosen(snapshot: Snapshot, ids: Sequence[str], where: str | None) -> list[str]:
    chosen = dict.fromkeys(ids)
    if where is not None:
        documents = np.flatnonzero(Selections(snapshot).select(where).documents)
        chosen.update(dict.fromkeys(snapshot.document_ids(documents)))
    return list(chosen)


def compact_index(
    path: Path,
    *,
    threads: int | None = None,
    device: str = "cpu",
    seed: int = 0,
    progress: Progress | None = None,
    lock_timeout_s: float = 0.0,
) -> IndexReport:
    """Fold additions and tombstones into a new generation, and switch to it. Nothing is encoded again."""
    start = time.perf_counter()
    progress, report = progress or NoProgress(), IndexReport()
    with IndexWriter.open(path, lock_timeout_s=lock_timeout_s) as writer:
        progress.stage("documents and vectors")
        report.purged = writer.counts().deleted_rows
        with writer.begin_compact(keep_derived=KEPT) as new:
            level_lexical(new, progress).close()
            build_ann(new, device=device, threads=threads, seed=seed, report=report, progress=progress)
            new.publish()
            new.collect_garbage()
            report.kept, report.generation = new.counts().passages, new.generation
    report.total_s = time.perf_counter() - start
    return report


def repair_index(path: Path, *, threads: int | None = None, progress: Progress | None = None) -> list[str]:
    """Rebuild what can be derived from the committed documents and vectors: manifest, lexical and ANN index.

    Returns:
        Names of the rebuilt parts; empty if nothing was damaged.

    Raises:
        DamagedIndexError: the documents or vectors themselves are damaged; there is no copy of them.
        IndexLockedError: another process writes to the index.
    """
    progress = progress or NoProgress()
    done = ["manifest"] if repair_manifest(path) else []
    with IndexWriter.open(path) as writer:
        if not lexical_is_sound(writer):
            rebuild_lexical(writer, progress).close()
            done.append("lexical index")
        level_lexical(writer, progress).close()
        if ann_is_due(writer) or not ann_is_sound(writer):
            build_ann(writer, device="cpu", threads=threads, seed=0, report=IndexReport(), progress=progress)
            done.append("ANN index")
    return done
