"""The runs of train_options.py that need more than a recipe: data made for them, teachers, few-shot models.

Everything that is made lies in the folder of the runs, and is made once.
"""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from _training import trained

from simengine.corpus.examples import LabelledPair, Triplet, example_record, read_nli, read_relevance
from simengine.cross_encoders.nli import NLIModel
from simengine.encoders.load import load_encoder
from simengine.evaluation.assessment import assess_answer_selection, assess_nli
from simengine.evaluation.pair_models import BiEncoderScorer
from simengine.models.resolve import resolve_model
from simengine.training.augment import AugmentOptions, augment_pairs
from simengine.training.fewshot import FewShotExample, FewShotSettings, choose_examples, train_few_shot
from simengine.training.mining import MiningOptions, mine_hard_negatives
from simengine.training.recipe_file import recipe_from_dict
from simengine.training.tasks import load_task

SEEDS = (13, 14, 15)
PER_CLASS = 8
TAUGHT_LAYERS = (0, 2, 4)
GUARD = "minilm-nli"
PASSAGES_PER_PAIR = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where runs lie, and how large they are.

    Attributes:
        runs: folder.
        data: folder of the data sets.
        limit: training rows.
        epochs: of every run that is not about epochs.
        dev: further keys of dev sources.
    """

    runs: Path
    data: Path
    limit: int
    epochs: int
    dev: dict[str, Any]

    def made(self, name: str, records: Callable[[], Iterable[Mapping[str, Any]]]) -> str:
        """The path of a file of records, which are made and written if it is not there."""
        path = self.runs / "made" / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records())
            path.with_suffix(".part").write_text(text, encoding="utf-8")
            path.with_suffix(".part").rename(path)
        return str(path)


def nli_recipe(place: Place, **changes: Any) -> dict[str, Any]:
    """The baseline of cross-encoders: three classes on SICK."""
    recipe = {
        "task": "nli",
        "train": [{"path": "nli/sick/train.jsonl.gz", "limit": place.limit}],
        "dev": [{"path": "nli/sick/dev.jsonl", **place.dev}],
        "optimisation": {"epochs": place.epochs, "batch_size": 32, "learning_rate": 8e-5},
        "stopping": {"evaluations": 3},
        "leakage": {"action": "drop"},
    }
    return merged(recipe, changes)


def retriever_recipe(place: Place, **changes: Any) -> dict[str, Any]:
    """The baseline of bi-encoders: graded similarity on STS-B."""
    recipe = {
        "task": "retriever",
        "train": [{"path": "similarity/stsb/train.jsonl.gz", "limit": place.limit}],
        "dev": [{"path": "similarity/stsb/dev.jsonl.gz", **place.dev}],
        "optimisation": {"epochs": place.epochs, "batch_size": 32, "learning_rate": 5e-5},
        "stopping": {"evaluations": 3},
        "leakage": {"action": "drop"},
    }
    return merged(recipe, changes)


def merged(recipe: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The recipe with keys set; tables keep the keys that are not named."""
    both = dict(recipe)
    for key, value in changes.items():
        known = both.get(key)
        both[key] = {**known, **value} if isinstance(known, dict) and isinstance(value, dict) else value
    return both


def lingnli_rows(place: Place) -> str:
    """LingNLI's rows, whole premises at a time, so that there are triplets among them."""

    def rows() -> Iterable[dict[str, Any]]:
        by_premise: dict[str, list[LabelledPair]] = {}
        for pair in read_nli(place.data / "nli/lingnli/train.jsonl.gz"):
            by_premise.setdefault(pair.text1, []).append(pair)
        premises = [own for own in by_premise.values() if len({pair.label for pair in own}) == 3]
        random.Random(SEEDS[0]).shuffle(premises)
        chosen = [pair for own in premises for pair in own][: place.limit]
        return ({"premise": pair.text1, "hypothesis": pair.text2, "label": pair.label} for pair in chosen)

    return place.made("lingnli.jsonl", rows)


def small_base(place: Place) -> str:
    """all-MiniLM-L6-v2 with every other layer left out."""
    folder = place.runs / "made" / "three-layers"
    if not folder.exists():
        import torch
        from transformers import AutoModel, AutoTokenizer

        source = resolve_model(None, offline=True).path
        model = AutoModel.from_pretrained(source, dtype=torch.float32, trust_remote_code=False)
        model.encoder.layer = torch.nn.ModuleList([model.encoder.layer[i] for i in TAUGHT_LAYERS])
        model.config.num_hidden_layers = len(TAUGHT_LAYERS)
        part = folder.with_name("three-layers.part")
        shutil.rmtree(part, ignore_errors=True)
        model.save_pretrained(part)
        AutoTokenizer.from_pretrained(source, trust_remote_code=False).save_pretrained(part)
        part.rename(folder)
    return str(folder)


SILVER_CONFIDENCE = 0.5
"""A model of 1,000 rows and two epochs is hardly ever sure; one of 64 rows never is, and then any pair is taken."""
SURE_ROWS = 1_000


