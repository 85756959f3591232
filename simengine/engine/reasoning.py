"""Inference over a whole index: answers, recommendations, contradictions, duplicates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from simengine.engine.searching import SearchableIndex
from simengine.text.arguments import as_text, as_texts, expect

if TYPE_CHECKING:
    from simengine.cross_encoders.nli import NLIModel
    from simengine.indexing.report import Progress
    from simengine.qa.options import AnswerOptions
    from simengine.reasoning.contradictions import ContradictionOptions, Contradictions
    from simengine.reasoning.duplicates import DuplicateOptions, Duplicates
    from simengine.recommend.recommender import TextRecommender
    from simengine.types import Answer


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
        self._check_open()
        return self._judges.nli(self._judging())
