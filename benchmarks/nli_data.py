"""Write the training pairs of the shipped NLI models that are derived from other shapes, as JSON Lines.

python benchmarks/nli_data.py -o runs/nli-data

- passages_en, passages_zh: claims of the written passages. The premise is the passage; for a claim with evidence, also
  the evidence alone.
- fool_me_twice, healthver: the half of each that is trained on. The other half is measured (see `kept_for_measuring`).
- rte: "not_entailment" becomes neutral, which is right for about four rows of five.

The recipes of the shipped models name these files; SIMENGINE_DATA names the folder of the public sets.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from _training import data_or_exit

LABELS = {"supported": "entailment", "contradicted": "contradiction", "not_found": "neutral"}


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSON Lines file, compressed or not."""
    content = path.read_bytes()
    text = gzip.decompress(content) if path.suffix == ".gz" else content
    yield from map(json.loads, text.decode().splitlines())


def kept_for_measuring(premise: str) -> bool:
    """Whether pairs with this premise are kept out of training, in sets of which half is trained on."""
    return hashlib.sha256(premise.encode()).digest()[0] % 2 == 0


def passage_pairs(path: Path) -> Iterator[dict[str, str]]:
    """Claims of written passages, against the passage and against their evidence."""
    for passage in rows(path):
        for claim in passage["claims"]:
            row = {"hypothesis": claim["claim"], "label": LABELS[claim["label"]]}
            yield {"premise": passage["text"], **row}
            if claim["evidence"]:
                yield {"premise": claim["evidence"], **row}


def half(path: Path, *, measured: bool = False) -> Iterator[dict[str, str]]:
    """The half of a set that is trained on, or the other one."""
    for row in rows(path):
        if kept_for_measuring(row["premise"]) == measured:
            yield {name: row[name] for name in ("premise", "hypothesis", "label")}


def three_classes(path: Path) -> Iterator[dict[str, str]]:
    """A set of two classes, "not_entailment" as neutral."""
    for row in rows(path):
        label = "entailment" if row["label"] == "entailment" else "neutral"
        yield {"premise": row["premise"], "hypothesis": row["hypothesis"], "label": label}


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-o", "--output", type=Path, required=True)
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    data = data_or_exit()
    made = {
        **{
            f"passages_{language}_{part}": passage_pairs(
                data / "qa" / f"written_passages_{language}" / f"{part}.jsonl.gz"
            )
            for language in ("en", "zh")
            for part in ("train", "dev")
        },
        "fool_me_twice": half(data / "nli" / "fool_me_twice" / "train.jsonl.gz"),
        "fool_me_twice_measured": half(data / "nli" / "fool_me_twice" / "train.jsonl.gz", measured=True),
        "healthver": half(data / "nli" / "healthver" / "train.jsonl.gz"),
        "healthver_measured": half(data / "nli" / "healthver" / "train.jsonl.gz", measured=True),
        "rte": three_classes(data / "nli" / "rte" / "train.jsonl.gz"),
    }
    for name, pairs in made.items():
        lines = [json.dumps(pair, ensure_ascii=False) + "\n" for pair in pairs]
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
        print(f"{name}: {len(lines):,}")


if __name__ == "__main__":
    main()
