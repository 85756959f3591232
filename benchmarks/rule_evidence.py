"""Print how often the rules about two texts fire, and how often they are right, by rule and set.

python benchmarks/rule_evidence.py --part train

Rules are written on the train parts; `--part dev` confirms. SIMENGINE_DATA names the folder of the public sets.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from _training import data_or_exit
from nli_data import passage_pairs, rows

from simengine.rules.evidence import rule_evidence

MAX_ROWS = 2000
"""Of the large public sets."""


def sets_of(data: Path, part: str) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The sets with their pairs."""
    for name in ("written_en", "written_zh"):
        yield name, list(rows(data / "nli" / name / f"{part}.jsonl.gz"))
    for language in ("en", "zh"):
        path = data / "qa" / f"written_passages_{language}" / f"{part}.jsonl.gz"
        yield f"passages_{language}", list(passage_pairs(path))
    for name in ("docnli_fever", "lingnli"):
        path = data / "nli" / name / f"{part}.jsonl.gz"
        yield name, list(itertools.islice(rows(path), MAX_ROWS))
    if part == "dev":
        for language in ("en", "zh"):
            yield f"xnli_{language}", list(rows(data / "nli" / "xnli_dev" / f"dev_{language}.jsonl.gz"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=("train", "dev"), default="dev")
    part = parser.parse_args().part
    print(f"{'rule':12} {'label':13} {'set':12} {'fired':>6} {'right':>6}")
    for name, pairs in sets_of(data_or_exit(), part):
        fired: Counter[tuple[str, str]] = Counter()
        right: Counter[tuple[str, str]] = Counter()
        start = time.process_time()
        for pair in pairs:
            for evidence in rule_evidence(pair["premise"], pair["hypothesis"]):
                fired[evidence.rule, evidence.label] += 1
                right[evidence.rule, evidence.label] += evidence.label == pair["label"]
        spent_ms = 1000 * (time.process_time() - start) / len(pairs)
        for (rule, label), n in sorted(fired.items()):
            print(f"{rule:12} {label:13} {name:12} {n:6} {right[rule, label] / n:6.2f}")
        print(f"{'':26} {name:12} {len(pairs):6} pairs, {spent_ms:.2f} ms each")


if __name__ == "__main__":
    main()
