"""Extractive reading comprehension, with questions that a context does not answer."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from simengine.corpus.examples import ReadCount, ReadingExample, read_squad
from simengine.cross_encoders.reader import CONFIG_KEY, Reader, ReaderSettings
from simengine.cross_encoders.reading_windows import ReadingWindow, reading_windows, token_span
from simengine.cross_encoders.token_model import TokenModel
from simengine.errors import DataError, UsageError
from simengine.evaluation.answer_text import MatchName
from simengine.evaluation.predictors import ReadingPrediction
from simengine.evaluation.reading import best_threshold, evaluate_reading, reading_table
from simengine.text.scripts import count_chinese
from simengine.training import sources
from simengine.training.tasks.contract import Part, TrainerParts
from simengine.training.tasks.token_trainer import (
    Batch,
    TokenLoss,
    TokenTask,
    load_pretrained,
    refuse_options,
    token_trainer,
)

if TYPE_CHECKING:
    from simengine.training.recipe import DataSource, Recipe

NO_GOLD = "no gold answer"
_TARGETS = ("start_positions", "end_positions")
_log = logging.getLogger(__name__)


class ReaderTask(TokenTask[ReadingExample]):
    """A model with a start and an end logit for every token, trained by transformers' Trainer.

    Long contexts are read in overlapping windows; a window that does not hold the answer, and every window of a
    question that has none, is trained towards the [CLS] token. From when on "no answer" is said is found on dev.
    """

    name: ClassVar[str] = "reader"
    metric: ClassVar[str] = "f1"

    def read(self, source: DataSource) -> Part[ReadingExample]:
        """As in the contract. Questions without answers that are not marked impossible are left out and counted."""
        sources.kind_of(source, self.name, "reading")
        count = ReadCount()

        def usable() -> Iterator[ReadingExample]:
            for example in read_squad(source.path, count=count):
                if example.answers or example.impossible:
                    yield example
                else:
                    count.reasons[NO_GOLD] = count.reasons.get(NO_GOLD, 0) + 1

        return sources.make_part(source, usable(), self._seed, count)

    def load_model(self, recipe: Recipe, folder: Path, labels: tuple[str, ...]) -> Any:
        refuse_options(recipe, self.name, classes=False)
        model = load_pretrained(folder, "ForQuestionAnswering", {"num_labels": 2})
        _set(model, ReaderSettings(recipe.max_tokens, recipe.max_tokens // 3, no_answer_threshold=None))
        return model

    def trainer(
        self, recipe: Recipe, model: Any, train: Sequence[Part[ReadingExample]], parts: TrainerParts
    ) -> Any:
        from transformers import DataCollatorWithPadding

        settings = ReaderSettings.of_config(model.config)
        rows = [row for part in train for row in training_rows(part, model.tokenizer, settings)]
        # A start of 0 is the [CLS] token.
        lengths = [row[_TARGETS[1]] - row[_TARGETS[0]] + 1 for row in rows if row[_TARGETS[0]]]
        # Answers may be longer than usual, as in languages with a token a character.
        longest = max(settings.max_answer_tokens, int(np.quantile(lengths or [1], 0.99)))
        hopeless = any(example.impossible for part in train for example in part.examples)
        _set(
            model,
            replace(settings, max_answer_tokens=longest, no_answer_threshold=0.0 if hopeless else None),
        )
        collator = DataCollatorWithPadding(model.tokenizer)
        return token_trainer(
            recipe, model, rows, collator, TokenLoss(_TARGETS, span_loss, _span_logits), parts
        )

    def evaluate(self, recipe: Recipe, model: Any, part: Part[ReadingExample]) -> dict[str, float]:
        """Exact match and F1 in [0, 1] at the threshold that is best for this part's F1.

        The threshold that is best for all dev parts together, each as it was judged last, goes into the model.
        """
        examples = part.examples
        reader = Reader(TokenModel(model, model.tokenizer))
        answers = reader.answers([(e.question, e.context) for e in examples], allow_none=False)
        predictions = [ReadingPrediction(a.text, a.score, a.no_answer_score, a.start, a.end) for a in answers]
        match = _match_of(examples)
        table = reading_table(examples, predictions, threshold=None, match=match)
        silent, gain = table.silent[:, 1], table.answered[:, 1] - table.silent[:, 1]
        judged: dict[str, Any] = model.__dict__.setdefault("simengine_judged", {})
        judged[part.name] = (silent, gain, table.no_answer_scores)
        everything = best_threshold(
            *(np.concatenate(column) for column in zip(*judged.values(), strict=True))
        )
        _set(model, replace(ReaderSettings.of_config(model.config), no_answer_threshold=everything.threshold))
        own = best_threshold(silent, gain, table.no_answer_scores)
        result = evaluate_reading(examples, predictions, threshold=own.threshold, match=match)
        metrics = {"f1": result.f1, "exact_match": result.exact_match}
        if result.answerable is not None:
            metrics["answerable_f1"] = result.answerable.f1
        if result.unanswerable is not None:
            metrics["unanswerable_f1"] = result.unanswerable.f1
        return metrics


def _set(model: Any, settings: ReaderSettings) -> None:
    setattr(model.config, CONFIG_KEY, settings.as_dict())


def training_rows(
    part: Part[ReadingExample], tokenizer: Any, settings: ReaderSettings
) -> list[dict[str, Any]]:
    """The windows of a part's examples with the positions of their answers.

    Examples whose answer stands nowhere in their context, or in no window as a whole, are left out with a warning.

    Returns:
        A row for each window: what the model takes, start_positions, end_positions.

    Raises:
        DataError: a question is too long for the windows.
    """
    rows: list[dict[str, Any]] = []
    lost = 0
    for example, windows in _windows_of(part, tokenizer, settings):
        spans: list[tuple[int, int] | None] = [None] * len(windows)
        if not example.impossible:
            bounds = _answer_bounds(example)
            spans = [None if bounds is None else token_span(window, *bounds) for window in windows]
            if not any(spans):
                lost += 1
                continue
        for window, span in zip(windows, spans, strict=True):
            start, end = span or (window.null, window.null)
            mask = [1] * len(window.offsets)
            rows.append({**window.inputs, "attention_mask": mask, _TARGETS[0]: start, _TARGETS[1]: end})
    if lost:
        _log.warning(
            "%s: %d of %d questions are not trained on, their answer stands in no window as a whole",
            part.name,
            lost,
            len(part.examples),
        )
    if not rows:
        raise DataError("no question can be trained on: no answer stands in its context", part.source.path)
    return rows


def _windows_of(
    part: Part[ReadingExample], tokenizer: Any, settings: ReaderSettings
) -> Iterator[tuple[ReadingExample, list[ReadingWindow]]]:
    pairs = [(example.question, example.context) for example in part.examples]
    try:
        windows = reading_windows(tokenizer, pairs, max_tokens=settings.max_tokens, stride=settings.stride)
    except UsageError as error:
        raise DataError(str(error), part.source.path) from error
    by_row: dict[int, list[ReadingWindow]] = {}
    for window in windows:
        by_row.setdefault(window.row, []).append(window)
    for row, own in by_row.items():
        yield part.examples[row], own


def _answer_bounds(example: ReadingExample) -> tuple[int, int] | None:
    """Characters of the first answer that stands in the context, without white space around it."""
    for start, text in example.answers:
        if start >= 0:
            left = start + len(text) - len(text.lstrip())
            return left, left + len(text.strip())
    return None


def span_loss(output: Any, batch: Batch) -> Any:
    """Mean of the cross-entropies of start and end, as transformers' own loss."""
    from torch.nn.functional import cross_entropy

    start, end = _span_logits(output, batch)
    first, last = (batch[name].to(start.device) for name in _TARGETS)
    return (cross_entropy(start, first) + cross_entropy(end, last)) / 2


def _span_logits(output: Any, batch: Batch) -> Sequence[Any]:
    """Start and end logits in fp32, (rows, length) each, padding as good as impossible."""
    import torch

    padding = batch["attention_mask"] == 0
    lowest = torch.finfo(torch.float32).min
    logits = (output.start_logits, output.end_logits)
    return [values.float().masked_fill(padding.to(values.device), lowest) for values in logits]


def _match_of(examples: Sequence[ReadingExample]) -> MatchName:
    """ "cmrc" where answers are mostly written in Chinese characters, else "squad"."""
    text = "".join(answer for example in examples for _, answer in example.answers)
    return "cmrc" if count_chinese(text) > len(text) / 3 else "squad"
