"""Natural language inference: does a premise entail a hypothesis, contradict it, or neither?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from simengine.corpus.examples import NLI_LABELS
from simengine.cross_encoders.contract import CrossEncoder
from simengine.cross_encoders.fusion import fusion_of
from simengine.cross_encoders.labels import nli_columns, softmax
from simengine.cross_encoders.load import load_cross_encoder
from simengine.cross_encoders.windows import WindowLogits, predict_in_windows, sentence_spans
from simengine.models.unknown import Reading, can_entail, comparable, not_known
from simengine.rules.evidence import rule_evidence
from simengine.rules.language import known_language
from simengine.text.arguments import as_pairs, as_text
from simengine.types import SURE, FloatMatrix, Span, Verdict

_LANGUAGES = {"en": "English", "zh": "Chinese"}
ENTAILMENT, NEUTRAL, CONTRADICTION = map(NLI_LABELS.index, ("entailment", "neutral", "contradiction"))


class NLIModel:
    """A cross-encoder with three classes, in the order entailment, neutral, contradiction.

    A premise that is too long for the model is read in windows of whole sentences. One window decides: among those
    whose most probable class is entailment or contradiction the most confident one; if there is none, the premise is
    neutral, with the probabilities of the window with the highest entailment or contradiction. So one clear
    sentence in a long text is enough, and a text that both entails and contradicts gets its clearer half.

    No verdict is based on words that the model has no tokens for: if it can hardly read one of the texts, the pair is
    neutral, and words of the hypothesis that it cannot read must also be in the premise (see
    `simengine.models.unknown`).

    Args:
        model: its labels may be in any order.
        labels: from its labels to the three names, for a model with other names.

    Raises:
        UsageError: its labels are not these three.
    """

    labels = NLI_LABELS

    def __init__(self, model: CrossEncoder, *, labels: Mapping[str, str] | None = None) -> None:
        self.model, self.names = model, labels
        self._columns = nli_columns(model.labels, labels)
        self._fusion = fusion_of(model.fingerprint.digest)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages it gives verdicts in, "en" or "zh"; () if that is not known of the model."""
        return self._fusion.languages if self._fusion is not None else ()

    @classmethod
    def load(
        cls,
        name: str | None = None,
        *,
        device: str = "auto",
        runtime: str = "auto",
        precision: str = "auto",
        threads: int | None = None,
        offline: bool = False,
        labels: Mapping[str, str] | None = None,
    ) -> NLIModel:
        """Load a model by name; None is the bundled one.

        Args:
            name, device, runtime, precision, threads, offline: see `load_cross_encoder`.
            labels: see the class.

        Raises:
            As `load_cross_encoder`, and UsageError if the model's labels are not those of NLI.
        """
        model = load_cross_encoder(
            name, device=device, runtime=runtime, precision=precision, threads=threads, offline=offline
        )
        try:
            return cls(model, labels=labels)
        except BaseException:
            model.close()
            raise

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        """(n, 3) float32, rows summing to 1, in the order entailment, neutral, contradiction.

        Args:
            pairs: n pairs (premise, hypothesis); read once.

        Raises:
            UsageError: an item is not two texts.
            DataError: a text contains half of a surrogate pair or U+0000.
        """
        pairs = as_pairs(pairs)
        windows = predict_in_windows(self.model, pairs, long_side=0)
        probabilities = self._ordered(windows.logits)
        chosen = [_deciding(probabilities, group) for group in windows.groups()]
        return self._decided(probabilities[chosen], pairs)[0]

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """For each text what the model can read."""
        return self.model.readings(texts)

    def _reading_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[Reading, Reading]]:
        read = self.readings([text for pair in pairs for text in pair])
        return list(zip(read[::2], read[1::2], strict=True))

    def verdict(self, premise: str, hypothesis: str) -> Verdict:
        """Whether the premise entails or contradicts the hypothesis, and the sentence that decides.

        Args:
            premise: taken as true; of any length.
            hypothesis: the statement to be checked.
        """
        return self.verdicts([(as_text(premise, "the premise"), as_text(hypothesis, "the hypothesis"))])[0]

    def verdicts(self, pairs: Sequence[tuple[str, str]], *, evidence: bool = True) -> list[Verdict]:
        """As `verdict`, for n pairs (premise, hypothesis) at once, which is faster than one by one.

        Args:
            pairs: n pairs (premise, hypothesis).
            evidence: find the deciding sentence; False saves a pass over each sentence of longer premises.
        """
        pairs = as_pairs(pairs)
        windows = predict_in_windows(self.model, pairs, long_side=0)
        probabilities = self._ordered(windows.logits)
        groups = list(windows.groups())
        chosen = [_deciding(probabilities, group) for group in groups]
        probabilities[chosen], reasons, withheld = self._decided(probabilities[chosen], pairs)
        spans = self._evidence(pairs, windows, probabilities, chosen) if evidence else [None] * len(chosen)
        return [
            Verdict(
                label=NLI_LABELS[int(probabilities[at].argmax())],
                probabilities=dict(zip(NLI_LABELS, probabilities[at].tolist(), strict=True)),
                evidence=span,
                n_windows=group.stop - group.start,
                n_truncated=int(windows.n_truncated[group].max()),
                reason=reason,
                sure=not silent and float(probabilities[at].max()) >= SURE,
            )
            for at, group, span, reason, silent in zip(chosen, groups, spans, reasons, withheld, strict=True)
        ]

    def _evidence(
        self,
        pairs: Sequence[tuple[str, str]],
        windows: WindowLogits,
        probabilities: FloatMatrix,
        chosen: list[int],
    ) -> list[Span | None]:
        """The sentence of the deciding window with the highest probability of the verdict's class on its own."""
        found: list[Span | None] = []
        owners, candidates = [], []
        for row, at in enumerate(chosen):
            sentences = sentence_spans(pairs[row][0], windows.spans[at])
            judged = probabilities[at].argmax() != NEUTRAL
            found.append(sentences[0] if judged else None)
            if judged and len(sentences) > 1:
                owners += [row] * len(sentences)
                candidates += sentences
        alone = self._ordered(
            self.model.predict_logits(
                [
                    (pairs[row][0][span.start : span.end], pairs[row][1])
                    for row, span in zip(owners, candidates, strict=True)
                ]
            )
        )
        best: dict[int, float] = {}
        for row, span, scores in zip(owners, candidates, alone, strict=True):
            score = float(scores[int(probabilities[chosen[row]].argmax())])
            if score > best.get(row, -1.0):
                best[row], found[row] = score, span
        return found

    def _ordered(self, logits: FloatMatrix) -> FloatMatrix:
        ordered: FloatMatrix = logits[:, self._columns]
        return softmax(ordered if self._fusion is None else self._fusion.calibrated(ordered))

    def _decided(
        self, probabilities: FloatMatrix, pairs: Sequence[tuple[str, str]]
    ) -> tuple[FloatMatrix, list[str], list[bool]]:
        """Probabilities (n, 3) with the rules' part, the reasons, and for which pairs there is no verdict."""
        reasons = [""] * len(pairs)
        if self._fusion is not None:
            probabilities, reasons = self._fusion.fused(
                probabilities, [rule_evidence(*pair) for pair in pairs]
            )
        probabilities, withheld = _without_unknown(probabilities, self._reading_pairs(pairs))
        for row, pair in enumerate(pairs if self.languages else ()):
            if not withheld[row] and {known_language(text) for text in pair} - set(self.languages):
                withheld[row] = f"{_foreign(self.languages)}: no verdict can be based on that"
                probabilities[row] = np.eye(3, dtype=np.float32)[NEUTRAL]
        decided = [why or reason for why, reason in zip(withheld, reasons, strict=True)]
        return probabilities, decided, [bool(why) for why in withheld]

    def close(self) -> None:
        """Release the model's threads and memory."""
        self.model.close()


