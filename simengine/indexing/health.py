"""Whether an index is sound: the store's own files, and the lexical index, which the store does not know."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from simengine.errors import DamagedIndexError, IndexNotFoundError, StoreError
from simengine.indexing.derive import check_rows, check_tie
from simengine.lexical.index import LexicalIndex
from simengine.store.snapshot import Snapshot
from simengine.store.verify import REMAKE, IntegrityProblem, VerifyReport, verify

__all__ = ["VerifyReport", "check_index"]


def check_index(path: Path) -> VerifyReport:
    """Read every byte of an index and check it against its checksums; the lexical index checks itself.

    Args:
        path: the index directory.

    Returns:
        The report of `verify`, with the lexical index's problems, and its folder counted as one more file.

    Raises:
        IndexNotFoundError: there is no index.
        StoreError: it cannot be read at all (permissions, a newer format).
    """
    report = verify(path)
    try:
        folder, problems = _lexical_problems(path)
    except (DamagedIndexError, IndexNotFoundError):
        if report.ok:
            raise
        return report  # it cannot be opened, and the report says why
    checked = report.checked if folder is None else (*report.checked, folder)
    return replace(report, problems=(*report.problems, *problems), checked=checked)


def _lexical_problems(path: Path) -> tuple[Path | None, list[IntegrityProblem]]:
    """A writer may replace it concurrently: damage counts if the index is the same, or on the second attempt."""
    try:
        with Snapshot.open(path) as snapshot:
            found = _look(snapshot)
            if not found[1] or snapshot.is_current():
                return found
    except StoreError:
        pass  # the next attempt reports it
    with Snapshot.open(path) as snapshot:
        return _look(snapshot)


def _look(snapshot: Snapshot) -> tuple[Path | None, list[IntegrityProblem]]:
    """The folder that was checked, None if there is nothing to index, and its problems."""
    if snapshot.n_rows == 0:
        return None, []
    folder = snapshot.lexical_path
    try:
        with LexicalIndex.open(folder) as lexical:
            lexical.verify()
            check_rows(lexical, snapshot.n_rows)
            check_tie(lexical, snapshot)
    except IndexNotFoundError as error:
        return folder, [IntegrityProblem(folder, str(error), REMAKE)]
    except DamagedIndexError as error:
        return folder, [IntegrityProblem(error.path, error.reason, REMAKE)]
    return folder, []
