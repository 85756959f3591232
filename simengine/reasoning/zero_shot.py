"""Zero-shot classification: whether the text entails that it belongs to a label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from simengine.calibration.calibration import Calibration
from simengine.cross_encoders.nli import NLIModel
from simengine.encoders.contract import BiEncoder
from simengine.errors import UsageError
from simengine.models.unknown import can_entail, not_known, readings_of
from simengine.reasoning.zero_shot_cosine import joined, label_cosines
from simengine.reasoning.zero_shot_templates import (
    check_labels,
    hypotheses_for,
    means_neither,
    templates_for,
)
from simengine.requests.pairs import Prior
from simengine.results.pairs import Classification as Classification
from simengine.text.arguments import as_texts
from simengine.types import FloatMatrix

Floats = npt.NDArray[np.float64]
PRIORS = ("none", "empty", "texts")
EMPTY_TEXTS = ("", "N/A", "...")
TASK = "classification"
BLOCK_PAIRS = 2_048
_LEAST = 1e-7


class ZeroShotClassifier:
    """Classifies by natural language inference, and by the cosine of text and label.

    A label becomes a hypothesis by a template ("This text is about {}."), and its score is the NLI model's log-odds
    of entailment given the text as premise, averaged over the templates. Scores become probabilities by a softmax
    over the labels, or, with `multi_label`, by a sigmoid for each, which with one template and no prior is the
    probability of entailment. With a bi-encoder, the scores of a single label are joined with how near the text is to
    the label's hypotheses (see `zero_shot_cosine`).

    Args:
        nli: the model. A text that neither it nor the bi-encoder has tokens for gets no label.
        calibration: of a label's probability, for the task "classification"; applied to each label separately. None
            leaves probabilities uncalibrated.
        encoder: the bi-encoder; None leaves the decision to the NLI model. It has no part in `multi_label`.

    Raises:
        UsageError: the calibration is for another task or another model.

    Reference:
        Yin et al., Benchmarking Zero-shot Text Classification, EMNLP 2019.
    """

    def __init__(
        self, nli: NLIModel, *, calibration: Calibration | None = None, encoder: BiEncoder | None = None
    ) -> None:
        if calibration is not None and (
            calibration.task != TASK or calibration.model != nli.model.fingerprint.digest
        ):
            raise UsageError(
                f"the calibration is for {calibration.task} by the model {calibration.model[:12]}; expected one for "
                f"{TASK} by {nli.model.fingerprint.digest[:12]}"
            )
        self.nli, self._encoder = nli, encoder
        self.calibrated = calibration is not None
        self._calibration = calibration

    def classify(
        self,
        texts: Sequence[str],
        labels: Sequence[str],
        *,
        template: str | Sequence[str] | None = None,
        task: str = "topic",
        descriptions: Mapping[str, str] | None = None,
        multi_label: bool = False,
        threshold: float = 0.5,
        prior: Prior | None = None,
    ) -> list[Classification]:
        """The label of each text, or its labels.

        Args:
            texts: n texts of any length, in any language of the model; long ones are read in windows, of
                which the clearest decides.
            labels: at least two; one is enough with `multi_label`.
            template: see `templates_for`. Of several the scores are averaged.
            task: "topic" or "sentiment": which built-in templates.
            descriptions: see `hypotheses_for`.
            multi_label: a text may have any number of labels.
            threshold: the least probability of a label with `multi_label`.
            prior: "empty" subtracts from each label's score that on empty texts (of "neutral", "other" and the like,
                which are true of empty texts, the mean of the other labels); "texts" its average on these texts,
                which suits many texts without rare labels, and makes the result for one depend on the others. "none"
                keeps scores. None: "none" with `multi_label`, so that the threshold is one of entailment, else
                "empty".

        Raises:
            UsageError: a text, a label or a template cannot be used, or a label's hypothesis is longer than half of
                the model's limit.

        References:
            Zhao et al., Calibrate Before Use, ICML 2021 ("empty"); Zhou et al., Batch Calibration, ICLR 2024
            ("texts").
        """
        if not 0.0 <= threshold <= 1.0:
            raise UsageError(f"threshold is {threshold}; expected a probability from 0 to 1")
        probabilities = self.probabilities(
            texts,
            labels,
            template=template,
            task=task,
            descriptions=descriptions,
            multi_label=multi_label,
            prior=prior,
        )
        reasons = self.unreadable(texts, labels, template=template, task=task, descriptions=descriptions)
        if self._encoder is not None and not multi_label:
            compared = self._can_compare(
                texts, hypotheses_for(labels, templates_for(template, task, labels), descriptions)
            )
            reasons = ["" if can else reason for can, reason in zip(compared, reasons, strict=True)]
        return [
            self._classification(row, labels, multi_label, threshold, reason)
            for row, reason in zip(probabilities, reasons, strict=True)
        ]

    def unreadable(
        self,
        texts: Sequence[str],
        labels: Sequence[str],
        *,
        template: str | Sequence[str] | None = None,
        task: str = "topic",
        descriptions: Mapping[str, str] | None = None,
    ) -> list[str]:
        """Why the model has no label for each of n texts: it has no tokens for the text or for any label; "" if it can
        read them."""
        hypotheses = hypotheses_for(labels, templates_for(template, task, labels), descriptions)
        asked = self.nli.readings([each for group in hypotheses for each in group])
        reasons = []
        for text in self.nli.readings(texts):
            readable = any(can_entail(text, each) for each in asked)
            about = [text] if text.unreadable else [each for each in asked if not can_entail(text, each)]
            reasons.append("" if readable else f"{not_known(*about)}: no label can be based on that")
        return reasons

    def probabilities(
        self,
        texts: Sequence[str],
        labels: Sequence[str],
        *,
        template: str | Sequence[str] | None = None,
        task: str = "topic",
        descriptions: Mapping[str, str] | None = None,
        multi_label: bool = False,
        prior: Prior | None = None,
    ) -> FloatMatrix:
        """As `classify`, but only the numbers: (n, number of labels) float32; all the same for an unreadable text."""
        texts, labels = as_texts(texts, blank=False), as_texts(labels, "label")
        if not multi_label and len(labels) == 1:
            raise UsageError("one label is not a choice; give at least two, or multi_label=True")
        scores = self.scores(
            texts,
            labels,
            template=template,
            task=task,
            descriptions=descriptions,
            prior=prior or ("none" if multi_label else "empty"),
        )
        reasons = self.unreadable(texts, labels, template=template, task=task, descriptions=descriptions)
        can_judge = [reason == "" for reason in reasons]
        scores[[not each for each in can_judge]] = -np.inf if multi_label else 0.0
        if self._encoder is not None and not multi_label:
            hypotheses = hypotheses_for(labels, templates_for(template, task, labels), descriptions)
            cosines = label_cosines(self._encoder, texts, hypotheses)
            if prior == "texts" and len(texts):
                cosines -= cosines.mean(axis=0)
            scores = joined(scores, cosines, can_judge, self._can_compare(texts, hypotheses))
        if multi_label:
            found = np.exp(-np.logaddexp(0.0, -scores))
        else:
            found = np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))
        if self._calibration is not None:
            return self._calibration.apply(np.clip(found, 0.0, 1.0).ravel()).reshape(found.shape)
        return found.astype(np.float32)

    def scores(
        self,
        texts: Sequence[str],
        labels: Sequence[str],
        *,
        template: str | Sequence[str] | None = None,
        task: str = "topic",
        descriptions: Mapping[str, str] | None = None,
        prior: Prior = "none",
    ) -> Floats:
        """(n, number of labels) float64: the log-odds behind the probabilities."""
        if prior not in PRIORS:
            raise UsageError(f"prior is {prior!r}; expected one of {', '.join(PRIORS)}")
        texts, labels = as_texts(texts, blank=False), as_texts(labels, "label")
        check_labels(labels)
        templates = templates_for(template, task, labels)
        hypotheses = hypotheses_for(labels, templates, descriptions)
        self._check_lengths(labels, hypotheses)
        scores = self._scores(texts, hypotheses)
        if prior == "empty":
            scores -= _fair(self._scores(EMPTY_TEXTS, hypotheses).mean(axis=0), labels, descriptions or {})
        elif prior == "texts" and len(scores):
            scores -= scores.mean(axis=0)
        return scores

    def close(self) -> None:
        """Release the model's threads and memory."""
        self.nli.close()

    def _scores(self, texts: Sequence[str], hypotheses: Sequence[Sequence[str]]) -> Floats:
        """Equal texts and equal hypotheses are scored once."""
        different = list(dict.fromkeys(texts))
        flat = list(dict.fromkeys(each for group in hypotheses for each in group))
        found = np.empty((len(different), len(flat)), np.float64)
        for block in _blocks(len(different), max(BLOCK_PAIRS // len(flat), 1)):
            pairs = [(text, hypothesis) for text in different[block] for hypothesis in flat]
            entailed = np.clip(self.nli.probabilities(pairs)[:, 0].astype(np.float64), _LEAST, 1.0 - _LEAST)
            found[block] = (np.log(entailed) - np.log1p(-entailed)).reshape(-1, len(flat))
        columns = [[flat.index(each) for each in group] for group in hypotheses]
        rows = {text: row for row, text in enumerate(different)}
        means: Floats = found[:, np.asarray(columns)].mean(axis=2)
        return means[[rows[text] for text in texts]]

    def _can_compare(self, texts: Sequence[str], hypotheses: Sequence[Sequence[str]]) -> list[bool]:
        """For each text whether the bi-encoder can read it and the labels."""
        flat = [each for group in hypotheses for each in group]
        read = [not each.unreadable for each in readings_of(self._encoder, [*texts, *flat])]
        return [each and all(read[len(texts) :]) for each in read[: len(texts)]]

    def _check_lengths(self, labels: Sequence[str], hypotheses: Sequence[Sequence[str]]) -> None:
        model = self.nli.model
        special = int(model.count_tokens([("", "")])[0])
        room = (model.max_tokens - special) // 2
        for label, group in zip(labels, hypotheses, strict=True):
            longest = int(model.count_tokens([("", each) for each in group]).max()) - special
            if longest > room:
                raise UsageError(
                    f"the hypothesis for the label {label[:40]!r} has {longest:,} tokens; the model has room for "
                    f"{room} next to a text: shorten the label, its description or the template"
                )

    def _classification(
        self, row: FloatMatrix, labels: Sequence[str], multi_label: bool, threshold: float, reason: str
    ) -> Classification:
        by_label = dict(zip(labels, row.tolist(), strict=True))
        if reason:
            return Classification("", (), by_label, self.calibrated, reason)
        best = int(row.argmax())
        chosen = (labels[best],)
        if multi_label:
            chosen = tuple(labels[at] for at in np.argsort(-row, kind="stable") if row[at] >= threshold)
        return Classification(labels[best], chosen, by_label, self.calibrated)


def _fair(prior: Floats, labels: Sequence[str], descriptions: Mapping[str, str]) -> Floats:
    """(labels,) of empty texts; that of labels such as "neutral", which are true of them, is the others' mean."""
    neither = np.array([means_neither(descriptions.get(label, label)) for label in labels])
    if neither.all():
        return prior
    result: Floats = np.where(neither, prior[~neither].mean(), prior)
    return result


def _blocks(n: int, size: int) -> Iterator[slice]:
    return (slice(at, min(at + size, n)) for at in range(0, n, size))
