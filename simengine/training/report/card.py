"""The model card: README.md of a model folder, with the front matter that hubs read."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simengine.training.report.types import SourceReport, TrainReport

_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+")
_DEFAULT_BASE = "all-MiniLM-L6-v2"
_LONG_S = 90


@dataclass(frozen=True, slots=True)
class TaskCard:
    """A card's text for a kind of model.

    Attributes:
        what: one sentence; {base} is the base model.
        library, pipeline: their names on hubs.
        tags: for the front matter.
        usage: Python lines; {name} is the model.
    """

    what: str
    library: str
    pipeline: str
    tags: tuple[str, ...]
    usage: str


_CROSS_ENCODER_USAGE = """\
from sentence_transformers import CrossEncoder

model = CrossEncoder("{name}")
scores = model.predict([("first text", "second text")])"""
_PIPELINE_USAGE = """\
from transformers import {auto}, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("{{name}}")
model = {auto}.from_pretrained("{{name}}")"""

TASK_CARDS: Mapping[str, TaskCard] = {
    "nli": TaskCard(
        "A cross-encoder for natural language inference, fine-tuned from {base}: it reads a premise and a hypothesis "
        "together and says whether the hypothesis follows, contradicts, or neither.",
        "sentence-transformers",
        "text-classification",
        ("sentence-transformers", "cross-encoder", "natural-language-inference"),
        _CROSS_ENCODER_USAGE.replace("scores", "logits")
        .replace("first text", "premise")
        .replace("second text", "hypothesis"),
    ),
    "similarity": TaskCard(
        "A cross-encoder for graded similarity, fine-tuned from {base}: it reads two texts together and scores how "
        "much they say the same.",
        "sentence-transformers",
        "text-ranking",
        ("sentence-transformers", "cross-encoder", "semantic-textual-similarity"),
        _CROSS_ENCODER_USAGE,
    ),
    "relevance": TaskCard(
        "A cross-encoder for relevance, fine-tuned from {base}: it reads a question and a passage together and scores "
        "whether the passage answers it.",
        "sentence-transformers",
        "text-ranking",
        ("sentence-transformers", "cross-encoder", "reranker"),
        _CROSS_ENCODER_USAGE.replace("first text", "question").replace("second text", "passage"),
    ),
    "retriever": TaskCard(
        "A bi-encoder, fine-tuned from {base}: it turns texts into vectors whose cosine says how near they are in "
        "meaning.",
        "sentence-transformers",
        "sentence-similarity",
        ("sentence-transformers", "sentence-similarity", "feature-extraction"),
        'from sentence_transformers import SentenceTransformer\n\nmodel = SentenceTransformer("{name}")\n'
        'vectors = model.encode(["a text", "another text"])',
    ),
    "reader": TaskCard(
        "A reader, fine-tuned from {base}: it finds the words of a context that answer a question, or "
        "says that none do.",
        "transformers",
        "question-answering",
        ("extractive-question-answering",),
        _PIPELINE_USAGE.format(auto="AutoModelForQuestionAnswering"),
    ),
    "tagger": TaskCard(
        "A tagger, fine-tuned from {base}: it marks the entities of a text, token by token.",
        "transformers",
        "token-classification",
        ("named-entity-recognition",),
        _PIPELINE_USAGE.format(auto="AutoModelForTokenClassification"),
    ),
}

METRICS: Mapping[str, tuple[str, str]] = {
    "accuracy": ("accuracy", "Accuracy"),
    "macro_f1": ("f1", "Macro F1"),
    "weighted_f1": ("f1", "Weighted F1"),
    "f1": ("f1", "F1"),
    "precision": ("precision", "Precision"),
    "recall": ("recall", "Recall"),
    "exact_match": ("exact_match", "Exact match"),
    "spearman": ("spearmanr", "Spearman"),
    "pearson": ("pearsonr", "Pearson"),
    "map": ("map", "MAP"),
    "mrr": ("mrr", "MRR"),
}
"""Metric to its identifier on hubs and its human-readable name."""


def model_card(report: TrainReport, *, pictures: Sequence[str] = ()) -> str:
    """The card as Markdown.

    Args:
        report: of the run.
        pictures: names of PNG files next to the card.
    """
    parts = [
        f"---\n{front_matter(report)}\n---",
        f"# {report.name}",
        *_what_it_is(report),
        *_usage(report),
        *_figures(report),
        *[f"![{name.removesuffix('.png').replace('_', ' ')}]({name})" for name in pictures],
        *_data(report),
        *_making(report),
        *_limits(report),
    ]
    return "\n\n".join(parts) + "\n"


def front_matter(report: TrainReport) -> str:
    """The YAML block that hubs read, without its fences."""
    from huggingface_hub import EvalResult, ModelCardData

    card = TASK_CARDS[report.task]
    results = [
        EvalResult(
            task_type=card.pipeline,
            dataset_type=re.sub(r"[^\w.-]+", "-", name).strip("-").lower() or "data",
            dataset_name=name,
            metric_type=METRICS.get(metric, (metric, metric))[0],
            metric_name=METRICS.get(metric, (metric, metric))[1],
            metric_value=round(float(value), 4),
        )
        for name, metric, value in _values(report)
        if metric in METRICS
    ]
    data = ModelCardData(
        language=list(report.languages) or None,
        license=report.licence or None,
        library_name=card.library,
        pipeline_tag=card.pipeline,
        tags=[*card.tags, "simengine"],
        base_model=hub_id(report.base),
        metrics=sorted({result.metric_type for result in results}) or None,
        model_name=report.name,
        eval_results=results or None,
    )
    return str(data.to_yaml())


def hub_id(base: str) -> str | None:
    """The name of the base model on a hub; None for a folder, which is meaningless elsewhere."""
    if base == _DEFAULT_BASE:
        return f"sentence-transformers/{_DEFAULT_BASE}"
    return base if _HUB_ID.fullmatch(base) and not base.startswith((".", "~")) else None


def _values(report: TrainReport) -> Iterator[tuple[str, str, float]]:
    """(set, metric, value) of all numeric metrics."""
    for sets in (report.dev, report.test):
        for name, metrics in sets.items():
            for metric, value in metrics.items():
                if isinstance(value, (int, float)) and math.isfinite(value):
                    yield name, metric, value


def _what_it_is(report: TrainReport) -> Iterator[str]:
    if report.description:
        yield report.description
    text = TASK_CARDS[report.task].what.format(base=report.base)
    facts = []
    if report.labels:
        facts.append(f"labels, in this order: {', '.join(report.labels)}")
    if report.max_tokens:
        facts.append(f"at most {report.max_tokens:,} tokens per input, the rest is cut off")
    if report.n_parameters:
        facts.append(f"{report.n_parameters:,} parameters, of which {report.n_trainable:,} were trained")
    yield text
    if facts:
        yield "\n".join(f"- {fact[0].upper()}{fact[1:]}." for fact in facts)


def _usage(report: TrainReport) -> Iterator[str]:
    yield "## Use"
    yield f"```python\n{TASK_CARDS[report.task].usage.format(name=report.name)}\n```"


def _figures(report: TrainReport) -> Iterator[str]:
    yield "## Figures"
    if not report.dev and not report.test:
        yield "None: the run had no dev data."
        return
    for title, sets in (
        ("the checkpoint was chosen on these", report.dev),
        ("not used in training", report.test),
    ):
        if sets:
            names = list(dict.fromkeys(metric for metrics in sets.values() for metric in metrics))
            rows = [
                [name, *(_figure(metrics.get(metric)) for metric in names)] for name, metrics in sets.items()
            ]
            head = ["set", *(METRICS.get(metric, ("", metric))[1] for metric in names)]
            yield f"{title[0].upper()}{title[1:]}:\n\n" + table(head, rows)
    for name, details in report.details.items():
        if classes := details.get("classes"):
            keys = ("precision", "recall", "f1")
            rows = [[c["label"], *(_figure(c[key]) for key in keys), f"{c['support']:,}"] for c in classes]
            yield f"Classes of {name}:\n\n" + table(["label", "precision", "recall", "F1", "support"], rows)


def _figure(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return ""
    return (
        f"{value:,}" if isinstance(value, int) or (value.is_integer() and abs(value) > 1) else f"{value:.4f}"
    )


def _data(report: TrainReport) -> Iterator[str]:
    yield "## Data"
    rows = [_source_row(source) for source in report.sources]
    yield table(["data", "used as", "rows", "licence as stated", "sha256"], rows) if rows else "None."
    dropped = [
        f"- {source.name} ({source.role}): {number:,} rows left out: {reason}"
        for source in report.sources
        for reason, number in source.n_dropped.items()
        if number
    ]
    if dropped:
        yield "\n".join(dropped)
    yield _leakage(report.leakage)


def _source_row(source: SourceReport) -> list[str]:
    name = f"[{source.name}]({source.url})" if source.url else source.name
    return [
        name,
        source.role,
        f"{source.n_rows:,}",
        source.licence or "none stated",
        f"`{source.sha256[:12]}`",
    ]


def _leakage(leakage: Mapping[str, Any] | None) -> str:
    if not leakage:
        return "Training rows were not compared with other sets."
    n_leaked, n_train = leakage.get("leaked_train_rows"), leakage.get("train_rows")
    names = [str(one.get("name")) for one in leakage.get("sets", ())]
    what = {
        "drop": "They were left out",
        "refuse": "The run would have been refused",
        "report": "They were kept",
    }
    options = leakage.get("options") or {}
    action = what.get(str(options.get("action")), "") if n_leaked else ""
    compared = (
        f"Training rows were compared with {', '.join(names)}" if names else "Training rows were compared"
    )
    found = f": {n_leaked:,} of {n_train:,} appear there, too." if isinstance(n_leaked, int) else "."
    return f"{compared}{found}" + (f" {action}." if action else "")


def _making(report: TrainReport) -> Iterator[str]:
    yield "## How it was made"
    lines = [f"- Seed {report.seed}, finished {report.finished}."]
    if "train_s" in report.timings:
        lines.append(f"- Training took {_duration(report.timings['train_s'])}.")
    if report.steps:
        kept = f", the weights of step {report.best_step:,} were kept" if report.best_step else ""
        lines.append(
            f"- {report.steps:,} optimiser steps{kept}" + (f" (by {report.metric})." if kept else ".")
        )
    lines.append(
        "- Machine: " + "; ".join(f"{name} {_shown(value)}" for name, value in report.machine.items()) + "."
    )
    lines.append(
        "- Versions: " + ", ".join(f"{name} {value}" for name, value in report.versions.items()) + "."
    )
    yield f"```sh\n{report.command}\n```"
    yield "\n".join(lines)
    recipe = json.dumps(report.to_dict()["recipe"], indent=1, ensure_ascii=False)
    yield f"<details><summary>Recipe</summary>\n\n```json\n{recipe}\n```\n\n</details>"


def _limits(report: TrainReport) -> Iterator[str]:
    yield "## Limits"
    given = list(report.limits)
    if report.languages:
        given.append(f"Made and measured on texts in: {', '.join(report.languages)}.")
    else:
        given.append("The languages of its training data are not stated.")
    unlicensed = sorted(
        {source.name for source in report.sources if source.role == "train" and not source.licence}
    )
    if unlicensed:
        given.append(f"Some training data states no licence: {', '.join(unlicensed)}.")
    yield "\n".join(f"- {sentence}" for sentence in given)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; characters that would end a cell are escaped."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _duration(seconds: float) -> str:
    if seconds < _LONG_S:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < _LONG_S else f"{minutes // 60} h {minutes % 60} min"
