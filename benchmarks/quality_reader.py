"""A small reader and a tagger, trained from the bundled model by simengine's own recipes.

python benchmarks/quality_reader.py                  train what is not trained yet, measure, and write
                                                     results/quality_reader.json
python benchmarks/quality_reader.py --reader FOLDER  a reader that was trained before (by the recipe minilm-reader)
python benchmarks/quality_reader.py --runs FOLDER    where runs are kept (default: simengine-runs in the system's
                                                     temporary folder); done ones are not done again
python benchmarks/quality_reader.py --no-tagger      the reader only
python benchmarks/quality_reader.py --quick          few questions and steps; prints, writes nothing

The reader has seen SQuAD's dev set but for six articles, which it is measured on, with 95 % bootstrap intervals over
questions, and on MLQA's English dev set, whose questions all have answers (TyDi QA's dev set comes without its
answers). SQuAD's rule for answers decides; the threshold for "no answer" is the one that the training run stored.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from _common import ROOT, write_result
from _training import data_or_exit, trained
from quality_qa import HELD_OUT, SQUAD

from simengine.corpus.examples import ReadingExample, read_squad, read_tagging
from simengine.cross_encoders.reader import load_reader
from simengine.cross_encoders.tagger import load_tagger
from simengine.evaluation.assessment import Assessment, assess_reading, assess_tagging
from simengine.evaluation.bootstrap import bootstrap_intervals

MLQA = "qa/mlqa_dev/dev.en.json.gz"
WNUT = "tagging/wnut17"
QUICK = 60
TAGGER: dict[str, Any] = {
    "task": "tagger",
    "max_tokens": 128,
    "train": [{"path": f"{WNUT}/train.jsonl.gz"}],
    "dev": [{"path": f"{WNUT}/dev.jsonl.gz"}],
    "optimisation": {"epochs": 4, "batch_size": 16, "learning_rate": 1e-4, "head_learning_rate": 5e-4},
    "stopping": {"evaluations": 4},
    "leakage": {"action": "drop", "held_out": [{"path": f"{WNUT}/test.jsonl.gz"}]},
}


def recipe() -> dict[str, Any]:
    """The recipe that comes with simengine, as plain values."""
    path = ROOT / "simengine" / "training" / "recipes" / "minilm-reader.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def with_intervals(assessment: Assessment) -> dict[str, Any]:
    """All figures of a result, and the intervals of its metrics."""
    intervals = {name: each.to_dict() for name, each in bootstrap_intervals(assessment.units).items()}
    return {**assessment.result.to_dict(), "intervals": intervals}


def read(reader: Any, examples: list[ReadingExample], *, answerable: bool) -> dict[str, Any]:
    """A set read; sets without impossible questions are answered always."""
    answers = reader.answers([(each.question, each.context) for each in examples], allow_none=False)
    threshold = None if answerable else reader.settings.no_answer_threshold
    return with_intervals(assess_reading(examples, answers, threshold=threshold))


def tagged(model: str, data: Path, *, quick: bool) -> dict[str, Any]:
    """WNUT-17's test set."""
    sentences = list(read_tagging(data / WNUT / "test.jsonl.gz"))[: QUICK if quick else None]
    tagger = load_tagger(model, offline=True)
    return with_intervals(
        assess_tagging(sentences, tagger.tag_sentences([each.tokens for each in sentences]))
    )


def main() -> None:
    """Train, measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=Path, default=Path(tempfile.gettempdir()) / "simengine-runs")
    parser.add_argument("--reader")
    parser.add_argument("--no-tagger", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    data = data_or_exit()
    summary: dict[str, float] = {}
    detail: dict[str, Any] = {}
    if arguments.reader is None:
        table = recipe()
        if arguments.quick:
            table["optimisation"] |= {"epochs": 0.01}
            for source in [*table["train"], *table["dev"]]:
                source["limit"] = QUICK
        run = trained(arguments.runs / ("quick-reader" if arguments.quick else "minilm-reader"), table)
        summary["reader_train_s"], model = run["train_s"], run["model"]
    else:
        model = arguments.reader
    reader = load_reader(model, offline=True)
    squad = [example for example in read_squad(data / SQUAD) if example.title in HELD_OUT]
    mlqa = list(read_squad(data / MLQA))
    for name, examples in (("squad", squad), ("mlqa_en", mlqa)):
        some = examples[: QUICK if arguments.quick else None]
        detail[name] = read(reader, some, answerable=name == "mlqa_en")
        for metric in ("exact_match", "f1"):
            summary[f"{name}_{metric}"] = detail[name][metric]
            interval = detail[name]["intervals"].get(metric)
            if interval is not None:
                summary |= {f"{name}_{metric}_{end}": interval[end] for end in ("low", "high")}
        print(name, detail[name], file=sys.stderr, flush=True)
    if not arguments.no_tagger:
        table = (
            TAGGER if not arguments.quick else {**TAGGER, "optimisation": {"epochs": 0.02, "batch_size": 16}}
        )
        run = trained(arguments.runs / ("quick-wnut17" if arguments.quick else "wnut17-tagger"), table)
        detail["wnut17"] = tagged(run["model"], data, quick=arguments.quick)
        summary |= {f"wnut17_{metric}": detail["wnut17"][metric] for metric in ("f1", "precision", "recall")}
        summary["wnut17_train_s"] = run["train_s"]
    print(summary)
    if not arguments.quick:
        print(write_result("quality_reader", summary, detail))


if __name__ == "__main__":
    main()
