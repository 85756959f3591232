"""Judges the claims of a text one by one by what passages say about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from simengine.calibration.calibration import Calibration
from simengine.cross_encoders.nli import NLIModel
from simengine.progress import NoProgress, Progress
from simengine.reasoning.check_candidates import Encode, Find, Premise, premises_of
from simengine.reasoning.check_claims import TextClaim, claims_of_text
from simengine.reasoning.check_decision import check_decision, log_odds
from simengine.reasoning.check_spans import merged, missing_words, phrases, same_matter
from simengine.reasoning.conflict import CONTRADICTION, ENTAILMENT, check_calibration
from simengine.requests.check import CheckOptions
from simengine.results.check import CheckedClaim, CheckedText, ClaimVerdict
from simengine.text.joining import as_sentence, joined
from simengine.types import SURE, FloatMatrix, Span, Verdict

PASSAGE_WEIGHT = 0.5
"""The part of the whole passage in a probability; the rest is that of its clearest window. A sentence out of its
context misleads the model, and a passage hides its one sentence that matters. `benchmarks/quality_check.py --fit`
compares others on passages for training."""
CLAIMS_AT_ONCE, TEXTS_AT_ONCE = 32, 32
LIKELY = 0.5
"""From here on up to the certainty evidence speaks to a claim without deciding it: "not sure", not "not found"."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A premise, and what the model makes of a claim by it.

    Attributes:
        premise: what was read.
        support, contradiction: probabilities.
        verdict: of the model.
    """

    premise: Premise
    support: float
    contradiction: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ClearestPassage:
    """The clearest passage for, or against, a claim.

    Attributes:
        probability: of the passage and of its clearest window together.
        shown: the shortest window that is sure by itself, else the clearest one.
        window, whole: the probabilities of the clearest window, and of the passage.
    """

    probability: float
    shown: Judged
    window: float
    whole: float


class ClaimChecker:
    """Judges the claims of texts; thread-safe if its models are.

    Each claim is searched for. The nearest sentences and groups of up to three neighbouring ones, and the passages
    that they are of, are premises for the NLI model. A passage speaks for (or against) a claim with the weighted mean
    of its own probability and of that of its clearest window. A claim is supported if a passage does so surely and
    none surely contradicts it, and the other way round. For the models that ship, how probable both are is fitted on
    labelled claims (see `CheckDecision`).

    Args:
        nli: the model.
        find: gives passages for claims.
        encode: texts to vectors, for choosing sentences; None chooses by words alone.
        options: see `CheckOptions`.
        calibration: of the NLI model for the task "nli"; None leaves its probabilities.

    Raises:
        UsageError: the calibration is of another model or task.

    References:
        Laban et al., SummaC: Re-Visiting NLI-based Models for Inconsistency Detection in Summarization, TACL 2022
        (sentences as premises); Min et al., FActScore, EMNLP 2023 (claims one by one).
    """

    def __init__(
        self,
        nli: NLIModel,
        find: Find,
        encode: Encode | None,
        options: CheckOptions | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        check_calibration(nli, calibration)
        self.options = options or CheckOptions()
        self._nli, self._find, self._encode, self._calibration = nli, find, encode, calibration
        known = getattr(getattr(nli.model, "fingerprint", None), "digest", "")
        self._decision = check_decision(known) if calibration is None else None

    def check(self, texts: Sequence[str], *, progress: Progress | None = None) -> list[CheckedText]:
        """The claims of each text with their verdicts.

        Args:
            texts: each is checked by itself.
            progress: notified of the claims.
        """
        progress, calibrated = progress or NoProgress(), self._calibration is not None
        read = [claims_of_text(text) for text in texts]
        progress.stage("claims", sum(len(claims) for claims, _ in read))
        found: list[CheckedText] = []
        for start in range(0, len(read), TEXTS_AT_ONCE):
            block = read[start : start + TEXTS_AT_ONCE]
            checked = iter(self._checked([claims for claims, _ in block], progress))
            found += [
                CheckedText(tuple(islice(checked, len(claims))), skipped, self.options.certainty, calibrated)
                for claims, skipped in block
            ]
        return found

    def judged(self, claims: Sequence[str]) -> list[list[Judged]]:
        """For each claim its premises with the model's verdicts; windows nearest first, then whole passages.

        A passage that is about something else does not contradict.
        """
        premises = premises_of(claims, self._find(claims), self._encode, self.options.read)
        pairs = [(each.text, claim) for claim, own in zip(claims, premises, strict=True) for each in own]
        verdicts, probabilities = self._verdicts(pairs)
        rows = iter(range(len(pairs)))
        return [
            [
                Judged(
                    each,
                    float(probabilities[row, ENTAILMENT]),
                    float(probabilities[row, CONTRADICTION]) if each.passage in near else 0.0,
                    verdicts[row],
                )
                for each, row in zip(own, rows, strict=False)
            ]
            for own, near in zip(premises, map(_same_matter, claims, premises), strict=True)
        ]

    def _verdicts(self, pairs: Sequence[tuple[str, str]]) -> tuple[list[Verdict], FloatMatrix]:
        """Verdicts of pairs, equal ones judged once, and their probabilities (n, 3) float32."""
        places = {pair: place for place, pair in enumerate(dict.fromkeys(pairs))}
        verdicts = self._nli.verdicts(list(places), evidence=False) if places else []
        found = np.asarray([list(each.probabilities.values()) for each in verdicts], np.float32)
        found = found.reshape(-1, 3)
        if self._calibration is not None and len(found):
            found = self._calibration.apply(found)
        rows = [places[pair] for pair in pairs]
        return [verdicts[row] for row in rows], found[rows]

    def _checked(self, texts: Sequence[Sequence[TextClaim]], progress: Progress) -> list[CheckedClaim]:
        """The claims of some texts, in order."""
        claims = [claim for own in texts for claim in own]
        judged: list[list[Judged]] = []
        for start in range(0, len(claims), CLAIMS_AT_ONCE):
            block = [claim.judged for claim in claims[start : start + CLAIMS_AT_ONCE]]
            judged += self.judged(block)
            progress.advance(len(block))
        decided = iter([self._decided(claim, own) for claim, own in zip(claims, judged, strict=True)])
        found: list[CheckedClaim] = []
        for own in texts:
            found += _in_context(own, list(islice(decided, len(own))))
        return self._with_spans(claims, judged, found)

    def _decided(self, claim: TextClaim, judged: Sequence[Judged]) -> CheckedClaim:
        """The verdict on a claim, without its unsupported spans."""
        sure = self.options.certainty
        support, against = (clearest(judged, side, sure) for side in ("support", "contradiction"))
        undecided = CheckedClaim(claim.span, claim.text, claim.judged, "not found", 0.0, None)
        if support is None or against is None:
            return undecided
        if silent := _withheld(judged[0].verdict):
            return replace(undecided, verdict="not sure", reason=silent)
        likely = self._likely(claim, judged, support, against)
        supports = likely[0] >= likely[1]
        first, second = (support, against) if supports else (against, support)
        named: ClaimVerdict
        evidence, probability = first.shown.premise.as_evidence(), max(likely)
        reason = first.shown.verdict.reason
        if probability < LIKELY:
            return replace(undecided, probability=probability)
        if any(each.verdict.n_truncated for each in judged):
            cut = "the model could not read the whole claim"
            return replace(undecided, verdict="not sure", probability=probability, reason=cut)
        both = first.probability >= sure and second.probability >= sure
        named = "supported" if supports else "contradicted"
        return replace(
            undecided,
            verdict="not sure" if both or probability < sure else named,
            probability=probability,
            evidence=evidence,
            against=second.shown.premise.as_evidence() if both else None,
            reason=reason,
        )

    def _likely(
        self, claim: TextClaim, judged: Sequence[Judged], support: ClearestPassage, against: ClearestPassage
    ) -> tuple[float, float]:
        """The probabilities that a claim is supported, and contradicted."""
        fitted = None
        if self._decision is not None:
            fitted = self._decision.probabilities(claim.judged, claim_features(judged, support, against))
        return (support.probability, against.probability) if fitted is None else fitted[:2]

    def _with_spans(
        self, claims: Sequence[TextClaim], judged: Sequence[Sequence[Judged]], found: Sequence[CheckedClaim]
    ) -> list[CheckedClaim]:
        """The claims with the spans that nothing supports."""
        wanted = [number for number, each in enumerate(found) if each.verdict != "supported"]
        premises = {number: _nearest(judged[number], found[number]) for number in wanted}
        left = {
            number: phrases(claims[number].text)
            if premise is not None and claims[number].context is None
            else []
            for number, premise in premises.items()
        }
        pairs = [
            (premise.text, rest)
            for number, premise in premises.items()
            if premise is not None
            for _, rest in left[number]
        ]
        entailed = iter((self._verdicts(pairs)[1][:, ENTAILMENT] >= self.options.certainty).tolist())
        result = list(found)
        for number, premise in premises.items():
            text, start = claims[number].text, claims[number].span.start
            spare = [span for span, _ in left[number] if next(entailed)]
            spans = [min(spare, key=lambda span: span.end - span.start)] if spare else []
            spans = spans or missing_words(text, "" if premise is None else _read_of(premise))
            spans = spans or [Span(0, len(text))]
            moved = merged(Span(start + each.start, start + each.end) for each in spans)
            result[number] = replace(found[number], unsupported=moved)
        return result


def clearest(
    judged: Sequence[Judged], side: str, certainty: float, *, weight: float = PASSAGE_WEIGHT
) -> ClearestPassage | None:
    """The passage that speaks most clearly for a claim, or against it; None without passages.

    Args:
        judged: the claim's premises.
        side: "support" or "contradiction".
        certainty: a window of at least this probability is sure by itself.
        weight: of whole passages.
    """
    best: ClearestPassage | None = None
    for whole in (each for each in judged if not each.premise.n_sentences):
        windows = [
            each
            for each in judged
            if each.premise.n_sentences and each.premise.passage == whole.premise.passage
        ]
        shown = max(windows, key=lambda each: float(getattr(each, side)))
        likely = float(getattr(shown, side)), float(getattr(whole, side))
        probability = weight * likely[1] + (1 - weight) * likely[0]
        if best is None or probability > best.probability:
            sure = [each for each in windows if getattr(each, side) >= certainty]
            shortest = min(sure, key=lambda each: each.premise.n_sentences, default=shown)
            best = ClearestPassage(probability, shortest, *likely)
    return best


def claim_features(
    judged: Sequence[Judged], support: ClearestPassage, against: ClearestPassage
) -> tuple[float, ...]:
    """What `CheckDecision` weighs; see `simengine.reasoning.check_decision.FEATURES`.

    Args:
        judged: the claim's premises.
        support, against: the clearest passages of both sides.
    """
    likely = (support.window, support.whole, against.window, against.whole)
    return (*map(log_odds, likely), max(each.premise.score for each in judged))


def _same_matter(claim: str, premises: Sequence[Premise]) -> set[tuple[str, int]]:
    """The passages that have words of a claim."""
    return {each.passage for each in premises if not each.n_sentences and same_matter(claim, each.text)}


def _in_context(claims: Sequence[TextClaim], found: list[CheckedClaim]) -> list[CheckedClaim]:
    """Claims that were judged after the one before them are contradicted only if that one is supported."""
    reason = "it was judged together with the claim before it, which is not supported"
    for number, claim in enumerate(claims):
        alone = claim.context is None or found[claim.context].verdict == "supported"
        if not alone and found[number].verdict == "contradicted":
            found[number] = replace(found[number], verdict="not sure", reason=reason)
    return found


def _withheld(verdict: Verdict) -> str:
    """Why a model gives no verdict on the nearest window, as in a language that it does not know; "" if it does."""
    return "" if verdict.sure or max(verdict.probabilities.values()) < SURE else verdict.reason


def _nearest(judged: Sequence[Judged], checked: CheckedClaim) -> Premise | None:
    """What is compared with a claim: its evidence, else the nearest passage."""
    if checked.evidence is not None:
        return next(
            each.premise
            for each in judged
            if each.premise.n_sentences and each.premise.as_evidence() == checked.evidence
        )
    return next((each.premise for each in judged if not each.premise.n_sentences), None)


def _read_of(premise: Premise) -> str:
    return joined(as_sentence(premise.hit.title), premise.text) if premise.n_sentences else premise.text
