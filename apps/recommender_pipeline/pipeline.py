"""What a recommender team runs every night: learn from interactions, measure, and write a list for every user.

python apps/recommender_pipeline/pipeline.py                    MovieLens 100K, from $SIMENGINE_DATA
python apps/recommender_pipeline/pipeline.py --synthetic        a small made-up catalogue, without any data
python apps/recommender_pipeline/pipeline.py --items items.jsonl --interactions history.csv -o lists.parquet

Stages: read items and interactions; encode the items' texts; split by time (or each user's last likes) and measure a
blend of scorers beside popularity and beside text alone; learn from everything; write the lists.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # its own modules, wherever it is started from

from pipeline_data import DataMissing, Dataset, movielens, own_files, synthetic
from pipeline_lists import ListWriter, open_writer

from simengine.encoders.load import load_encoder
from simengine.errors import SimengineError, UsageError
from simengine.recommend import (
    BlendOptions,
    ContentScorer,
    Interactions,
    ItemVectors,
    ListOptions,
    PopularityScorer,
    TextRecommender,
    evaluate_recommendations,
    leave_last_out,
    relevant_items,
    split_by_time,
)
from simengine.recommend.defaults import blend_scorers, why_no_blend

MEASURES = ("nDCG@10", "Recall@20")
DEPTH = 20
USERS_PER_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run does.

    Attributes:
        split: "time" (one moment for all users), "last" (each user's last interaction), or "none" (do not measure).
        test_share: of the interactions, for a split by time.
        liked_from: rating (or weight) from which an item counts as chosen; None for all.
        places: items in each user's list.
        diversity: see `ListOptions`.
        held_out: share of the history, the latest, that the blend's weights are learned from; 0.3 was best on the
            validation part of MovieLens 100K (benchmarks/quality_recommend.py).
        threads: for the encoder and ALS.
    """

    split: str = "time"
    test_share: float = 0.2
    liked_from: float | None = 4.0
    places: int = 20
    diversity: float = 0.0
    held_out: float = 0.3
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.split not in ("time", "last", "none"):
            raise UsageError(f"split is {self.split!r}; expected 'time', 'last' or 'none'")
        if self.places < 1:
            raise UsageError(f"places is {self.places}; expected at least 1")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the pipeline; 0 when the lists are written, else the exit code of the error."""
    options = parser().parse_args(arguments)
    try:
        run(options)
    except DataMissing as error:
        tell(str(error))
        return 4
    except SimengineError as error:
        tell(f"error: {error}")
        return error.exit_code
    return 0


def run(options: argparse.Namespace) -> dict[str, Any]:
    """All stages; returns the report that was written beside the lists."""
    settings = Settings(
        options.split,
        options.test_share,
        options.liked_from,
        options.places,
        options.diversity,
        options.held_out,
        options.threads,
    )
    output = Path(options.output)
    writer = open_writer(output)  # an unknown suffix is refused before an hour of work
    clock = Clock()
    dataset = read(options)
    clock.done("read")
    tell(
        f"{dataset.name}: {len(dataset.documents):,} items, {len(dataset.interactions):,} interactions of "
        f"{len(dataset.interactions.user_ids):,} users"
    )
    items = encode(dataset, options)
    clock.done("encode")
    report: dict[str, Any] = {"data": dataset.name, "settings": asdict(settings)}
    if settings.split != "none":
        report["measured"] = measure(dataset, items, settings)
        clock.done("measure")
    recommender = learn(dataset.interactions, items, settings)
    clock.done("learn")
    n = write_lists(recommender, writer, settings)
    clock.done("recommend")
    report |= {
        "n_items": len(items),
        "n_interactions": len(dataset.interactions),
        "n_unknown": recommender.n_unknown,
        "n_users": n,
        "blend": None if recommender.blend is None else recommender.blend.to_dict(),
        "seconds": clock.seconds,
        "output": output.name,
    }
    beside = output.with_name(f"{output.stem}.report.json")
    beside.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    tell(f"{n:,} lists in {output}; report in {beside}")
    return report


def read(options: argparse.Namespace) -> Dataset:
    """The data set that the options name.

    Raises:
        DataMissing: MovieLens is not where it is looked for.
        DataError: a file of it cannot be used.
    """
    if options.synthetic:
        return synthetic(options.seed)
    if options.items or options.interactions:
        if not (options.items and options.interactions):
            raise UsageError("give both --items and --interactions, or neither")
        return own_files(Path(options.items), Path(options.interactions))
    return movielens()


def encode(dataset: Dataset, options: argparse.Namespace) -> ItemVectors:
    """Vectors of the items' titles and texts."""
    encoder = load_encoder(options.model, threads=options.threads, offline=options.offline)
    try:
        texts = [". ".join(part for part in (item.title, item.text) if part) for item in dataset.documents]
        vectors = encoder.encode(texts, role="passage")
    finally:
        encoder.close()
    return ItemVectors.from_vectors([item.id for item in dataset.documents], vectors)


