"""Results as JSON, the same from the command line, the service and the MCP tools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simengine.results.check import CheckedClaim, CheckedText
    from simengine.results.conflicts import Conflict, DuplicateGroup
    from simengine.results.pairs import Classification, ExplainedText
    from simengine.types import Answer, Evidence, Hit, Judgement, Recommendation, Span, Verdict


def hit_record(hit: Hit) -> dict[str, Any]:
    """A hit as JSON, numbers with six decimals; `simengine rerank` reads it back."""
    judgement = hit.judgement
    return {
        "rank": hit.rank,
        "id": hit.id,
        "score": round(float(hit.score), 6),
        "scores": _rounded(hit.scores),
        "title": hit.title,
        "passage": {"start": hit.passage.start, "end": hit.passage.end, "text": hit.passage.text},
        "metadata": dict(hit.metadata),
        "judgement": None if judgement is None else judgement_record(hit, judgement),
        "duplicates": list(hit.duplicates),
        **({"explanation": hit.explanation} if hit.explanation else {}),
    }


def judgement_record(hit: Hit, judgement: Judgement) -> dict[str, Any]:
    """A judgement of a hit as JSON, with the text of its evidence."""
    span, evidence = judgement.evidence, None
    if span is not None:
        start = hit.passage.start
        text = hit.passage.text[span.start - start : span.end - start]
        evidence = {"start": span.start, "end": span.end, "text": text}
    probabilities = judgement.probabilities
    return {
        "relevance": round(float(judgement.relevance), 6),
        "calibrated": judgement.calibrated,
        "stance": judgement.stance,
        "probabilities": probabilities and _rounded(probabilities),
        "evidence": evidence,
        "n_truncated": judgement.n_truncated,
    }


def answer_record(answer: Answer) -> dict[str, Any]:
    """An answer as JSON, numbers with six decimals."""
    return {
        "question": answer.question,
        "asked": answer.asked or None,
        "verdict": answer.verdict,
        "sure": answer.sure,
        "answer": answer.text,
        "calculation": answer.calculation or None,
        "probability": round(float(answer.probability), 6),
        "calibrated": answer.calibrated,
        "threshold": round(float(answer.threshold), 6),
        "source": answer.source,
        "span": _span(answer.span),
        "evidence": evidence_record(answer.evidence),
        "against": evidence_record(answer.against),
        "scores": _rounded(answer.scores),
        "notes": list(answer.notes),
        "nearest": [hit_record(hit) for hit in answer.nearest],
        "parts": [answer_record(part) for part in answer.parts],
    }


def check_record(checked: CheckedText) -> dict[str, Any]:
    """The claims of a text with their verdicts as JSON, numbers with six decimals."""
    return {
        "claims": [claim_record(claim) for claim in checked.claims],
        "skipped": dict(checked.skipped),
        "certainty": round(float(checked.certainty), 6),
        "calibrated": checked.calibrated,
    }


def claim_record(claim: CheckedClaim) -> dict[str, Any]:
    """A claim with its verdict as JSON; offsets of `unsupported` count from the start of the whole text."""
    at = claim.span.start
    return {
        "claim": claim.text,
        "start": claim.span.start,
        "end": claim.span.end,
        "judged": claim.judged,
        "verdict": claim.verdict,
        "probability": round(float(claim.probability), 6),
        "evidence": evidence_record(claim.evidence),
        "against": evidence_record(claim.against),
        "reason": claim.reason,
        "unsupported": [
            {"start": span.start, "end": span.end, "text": claim.text[span.start - at : span.end - at]}
            for span in claim.unsupported
        ],
    }


def recommendation_record(item: Recommendation) -> dict[str, Any]:
    """A recommendation as JSON, numbers with six decimals."""
    return {
        "rank": item.rank,
        "id": item.id,
        "title": item.title,
        "score": round(float(item.score), 6),
        "liked_id": item.liked_id or None,
        "reason": evidence_record(item.reason),
        "scores": _rounded(item.scores),
        "metadata": dict(item.metadata),
    }


def verdict_record(verdict: Verdict, premise: str) -> dict[str, Any]:
    """A verdict as JSON, numbers with six decimals, with the text of its evidence from the premise."""
    span = verdict.evidence
    return {
        "label": verdict.label,
        "sure": verdict.sure,
        "probabilities": _rounded(verdict.probabilities),
        "evidence": span and {"start": span.start, "end": span.end, "text": premise[span.start : span.end]},
        "n_windows": verdict.n_windows,
        "n_truncated": verdict.n_truncated,
        "reason": verdict.reason,
    }


def conflict_record(conflict: Conflict) -> dict[str, Any]:
    """Two claims that conflict as JSON, numbers with six decimals."""
    return {
        "cluster": conflict.cluster,
        "probability": round(float(conflict.probability), 6),
        "calibrated": conflict.calibrated,
        "found_by": list(conflict.found_by),
        "difference": conflict.difference and list(conflict.difference),
        "reason": conflict.reason,
        "cosine": round(float(conflict.cosine), 6),
        "claim1": _claim(conflict.claim1),
        "claim2": _claim(conflict.claim2),
        "also1": [_claim(each) for each in conflict.also1],
        "also2": [_claim(each) for each in conflict.also2],
        "forward": _rounded(conflict.forward),
        "backward": _rounded(conflict.backward),
        "date1": conflict.date1 or None,
        "date2": conflict.date2 or None,
        "newer": conflict.newer,
    }


def duplicates_record(group: DuplicateGroup) -> dict[str, Any]:
    """Documents that say the same as JSON, numbers with six decimals."""
    members = [
        {
            "id": member.id,
            "title": member.title,
            "kind": member.kind,
            "cosine": round(float(member.cosine), 6),
            "entailment": None if member.entailment is None else round(float(member.entailment), 6),
        }
        for member in group.members
    ]
    return {"id": group.id, "title": group.title, "members": members}


def classification_record(found: Classification) -> dict[str, Any]:
    """The labels of a text as JSON, numbers with six decimals."""
    return {
        "predicted": list(found.labels),
        "probabilities": _rounded(found.probabilities),
        "calibrated": found.calibrated,
        **({"reason": found.reason} if found.reason else {}),
    }


def explained_record(text: ExplainedText) -> dict[str, Any]:
    """One of two texts, with the part of each word in their cosine, as JSON, numbers with six decimals."""
    words = [
        {
            "start": word.start,
            "end": word.end,
            "text": word.text,
            "contribution": round(float(word.contribution), 6),
            "loss": round(float(word.loss), 6),
            "partner": word.partner,
            "alignment": round(float(word.alignment), 6),
        }
        for word in text.words
    ]
    return {"words": words, "n_read": text.n_read, "n_truncated": text.n_truncated}


def evidence_record(evidence: Evidence | None) -> dict[str, Any] | None:
    """A position in a document, as JSON."""
    if evidence is None:
        return None
    return {
        "document_id": evidence.document_id,
        "title": evidence.title,
        "start": evidence.span.start,
        "end": evidence.span.end,
        "text": evidence.text,
    }


def _claim(evidence: Evidence) -> dict[str, Any]:
    return {
        "id": evidence.document_id,
        "title": evidence.title,
        "start": evidence.span.start,
        "end": evidence.span.end,
        "text": evidence.text,
    }


def _span(span: Span | None) -> dict[str, int] | None:
    return None if span is None else {"start": span.start, "end": span.end}


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(float(value), 6) for name, value in values.items()}
