"""Worded answers: accepted if the evidence entails every sentence, else the corpus's own words stay."""

from __future__ import annotations

import re
from dataclasses import replace

from simengine.cross_encoders.windows import sentence_spans
from simengine.qa.candidates import Candidate
from simengine.qa.judging import VerdictCache
from simengine.qa.passages import premise
from simengine.qa.wording import Wording, WordingError
from simengine.types import Answer, Span

ENOUGH = 0.5
"""The lowest probability of entailment, and the highest of contradiction, for each sentence of a worded answer."""
_YES = re.compile(r"^(?:yes|是的|是|对的|对|可以)(?:[,.!，。！]\s*|$)", re.IGNORECASE)
_NO = re.compile(r"^(?:no|不是|不可以|不|否)(?:[,.!，。！]\s*|$)", re.IGNORECASE)


def worded_answer(answer: Answer, candidate: Candidate, wording: Wording, judged: VerdictCache) -> Answer:
    """The answer in the endpoint's words if these pass the evidence check, else unchanged; `notes` say which.

    Args:
        answer: found in the corpus.
        candidate: its evidence.
        wording: the endpoint.
        judged: the NLI model's verdicts.
    """
    evidence = candidate.text if candidate.source == "faq" else premise(candidate.hit)
    try:
        text = wording.word(answer.question, answer.text, evidence)
    except WordingError as error:
        return replace(answer, notes=(*answer.notes, f"not worded: {error}"))
    wrong = _not_entailed(text, candidate, evidence, judged)
    if wrong is not None:
        return replace(answer, notes=(*answer.notes, f"the wording was rejected: {wrong}"))
    note = f"worded by {wording.model}; the NLI model finds every sentence entailed by the evidence"
    return replace(answer, text=text, span=None, notes=(*answer.notes, note))


def _not_entailed(text: str, candidate: Candidate, evidence: str, judged: VerdictCache) -> str | None:
    """What is wrong with a wording, None if nothing is."""
    yes, no = _YES.match(text), _NO.match(text)
    if (yes and candidate.says_yes is False) or (no and candidate.says_yes):
        return f"it begins with {text.split()[0]!r:.20}, and the evidence says otherwise"
    opening = yes or no
    told = text[opening.end() :] if opening and candidate.says_yes is not None else text
    if not told.strip():
        return None
    spans = sentence_spans(told, Span(0, len(told)))
    sentences = [told[span.start : span.end] for span in spans]
    premises = dict.fromkeys((evidence, candidate.evidence_text))
    judged.learn((given, sentence) for given in premises for sentence in sentences)
    for sentence in sentences:
        stances = [judged[given, sentence] for given in premises]
        entailed = max(stance.entailment for stance in stances)
        if entailed < ENOUGH or max(stance.contradiction for stance in stances) > ENOUGH:
            return f"the evidence does not entail {sentence!r:.120} ({entailed:.2f})"
    return None
