"""Whether an index is sound, as `simengine verify` finds it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simengine.errors import DamagedIndexError, IndexNotFoundError, StoreError
from simengine.indexing.derive import check_rows
from simengine.lexical.index import LexicalIndex
from simengine.store.snapshot import Snapshot
from simengine.store.verify import REMAKE, Problem, verify


@dataclass(frozen=True, slots=True)
class Health:
    """What a check found.

    Attributes:
        problems: empty where the index is sound.
        n_files: files that were read, the lexical index counted as one.
        n_documents: documents that were compared with their digests.
    """

    problems: tuple[Problem, ...]
    n_files: int
    n_documents: int


def check(path: Path) -> Health:
    """Read every byte of an index and compare it with what was written; the lexical index checks itself.

    Raises:
        IndexNotFoundError, StoreError: the index cannot be read at all.
    """
    report = verify(path)
    problems = list(report.problems)
    if not problems:
        problems += _lexical_problems(path)
    return Health(tuple(problems), len(report.checked) + 1, report.documents)


def _lexical_problems(path: Path) -> list[Problem]:
    """A writer may replace it meanwhile: damage is believed where the index is the same, or at the second look."""
    for last in (False, True):
        try:
            with Snapshot.open(path) as snapshot:
                found = _look(path, snapshot)
                if not found or last or snapshot.is_current():
                    return found
        except StoreError:
            if last:
                raise
    return []


def _look(path: Path, snapshot: Snapshot) -> list[Problem]:
    if snapshot.n_rows == 0:
        return []
    try:
        with LexicalIndex.open(snapshot.lexical_path) as lexical:
            lexical.verify()
            check_rows(lexical, snapshot.n_rows)
    except IndexNotFoundError as error:
        return [Problem(path / "lexical", str(error), REMAKE)]
    except DamagedIndexError as error:
        return [Problem(error.path, error.reason, REMAKE)]
    return []
