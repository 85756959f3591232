"""Recommending to 1,000 users in one batch: 10,000 items, top 20, seen items left out; beside ALS of `implicit`.

python benchmarks/speed_recommend.py            measure, write results/speed_recommend.json
python benchmarks/speed_recommend.py --quick    2 turns instead of 15; prints, writes nothing

Both have learned before; both keep their users' vectors. ALS has 64 factors (the package's default is 100), ours the
384 dimensions of the encoder. Items are random directions around 300 centres (time does not depend on the texts), and
every user has about 50 items in the history. Needs `implicit` (pip install implicit); without it only ours is measured.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np
from _common import write_result

from simengine.index.threads import blas_threads
from simengine.recommend import (
    ContentScorer,
    Interactions,
    ItemKNNScorer,
    ItemVectors,
    ListOptions,
    PopularityScorer,
    ProfileOptions,
    TextRecommender,
)

N_USERS, N_ITEMS, DIMENSION, PLACES, PER_USER, FACTORS = 1_000, 10_000, 384, 20, 50, 64


def world() -> tuple[ItemVectors, Interactions]:
    """Items and histories."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((300, DIMENSION))
    kinds = rng.integers(0, len(centres), N_ITEMS)
    vectors = (centres[kinds] + 0.8 * rng.standard_normal((N_ITEMS, DIMENSION))).astype(np.float32)
    popular = 1 / np.arange(1, N_ITEMS + 1) ** 0.7
    popular /= popular.sum()
    users, chosen = [], []
    for user in range(N_USERS):
        n = int(rng.integers(PER_USER // 2, PER_USER * 3 // 2))
        users += [user] * n
        chosen += rng.choice(N_ITEMS, n, replace=False, p=popular).tolist()
    times = rng.random(len(users)) * 1e7
    return (
        ItemVectors.from_vectors(range(N_ITEMS), vectors),
        Interactions.from_arrays(np.array(users), np.array(chosen), times=times),
    )


def ours(items: ItemVectors, interactions: Interactions) -> dict[str, Callable[[], Any]]:
    """Variants of this package by name."""
    users = [str(number) for number in range(N_USERS)]
    one = TextRecommender(items, profiles=ProfileOptions(max_interests=1)).fit(interactions)
    three = TextRecommender(items).fit(interactions)
    blend = TextRecommender(
        items,
        scorers=[ContentScorer(), PopularityScorer(), ItemKNNScorer()],
        blend={"content": 0.5, "popularity": 0.5, "item-knn": 1.0},
    ).fit(interactions)
    diverse = ListOptions(diversity=0.3, collapse_cosine=0.98)
    return {
        "content_1_interest": lambda: one.recommend_batch(users, PLACES),
        "content": lambda: three.recommend_batch(users, PLACES),
        "content_diverse": lambda: three.recommend_batch(users, PLACES, options=diverse),
        "blend": lambda: blend.recommend_batch(users, PLACES),
    }


def implicit_als(interactions: Interactions) -> Callable[[], Any] | None:
    """ALS of implicit, trained; None where it is not installed."""
    if find_spec("implicit") is None:
        print("implicit is not installed: its column is left out")
        return None
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix

    columns = np.array([int(id_) for id_ in interactions.item_ids])[interactions.items]
    rows = np.array([int(id_) for id_ in interactions.user_ids])[interactions.users]
    matrix = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(N_USERS, N_ITEMS))
    with blas_threads(1):
        model = AlternatingLeastSquares(factors=FACTORS, iterations=3, random_state=0)
        model.fit(matrix, show_progress=False)
    everyone = np.arange(N_USERS)
    return lambda: model.recommend(everyone, matrix, N=PLACES)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    items, interactions = world()
    methods = ours(items, interactions)
    theirs = implicit_als(interactions)
    if theirs is not None:
        methods["implicit_als"] = theirs
    for call in methods.values():
        call()
    times: dict[str, list[float]] = {name: [] for name in methods}
    for turn in range(2 if arguments.quick else 15):
        for name in list(methods) if turn % 2 == 0 else list(methods)[::-1]:
            start = time.perf_counter()
            methods[name]()
            times[name].append(time.perf_counter() - start)
    summary: dict[str, float] = {
        f"{name}_users_per_s": round(N_USERS / statistics.median(each), 1) for name, each in times.items()
    }
    if theirs is not None:
        for key, name in (
            ("ratio_implicit", "content"),
            ("ratio_implicit_1_interest", "content_1_interest"),
            ("ratio_implicit_blend", "blend"),
        ):
            pairs = zip(times["implicit_als"], times[name], strict=True)
            summary[key] = round(statistics.median(other / own for other, own in pairs), 3)
    detail = {
        "users": N_USERS,
        "items": N_ITEMS,
        "dimension": DIMENSION,
        "places": PLACES,
        "als_factors": FACTORS,
        "seconds": {name: [round(value, 5) for value in each] for name, each in times.items()},
        "versions": {"implicit": version("implicit")} if theirs is not None else {},
    }
    print(summary)
    if not arguments.quick:
        print(write_result("speed_recommend", summary, detail))


if __name__ == "__main__":
    main()
