"""Questions for yes or no, other questions, follow-ups: are the verdicts right, and is nothing made up?

python benchmarks/quality_ask.py                 measure the shipped models, write results/quality_ask.json
python benchmarks/quality_ask.py --quick         few questions; prints, writes nothing
python benchmarks/quality_ask.py --nli FOLDER    another NLI model; prints, writes nothing
python benchmarks/quality_ask.py --language zh   one language; prints, writes nothing

Two sets: the policy probes, small corpora by another hand, each question asked of its own corpus, follow-up
questions with the questions before them (keys without "dev"); and 60 questions of the written passages' dev part,
half asked of all passages, half of a few (keys with "dev"; the thresholds were chosen on these). Chinese corpora have
the multilingual bi-encoder.

A verdict is right if it is the one of the data: yes, no, not found, or for other questions an answer from the gold
document whose quotation shares a sentence with the gold evidence.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _ask import ENCODERS, LANGUAGES, Gold, by_corpus, is_right, passages, probes
from _common import write_result
from _training import data_or_exit

from simengine import Engine, Models
from simengine.requests.ask import AnswerOptions, AskRequest
from simengine.types import Answer, Document

QUICK, DEV_QUESTIONS = 8, 60


def ask_all(engine: Engine, gold: Sequence[Gold]) -> list[tuple[Gold, Answer]]:
    """An answer to each question, as `simengine ask` gives it; those with a history one by one."""
    found = []
    for where, own in by_corpus(gold):
        options = AnswerOptions(where=where)
        alone = [each for each in own if not each.history]
        if alone:
            answers = engine.run(AskRequest.of(options, questions=tuple(each.question for each in alone)))
            found += zip(alone, answers, strict=True)
        for each in own:
            if each.history:
                request = AskRequest.of(options, questions=(each.question,), history=each.history)
                found.append((each, engine.run(request)[0]))
    return found


def measured(
    documents: Sequence[Document], gold: Sequence[Gold], language: str, nli: str | None, folder: Path
) -> tuple[list[tuple[Gold, Answer]], float]:
    """Answers to all questions, and seconds a question."""
    models = Models(encoder=ENCODERS[language], nli=nli, offline=True)
    with Engine.build(documents, folder, models=models, overwrite=True) as engine:
        engine.ask(gold[0].question)  # loads the models
        started = time.monotonic()
        answers = ask_all(engine, gold)
        return answers, (time.monotonic() - started) / len(gold)


def share(values: Sequence[bool]) -> float:
    """The mean; NaN of nothing."""
    return float(np.mean(values)) if values else float("nan")


def figures(answers: Sequence[tuple[Gold, Answer]]) -> dict[str, float]:
    """Shares of right verdicts by kind of question, and of unanswerable questions that got an answer."""
    right = [(gold, is_right(gold, answer)) for gold, answer in answers]
    impossible = [answer.verdict != "not found" for gold, answer in answers if gold.verdict == "not_found"]
    sure = [(gold, answer) for gold, answer in answers if answer.verdict != "not found" and answer.sure]
    return {
        "n": len(answers),
        "verdict_accuracy": share([ok for _, ok in right]),
        "yesno_accuracy": share([ok for gold, ok in right if gold.kind == "yesno"]),
        "wh_accuracy": share([ok for gold, ok in right if gold.kind == "wh"]),
        "followup_accuracy": share([ok for gold, ok in right if gold.history]),
        "false_answers": share(impossible),
        "not_answered": share(
            [answer.verdict == "not found" for gold, answer in answers if gold.verdict != "not_found"]
        ),
        "sure": share([answer.sure and answer.verdict != "not found" for _, answer in answers]),
        "right_where_sure": share([is_right(gold, answer) for gold, answer in sure]),
    }


def summary_of(found: dict[str, dict[str, Any]], together: dict[str, float], prefix: str) -> dict[str, float]:
    """The keys of one set: by language, and of both."""
    table = {}
    for language, values in found.items():
        for name in (
            "verdict_accuracy",
            "yesno_accuracy",
            "wh_accuracy",
            "followup_accuracy",
            "false_answers",
        ):
            table[f"{prefix}{name}_{language}"] = values[name]
    for name in ("followup_accuracy", "false_answers"):
        table[f"{prefix}{name}"] = together[name]
    return table


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nli")
    parser.add_argument("--language", choices=LANGUAGES)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    data = data_or_exit()
    chosen = [arguments.language] if arguments.language else list(LANGUAGES)
    summary: dict[str, float] = {}
    detail: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for prefix, load in (("", probes), ("dev_", _dev)):
            found, every = {}, []
            for language in chosen:
                documents, gold = load(data, language)
                if arguments.quick:
                    gold = gold[:QUICK]
                place = Path(folder) / f"{prefix}{language}"
                answers, seconds = measured(documents, gold, language, arguments.nli, place)
                every += answers
                found[language] = {**figures(answers), "seconds_a_question": seconds}
                print(f"{prefix}{language}: {json.dumps(found[language])}", flush=True)
            summary |= summary_of(found, figures(every), prefix)
            detail["dev" if prefix else "probes"] = found
    print(json.dumps(summary, indent=1))
    if arguments.nli is None and arguments.language is None and not arguments.quick:
        print(write_result("quality_ask", summary, detail))


def _dev(data: Path, language: str) -> tuple[list[Document], list[Gold]]:
    """Some of dev's questions, asked of the passages of train and dev."""
    documents, _ = passages(data, language, "train")
    others, gold = passages(data, language, "dev")
    return [*documents, *others], random.Random(0).sample(gold, min(DEV_QUESTIONS, len(gold)))


if __name__ == "__main__":
    main()
