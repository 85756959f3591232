"""Inference over a whole index: answers, recommendations, contradictions, duplicates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from simengine.engine.searching import SearchableIndex
from simengine.text.arguments import as_ids, as_pairs, as_text, as_texts, expect

if TYPE_CHECKING:
    from simengine.cross_encoders.nli import NLIModel
    from simengine.progress import Progress
    from simengine.qa.options import AnswerOptions
    from simengine.reasoning.contradictions import ContradictionOptions, Contradictions
    from simengine.reasoning.duplicates import DuplicateOptions, Duplicates
    from simengine.reasoning.zero_shot import Classification
    from simengine.recommend.recommender import TextRecommender
    from simengine.types import Answer, Recommendation, Verdict


class ReasoningIndex(SearchableIndex):
    """What inference gives over an index. The model that ships is loaded once, when it is first needed.

    Where a method takes `nli`, None is that model.
    """

    def ask(self, question: str, history: Iterable[str] = (), options: AnswerOptions | None = None) -> Answer:
        """Answer a question out of the index, or say that it is not there.

        A decision or calibration that was fitted for this index is used. For another judge, a reader, or an endpoint
        that words answers, see `simengine.assembly.answering.open_answerer`.

        Args:
            question: English or Chinese, as far as the models know them.
            history: earlier questions of the same conversation, oldest first; not blank.
            options: see `AnswerOptions`.

        Raises:
            UsageError: the question is blank, no string, or too long.
        """
        from simengine.assembly.answering import stored_rule
        from simengine.qa.answerer import Answerer
        from simengine.qa.options import AnswerOptions

        question, history = as_text(question, "the question"), as_texts(history, "earlier question")
        if options is not None:
            expect(options, AnswerOptions, "options")
        nli = self._shipped_nli()
        rule = stored_rule(self.path, nli.model.fingerprint.digest, "")
        return Answerer(self, nli, None, options, rule).ask(question, history)

    def nli(self, pairs: Iterable[tuple[str, str]]) -> list[Verdict]:
        """Does each premise entail its hypothesis, contradict it, or neither?

        Args:
            pairs: n pairs (premise, hypothesis).

        Returns:
            n verdicts, in order.
        """
        return self._shipped_nli().verdicts(as_pairs(pairs))

    def classify(
        self,
        texts: Iterable[str],
        labels: Iterable[str],
        *,
        task: str = "topic",
        multi_label: bool = False,
        threshold: float = 0.5,
    ) -> list[Classification]:
        """The label of each text, out of labels that no model was trained for; see `ZeroShotClassifier.classify`."""
        from simengine.reasoning.zero_shot import ZeroShotClassifier

        return ZeroShotClassifier(self._shipped_nli()).classify(
            as_texts(texts),
            as_texts(labels, "label"),
            task=task,
            multi_label=multi_label,
            threshold=threshold,
        )

    def recommend(
        self,
        liked: Iterable[str | int] = (),
        disliked: Iterable[str | int] = (),
        *,
        liked_texts: Iterable[str] = (),
        disliked_texts: Iterable[str] = (),
        refuse: Iterable[str] = (),
        require: Iterable[str] = (),
        k: int = 10,
        where: str | None = None,
        reasons: bool = False,
        diversity: float = 0.0,
    ) -> list[Recommendation]:
        """Documents for somebody's taste, best first; nothing that is liked or disliked comes back.

        Args:
            liked, disliked: ids of documents.
            liked_texts, disliked_texts: any texts.
            refuse: statements that no recommended document may entail, such as "The film is violent."
            require: statements that none may contradict.
            k: documents wanted; fewer come back where there are no more.
            where: filter on metadata.
            reasons: find the sentence that speaks for each.
            diversity: 0 ranks by score alone, 1 by being unlike what stands above.

        Raises:
            UsageError: nothing is liked or disliked, or a document is not there.
            FilterError: the filter cannot be read or does not fit the metadata.
        """
        from simengine.assembly.recommending import LazyInference, Wishes, recommend, recommender_for

        wishes = Wishes(
            as_ids(liked),
            as_ids(disliked),
            as_texts(liked_texts, "liked text"),
            as_texts(disliked_texts, "disliked text"),
            as_texts(refuse, "statement"),
            as_texts(require, "statement"),
            k,
            reasons,
            diversity,
        )
        items = None if where is None else self.matching_ids(where)
        with self._write_lock:
            if self._recommender is None:
                self._recommender = recommender_for(self, nli=LazyInference(self._shipped_nli))
        return recommend(self._recommender, self, wishes, nli=self._shipped_nli, items=items)

    def recommender(self) -> TextRecommender:
        """A recommender whose items are the documents, with vetoes and reasons by inference.

        For scorers of your own, blends and other preferences see `simengine.assembly.recommending.recommender_for`.
        """
        from simengine.assembly.recommending import recommender_for

        return recommender_for(self, nli=self._shipped_nli())

    def contradictions(
        self,
        *,
        nli: NLIModel | None = None,
        where: str | None = None,
        options: ContradictionOptions | None = None,
        progress: Progress | None = None,
    ) -> Contradictions:
        """Claims of the documents that conflict, each with its places. See `find_contradictions`."""
        from simengine.assembly.reasoning import nli_calibration, selected_documents
        from simengine.reasoning.contradictions import ContradictionOptions, find_contradictions

        if options is not None:
            expect(options, ContradictionOptions, "options")
        judge = self._judge(nli)
        with self._lease() as reader:
            return find_contradictions(
                selected_documents(reader.snapshot, where),
                encode=self.encoder.encode,
                judge=judge,
                options=options,
                calibration=nli_calibration(reader.snapshot, judge),
                progress=progress,
            )

    def duplicates(
        self,
        *,
        nli: NLIModel | None = None,
        where: str | None = None,
        options: DuplicateOptions | None = None,
        progress: Progress | None = None,
    ) -> Duplicates:
        """Documents that say the same, and similar ones that contradict each other. See `find_duplicates`."""
        from simengine.assembly.reasoning import nli_calibration, selected_documents
        from simengine.reasoning.duplicates import DuplicateOptions, find_duplicates

        if options is not None:
            expect(options, DuplicateOptions, "options")
        judge = self._judge(nli)
        with self._lease() as reader:
            return find_duplicates(
                selected_documents(reader.snapshot, where),
                encode=self.encoder.encode,
                judge=judge,
                options=options,
                calibration=nli_calibration(reader.snapshot, judge),
                progress=progress,
            )

    def _judge(self, nli: NLIModel | None) -> NLIModel:
        from simengine.cross_encoders.nli import NLIModel

        if nli is None:
            return self._shipped_nli()
        return expect(nli, NLIModel, "nli", "an NLIModel, as NLIModel.load(name) gives it")

    def _shipped_nli(self) -> NLIModel:
        """The engine's NLI model: the one that was given, else the one that ships."""
        from simengine.cross_encoders.nli import NLIModel

        self._check_open()
        given = self.models.nli
        return given if isinstance(given, NLIModel) else self._judges.nli(self._judging())