def _without_unknown(
    probabilities: FloatMatrix, pairs: Sequence[tuple[Reading, Reading]]
) -> tuple[FloatMatrix, list[str]]:
    """Probabilities (n, 3), those that unknown words invalidate added to "neutral", and the reasons ("" if none)."""
    kept, reasons = probabilities.copy(), [""] * len(pairs)
    for row, (premise, hypothesis) in enumerate(pairs):
        withheld = [
            *([] if can_entail(premise, hypothesis) else [ENTAILMENT]),
            *([] if comparable(premise, hypothesis) else [CONTRADICTION]),
        ]
        if not withheld:
            continue
        if len(withheld) == 2 or int(kept[row].argmax()) in withheld:
            reasons[row] = f"{not_known(premise, hypothesis)}: no verdict can be based on that"
        kept[row, NEUTRAL] += kept[row, withheld].sum()
        kept[row, withheld] = 0.0
    return kept, reasons


def _foreign(languages: Sequence[str]) -> str:
    names = " and ".join(_LANGUAGES[each] for each in languages)
    return f"the NLI model knows {names} only"


def _deciding(probabilities: FloatMatrix, group: slice) -> int:
    """The row of the window that decides for its pair; the first in case of ties."""
    rows = probabilities[group]
    judged = rows.argmax(axis=1) != NEUTRAL
    strength: FloatMatrix = np.delete(rows, NEUTRAL, axis=1).max(axis=1) + judged
    return int(group.start) + int(strength.argmax())
