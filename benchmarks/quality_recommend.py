"""Recommendation on MovieLens 100K, split by time: text, history and both, beside popularity, item-kNN and ALS.

python benchmarks/quality_recommend.py               measure, write results/quality_recommend.json
python benchmarks/quality_recommend.py --quick       without the veto and with fewer settings; prints, writes nothing
python benchmarks/quality_recommend.py --no-veto     everything but the veto, which needs the NLI model

The last fifth of all ratings (by time) is the test; settings of every method, ours and the baselines', are chosen on
the last fifth of what comes before. Relevant is what a user rates 4 or 5 later and had not rated before. "warm" are
users with ratings before the test; "cold items" are films without any, ranked among themselves. Films' text is title,
genres and, for 781 of 1,682, an overview. ALS is that of the package `implicit` (pip install implicit).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from itertools import product
from typing import Any

import numpy as np
from _common import write_result
from _recommend import Split, data_folder, load_documents, load_items, load_splits

from simengine.evaluation.bootstrap import percentile_interval
from simengine.recommend import (
    AlsScorer,
    BlendOptions,
    ContentScorer,
    DocumentTable,
    EaseScorer,
    ItemKNNScorer,
    ItemVectors,
    PopularityScorer,
    PreferenceOptions,
    ProfileOptions,
    RecommendationMetrics,
    TextRecommender,
    Veto,
    evaluate_recommendations,
)
from simengine.recommend.scorers.contract import Scorer
from simengine.types import Document

DEPTH = 20
Make = Callable[[], TextRecommender]
GENRE_STATEMENTS = {
    "Horror": "This is a horror film.",
    "War": "This is a war film.",
    "Crime": "This is a crime film.",
    "Children's": "This is a film for children.",
    "Romance": "This is a romance film.",
    "Sci-Fi": "This is a science fiction film.",
}


def alone(make: Callable[[], Scorer]) -> Make:
    """A recommender of one scorer."""
    return lambda: TextRecommender(scorers=[make()], blend=None)


def knn(neighbours: int, use: Any) -> Scorer:
    """Item-kNN."""
    return ItemKNNScorer(neighbours=neighbours, use=use)


def als(factors: int, regularisation: float, alpha: float, use: Any) -> Scorer:
    """ALS of implicit."""
    return AlsScorer(factors=factors, regularisation=regularisation, alpha=alpha, use=use)


def settings(quick: bool) -> dict[str, dict[str, Make]]:
    """Method to setting to recommender; one setting of each method is chosen on the validation part."""
    grid: dict[str, dict[str, Make]] = {
        "popularity": {count: alone(lambda c=count: PopularityScorer(count=c)) for count in ("all", "liked")},
        "recent_popularity": {
            f"half_life_days={days} count={count}": alone(
                lambda d=days, c=count: PopularityScorer(half_life_days=d, count=c)
            )
            for days, count in product((7, 15, 30, 60), ("all", "liked"))
        },
        "item_knn": {
            f"neighbours={n} use={use}": alone(lambda n=n, u=use: knn(n, u))
            for n, use in product((50, 200) if quick else (20, 50, 100, 200, 500), ("all", "liked"))
        },
    }
    if find_spec("implicit") is not None:
        shapes = [(32, 10.0, 1.0)] if quick else product((16, 32, 64, 128), (0.05, 3.0, 10.0), (1.0, 5.0))
        grid["als"] = {
            f"factors={f} regularisation={r} alpha={a} use={use}": alone(lambda s=(f, r, a, use): als(*s))
            for (f, r, a), use in product(shapes, ("all", "liked"))
        }
    interests = ((1, 0.2, 0.0),) if quick else product((1, 3, 5), (0.0, 0.3), (0.0, 0.5))
    grid["content"] = {
        f"max_interests={c} dislike_weight={d} seen_bonus={b}": (
            lambda c=c, d=d, b=b: TextRecommender(
                profiles=ProfileOptions(max_interests=c, dislike_weight=d),
                preferences=PreferenceOptions(seen_bonus=b),
            )
        )
        for c, d, b in interests
    }
    return grid


def blends(quick: bool, best_knn: str, best_als: str | None) -> dict[str, dict[str, Make]]:
    """Learned blends: text and history, and ALS too; each without text for comparison. The parts have the settings
    that are best alone."""
    knn_setting = dict(part.split("=") for part in best_knn.split())
    grid: dict[str, dict[str, Make]] = {}

    def parts(days: float, with_ease: bool, with_als: bool, with_text: bool) -> list[Scorer]:
        chosen: list[Scorer] = [
            *([ContentScorer()] if with_text else []),
            PopularityScorer(),
            PopularityScorer(half_life_days=days, name="recent-popularity"),
            knn(int(knn_setting["neighbours"]), knn_setting["use"]),
        ]
        if with_ease:
            chosen.append(EaseScorer(use="liked"))
        if with_als and best_als is not None:
            values = dict(part.split("=") for part in best_als.split())
            shape = int(values["factors"]), float(values["regularisation"]), float(values["alpha"])
            chosen.append(als(*shape, values["use"]))
        return chosen

    kinds = [("engine", False, True), ("engine_without_text", False, False)]
    kinds += [("engine_als", True, True), ("engine_als_without_text", True, False)] if best_als else []
    for name, with_als, with_text in kinds:
        grid[name] = {
            f"half_life_days={days} ease={ease} held_out={held}": (
                lambda d=days, e=ease, h=held, a=with_als, t=with_text: TextRecommender(
                    scorers=parts(d, e, a, t), blend=BlendOptions(held_out=h)
                )
            )
            for days, ease, held in (
                [(15, True, 0.15)] if quick else product((15, 30), (False, True), (0.15, 0.3))
            )
        }
    return grid


def judged(
    make: Make, split: Split, items: ItemVectors
) -> tuple[RecommendationMetrics, dict[str, float], Any]:
    """Warm users, seconds of each stage, and the recommender."""
    start = time.perf_counter()
    recommender = make().fit(split.earlier, items)
    fitted = time.perf_counter()
    lists, _ = recommender.recommend_batch(split.warm, DEPTH)
    done = time.perf_counter()
    result = evaluate_recommendations(split.warm, lists, split.relevant, n_items=len(items))
    seconds = {"fit_s": round(fitted - start, 3), "recommend_s": round(done - fitted, 4)}
    return result, seconds, recommender


def cold_items(recommender: TextRecommender, split: Split) -> dict[str, Any] | None:
    """Films without earlier ratings, ranked among themselves for warm users who liked one later."""
    cold = set(split.cold_items)
    relevant = {user: split.relevant[user] & cold for user in split.warm if split.relevant[user] & cold}
    if not relevant:
        return None
    users = sorted(relevant)
    lists, _ = recommender.recommend_batch(users, DEPTH, items=split.cold_items)
    result = evaluate_recommendations(users, lists, relevant, n_items=len(cold))
    return {**result.to_dict(), "n_cold_items": len(cold)}


def chosen_on_validation(
    grid: Mapping[str, Mapping[str, Make]], split: Split, items: ItemVectors
) -> dict[str, tuple[str, Make, dict[str, float]]]:
    """The best setting of each method by nDCG@10, with the values of all its settings."""
    best = {}
    for method, makes in grid.items():
        values = {name: judged(make, split, items)[0].metrics["nDCG@10"] for name, make in makes.items()}
        name = max(values, key=lambda each: values[each])
        print(f"validation  {method:<24} {values[name]:.4f}  {name}", flush=True)
        best[method] = name, makes[name], {key: round(value, 4) for key, value in values.items()}
    return best


def gain(ours: RecommendationMetrics, other: RecommendationMetrics) -> dict[str, Any]:
    """Mean difference of nDCG@10 and its bootstrap interval over users."""
    users = sorted(ours.per_user)
    differences = np.array([ours.per_user[u]["nDCG@10"] - other.per_user[u]["nDCG@10"] for u in users])
    rng = np.random.default_rng(0)
    means = differences[rng.integers(0, len(users), (2_000, len(users)))].mean(axis=1)
    interval = percentile_interval(means, 0.95)
    return {
        "mean": round(float(differences.mean()), 4),
        "low": None if interval is None else round(interval.low, 4),
        "high": None if interval is None else round(interval.high, 4),
    }


def veto_violations(
    recommender: TextRecommender, documents: Sequence[Document], users: Sequence[str]
) -> dict[str, Any]:
    """Top-10 places that hold a film of a refused genre, before and after the veto; genres are the data's own labels.

    The text of a film names its genres among its sentences, so what is measured is whether inference reads them.
    """
    from simengine.cross_encoders.nli import NLIModel

    genres = {document.id: set(document.metadata["genres"]) for document in documents}  # type: ignore[arg-type]
    source, model, table = DocumentTable(documents), NLIModel.load(None, offline=True), {}
    plain, _ = recommender.recommend_batch(users, 10)
    for genre, statement in GENRE_STATEMENTS.items():
        veto = Veto(model, source, refuse=[statement])
        start = time.perf_counter()
        kept, _ = recommender.recommend_batch(users, 10, veto=veto)
        spent = time.perf_counter() - start
        before = np.array([[genre in genres[id_] for id_ in row] for row in plain])
        after = np.array(
            [[genre in genres[id_] for id_ in row if id_] for row in kept if row[0]], dtype=object
        )
        n_after = sum(sum(map(bool, row)) for row in after)
        shown, wrong = set(plain.ravel()), 0
        refused = {id_ for id_ in shown if veto.is_known(id_) and veto.refused([id_])[0]}
        wrong = sum(genre not in genres[id_] for id_ in refused)
        table[genre] = {
            "violations_before": int(before.sum()),
            "violations_after": int(n_after),
            "refused_of_shown": len(refused),
            "refused_without_the_genre": int(wrong),
            "n_judged": veto.n_judged,
            "veto_s": round(spent, 2),
        }
        print(f"veto  {genre:<12} {table[genre]}", flush=True)
    model.close()
    return table


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--no-veto", action="store_true")
    arguments = parser.parse_args()
    folder = data_folder()
    documents = load_documents(folder)
    items, encode_s = load_items(documents)
    splits = load_splits(folder, items)
    validation, test = splits["validation"], splits["test"]
    best = chosen_on_validation(settings(arguments.quick), validation, items)
    best_als = best["als"][0] if "als" in best else None
    best |= chosen_on_validation(blends(arguments.quick, best["item_knn"][0], best_als), validation, items)
    results, detail = {}, {}
    fitted = {}
    for method, (name, make, values) in best.items():
        results[method], seconds, fitted[method] = judged(make, test, items)
        blend = fitted[method].blend
        detail[method] = {
            "setting": name,
            "validation_ndcg10": values,
            "test": results[method].to_dict(),
            "test_cold_items": cold_items(fitted[method], test),
            "stages": seconds,
            **({"blend": blend.to_dict()} if blend is not None else {}),
        }
        print(
            f"test  {method:<24} {results[method].to_dict()}  cold {detail[method]['test_cold_items']}",
            flush=True,
        )
    pairs = [
        ("gain_over_popularity_ndcg10", "engine", "popularity"),
        ("gain_over_itemknn_ndcg10", "engine", "item_knn"),
    ]
    pairs += [("gain_over_recent_popularity_ndcg10", "engine", "recent_popularity")]
    pairs += [("gain_of_text_ndcg10", "engine", "engine_without_text")]
    pairs += [("gain_blend_over_als_ndcg10", "engine_als", "als")] if best_als else []
    gains = {key: gain(results[ours], results[other]) for key, ours, other in pairs}
    summary: dict[str, float] = {key: value["mean"] for key, value in gains.items()}
    for method, result in results.items():
        summary[f"{method}_ndcg10"] = round(result.metrics["nDCG@10"], 4)
        summary[f"{method}_recall20"] = round(result.metrics["Recall@20"], 4)
        summary[f"{method}_coverage10"] = round(result.coverage, 4)
    summary |= {
        "n_warm_users": len(test.warm),
        "n_cold_items": len(test.cold_items),
        "encode_s": round(encode_s, 2),
    }
    detail |= {"gains": gains, "random_cold_items": random_cold(test)}
    if not (arguments.quick or arguments.no_veto):
        detail["veto"] = veto_violations(fitted["engine"], documents, test.warm)
        for when in ("before", "after"):
            summary[f"veto_violations_{when}"] = sum(
                each[f"violations_{when}"] for each in detail["veto"].values()
            )
    print(summary)
    if not arguments.quick:
        print(write_result("quality_recommend", summary, detail))


def random_cold(split: Split) -> dict[str, Any] | None:
    """Cold items in random order, the mean of 200 draws: what chance gives."""
    cold, rng, values = set(split.cold_items), np.random.default_rng(0), []
    relevant = {user: split.relevant[user] & cold for user in split.warm if split.relevant[user] & cold}
    if not relevant:
        return None
    users = sorted(relevant)
    for _ in range(200):
        lists = np.array([rng.permutation(split.cold_items)[:DEPTH] for _ in users], object)
        values.append(evaluate_recommendations(users, lists, relevant, n_items=len(cold)).metrics)
    return {name: round(float(np.mean([each[name] for each in values])), 4) for name in values[0]}


if __name__ == "__main__":
    main()
