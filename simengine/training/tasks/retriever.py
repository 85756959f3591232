"""Bi-encoders for retrieval and similarity, trained by sentence-transformers' SentenceTransformerTrainer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from simengine.corpus.examples import (
    NLI_LABELS,
    LabelledPair,
    Triplet,
    read_nli,
    read_relevance,
    read_triplets,
)
from simengine.errors import UsageError
from simengine.models.kinds import check_kind
from simengine.runtimes.whole_weights import whole_weights
from simengine.training import sources
from simengine.training.arguments import st_arguments
from simengine.training.losses.distillation import margin_columns, margin_loss, teacher_margins
from simengine.training.tasks.contract import Part, TrainerParts, TrainingTask
from simengine.training.tasks.pairs import with_perturbation
from simengine.training.trainer_parts import with_dev_metrics
from simengine.types import FloatMatrix

if TYPE_CHECKING:
    from simengine.training.recipe import DataSource, Recipe

Row: TypeAlias = LabelledPair | Triplet
ENCODE_BATCH = 64


class RetrieverTask(TrainingTask[Row]):
    """A sentence-transformers model with one loss per kind of data.

    Rows with a graded score are learned by CoSENT, triplets by a softmax over the batch with cached gradients, NLI
    rows as triplets (premise, entailed hypothesis, contradicting hypothesis) or, with loss.retriever "two-tower", by
    a three-class softmax over (u, v, |u - v|).
    """

    name: ClassVar[str] = "retriever"
    metric: ClassVar[str] = "spearman"

    def read(self, source: DataSource) -> Part[Row]:
        kind = sources.kind_of(source, self.name, "scored", "nli", "triplets", "relevance")
        rows: Iterator[Row]
        fields = source.fields or None
        if kind == "scored":
            # A label beside the score (SICK has both) would make the rows ones of NLI.
            rows = (replace(pair, label=None) for pair in sources.read_graded(source))
        elif kind == "nli":
            rows = read_nli(source.path, fields=fields)
        elif kind == "triplets":
            rows = read_triplets(source.path, fields=fields)
        else:
            rows = (pair for pair in read_relevance(source.path, fields=fields) if pair.score == 1.0)
        return sources.make_part(source, rows, self._seed)

    def labels(self, parts: Sequence[Part[Row]]) -> tuple[str, ...]:
        return NLI_LABELS if any(_is_nli(part) for part in parts) else ()

    def load_model(self, recipe: Recipe, folder: Path, labels: tuple[str, ...]) -> Any:
        from sentence_transformers import SentenceTransformer

        check_kind(folder, "base")
        with whole_weights(folder, to_train=True):
            model = SentenceTransformer(
                str(folder), local_files_only=True, trust_remote_code=False, model_kwargs={"dtype": "float32"}
            )
        model.similarity_fn_name = "cosine"  # which all losses here train
        model.max_seq_length = min(recipe.max_tokens, model.max_seq_length or recipe.max_tokens)
        return model

    def trainer(self, recipe: Recipe, model: Any, train: Sequence[Part[Row]], parts: TrainerParts) -> Any:
        from datasets import Dataset, DatasetDict
        from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
        from sentence_transformers.base.evaluation import BaseEvaluator

        columns = {part.name: _columns(part, recipe) for part in train}
        losses = {part.name: with_perturbation(recipe, _loss(part, recipe, model)) for part in train}
        data = {name: Dataset.from_dict(values) for name, values in columns.items()}
        alone = next(iter(data)) if len(data) == 1 else None
        trainer_class = with_dev_metrics(SentenceTransformerTrainer)
        trainer = trainer_class(
            model=model,
            args=st_arguments(SentenceTransformerTrainingArguments, recipe, parts),
            train_dataset=data[alone] if alone else DatasetDict(data),
            loss=losses[alone] if alone else losses,
            evaluator=BaseEvaluator() if parts.evaluate is not None else None,
            callbacks=list(parts.callbacks),
        )
        trainer.dev_metrics = parts.evaluate
        return trainer

    def evaluate(self, recipe: Recipe, model: Any, part: Part[Row]) -> dict[str, float]:
        from simengine.evaluation.similarity import evaluate_similarity

        pairs = [row for row in part.examples if isinstance(row, LabelledPair) and row.score is not None]
        if len(pairs) < len(part.examples):
            raise UsageError(f'{part.name}: dev data of a retriever needs graded scores (kind = "scored")')
        cosine = cosines(model, [pair.text1 for pair in pairs], [pair.text2 for pair in pairs])
        gold = [pair.score for pair in pairs if pair.score is not None]
        result = evaluate_similarity(gold, cosine)
        return {"spearman": result.spearman, "pearson": result.pearson}


def cosines(model: Any, first: Sequence[str], second: Sequence[str]) -> FloatMatrix:
    """Cosine of each pair of texts, (n,) float32; the model is left in the mode it was in."""
    was_training = model.training
    model.eval()
    vectors = model.encode(
        [*first, *second],
        batch_size=ENCODE_BATCH,
        normalize_embeddings=True,
        show_progress_bar=False,
        convert_to_numpy=True,
    )
    model.train(was_training)
    matrix = np.asarray(vectors, np.float32)
    product: FloatMatrix = np.einsum("ij,ij->i", matrix[: len(first)], matrix[len(first) :])
    return product


def _is_nli(part: Part[Row]) -> bool:
    first = part.examples[0]
    return isinstance(first, LabelledPair) and first.label in NLI_LABELS


def _loss_name(part: Part[Row], recipe: Recipe) -> str:
    """ "mnrl", "cosent", "two-tower" or "margin" (a teacher's), by what the rows are and what the recipe wants."""
    if recipe.distillation is not None:
        if not (_is_nli(part) or isinstance(part.examples[0], Triplet)):
            raise UsageError(
                f"distillation of a retriever needs triplets or NLI rows, which {part.name} has not"
            )
        return "margin"
    wanted = recipe.loss.retriever
    first = part.examples[0]
    possible: tuple[str, ...]
    if _is_nli(part):
        possible = ("mnrl", "two-tower")
    elif isinstance(first, Triplet):
        possible = ("mnrl",)
    else:
        assert isinstance(first, LabelledPair)
        scores = {row.score for row in part.examples if isinstance(row, LabelledPair)}
        possible = ("mnrl",) if scores == {1.0} else ("cosent",)
    if wanted in possible:
        return wanted
    if wanted != "auto" and len(recipe.train) == 1:
        raise UsageError(
            f"loss.retriever is {wanted!r}, which the rows of {part.name} do not suit; possible: {', '.join(possible)}"
        )
    return possible[0]


def _columns(part: Part[Row], recipe: Recipe) -> dict[str, list[Any]]:
    """Columns of a dataset in the order that the part's loss reads them."""
    name = _loss_name(part, recipe)
    pairs = [row for row in part.examples if isinstance(row, LabelledPair)]
    triplets = [row for row in part.examples if isinstance(row, Triplet)]
    if name == "cosent":
        texts = {"sentence1": [p.text1 for p in pairs], "sentence2": [p.text2 for p in pairs]}
        return {**texts, "score": [p.score for p in pairs]}
    if name == "two-tower":
        labels = [NLI_LABELS.index(p.label or "") for p in pairs]
        return {"sentence1": [p.text1 for p in pairs], "sentence2": [p.text2 for p in pairs], "label": labels}
    if _is_nli(part):
        triplets = list(nli_triplets(pairs))
        if not triplets:
            raise UsageError(f"{part.name}: no premise has an entailed and a contradicting hypothesis")
    if recipe.distillation is not None:
        from simengine.cross_encoders.load import load_cross_encoder

        return margin_columns(
            triplets, teacher_margins(load_cross_encoder(recipe.distillation.teacher), triplets)
        )
    if triplets:
        return {
            "anchor": [row.anchor for row in triplets],
            "positive": [row.positive for row in triplets],
            "negative": [row.negative for row in triplets],
        }
    return {"anchor": [p.text1 for p in pairs], "positive": [p.text2 for p in pairs]}


def nli_triplets(pairs: Sequence[LabelledPair]) -> Iterator[Triplet]:
    """Premise, an entailed and a contradicting hypothesis: the i-th of the one kind with the i-th of the other.

    A premise with several of one kind and fewer of the other uses those again in turn; one with only one kind of
    hypothesis gives nothing.
    """
    entailed: dict[str, list[LabelledPair]] = {}
    contradicting: dict[str, list[LabelledPair]] = {}
    for pair in pairs:
        if pair.label == "entailment":
            entailed.setdefault(pair.text1, []).append(pair)
        elif pair.label == "contradiction":
            contradicting.setdefault(pair.text1, []).append(pair)
    for premise, positives in entailed.items():
        negatives = contradicting.get(premise, [])
        for i in range(max(len(positives), len(negatives)) if negatives else 0):
            positive, negative = positives[i % len(positives)], negatives[i % len(negatives)]
            yield Triplet(premise, positive.text2, negative.text2, positive.source, positive.line)


def _loss(part: Part[Row], recipe: Recipe, model: Any) -> Any:
    from sentence_transformers.sentence_transformer import losses

    options = recipe.loss
    name = _loss_name(part, recipe)
    if name == "cosent":
        loss = losses.CoSENTLoss(model, scale=options.scale)
    elif name == "two-tower":
        loss = losses.SoftmaxLoss(model, model.get_embedding_dimension(), len(NLI_LABELS))
    elif name == "margin":
        loss = margin_loss(model)
    elif recipe.adversarial is not None:
        loss = losses.MultipleNegativesRankingLoss(model, scale=options.scale)  # a cache hides the gradients
    else:
        loss = losses.CachedMultipleNegativesRankingLoss(
            model, scale=options.scale, mini_batch_size=options.mini_batch
        )
    if not options.matryoshka:
        return loss
    full = int(model.get_embedding_dimension())
    wrong = [size for size in options.matryoshka if size > full]
    if wrong:
        raise UsageError(f"loss.matryoshka holds {wrong[0]}; the model's vectors have {full} dimensions")
    return losses.MatryoshkaLoss(model, loss, sorted({full, *options.matryoshka}, reverse=True))
