"""Matching of answers: SQuAD's rules for words, CMRC's for characters."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

from simengine.errors import UsageError

MatchName: TypeAlias = Literal["squad", "cmrc"]

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
# The signs that the published evaluation of CMRC 2018 ignores; others, such as an ellipsis, count.
_CMRC_SIGNS = frozenset("-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』")
# A single ideograph, a number, a word of other letters, or one sign.
_CMRC_TOKEN = re.compile(r"[\u4e00-\u9fa5]|\d+(?:[.,]\d+)*|[^\W\u4e00-\u9fa5]+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class AnswerMatch:
    """A way to compare two answers.

    Attributes:
        name: its name.
        normalise: the form in which an exact match is compared.
        f1: overlap of a prediction and a gold answer, in [0, 1].
    """

    name: MatchName
    normalise: Callable[[str], str]
    f1: Callable[[str, str], float]


def answer_match(name: MatchName) -> AnswerMatch:
    """The comparison with that name.

    Args:
        name: "squad" for languages with spaces, "cmrc" for Chinese.

    Raises:
        UsageError: an unknown name.
    """
    if name not in MATCHES:
        raise UsageError(f"unknown comparison of answers {name!r}; expected one of {', '.join(MATCHES)}")
    return MATCHES[name]


def squad_normalise(text: str) -> str:
    """Lower case, without punctuation and English articles, single spaces.

    Reference:
        Rajpurkar et al., SQuAD: 100,000+ Questions for Machine Comprehension of Text, EMNLP 2016.
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def squad_f1(prediction: str, gold: str) -> float:
    """F1 of the two bags of words; if one of them is empty, whether both are."""
    words, right = squad_normalise(prediction).split(), squad_normalise(gold).split()
    if not words or not right:
        return float(words == right)
    shared = sum((Counter(words) & Counter(right)).values())
    return _f1(shared, len(words), len(right))


def cmrc_normalise(text: str) -> str:
    """Lower case, without the signs that CMRC ignores."""
    return "".join(sign for sign in text.lower().strip() if sign not in _CMRC_SIGNS)


def cmrc_tokens(text: str) -> list[str]:
    """Chinese characters one by one, words and numbers of other scripts as a whole."""
    return _CMRC_TOKEN.findall(cmrc_normalise(text))


def cmrc_f1(prediction: str, gold: str) -> float:
    """F1 of the longest run of tokens that both share; if one of them is empty, whether both are.

    The evaluation published with the set splits non-Chinese text into words with NLTK; here a word is a
    run of letters or a number, which differs only for English contractions.

    Reference:
        Cui et al., A Span-Extraction Dataset for Chinese Machine Reading Comprehension, EMNLP 2019.
    """
    tokens, right = cmrc_tokens(prediction), cmrc_tokens(gold)
    if not tokens or not right:
        return float(tokens == right)
    shared = SequenceMatcher(None, tokens, right, autojunk=False).find_longest_match().size
    return _f1(shared, len(tokens), len(right))


def _f1(shared: int, n_predicted: int, n_gold: int) -> float:
    if not shared:
        return 0.0
    precision, recall = shared / n_predicted, shared / n_gold
    return 2 * precision * recall / (precision + recall)


MATCHES: dict[MatchName, AnswerMatch] = {
    "squad": AnswerMatch("squad", squad_normalise, squad_f1),
    "cmrc": AnswerMatch("cmrc", cmrc_normalise, cmrc_f1),
}


def score_answer(prediction: str, golds: Sequence[str], match: AnswerMatch) -> tuple[float, float]:
    """Exact match and F1 against the best matching gold answer.

    Args:
        prediction: "" abstains.
        golds: gold answers; those that are empty once normalised are skipped. Without any, the right
            prediction is to abstain.
        match: how answers are compared.

    Returns:
        Exact match (0 or 1) and F1, in [0, 1].
    """
    right = [gold for gold in golds if match.normalise(gold)] or [""]
    said = match.normalise(prediction)
    exact = max(float(said == match.normalise(gold)) for gold in right)
    return exact, max(match.f1(prediction, gold) for gold in right)
