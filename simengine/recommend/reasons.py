"""Why an item is recommended: its sentence that is nearest to a liked item's."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from simengine.cross_encoders.windows import sentence_spans
from simengine.recommend.veto import ENTAILMENT, DocumentSource, Inference
from simengine.types import Document, Evidence, FloatMatrix, Span, TextEncoder

MAX_SENTENCES = 200
"""The number of a text's first sentences that are compared: the beginning says what an item is."""
JUDGED_SENTENCES = 3
KEPT_TEXTS = 1_000


@dataclass(slots=True)
class ReasonFinder:
    """Finds reasons; the sentences of a text are encoded once.

    Attributes:
        documents: where texts are.
        encoder: of their sentences.
        model: chooses among the JUDGED_SENTENCES nearest sentences the one that most probably entails the liked one's;
            None takes the nearest.
    """

    documents: DocumentSource
    encoder: TextEncoder
    model: Inference | None = None
    _kept: dict[str, tuple[list[Span], FloatMatrix]] = field(default_factory=dict)

    def reason(self, document: Document, liked_text: str) -> Evidence | None:
        """The sentence of a document that best supports a liked text; None if the document has no text."""
        if not document.text.strip():
            return None
        spans, vectors = self._sentences(document.text)
        other_spans, others = self._sentences(liked_text)
        near = vectors @ others.T
        order = np.argsort(-near.max(axis=1), kind="stable")[:JUDGED_SENTENCES]
        best = int(order[0])
        if self.model is not None and len(order) > 1:
            pairs = []
            for place in order:
                liked = other_spans[int(near[place].argmax())]
                span = spans[int(place)]
                pairs.append((document.text[span.start : span.end], liked_text[liked.start : liked.end]))
            best = int(order[int(self.model.probabilities(pairs)[:, ENTAILMENT].argmax())])
        span = spans[best]
        return Evidence(document.id, document.title, span, document.text[span.start : span.end])

    def _sentences(self, text: str) -> tuple[list[Span], FloatMatrix]:
        if text not in self._kept:
            if len(self._kept) >= KEPT_TEXTS:
                self._kept.clear()
            spans = sentence_spans(text, Span(0, len(text)))[:MAX_SENTENCES]
            vectors = self.encoder.encode([text[span.start : span.end] for span in spans])
            self._kept[text] = spans, vectors
        return self._kept[text]
