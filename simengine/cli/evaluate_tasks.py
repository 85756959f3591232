"""What `simengine evaluate` does for each task: read the examples, let a model predict, evaluate."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import numpy as np

from simengine.cli.options import label_names
from simengine.cli.terminal import counted
from simengine.cli.texts import label_fields
from simengine.corpus.examples import (
    NLI_LABELS,
    LabelledPair,
    ReadCount,
    ReadingExample,
    TaggedSentence,
    read_nli,
    read_relevance,
    read_scored_pairs,
    read_squad,
    read_tagging,
)
from simengine.engine.evaluating import (
    load_answering,
    load_nli,
    load_scorer,
    load_tagging,
    model_name,
    refuse_other_kinds,
)
from simengine.engine.models import Models
from simengine.errors import DataError, UsageError
from simengine.evaluation import assessment
from simengine.evaluation.assessment import Assessment
from simengine.evaluation.pair_models import BiEncoderScorer, CrossEncoderScorer, NLIProbabilities
from simengine.evaluation.predictors import Reader, SpanAnswer, Tagger

if TYPE_CHECKING:
    from simengine.cli.evaluate_command import EvaluateChoice
    from simengine.cli.terminal import Bar
    from simengine.engine import Engine
    from simengine.evaluation.answer_text import MatchName
    from simengine.progress import NoProgress
    from simengine.requests.search import Mode

E = TypeVar("E")
BLOCK = 1_024
QUERY_BLOCK = 256
DEPTH = 100


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A model on the examples.

    Attributes:
        model: as it was named.
        runtime: what ran it.
        assessment: how it did.
        predict_s: seconds of prediction, loading left out.
        notes: what must be known about this model's figures.
    """

    model: str
    runtime: str
    assessment: Assessment
    predict_s: float
    notes: tuple[str, ...] = ()


class TaskExamples(ABC, Generic[E]):
    """The examples of a file, read once, for any number of models."""

    def __init__(self, file: str, choice: EvaluateChoice) -> None:
        self.choice = choice
        self.count = ReadCount()
        self.examples: list[E] = list(islice(self.read(file), choice.limit))
        self.notes = tuple(f"{n:,} left out: {reason}" for reason, n in self.count.reasons.items())
        self.notes += tuple(f"{n:,} put right: {what}" for what, n in self.count.mended.items())

    @abstractmethod
    def read(self, file: str) -> Iterator[E]:
        """The examples of the file."""

    @abstractmethod
    def evaluate(self, model: Models, progress: Bar | NoProgress) -> Evaluated:
        """Let a model predict all examples, and evaluate it."""

    def blocks(self, progress: Bar | NoProgress, size: int = BLOCK) -> Iterator[Sequence[E]]:
        """The examples in blocks, each counted as done when the next is taken."""
        progress.stage("examples", len(self.examples))
        for start in range(0, len(self.examples), size):
            block = self.examples[start : start + size]
            yield block
            progress.advance(len(block))


def cut_notes(model: BiEncoderScorer | CrossEncoderScorer | NLIProbabilities) -> tuple[str, ...]:
    """What must be said where the model could not read everything."""
    if not model.n_truncated:
        return ()
    noun = "text" if isinstance(model, BiEncoderScorer) else "pair"
    return (f"{counted(model.n_truncated, noun)} cut to what the model reads",)


class PairExamples(TaskExamples[LabelledPair]):
    """Tasks on pairs of texts."""

    relevance = False

    def scores(self, model: Models, progress: Bar | NoProgress) -> tuple[np.ndarray, Evaluating]:
        """(n,) scores by a bi-encoder or a cross-encoder, whichever the model is."""
        scorer, runtime = load_scorer(model, relevance=self.relevance, labels=label_names(self.choice.labels))
        running = Evaluating(model_name(model), runtime)
        with running:
            found = [
                scorer.scores([(pair.text1, pair.text2) for pair in block]) for block in self.blocks(progress)
            ]
        running.notes = cut_notes(scorer)
        return np.concatenate(found), running


class Evaluating:
    """Times the prediction, and remembers what ran."""

    def __init__(self, model: str, runtime: str) -> None:
        self.model, self.runtime = model, runtime
        self.notes: tuple[str, ...] = ()
        self.predict_s = 0.0
        self._start = 0.0

    def __enter__(self) -> Evaluating:
        self._start = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.predict_s += time.perf_counter() - self._start

    def result(self, assessed: Assessment, notes: tuple[str, ...]) -> Evaluated:
        """With what the task has to say."""
        return Evaluated(
            self.model, self.runtime, assessed, self.predict_s, (*notes, *assessed.notes, *self.notes)
        )


