"""Who speaks: the person who asks says "I" and "you", the documents answer with "you" and "we"."""

from __future__ import annotations

import re

from simengine.text.scripts import is_chinese

_ASKER = {
    "i": "you",
    "me": "you",
    "my": "your",
    "mine": "yours",
    "myself": "yourself",
    "we": "you",
    "us": "you",
    "our": "your",
    "ours": "yours",
    "ourselves": "yourselves",
}
_ASKED = {"you": "we", "your": "our", "yours": "ours"}
_BE = re.compile(r"\b(I|i) (am|was)\b")
_SHORT = re.compile(r"\b(?:I|i)['\u2019](m|ve|ll|d)\b")
_PLURAL = {"am": "are", "was": "were"}
_FULL = {"m": "are", "ve": "have", "ll": "will", "d": "would"}
_WORD = re.compile(r"[A-Za-z]+(?:['\u2019][A-Za-z]+)?")
_OF_THE_ASKED = re.compile(
    r"^you (?:do|did|will|would|have(?! to\b)|had(?! to\b)|"
    r"(?:are|were)(?! (?:allowed|able|required|entitled|supposed|obliged|permitted|free|insured|covered)\b)|"
    r"accept|allow|arrange|bill|charge|clean|collect|cover|deliver|employ|give|hire|include|insure|lend|let|offer|open|"
    r"organise|provide|refund|rent|repair|replace|sell|send|serve|ship|stock|store|support|take|teach|train)\b",
    re.IGNORECASE,
)
_CHINESE_ASKED = re.compile(
    "(?<![给給跟向对對找问問和与與])(?:你们|你們|您们|貴店|贵店|贵公司|貴公司)(?:这里|這裡|这儿|这边|那里|店里|家|店)?的?"
)
_CHINESE_ASKER = re.compile(
    "^(?:我们|我們|我)(?=可以|能|要|需|该|該|必须|必須|会|會|得|自己|想|不|没|沒|在|用|也|还|還|是)|(?<=[，,])(?:我们|我們|我)(?=可以|能|要|需|该|會|会|得)"
)


def as_told(statement: str) -> str:
    """A statement made of somebody's question, as the documents would say it.

    "I can return my coat." becomes "You can return your coat.", and "You ship to Malta." becomes "We ship to Malta.";
    a "you" that means anybody stays. In Chinese such pronouns are left out, as documents leave them out. Of 15,200
    written claims on documents 12 say "I" and 311 "you", while every fourth question for yes or no says "I".

    Args:
        statement: a sentence.
    """
    if is_chinese(statement):
        told = _CHINESE_ASKER.sub("", _CHINESE_ASKED.sub("", statement)).lstrip("，,")
        return told if len(told) > 2 else statement
    words = {word.lower() for word in _WORD.findall(statement)}
    by_asker = bool(words & _ASKER.keys()) or _SHORT.search(statement) is not None
    turns = by_asker or _OF_THE_ASKED.match(statement) is not None
    text = _BE.sub(lambda found: f"{found[1]} {_PLURAL[found[2]]}", statement)
    text = _SHORT.sub(lambda found: f"I {_FULL[found[1]]}", text)

    def turned(found: re.Match[str]) -> str:
        word = found[0].lower()
        other = _ASKER.get(word) or (_ASKED.get(word) if turns else None)
        return found[0] if other is None else other

    told = _WORD.sub(turned, text)
    return told[:1].upper() + told[1:]
