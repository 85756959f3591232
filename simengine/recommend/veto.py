"""Items that say what a user refuses, or contradict what a user requires, by natural language inference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from simengine.corpus.examples import NLI_LABELS
from simengine.errors import UsageError
from simengine.text.arguments import as_number, as_texts
from simengine.text.joining import PARAGRAPH, as_sentence, joined
from simengine.types import Document, FloatMatrix, Mask

ENTAILMENT = NLI_LABELS.index("entailment")
CONTRADICTION = NLI_LABELS.index("contradiction")


class DocumentSource(Protocol):
    """Where the texts of items are; `simengine.Engine` is one."""

    def get(self, document_id: str) -> Document | None:
        """The document of that id, or None."""


class Inference(Protocol):
    """What judges premises and hypotheses; `simengine.NLIModel` does."""

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        """(n, 3) float32: entailment, neutral, contradiction, for n pairs (premise, hypothesis)."""


class DocumentTable:
    """Documents of a sequence, by id: a `DocumentSource` for those who have no index."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = {document.id: document for document in documents}

    def get(self, document_id: str) -> Document | None:
        """The document of that id, or None."""
        return self._documents.get(document_id)


class Veto:
    """Judges items against statements; each item is read once, whoever asks.

    An item is refused when its text entails a refused statement ("The film contains violence."), or contradicts a
    required one ("The film is suitable for children."), with a probability of `threshold` or more. The probabilities
    are the model's own, not calibrated. An item without text cannot be judged and is kept.

    Args:
        model: the judge.
        documents: where the items' texts are.
        refuse: statements that no item may entail.
        require: statements that no item may contradict.
        threshold: in (0, 1].

    Raises:
        UsageError: no statement at all, a blank one, the same one refused and required, or a threshold out of range.
    """

    def __init__(
        self,
        model: Inference,
        documents: DocumentSource,
        *,
        refuse: Sequence[str] = (),
        require: Sequence[str] = (),
        threshold: float = 0.5,
    ) -> None:
        refuse = as_texts(refuse, "refused statement", blank=False)
        require = as_texts(require, "required statement", blank=False)
        if not refuse and not require:
            raise UsageError("no statement is given; expected some to refuse or to require")
        both = sorted(set(refuse) & set(require))
        if both:
            raise UsageError(f"the statement {both[0]!r} is both refused and required")
        if not 0 < as_number(threshold, "threshold") <= 1:
            raise UsageError(f"threshold is {threshold}; expected a probability above 0 and up to 1")
        self._model, self._documents = model, documents
        self._statements = [(text, ENTAILMENT) for text in refuse]
        self._statements += [(text, CONTRADICTION) for text in require]
        self._threshold = threshold
        self._known: dict[str, bool] = {}
        self.n_without_text = 0

    @property
    def n_judged(self) -> int:
        """Items that were read so far."""
        return len(self._known)

    def is_known(self, item_id: str) -> bool:
        """Whether an item was judged already."""
        return item_id in self._known

    def refused(self, item_ids: Sequence[str]) -> Mask:
        """(n,) bool, True for items that may not be recommended."""
        new = [id_ for id_ in dict.fromkeys(item_ids) if id_ not in self._known]
        texts = [premise(self._documents.get(id_)) for id_ in new]
        self.n_without_text += sum(not text for text in texts)
        pairs = [(text, statement) for text in texts if text for statement, _ in self._statements]
        judged = iter(self._model.probabilities(pairs)) if pairs else iter(())
        for id_, text in zip(new, texts, strict=True):
            self._known[id_] = False
            if text:
                self._known[id_] = self._is_refused([next(judged) for _ in self._statements])
        return np.array([self._known[id_] for id_ in item_ids], np.bool_)

    def _is_refused(self, probabilities: Sequence[FloatMatrix]) -> bool:
        return any(
            float(row[column]) >= self._threshold
            for row, (_, column) in zip(probabilities, self._statements, strict=True)
        )


def premise(document: Document | None) -> str:
    """What an item says: its title and its text; "" where it says nothing."""
    if document is None:
        return ""
    text = document.text.strip()
    return joined(as_sentence(document.title) if text else document.title.strip(), text, PARAGRAPH)