class NLIExamples(PairExamples):
    """Natural language inference."""

    def read(self, file: str) -> Iterator[LabelledPair]:
        return read_nli(file, fields=label_fields(self.choice.fields), count=self.count)

    def evaluate(self, model: Models, progress: Bar | NoProgress) -> Evaluated:
        refuse_other_kinds(model, "nli", "cross-encoder")
        classifier, runtime = load_nli(model, label_names(self.choice.labels))
        running = Evaluating(model_name(model), runtime)
        with running:
            found = [
                classifier.probabilities([(pair.text1, pair.text2) for pair in block])
                for block in self.blocks(progress)
            ]
        running.notes = cut_notes(classifier)
        assessed = assessment.assess_nli(self.examples, np.concatenate(found), NLI_LABELS)
        return running.result(assessed, self.notes)


class SimilarityExamples(PairExamples):
    """Graded similarity."""

    def __init__(self, file: str, choice: EvaluateChoice) -> None:
        super().__init__(file, choice)
        if len({example.score for example in self.examples}) < 2:
            n = counted(len(self.examples), "pair")
            raise DataError(
                f"a correlation needs pairs with different scores; all are the same here ({n})", file
            )

    def read(self, file: str) -> Iterator[LabelledPair]:
        return read_scored_pairs(file, fields=label_fields(self.choice.fields), count=self.count)

    def evaluate(self, model: Models, progress: Bar | NoProgress) -> Evaluated:
        scores, running = self.scores(model, progress)
        return running.result(assessment.assess_similarity(self.examples, scores), self.notes)


class RerankExamples(PairExamples):
    """Candidates of questions, to be ranked."""

    relevance = True

    def read(self, file: str) -> Iterator[LabelledPair]:
        return read_relevance(file, fields=label_fields(self.choice.fields), count=self.count)

    def evaluate(self, model: Models, progress: Bar | NoProgress) -> Evaluated:
        scores, running = self.scores(model, progress)
        return running.result(assessment.assess_answer_selection(self.examples, scores), self.notes)


class ReadingExamples(TaskExamples[ReadingExample]):
    """Extractive reading comprehension."""

    def read(self, file: str) -> Iterator[ReadingExample]:
        return read_squad(file, count=self.count)

    def evaluate(self, model: Models, progress: Bar | NoProgress) -> Evaluated:
        reader = load_answering(model)
        threshold = self.threshold(reader.settings.no_answer_threshold)
        running = Evaluating(model_name(model), "torch")
        with running:
            found = self._answers(reader, progress)
        match = cast("MatchName", self.choice.answers)
        assessed = assessment.assess_reading(self.examples, found, threshold=threshold, match=match)
        return running.result(assessed, self.notes)

    def _answers(self, reader: Reader, progress: Bar | NoProgress) -> list[SpanAnswer]:
        found: list[SpanAnswer] = []
        for block in self.blocks(progress, QUERY_BLOCK):
            found += reader.answers([(one.question, one.context) for one in block], allow_none=False)
        return found

    def threshold(self, of_model: float | None) -> float | None:
        """The threshold that was given; else none where every question has an answer; else the model's."""
        given = self.choice.threshold
        if given is None:
            return of_model if any(example.impossible for example in self.examples) else None
        if given.casefold() == "none":
            return None
        try:
            return float(given)
        except ValueError:
            raise UsageError(f"--threshold is {given!r}; expected a number, or none") from None


class TaggingExamples(TaskExamples[TaggedSentence]):
    """Entities."""

    def read(self, file: str) -> Iterator[TaggedSentence]:
        return read_tagging(file, count=self.count)

    def evaluate(self, model: Models, progress: Bar | NoProgress) -> Evaluated:
        tagger = load_tagging(model)
        tags = Counter(tag for example in self.examples for tag in example.tags)
        unknown = [(tag, n) for tag, n in tags.most_common() if tag not in tagger.labels]
        listed = ", ".join(f"{tag} ({n:,})" for tag, n in unknown[:5])
        marks = set(tags) - {"O"}
        if marks and marks.isdisjoint(tagger.labels):
            known = ", ".join(tagger.labels)
            raise UsageError(f"the model knows none of the file's tags ({listed}); its tags are {known}")
        running = Evaluating(model_name(model), "torch")
        if unknown:
            running.notes = (f"tags that the model does not know count as missed: {listed}",)
        with running:
            predicted = self._tags(tagger, progress)
        return running.result(assessment.assess_tagging(self.examples, predicted), self.notes)

    def _tags(self, tagger: Tagger, progress: Bar | NoProgress) -> list[Sequence[str]]:
        predicted: list[Sequence[str]] = []
        for block in self.blocks(progress, QUERY_BLOCK):
            predicted += tagger.tag_sentences([example.tokens for example in block])
        return predicted


