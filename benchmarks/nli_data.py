"""Write the training pairs of the shipped NLI models that are derived from other shapes, as JSON Lines.

python benchmarks/nli_data.py -o runs/nli-data

- passages_en, passages_zh: claims of the written passages. The premise is the passage; for a claim with evidence, also
  the evidence alone.
- fool_me_twice, healthver: the half of each that is trained on. The other half is measured (see `kept_for_measuring`).
- rte: "not_entailment" becomes neutral, which is right for about four rows of five.
- exchanged_en, exchanged_zh: contradictions of the written sets with premise and hypothesis exchanged.
- related: entailments, and the same premises with the hypothesis of another row as neutral, in many languages. A base
  that has never seen two texts at once learns in 200 steps of it to compare them; else its loss stays at ln 3 for long.
- generated_en, generated_zh: pairs by rule out of premises, passages and paragraphs (`simengine generate nli`). The
  rules have changed a little since the shipped model was trained.

The recipes of the shipped models name these files; SIMENGINE_DATA names the folder of the public sets.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from _training import data_or_exit

from simengine.requests.training import GenerateOptions
from simengine.training.generate.generate import generate_nli
from simengine.training.generate.lexical import wordnet_rules

PER_KIND, N_FEVER_PREMISES = {"en": 400, "zh": 290}, 600
N_RELATED, RELATED_SEED = 6400, 5
RELATED = {
    "lingnli": 1200,
    "cad_nli": 800,
    "farstail_fa": 500,
    "indonli_id": 500,
    "jnli_ja": 300,
    "klue_nli_ko": 500,
    "written_en": 1500,
    "written_zh": 2000,
    "docnli_fever": 1000,
}
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


def exchanged(path: Path) -> Iterator[dict[str, str]]:
    """Contradictions the other way round."""
    for row in rows(path):
        if row["label"] == "contradiction":
            yield {"premise": row["hypothesis"], "hypothesis": row["premise"], "label": row["label"]}


def related(nli: Path) -> Iterator[dict[str, str]]:
    """Entailments and unrelated pairs."""
    drawn = random.Random(RELATED_SEED)
    found = []
    for name, most in RELATED.items():
        kept = [row for row in rows(nli / name / "train.jsonl.gz") if row["label"] == "entailment"]
        drawn.shuffle(kept)
        kept = kept[:most]
        for place, row in enumerate(kept):
            other = kept[(place + 7) % len(kept)]["hypothesis"]
            for hypothesis, label in ((row["hypothesis"], "entailment"), (other, "neutral")):
                found.append({"premise": row["premise"], "hypothesis": hypothesis, "label": label})
    drawn.shuffle(found)
    yield from found[:N_RELATED]


def texts_of(data: Path, language: str) -> list[str]:
    """Texts that pairs are generated from."""
    found = [row["premise"] for row in rows(data / "nli" / f"written_{language}" / "train.jsonl.gz")]
    found += [row["text"] for row in rows(data / "qa" / f"written_passages_{language}" / "train.jsonl.gz")]
    if language == "en":
        claims = islice(rows(data / "nli" / "docnli_fever" / "train.jsonl.gz"), N_FEVER_PREMISES)
        return list(dict.fromkeys([*found, *(row["premise"] for row in claims)]))
    articles = json.loads(gzip.decompress((data / "qa" / "cmrc2018" / "trial.json.gz").read_bytes()))["data"]
    found += [paragraph["context"] for article in articles for paragraph in article["paragraphs"]]
    return list(dict.fromkeys(found))


def generated(data: Path, language: Literal["en", "zh"]) -> Iterator[dict[str, str]]:
    """Pairs by rule."""
    wordnet = data / "knowledge" / "open_english_wordnet"
    options = GenerateOptions(language=language, per_kind=PER_KIND[language])
    lexical = wordnet_rules(wordnet) if language == "en" else ()
    for pair in generate_nli(texts_of(data, language), options, lexical=lexical):
        yield asdict(pair)


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
        **{
            f"exchanged_{language}": exchanged(data / "nli" / f"written_{language}" / "train.jsonl.gz")
            for language in ("en", "zh")
        },
        "related": related(data / "nli"),
        "generated_en": generated(data, "en"),
        "generated_zh": generated(data, "zh"),
        "rte": three_classes(data / "nli" / "rte" / "train.jsonl.gz"),
    }
    for name, pairs in made.items():
        lines = [json.dumps(pair, ensure_ascii=False) + "\n" for pair in pairs]
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
        print(f"{name}: {len(lines):,}")


if __name__ == "__main__":
    main()
