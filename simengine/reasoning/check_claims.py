"""The claims of a text one by one: sentences, clauses that stand alone, and pronouns with their subjects."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from simengine.reasoning.claims import ClaimOptions, extract_claims, n_words
from simengine.reasoning.subjects import is_clause, standalone
from simengine.text.scripts import has_chinese
from simengine.types import Document, Span

GREETING = "greeting"

# What answers begin with before they say anything: "Sure, ...", "Yes. ...".
_INTERJECTION = re.compile(
    r"(?:sure|certainly|of course|absolutely|definitely|great question|yes|no|well|okay|ok|hi|hello|hey)(?: there)?"
    r"[,!.:]\s+|(?:好的|当然|当然可以|没问题|是的|对的?|您好|你好|大家好)[，,！!。：:]\s*",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"(?:hi|hello|hey|dear|greetings|good (?:morning|afternoon|evening))\b.{0,40}\Z"
    r"|(?:thanks(?! to\b)|thank you|you(?:'|\u2019)re welcome|best regards|kind regards|sincerely|yours)\b"
    r"|(?:i |we )?hope (?:this|that|it|you)\b|(?:please )?(?:let me know|let us know|feel free)\b"
    r"|please (?:do not|don(?:'|\u2019)t) hesitate\b|(?:if you have any|should you have any)\b.*\bquestions?\b"
    r"|here (?:is|are)\b.*:\Z|as an ai\b|i(?:'|\u2019)m sorry\b|i (?:am|would be|can) (?:happy|glad) to\b"
    r"|(?:您好|你好|大家好|谢谢|非常感谢|祝您|祝你|此致|敬请|请随时|欢迎随时|希望(?:这|以上|对您|对你|能帮))"
    r"|如(?:果)?(?:您|你)?(?:还)?有(?:任何|其他|什么).{0,12}(?:请|欢迎|随时)|(?:以下|以上)(?:是|为).{0,20}[：:]\Z",
    re.IGNORECASE,
)
_JOINT = re.compile(r"[,;]?\s+(?P<word>and|but)\s+|;\s+|；|，(?:而且|并且|而|但是|但)?", re.IGNORECASE)
# Words that tie two clauses together: neither can be judged alone.
_TIES = re.compile(
    r"\b(?:if|when|whenever|unless|because|although|though|while|since|until|once|whether|provided|except|either|both|"
    r"between|neither|than|which|who|whose|whom|where|that|or)\b"
    r"|如果|若|如|当|只要|只有|除非|因为|由于|虽然|尽管|无论|不管|一旦|的话|不仅|不但|或|比|否则|即使|为了",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TextClaim:
    """A claim of a text.

    Attributes:
        span: characters of the text.
        text: these characters.
        judged: what is judged in its place: with its pronoun replaced, or with the claim before it in front.
        context: the number of that claim in front, None if there is none.
    """

    span: Span
    text: str
    judged: str
    context: int | None = None


def claims_of_text(text: str) -> tuple[list[TextClaim], Mapping[str, int]]:
    """The claims of a text, and how many sentences were left out, by reason.

    Sentences joined by "and", "but", a semicolon or a Chinese comma are taken apart where each part has a subject and
    a finite verb, and neither depends on the other. A pronoun that begins a claim is replaced by the subject of the
    claim before it if that is plain; otherwise that claim is put in front of it.

    Args:
        text: any text, English or Chinese.
    """
    found = extract_claims([Document("text", text)], ClaimOptions())
    skipped = Counter({**found.skipped, GREETING: 0})
    claims: list[TextClaim] = []
    for place in found.places:
        span = _without_interjection(text, place.span)
        if _GREETING.match(text, span.start, span.end):
            skipped[GREETING] += 1
            continue
        for part in _clauses(text, span):
            claims.append(_resolved(text, part, claims))
    return claims, dict(skipped)


def _without_interjection(text: str, span: Span) -> Span:
    match = _INTERJECTION.match(text, span.start, span.end)
    return span if match is None else Span(match.end(), span.end)


def _resolved(text: str, span: Span, before: list[TextClaim]) -> TextClaim:
    said = text[span.start : span.end]
    judged = standalone(said, before[-1].judged if before and before[-1].context is None else "")
    if judged is not None:
        return TextClaim(span, said, judged)
    if not before:
        return TextClaim(span, said, said)
    last = before[-1]
    between = "" if has_chinese(said) else " "
    context = last.judged if last.context is None else last.text
    return TextClaim(span, said, f"{_stopped(context)}{between}{said}", len(before) - 1)


def _stopped(text: str) -> str:
    if text[-1] in ".!?。！？":
        return text
    return text.rstrip(" ,;，；") + ("。" if has_chinese(text) else ".")


def _clauses(text: str, span: Span) -> Iterator[Span]:
    """The sentence, or its clauses if each stands alone."""
    sentence = text[span.start : span.end]
    if _TIES.search(sentence):
        yield span
        return
    start = 0
    for joint in _JOINT.finditer(sentence):
        left, right = sentence[start : joint.start()], sentence[joint.end() :]
        if all(n_words(part) >= ClaimOptions().min_words and is_clause(part) for part in (left, right)):
            yield Span(span.start + start, span.start + joint.start())
            start = joint.end()
    yield Span(span.start + start, span.end)