class RetrievalExamples(TaskExamples[Any]):
    """A test collection."""

    def read(self, file: str) -> Iterator[Any]:
        from simengine.evaluation.collection import read_collection

        if file == "-":
            raise DataError("retrieval needs a folder in BEIR's layout", "<stdin>")
        self.collection = read_collection(
            file, split=self.choice.split, follow_links=self.choice.follow_links
        )
        return iter(self.collection.queries)

    def evaluate(self, model: Models, progress: Bar | NoProgress) -> Evaluated:
        with TemporaryDirectory(prefix="simengine-evaluate-") as temporary:
            engine, notes = self._engine(model, Path(temporary), progress)
            with engine:
                return self._search(engine, model, notes, progress)

    def _engine(
        self, model: Models, temporary: Path, progress: Bar | NoProgress
    ) -> tuple[Engine, tuple[str, ...]]:
        """The index that was named, or one made of the collection's corpus for this once."""
        from simengine.cli.options import find_index
        from simengine.corpus.read import ReadOptions, ReadReport, read_corpus
        from simengine.engine import Engine

        if self.choice.index_path is not None:
            path = find_index(self.choice.index_path)
            return Engine.open(path, models=model), ()
        report = ReadReport()
        engine = Engine.build(
            read_corpus(
                [self.collection.folder],
                ReadOptions(skip_invalid=True, follow_links=self.choice.follow_links),
                report,
            ),
            temporary / "index",
            models=model,
            progress=progress,
        )
        notes = tuple(f"{n:,} documents left out: {reason}" for reason, n in report.reasons.items())
        return engine, notes

    def _search(
        self, engine: Engine, model: Models, notes: tuple[str, ...], progress: Bar | NoProgress
    ) -> Evaluated:
        from simengine.cli.texts import count_cut_queries
        from simengine.evaluation.ranking import without_own
        from simengine.requests.search import SearchOptions

        own = self.choice.index_path is None
        depth = DEPTH if self.choice.keep_self else DEPTH + 1
        options = SearchOptions(k=depth, mode=cast("Mode", self.choice.mode), exact=own)
        running = Evaluating(model.encoder_name or engine.settings.model_name, engine.encoder.runtime)
        run: dict[str, list[str]] = {}
        with running:
            for block in self.blocks(progress, QUERY_BLOCK):
                found = engine.search_arrays([query.text for query in block], options)
                for query, ids in zip(block, found.ids, strict=True):
                    run[query.id] = [document for document in ids if document]
        texts = {query.id: query.text for query in self.examples}
        qrels = {query: self.collection.qrels[query] for query in texts}
        if not self.choice.keep_self:
            notes += _self_notes(engine, qrels)
            run = {query: found[:DEPTH] for query, found in without_own(run).items()}
        absent = sum(
            grade > 0 and engine.get(document) is None
            for grades in qrels.values()
            for document, grade in grades.items()
        )
        if absent:
            notes += (f"{counted(absent, 'relevant document')} not in the index, counted as not found",)
        if cut := count_cut_queries(list(texts.values()), engine.encoder):
            notes += (f"{cut:,} queries cut to what the model reads",)
        return running.result(assessment.assess_retrieval(qrels, run, texts=texts), (*self.notes, *notes))


def _self_notes(engine: Engine, qrels: Mapping[str, Mapping[str, int]]) -> tuple[str, ...]:
    """What leaving out the documents with a query's own id means for these queries."""
    own = [query for query in qrels if engine.get(query) is not None]
    if not own:
        return ()
    relevant = sum(qrels[query].get(query, 0) > 0 for query in own)
    though = f", though it is relevant to {counted(relevant, 'query')}" if relevant else ""
    return (
        f"{counted(len(own), 'query')} with the id of a document: that document is left out of the ranking, as BEIR "
        f"does{though}; --keep-self keeps it",
    )


def load_task(task: str) -> type[TaskExamples[Any]]:
    """The class that reads and evaluates a task."""
    return {
        "nli": NLIExamples,
        "sts": SimilarityExamples,
        "rerank": RerankExamples,
        "retrieval": RetrievalExamples,
        "reading": ReadingExamples,
        "tagging": TaggingExamples,
    }[task]
