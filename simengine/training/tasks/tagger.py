"""Token classification: a tag for every word."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from simengine.corpus.examples import ReadCount, TaggedSentence, read_tagging
from simengine.cross_encoders.tagger import CONFIG_KEY, Tagger, TaggerSettings
from simengine.cross_encoders.tagging_windows import split_tag, tagging_windows
from simengine.cross_encoders.token_model import TokenModel
from simengine.errors import DataError
from simengine.evaluation.tagging import evaluate_tagging
from simengine.training import sources
from simengine.training.losses.weighting import class_weights
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

IGNORED = -100
"""Target of tokens that stand for no word; torch's cross-entropy passes over it."""


class TaggerTask(TokenTask[TaggedSentence]):
    """A model with logits over tags for every token, trained by transformers' Trainer.

    A word is judged at its first token alone. Sentences that are too long are read in overlapping windows; a word
    counts in one of them.
    """

    name: ClassVar[str] = "tagger"
    metric: ClassVar[str] = "f1"

    def read(self, source: DataSource) -> Part[TaggedSentence]:
        """As in the contract."""
        sources.kind_of(source, self.name, "tagging")
        count = ReadCount()
        return sources.make_part(source, read_tagging(source.path, count=count), self._seed, count)

    def labels(self, parts: Sequence[Part[TaggedSentence]]) -> tuple[str, ...]:
        """ "O", then by type "B-type" and "I-type", both also where the data has only one of them."""
        seen = {tag for part in parts for sentence in part.examples for tag in sentence.tags}
        types = {split_tag(tag)[1] for tag in seen if tag[:2] in ("B-", "I-")}
        seen |= {"O"} | {f"{prefix}-{kind}" for kind in types for prefix in "BI"}
        return tuple(sorted(seen, key=lambda tag: (tag != "O", split_tag(tag)[1], tag)))

    def load_model(self, recipe: Recipe, folder: Path, labels: tuple[str, ...]) -> Any:
        refuse_options(recipe, self.name, classes=True)
        names = {"id2label": dict(enumerate(labels)), "label2id": {tag: i for i, tag in enumerate(labels)}}
        model = load_pretrained(folder, "ForTokenClassification", {"num_labels": len(labels), **names})
        setattr(model.config, CONFIG_KEY, TaggerSettings(recipe.max_tokens, recipe.max_tokens // 4).as_dict())
        return model

    def trainer(
        self, recipe: Recipe, model: Any, train: Sequence[Part[TaggedSentence]], parts: TrainerParts
    ) -> Any:
        from transformers import DataCollatorForTokenClassification

        settings = TaggerSettings.of_config(model.config)
        rows = [row for part in train for row in training_rows(part, model.tokenizer, settings, parts.labels)]
        tags = [tag for part in train for sentence in part.examples for tag in sentence.tags]
        weights = class_weights(tags, parts.labels, recipe.loss.class_weights)
        collator = DataCollatorForTokenClassification(model.tokenizer, label_pad_token_id=IGNORED)
        loss = tag_loss(weights, recipe.loss.label_smoothing)
        return token_trainer(recipe, model, rows, collator, loss, parts)

    def evaluate(self, recipe: Recipe, model: Any, part: Part[TaggedSentence]) -> dict[str, float]:
        """Precision, recall and F1 of entities, and the share of right tags."""
        tagger = Tagger(TokenModel(model, model.tokenizer))
        for sentence in part.examples:
            _check(sentence, tagger.labels)
        predicted = tagger.tag_sentences([sentence.tokens for sentence in part.examples])
        result = evaluate_tagging([sentence.tags for sentence in part.examples], predicted)
        return {
            "f1": result.f1,
            "precision": result.precision,
            "recall": result.recall,
            "token_accuracy": result.token_accuracy,
        }


def training_rows(
    part: Part[TaggedSentence], tokenizer: Any, settings: TaggerSettings, labels: Sequence[str]
) -> list[dict[str, Any]]:
    """The windows of a part's sentences with the target of each token.

    Returns:
        A row for each window with a word in it: what the model takes, and labels (IGNORED for most tokens).

    Raises:
        DataError: a tag is unknown; names file and line, and the tags that are known.
    """
    numbers = {tag: number for number, tag in enumerate(labels)}
    for sentence in part.examples:
        _check(sentence, labels)
    words = [sentence.tokens for sentence in part.examples]
    rows = []
    for window in tagging_windows(tokenizer, words, max_tokens=settings.max_tokens, stride=settings.stride):
        tags = part.examples[window.row].tags
        targets = [IGNORED if word < 0 else numbers[tags[word]] for word in window.words.tolist()]
        if any(target != IGNORED for target in targets):
            rows.append({**window.inputs, "attention_mask": [1] * len(targets), "labels": targets})
    if not rows:
        raise DataError("no sentence has a word that the tokenizer knows", part.source.path)
    return rows


def _check(sentence: TaggedSentence, labels: Sequence[str]) -> None:
    for tag in sentence.tags:
        if tag not in labels:
            known = ", ".join(labels)
            raise DataError(f"the tag is {tag!r}; the model knows {known}", sentence.source, sentence.line)


def tag_loss(weights: Sequence[float] | None, label_smoothing: float) -> TokenLoss:
    """Cross-entropy over the tokens that stand for words.

    Args:
        weights: of the tags, in the model's order.
        label_smoothing: share of each target that is spread over all tags.
    """

    def words(output: Any, batch: Batch) -> tuple[Any, Any]:
        targets = batch["labels"].to(output.logits.device)
        standing = targets != IGNORED
        return output.logits[standing].float(), targets[standing]

    def value(output: Any, batch: Batch) -> Any:
        import torch

        logits, targets = words(output, batch)
        given = None if weights is None else torch.tensor(weights, device=logits.device)
        return torch.nn.functional.cross_entropy(
            logits, targets, weight=given, label_smoothing=label_smoothing
        )

    return TokenLoss(("labels",), value, lambda output, batch: [words(output, batch)[0]])
