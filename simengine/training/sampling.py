"""Which examples make a batch, and which source the next batch comes from, for sentence-transformers' trainers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

NOT_TEXTS = ("label", "score", "dataset_name")


def length_grouped_batches(
    lengths: npt.NDArray[np.int64], batch_size: int, rng: np.random.Generator, *, drop_last: bool = False
) -> list[list[int]]:
    """All rows once, in batches of similar length, both drawn at random.

    Args:
        lengths: (n,) int64, in any unit.
        batch_size: rows a batch; the last one may be smaller, or is left out with `drop_last`.
        rng: decides everything.

    Returns:
        Row numbers; the batch with the longest row comes first, so that a lack of memory shows at once.
    """
    import torch
    from transformers.trainer_pt_utils import get_length_grouped_indices

    if not len(lengths):
        return []
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    rows = get_length_grouped_indices(lengths.tolist(), batch_size, generator=generator)
    whole = len(rows) - len(rows) % batch_size
    batches = [rows[start : start + batch_size] for start in range(0, whole, batch_size)]
    others = batches[1:]  # up to 50 that follow each other are in the order of their lengths
    rng.shuffle(others)
    rest = [] if drop_last or whole == len(rows) else [rows[whole:]]
    return [*batches[:1], *others, *rest]


def temperature_shares(sizes: Sequence[int], temperature: float) -> npt.NDArray[np.float64]:
    """Shares of several sources: size ** (1 / temperature), normalised."""
    weights = np.asarray(sizes, np.float64) ** (1.0 / temperature)
    shares: npt.NDArray[np.float64] = weights / weights.sum()
    return shares


def text_lengths(dataset: Any) -> npt.NDArray[np.int64]:
    """Characters of all text columns of each row of a datasets.Dataset, (n,) int64."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = dataset.with_format("arrow")[:]
    total = np.zeros(table.num_rows, np.int64)
    for name in table.column_names:
        kind = table.schema.field(name).type
        if name not in NOT_TEXTS and (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            total += pc.utf8_length(table[name]).to_numpy()
    return total


def length_sampler() -> Callable[..., Any]:
    """A `batch_sampler` argument for sentence-transformers' trainers that groups rows by length."""
    from sentence_transformers.base.sampler import DefaultBatchSampler

    class LengthBatchSampler(DefaultBatchSampler):  # type: ignore[misc]
        """Batches of similar length; the same ones for the same seed and epoch."""

        def __init__(
            self,
            dataset: Any,
            batch_size: int,
            drop_last: bool,
            valid_label_columns: list[str] | None = None,
            generator: Any = None,
            seed: int = 0,
        ) -> None:
            super().__init__(dataset, batch_size, drop_last, valid_label_columns, generator, seed)
            self._lengths = text_lengths(dataset)

        def __iter__(self) -> Iterator[list[int]]:
            rng = np.random.default_rng([self.seed or 0, self.epoch])
            return iter(length_grouped_batches(self._lengths, self.batch_size, rng, drop_last=self.drop_last))

    return LengthBatchSampler


def temperature_sampler(temperature: float) -> Callable[..., Any]:
    """A `multi_dataset_batch_sampler` that draws whole batches of sources by `temperature_shares`.

    An epoch has as many batches as all sources have together; a source that is used up starts again, shuffled anew.
    """
    from sentence_transformers.base.sampler import MultiDatasetDefaultBatchSampler

    class TemperatureBatchSampler(MultiDatasetDefaultBatchSampler):  # type: ignore[misc]
        """Batches of sources in shares between proportional and equal."""

        def __iter__(self) -> Iterator[list[int]]:
            rng = np.random.default_rng([self.seed or 0, self.epoch])
            sizes = [len(dataset) for dataset in self.dataset.datasets]
            offsets = np.concatenate([[0], np.cumsum(sizes)])
            streams = [iter(sampler) for sampler in self.batch_samplers]
            rounds = [0] * len(streams)
            for which in rng.choice(len(streams), size=len(self), p=temperature_shares(sizes, temperature)):
                batch = next(streams[which], None)
                if batch is None:
                    rounds[which] += 1
                    sampler = self.batch_samplers[which]
                    sampler.set_epoch(self.epoch + 1_000_003 * rounds[which])
                    streams[which] = iter(sampler)
                    sampler.set_epoch(self.epoch)
                    batch = next(streams[which])
                yield [int(row + offsets[which]) for row in batch]

        def __len__(self) -> int:
            return sum(len(sampler) for sampler in self.batch_samplers)

    return TemperatureBatchSampler
