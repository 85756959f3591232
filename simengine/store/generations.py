"""Finding the generation that is the index, and removing what a killed writer left."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from simengine.errors import DamagedIndexError, IndexNotFoundError
from simengine.files import discard_file
from simengine.store.files import (
    ANN,
    DATABASE,
    LEXICAL,
    LOCK,
    MANIFEST,
    VECTORS,
    generation_name,
    generation_number,
    generation_numbers,
)
from simengine.store.manifest import Pointer, read_pointer
from simengine.store.ours import (
    contents,
    discard_tree,
    entries,
    is_generation,
    is_unfinished,
    named_files,
    refuse_links,
)
from simengine.types import Json


def locate(root: Path) -> tuple[int, Pointer | None]:
    """Number of the generation that is the index at `root`, and what its manifest says.

    The pointer is None where manifest.json is missing but a single generation folder stands there: a build
    that was killed before it wrote its first manifest, or a file that someone removed.

    Raises:
        IndexNotFoundError: there is no index; the message says what is there instead.
        DamagedIndexError: manifest.json is damaged, or missing beside several generations.
    """
    if root.is_dir():
        pointer = read_pointer(root)
        if pointer is not None:
            return pointer.generation, pointer
        numbers = [
            number
            for number in generation_numbers(root)
            if (root / generation_name(number) / DATABASE).exists()
        ]
        if len(numbers) == 1:
            return numbers[0], None
        if numbers:
            raise DamagedIndexError(
                root / MANIFEST,
                f"missing, and {len(numbers)} generations stand here, so that it is not clear which one is "
                "the index. It can be made anew from their databases: simengine verify --repair",
            )
    raise IndexNotFoundError(_not_found(root))


def _not_found(root: Path) -> str:
    inside = next((parent for parent in root.absolute().parents if (parent / MANIFEST).is_file()), None)
    if inside is not None:
        return f"{root}: this lies inside the index {inside}; give that folder"
    if root.is_file():
        return (
            f"{root}: this is a file, and an index is a folder. To build one: simengine index {root} -o INDEX"
        )
    if root.is_dir():
        what = "an empty folder" if not any(root.iterdir()) else f"a folder without {MANIFEST}"
        nested = sorted(entry.name for entry in root.iterdir() if (entry / MANIFEST).is_file())
        hint = f" (it holds the indexes {', '.join(nested[:5])})" if nested else ""
        return f"{root}: this is {what}, no index{hint}"
    near: list[str] = []
    if root.absolute().parent.is_dir():
        names = [entry.name for entry in root.absolute().parent.iterdir() if (entry / MANIFEST).is_file()]
        import difflib  # only for this message

        near = difflib.get_close_matches(root.name, names, n=3, cutoff=0.6)
    hint = f"; did you mean {' or '.join(str(root.with_name(name)) for name in near)}?" if near else ""
    return f"{root}: there is no index{hint}"


def empty_enough(root: Path) -> bool:
    """Whether a new index may be built in a folder: nothing there but what a killed builder leaves."""
    return all(
        entry.name == LOCK
        or is_unfinished(entry)
        or (is_generation(entry) and not (entry / DATABASE).exists())
        for entry in root.iterdir()
    )


def orphans(folder: Path, segments: set[str], derived: Mapping[str, Mapping[str, Json]]) -> list[Path]:
    """Files of a generation that its database does not name: left by a kill between write and commit.

    Only names that a writer gives: what else lies there is not ours (see `simengine.store.ours`).
    """
    named = {f"{VECTORS}/{name}" for name in segments} | named_files(derived)
    found = []
    for path, ours in contents(folder):
        in_folder = path.parent.name in (VECTORS, ANN) and path.parent != folder
        if ours and (is_unfinished(path) or (in_folder and f"{path.parent.name}/{path.name}" not in named)):
            found.append(path)
    return sorted(found)


def leftovers(root: Path, generation: int) -> list[Path]:
    """What writers left in an index directory beside the generation that is the index."""
    return sorted(
        path
        for path in entries(root)
        if is_unfinished(path) or (is_generation(path) and generation_number(path.name) != generation)
    )


def discard(paths: list[Path]) -> None:
    """Remove files and generations as far as the system lets it; what stays is taken by the next writer."""
    for path in paths:
        if path.is_dir():
            discard_tree(path)
        else:
            discard_file(path)


def next_generation(root: Path, pointer: Pointer | None) -> int:
    """A generation number that no folder and no manifest has."""
    return max([0, *generation_numbers(root), pointer.generation if pointer else 0]) + 1


def generation_folder(root: Path, number: int) -> Path:
    """Folder of a generation.

    Raises:
        FileNotFoundError: it does not exist.
        DamagedIndexError: it is a symbolic link, or a folder in it is.
    """
    folder = root / generation_name(number)
    refuse_links(folder)
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    return folder


def lexical_folder(folder: Path) -> Path:
    """Where a generation keeps its lexical index."""
    return folder / LEXICAL