def silver_pairs(place: Place) -> str:
    """As many new SICK pairs as there are given ones, labelled by the baseline where it is sure."""

    def records() -> Iterable[Mapping[str, Any]]:
        recipe = recipe_from_dict(nli_recipe(place), "baseline")
        gold = load_task(recipe).read(recipe.train[0]).examples
        judge = NLIModel.load(str(place.runs / "baseline" / "model"), offline=True)
        confidence = SILVER_CONFIDENCE if place.limit >= SURE_ROWS else 0.0
        options = AugmentOptions(min_confidence=confidence, max_pairs=place.limit)
        return map(
            example_record, augment_pairs(gold, load_encoder(None, offline=True), judge, options).pairs
        )

    return place.made("silver.jsonl", records)


def sick_rows(place: Place, split: str) -> list[LabelledPair]:
    """All of a split of SICK, or of its beginning where dev is limited."""
    name = {"train": "train.jsonl.gz", "dev": "dev.jsonl"}[split]
    rows = list(read_nli(place.data / "nli/sick" / name))
    return rows[: place.dev.get("limit")] if split == "dev" else rows


def few_shot(place: Place, *, warm_up: bool) -> dict[str, Any]:
    """A few-shot model of 8 examples a class, with or without its contrastive warm-up; the mean of three draws."""
    dev = sick_rows(place, "dev")
    train = [FewShotExample(pair.text1, pair.label or "", pair.text2) for pair in sick_rows(place, "train")]
    found = []
    for seed in SEEDS:
        folder = place.runs / f"few-shot{'' if warm_up else '-cold'}-{seed}"
        shutil.rmtree(folder, ignore_errors=True)
        settings = FewShotSettings(per_class=PER_CLASS, seed=seed, epochs=1.0 if warm_up else 0.0)
        began = time.monotonic()
        model = train_few_shot(train, folder, settings=settings, offline=True)
        train_s = time.monotonic() - began
        probabilities = model.predict_proba([(pair.text1, pair.text2) for pair in dev])
        figures = assess_nli(dev, probabilities, model.labels).result.to_dict()
        found.append({**figures, "train_s": train_s})
    return mean_of(found)


def few_fine_tuned(place: Place) -> dict[str, Any]:
    """A plain fine-tune of a cross-encoder on the same 8 examples a class; the mean of the same three draws."""
    rows = [FewShotExample(pair.text1, pair.label or "", pair.text2) for pair in sick_rows(place, "train")]
    found = []
    for seed in SEEDS:
        chosen = choose_examples(rows, PER_CLASS, seed)
        records = [{"premise": row.text, "hypothesis": row.text2, "label": row.label} for row in chosen]
        run = trained(
            place.runs / f"few-plain-{seed}",
            nli_recipe(
                place,
                train=[{"path": place.made(f"few-{seed}.jsonl", partial(list, records))}],
                optimisation={"epochs": 20, "batch_size": 8, "learning_rate": 5e-5},
                stopping={"evaluations": 1},
                seed=seed,
            ),
        )
        found.append({**next(iter(run["dev"].values())), "train_s": run["train_s"]})
    return mean_of(found)


def mean_of(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Figures and time averaged over runs; every run's macro-F1 beside them."""
    names = ("accuracy", "macro_f1", "weighted_f1", "train_s")
    figures = {name: sum(run[name] for run in runs) / len(runs) for name in names}
    return {**figures, "macro_f1_of_draws": [run["macro_f1"] for run in runs]}


def negatives(place: Place, kind: str) -> dict[str, Any]:
    """A retriever of WikiQA's answers with "random", "near" or "guarded" negatives, judged by MAP and MRR on dev."""
    path = place.made(f"{kind}-negatives.jsonl", lambda: map(example_record, _triplets(place, kind)))
    run = trained(
        place.runs / f"{kind}-negatives",
        retriever_recipe(
            place,
            train=[{"path": path, "kind": "triplets"}],
            dev=[],
            optimisation={"learning_rate": 3e-5},
        ),
    )
    dev = list(read_relevance(place.data / "qa/wikiqa/dev.jsonl.gz"))
    scorer = BiEncoderScorer(load_encoder(run["model"], offline=True), relevance=True)
    result: Any = assess_answer_selection(
        dev, scorer.scores([(pair.text1, pair.text2) for pair in dev])
    ).result
    return {name.lower(): value for name, value in result.metrics.items()} | {"train_s": run["train_s"]}


def _triplets(place: Place, kind: str) -> list[Triplet]:
    """One for each pair; a random negative where none was mined, so that all kinds train on as many rows."""
    rows = list(read_relevance(place.data / "qa/wikiqa/train.jsonl.gz"))
    pairs = [(row.text1, row.text2) for row in rows if row.score == 1.0][: place.limit]
    corpus = list(dict.fromkeys(row.text2 for row in rows))[: PASSAGES_PER_PAIR * place.limit]
    answers: dict[str, set[str]] = {}
    for question, answer in pairs:
        answers.setdefault(question, set()).add(answer)
    rng = random.Random(SEEDS[0])
    drawn = []
    for number, (question, answer) in enumerate(pairs, 1):
        other = rng.choice(corpus)
        while other in answers[question]:
            other = rng.choice(corpus)
        drawn.append(Triplet(question, answer, other, "random", number))
    if kind == "random":
        return drawn
    judge = NLIModel.load(GUARD, offline=True) if kind == "guarded" else None
    mined = mine_hard_negatives(
        pairs,
        load_encoder(None, offline=True),
        corpus=corpus,
        judge=judge,
        options=MiningOptions(candidates=5),
    )
    found = {negative.triplet.line: negative.triplet for negative in mined.negatives}
    return [found.get(triplet.line, triplet) for triplet in drawn]