def learn(interactions: Interactions, items: ItemVectors, settings: Settings) -> TextRecommender:
    """A blend of text, popularity and what similar users chose, with weights learned from the latest part.

    Where the history is too poor for that, text and popularity with equal weights; that is said.
    """
    blend = BlendOptions(held_out=settings.held_out)
    problem = why_no_blend(interactions, blend)
    if problem:
        tell(f"no blend is learned ({problem}): text and popularity count the same")
        scorers = [ContentScorer(), PopularityScorer()]
        weights = {scorer.name: 1.0 for scorer in scorers}
        recommender = TextRecommender(items, scorers=scorers, blend=weights, unknown_users="popular")
    else:
        scorers = blend_scorers(len(items), threads=settings.threads)
        recommender = TextRecommender(items, scorers=scorers, blend=blend, unknown_users="popular")
    recommender.fit(interactions)
    if recommender.n_unknown:
        tell(f"{recommender.n_unknown:,} interactions with items that are not in the catalogue were left out")
    if not problem and recommender.blend is not None:
        weights = recommender.blend.weights
        tell("blend: " + "  ".join(f"{name} {weight:.2f}" for name, weight in weights.items()))
    return recommender


def measure(dataset: Dataset, items: ItemVectors, settings: Settings) -> dict[str, Any]:
    """How well held-out choices are foretold by the blend, by popularity and by text alone.

    Users count who chose something later that they had not had to do with, and who were there before.
    """
    interactions = dataset.interactions
    if settings.split == "time":
        earlier, later = split_by_time(interactions, settings.test_share)
    else:
        earlier, later = leave_last_out(interactions)
    relevant = relevant_items(later, earlier, at_least=settings.liked_from)
    known = {str(earlier.user_ids[user]) for user in set(earlier.users.tolist())}
    users = sorted(user for user in relevant if user in known)
    if not users:
        raise UsageError(
            "nobody can be measured: no user has both earlier interactions and later likes; give --split none, or "
            "another --test-share or --liked-from"
        )
    methods = {
        "popularity": TextRecommender(scorers=[PopularityScorer()], blend=None),
        "text": TextRecommender(scorers=[ContentScorer()], blend=None),
    }
    results: dict[str, Any] = {"n_users": len(users)}
    for name, recommender in methods.items():
        results[name] = _measured(recommender.fit(earlier, items), users, relevant, len(items))
    results["blend"] = _measured(learn(earlier, items, settings), users, relevant, len(items))
    tell(f"measured on {len(users):,} users, split by {settings.split}:")
    for name in (*methods, "blend"):
        row = results[name]
        tell(f"  {name:<11}" + "".join(f"  {measure} {row[measure]:.4f}" for measure in MEASURES))
    return results


def _measured(
    recommender: TextRecommender, users: Sequence[str], relevant: dict[str, set[str]], n_items: int
) -> dict[str, float]:
    lists, _ = recommender.recommend_batch(users, DEPTH)
    result = evaluate_recommendations(users, lists, relevant, n_items=n_items, measures=MEASURES)
    figures = {name: round(value, 4) for name, value in result.metrics.items()}
    return {**figures, "coverage@10": round(result.coverage, 4)}


def write_lists(recommender: TextRecommender, writer: ListWriter, settings: Settings) -> int:
    """A list for every user, in blocks; the file is there completely or not at all. Returns the number of users."""
    users = recommender.users.tolist()
    options = ListOptions(diversity=settings.diversity)
    with writer as out:
        for block in blocks(users, USERS_PER_BLOCK):
            ids, scores = recommender.recommend_batch(block, settings.places, options=options)
            out.write(block, ids, scores)
    return len(users)


def blocks(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """The values in runs of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


class Clock:
    """Seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def done(self, stage: str) -> None:
        """A stage ended now."""
        now = time.perf_counter()
        self.seconds[stage] = round(now - self._last, 3)
        self._last = now


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    made.add_argument("--items", metavar="FILE", help="items (.jsonl .csv .parquet): id, title, text")
    made.add_argument("--interactions", metavar="FILE", help="user, item, rating or weight, timestamp")
    made.add_argument("--synthetic", action="store_true", help="a small made-up catalogue")
    made.add_argument(
        "-o", "--output", default="lists.jsonl", help=".jsonl or .parquet (default: %(default)s)"
    )
    made.add_argument("--split", choices=["time", "last", "none"], default="time", help="how to measure")
    made.add_argument("--test-share", type=float, default=0.2, help="of a split by time")
    made.add_argument("--liked-from", type=float, default=4.0, help="rating from which an item was liked")
    made.add_argument("-n", "--places", type=int, default=20, help="items in each list")
    made.add_argument("--diversity", type=float, default=0.0, help="0 by score alone, 1 by being unlike")
    made.add_argument("--held-out", type=float, default=0.3, help="share that the blend is learned from")
    made.add_argument("-m", "--model", help="bi-encoder; default: the one that ships")
    made.add_argument("--threads", type=int)
    made.add_argument("--seed", type=int, default=0, help="of the made-up catalogue")
    made.add_argument("--offline", action="store_true", help="contact no model hub")
    return made


def tell(line: str) -> None:
    """For people, on stderr."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
