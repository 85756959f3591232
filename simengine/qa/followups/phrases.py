"""The noun phrases of an English question, read from word classes without a model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from simengine.qa.followups.noun_phrase import WRAPPING, NounPhrase, Role, is_period
from simengine.text.words import (
    ADVERBS,
    AUXILIARIES,
    BACK_REFERENCES,
    BE,
    CONJUNCTIONS,
    DETERMINERS,
    DO,
    HAVE,
    MODAL,
    PREPOSITIONS,
    PRONOUNS,
    QUESTION_WORDS,
    VERBS,
    is_adjective,
    is_participle,
    words_of,
)

_TOKEN = re.compile(r"[\"\u201c][^\"\u201d]+[\"\u201d]|\S+")
_POINTING = words_of("this that these those")
_MORE_VERBS = words_of(
    "adjust attach borrow build cause complain connect cook create delete descale destroy discover eat edit erase "
    "exceed exclude expect export fail forbid freeze hide hire import improve install invite join jump lay lend mow "
    "notice obtain occur permit pour prevent protect prove quit raise recommend recognise recognize reduce refer "
    "refuse register reject remove rent repeat reply resend reserve reset restart restore retry revoke scan scratch "
    "shine sign sit skip smell steal supply taste thaw upload warn"
)
"""Verbs that rarely end a name of something."""
BASE_VERBS = VERBS | _MORE_VERBS
_PREDICATES = words_of(
    "valid safe loud ready eligible rechargeable suitable worth due heavy wide deep closed cheap expensive included "
    "extra necessary enough waterproof compulsory mandatory alone wrong forbidden so too else "
    "all right okay ok fine welcome possible allowed"
)
_NO_ADVERBS = words_of("family supply reply assembly fly july ally jelly belly butterfly early")
_LINKING = words_of("stay keep get become feel look taste seem turn grow go smell")
_PARTICLES = words_of("off up out down over")
_SUBJECTS = words_of("i we he she they")
_GOVERNING = words_of("have has need needs want wants able allowed going like supposed required plan")
_FARTHEST_AUXILIARY = 6
_BREAKS = (
    AUXILIARIES
    | QUESTION_WORDS
    | PREPOSITIONS
    | CONJUNCTIONS
    | (ADVERBS - {"first", "once"})
    | DETERMINERS
    | PRONOUNS
    | BACK_REFERENCES
    | _PARTICLES
    | words_of(
        "to there here than be been being me us again myself yourself ourselves together yesterday beforehand "
        "afterwards "
        "tomorrow tonight"
    )
)


def noun_phrases(question: str) -> list[NounPhrase]:
    """The noun phrases of a question, in order, as far as word classes tell them.

    Args:
        question: one question; what follows an "if" or "when" inside of it is left out.
    """
    found = list(_Chunker(question).phrases())
    for at in range(len(found) - 1, 0, -1):
        phrase, attached = found[at - 1], found[at]
        between = question[phrase.end : attached.start].strip()
        if between.lower() == attached.preposition != "" and _belongs(attached):
            text = f"{phrase.text} {between} {attached.text}"
            found[at - 1] = replace(phrase, text=text)
    return found


def _belongs(attached: NounPhrase) -> bool:
    if attached.preposition == "of" or attached.before_verb:
        return True
    named = attached.named and not attached.words[-1].isupper()
    return named and attached.preposition in ("for", "at", "in", "on", "from", "by", "to", "about")


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int
    ends_clause: bool

    @property
    def lower(self) -> str:
        """In small letters, but for a letter that is a name: "zone A"."""
        lettered = self.start > 0 and len(self.text) == 1 and self.text != "I"
        return self.text if lettered else self.text.lower()


class _Chunker:
    """Reads a question from left to right and yields its noun phrases."""

    def __init__(self, question: str) -> None:
        self._question = question
        self._tokens = [_token(found) for found in _TOKEN.finditer(question) if found[0].strip(WRAPPING)]
        self._at = 0
        self._verb_due = self._after_be = self._verb_before = False
        self._role: Role = "object"
        self._preposition = ""
        self._asked_before = self._inverted = self._links = False

    def phrases(self) -> Iterator[NounPhrase]:
        while self._at < len(self._tokens):
            word = self._tokens[self._at].lower
            if self._at > 1 and word in ("if", "when", "unless", "because", "while"):
                return
            if word in QUESTION_WORDS:
                if word in ("who", "which", "whose") and self._at > 1:
                    return
                yield from self._question_word(word)
                self._verb_before = (
                    self._at < len(self._tokens) and self._tokens[self._at].lower in _PARTICLES
                )
                continue
            elif self._verb_due and (word in HAVE or word == "be"):
                self._at += 1
                self._verb_due, self._after_be, self._role = False, word == "be", "object"
            elif word in MODAL | DO and self._goes_on:
                self._skip_predicate()
            elif word in AUXILIARIES:
                self._asked_before = self._inverted = True
                self._at += 1
                self._verb_due, self._after_be = word not in BE | HAVE, word in BE | HAVE
                self._role, self._preposition = "subject", ""
            elif self._is_pronoun():
                self._skip_verb()
            elif word in PREPOSITIONS or word == "to":
                particle = self._verb_before and word in _PARTICLES
                self._at += 1
                self._preposition = "" if particle else word
                if word == "to" and self._at < len(self._tokens) and self._begins_infinitive():
                    self._at += 1
                    self._preposition = ""
            elif _breaks(word) and word not in DETERMINERS:
                self._at += 1
                self._preposition = ""
            elif self._is_predicate():
                self._at += 1
            else:
                yield from self._noun_phrase()
                continue
            self._verb_before = False

    def _begins_infinitive(self) -> bool:
        """Whether a verb follows a "to" that has been read: "to pack", also an unknown one behind "have" or "need"."""
        following = self._tokens[self._at].lower
        governing = self._tokens[self._at - 2].lower if self._at > 1 else ""
        return following in BASE_VERBS | {"be"} or (governing in _GOVERNING and not _breaks(following))

    @property
    def _goes_on(self) -> bool:
        """Whether a subject has just been read in a clause inside the question: "anywhere the dog can run"."""
        before = self._tokens[self._at - 1].lower if self._at > 1 else ""
        return self._inverted and not self._verb_due and (before not in _BREAKS or before in PRONOUNS)

    def _skip_predicate(self) -> None:
        """Past the auxiliary and the verb of a clause inside the question."""
        self._at += 1
        while self._at < len(self._tokens) and self._tokens[self._at].lower in ADVERBS:
            self._at += 1
        self._at += 1
        self._role, self._preposition = "object", ""

    def _is_predicate(self) -> bool:
        """Whether the word says something of a subject that has been read: "approved", "ready"."""
        word = self._tokens[self._at].text
        said = word in _PREDICATES or is_participle(word) or is_adjective(word)
        following = self._tokens[self._at + 1].lower if self._at + 1 < len(self._tokens) else ""
        ends = not following or _breaks(following) or is_adjective(following)
        subject_read = self._role == "object" or ends
        return self._after_be and subject_read and not self._preposition and said

    def _question_word(self, word: str) -> Iterator[NounPhrase]:
        """The noun of a question word; without an auxiliary the verb is skipped."""
        self._at += 1
        self._preposition = ""
        self._asked_before = True
        tail = self._tokens[self._at : self._at + _FARTHEST_AUXILIARY]
        there = next((i for i, token in enumerate(tail) if token.lower in AUXILIARIES), None)
        if there is None:
            counted = bool(tail) and tail[0].lower in ("many", "much")
            noun = tail[1:2] if counted else tail[:1] if word in ("which", "whose") else []
            self._at += len(noun) + 1 + counted
            self._role = "object"
        else:
            noun = [token for token in tail[:there] if token.lower not in ("many", "much", "more")]
            counted = word != "how" or (bool(tail) and tail[0].lower in ("many", "much"))
            noun = noun if counted and word in ("what", "which", "whose", "how") else []
            self._at += there
        if noun and not any(_breaks(token.lower) for token in noun):
            yield replace(self._phrase(noun, "asked"), asked_by=word)

    def _is_pronoun(self) -> bool:
        word = self._tokens[self._at].lower
        if word in _POINTING and self._at + 1 < len(self._tokens):
            following = self._tokens[self._at + 1].lower
            said = is_participle(following) or (is_adjective(following) and self._after_be)
            acts = self._verb_due and following in BASE_VERBS
            return said or acts or _breaks(following)
        possessive = word in DETERMINERS and word not in _POINTING and word != "her"
        return word in PRONOUNS | BACK_REFERENCES and not possessive

    def _skip_verb(self) -> None:
        """Past a pronoun, and the verb behind it if one is due or it is a relative "that"."""
        pronoun = self._tokens[self._at].lower
        relative = pronoun == "that" and not self._verb_due and self._at > 0
        self._at += 1
        following = self._tokens[self._at].text if self._at < len(self._tokens) else ""
        inside = (
            self._inverted and pronoun in _SUBJECTS and self._at > 2 and following and not _breaks(following)
        )
        if not self._verb_due and (inside or (pronoun == "you" and following in VERBS)):
            self._at += 1
        relative = relative and following.lower() not in _SUBJECTS
        if self._verb_due or relative or (following.endswith("ing") and pronoun != "there"):
            while self._at < len(self._tokens) and self._tokens[self._at].lower in ADVERBS:
                self._at += 1
            self._at += 1
            self._verb_due = False
        self._after_be = self._after_be and pronoun != "there"
        self._role, self._preposition = "object", ""

    def _noun_phrase(self) -> Iterator[NounPhrase]:
        first = end = self._at
        while end < len(self._tokens) and (end == first or not _breaks(self._tokens[end].lower)):
            end += 1
            if self._tokens[end - 1].ends_clause or self._dates(end):
                break
        chunk = self._tokens[first:end]
        role: Role = "attached" if self._preposition else self._role
        due = self._verb_due
        size = self._before_verb(chunk) if due else self._before_predicate(chunk)
        self._verb_before = due and not self._verb_due and size < len(chunk)
        links, self._links = self._links, self._verb_before and chunk[size].lower in _LINKING
        self._at = first + size + self._verb_before
        only = chunk[0].lower if size == 1 else ""
        said = only.endswith("ed") and is_participle(only) and role == "object"
        said = said or only in _PREDICATES or (links and only != "" and only == chunk[0].text)
        if size and not said and only not in DETERMINERS:
            yield replace(self._phrase(chunk[:size], role), before_verb=due and bool(self._preposition))
        self._at = max(self._at, first + 1)
        self._preposition = ""
        if not self._verb_due:
            self._role = "object"

    def _dates(self, at: int) -> bool:
        """Whether "last night", "next week" begins there."""
        words = [token.lower for token in self._tokens[at : at + 2]]
        return len(words) > 1 and words[0] in ("last", "next") and is_period(words[1])

    def _before_verb(self, chunk: Sequence[_Token]) -> int:
        """The size of a subject: it ends before a known verb, or before what must be the verb."""
        least = 2 if chunk[0].lower in DETERMINERS else 1
        words = [token.text for token in chunk]
        found = next((i for i in range(least, len(words)) if words[i] in BASE_VERBS), None)
        if found is None:
            lowered = [i for i in range(least, len(words) - 1) if words[i].islower()]
            found = next((i for i in lowered if words[i + 1][:1].isupper()), None)
            if found is None and words[0][:1].isupper() and lowered and words[-1].endswith("s"):
                found = lowered[0]
        later = self._tokens[self._at + len(chunk) :]
        if found is None and len(words) > least and words[-1].islower() and not _ends_in_s(words[-1]):
            found = None if any(token.text in BASE_VERBS for token in later) else len(words) - 1
        self._verb_due = found is None and bool(later) and later[0].lower not in DETERMINERS
        if found is None:
            return len(words)
        return found

    def _before_predicate(self, chunk: Sequence[_Token]) -> int:
        """The size of a noun phrase without the predicate or participle behind it."""
        least = 2 if chunk[0].lower in DETERMINERS else 1
        for size in range(least, len(chunk)):
            word, previous = chunk[size].text, chunk[size - 1].text
            if all(self._says(token.text) for token in chunk[size:]):
                return size
            if (
                self._role == "object"
                and word[:-1] in BASE_VERBS
                and word.endswith("s")
                and not self._asked_before
            ):
                return size
            goes_on = (
                least == 1 and word.endswith("ing") and (previous[:1].isupper() or previous.endswith("s"))
            )
            if (
                word.islower()
                and (word.endswith("ed") or (self._after_be and goes_on))
                and is_participle(word)
            ):
                return size
        return len(chunk)

    def _says(self, word: str) -> bool:
        """Whether a word behind a noun belongs to the predicate: "open", "daily", "approved"."""
        if word in _PREDICATES or (word.endswith("ly") and word not in _NO_ADVERBS):
            return True
        return self._after_be and word.islower() and (is_adjective(word) or is_participle(word))

    def _phrase(self, tokens: Sequence[_Token], role: Role) -> NounPhrase:
        start, end = tokens[0].start, tokens[-1].end
        core = self._question[start:end]
        return NounPhrase(core, core, start, end, role, self._preposition)


def _token(found: re.Match[str]) -> _Token:
    text = found[0]
    left = len(text) - len(text.lstrip(WRAPPING))
    if " " in text:
        return _Token(text, found.start(), found.end(), ends_clause=False)
    bare = text if text == "No." else text.strip(WRAPPING)
    start = found.start() + left
    return _Token(bare, start, start + len(bare), text.endswith((",", ";", ":")))


def _breaks(word: str) -> bool:
    """Whether a word ends a noun phrase before it."""
    return word in _BREAKS


def _ends_in_s(word: str) -> bool:
    return word.endswith("s") and not word.endswith("ss")
