"""Follow-up questions: whether a question depends on the previous one, and its full form. English and Chinese."""

from __future__ import annotations

import re

from simengine.qa import chinese_followup
from simengine.qa.antecedent import antecedent, place_of
from simengine.qa.cues import names_of
from simengine.qa.english import take_apart
from simengine.qa.fragments import ENDS, asked_by, asks_bare, complete, full_phrase, names_agent
from simengine.qa.noun_phrase import NounPhrase, has_name
from simengine.qa.phrases import noun_phrases
from simengine.qa.quantities import another_amount
from simengine.qa.sentences import full_forms, sentences_of, situation_and_question
from simengine.rules.cues import stem
from simengine.text.scripts import is_chinese
from simengine.text.words import (
    ADVERBS,
    AUXILIARIES,
    BE,
    CONJUNCTIONS,
    DETERMINERS,
    DO,
    MODAL,
    PREPOSITIONS,
    PRONOUNS,
    QUESTION_WORDS,
    VERBS,
    WORD,
    content_words,
    is_adjective,
    words_of,
)

MAX_SUBJECT_CHARS = 200
_OPENING = re.compile(
    r"^(?:(?:and|but|or|so|ok(?:ay)?|also|well|then)\b(?!\s+(?:far|long|much))|say\s+(?=at|in|on|by|for)),?\s*",
    re.IGNORECASE,
)
_ASKING = re.compile("^.*[?\uff1f]", re.DOTALL)
_ABOUT = re.compile(r"^(?:what|how) (?:about|if it(?:'s| is))\s+", re.IGNORECASE)
_EVEN = re.compile(r"^(?:not\s+)?even\s+", re.IGNORECASE)
_WHAT_IF = re.compile(r"^what if (?P<what>(?!it(?:'s| is)\s+(?:an?|the|my|our)\b).+)$", re.IGNORECASE)
_TOO = re.compile(r"\s(?:too|as well|also|instead)$", re.IGNORECASE)
_SUBJECTS = words_of("he she they it that this those these")
_ALSO = re.compile(r",?\s+(?:too|as well|also|then|though|instead)$", re.IGNORECASE)
_CONTRACTED = re.compile(r"\b(what|where|who|when|how|it|that|there)['\u2019]s\b", re.IGNORECASE)
_WHY_THAT = re.compile(r"^why is (?:that|it|this)(?: so)?$|^how (?:come|so)$", re.IGNORECASE)
_TWO = re.compile(
    r"^(?P<about>[^,?]+),\s+(?:so\s+)?(?P<asked>(?:(?:by|until|since|from|at|in|for)\s+)?(?:{})\b.*)$".format(
        "|".join(sorted(AUXILIARIES | QUESTION_WORDS))
    ),
    re.IGNORECASE,
)
_CLAUSE_WORDS = words_of("if when unless because after before once while")
_POSSESSIVE = frozenset(("its", "his", "her", "their"))
_POINTING = frozenset(("this", "that", "these", "those"))
_PERSONAL = words_of("it its he him his she her hers they them their theirs")
_NO_SUBJECT = re.compile(
    r"\bis it to\s|\b(?:is|was|isn't) it (?:(?!like)\w+ ){1,4}(?:to|that)\s|\bit be (?:\w+ ){1,3}(?:to|that|for)\s|"
    r"\bit (?:cost|take|mean|matter)\b.* (?:to|if|when|until|that)\b|\bit happen\b|\bhow far is it\b|"
    r"^it is\b|^is it (?:his|her|their|possible|true|allowed|okay|safe)\b|"
    r"\bit(?:'s| is| was| gets| starts)?\s+(?:rains?|snows?|freez(?:es|ing)|cloudy|dark|raining|snowing)\b",
    re.IGNORECASE,
)
_CLAUSE_INSIDE = re.compile(
    r"(?<=\s)(?:if|when|while|unless|because|once|until|before|after|which|as|who)\s|,\s", re.IGNORECASE
)
_MOVING = words_of("get go drive walk travel come")
_BINDING = words_of("do doing done what")
_EVENT = words_of("mean happen because include make")
_BARE_WORDS = words_of("much many long often far so not only exactly for")
_FRAGMENT_WORDS, _SHORT_WORDS, _LONG_FRAGMENT_WORDS = 8, 4, 14
_MOST_WORDS = 12


def expand(question: str, before: str) -> str | None:
    """The question completed from the previous one; None if it seems self-contained.

    - A pronoun is replaced by the subject of the previous question: "How much does it cost?"
    - "And Germany?", "What about express?", "On Sundays too?": the previous question, with this in place of what it
      replaces there, or appended.
    - "Until when?", "Why?": the previous question, asked by these words.

    Args:
        question: as asked.
        before: the previous question, in full; what follows its question mark is left out of the result.
    """
    if not before.strip():
        return None
    asked = question.strip()
    asking = _ASKING.match(before)
    full = before if asking is None else asking[0]
    if is_chinese(asked):
        found = chinese_followup.expand(asked, full)
    else:
        found = _english(asked, _CONTRACTED.sub(r"\1 is", full))
    return found if found and found.casefold() != asked.casefold() else None


def with_context(question: str, before: str) -> str:
    """What is searched for: the question, and what the previous one names and is about, if it names nothing itself.

    Args:
        question: in full.
        before: the previous question; "" without one.
    """
    if not before.strip():
        return question
    if is_chinese(question):
        return chinese_followup.with_context(question, before)
    if _names_in(question):
        return question
    asked = {stem(word.casefold()) for word in WORD.findall(question)}
    words = [word for word in content_words(_without_capitals(before)) if not word[:1].isdigit()]
    more = [word for word in [*_names_in(before), *words] if stem(word.casefold()) not in asked]
    return " ".join([question, *list(dict.fromkeys(more))[:_MOST_WORDS]])


def _names_in(text: str) -> list[str]:
    """The names in a text; the first word of a sentence is none, nor is "I'm" anywhere."""
    closed = AUXILIARIES | QUESTION_WORDS | PRONOUNS | DETERMINERS | PREPOSITIONS | CONJUNCTIONS
    names = [name for name in names_of(_without_capitals(text)) if name[:1].isupper() and has_name(name)]
    return [name for name in names if name.lower() not in closed]


def remembered(question: str, before: str) -> str:
    """What the next question may depend on: this one in full, with what only the questions before it name behind it.

    Args:
        question: in full.
        before: what was remembered of the questions before it; "" without one.
    """
    mark = "\uff1f" if is_chinese(question) else "?"
    return with_context(f"{question.rstrip(ENDS)}{mark}", before)


def subject_of(question: str) -> str:
    """A question's subject in its own words: the grammatical subject, else the object, else its content words."""
    if is_chinese(question):
        return chinese_followup.topic_of(question)[:MAX_SUBJECT_CHARS]
    found = _topic(question) or " ".join(content_words(question))
    return found[:MAX_SUBJECT_CHARS].strip()


def _topic(question: str) -> str:
    """The noun phrase that a question is about; "" if there is none."""
    if take_apart(question) is None:
        return ""
    return antecedent(question) or antecedent(question, "they") or antecedent(question, "she")


def _without_capitals(text: str) -> str:
    """A text without the capital letters that begin a sentence; words behind the last question mark are none."""
    sentences = sentences_of(full_forms(text))
    return " ".join(
        each if at and each[-1:] not in ENDS else each[:1].lower() + each[1:]
        for at, each in enumerate(sentences)
    )


def _english(question: str, before: str) -> str | None:
    text = _CONTRACTED.sub(r"\1 is", question)
    opened = _OPENING.sub("", text)
    told, asked = situation_and_question(before)
    if (found := _supposed(opened, told, asked)) is not None:
        return found
    about = _ABOUT.sub("", opened)
    bare = _ALSO.sub("", _EVEN.sub("", about).rstrip(ENDS)).strip()
    words = [word.lower() for word in WORD.findall(bare)]
    if not words:
        return None
    if _WHY_THAT.match(bare):
        bare, words = "why", ["why"]
    if asks_bare(words, _BARE_WORDS):
        return _under(told, asked, asked_by(bare, asked))
    two = _TWO.match(about.rstrip(ENDS))
    if two is not None and (found := _about_another(two, before)) is not None:
        return found
    also = _TOO.search(about.rstrip(ENDS)) is not None
    shortened = len(about) < len(text) or also
    parts = take_apart(bare)
    asks = parts is not None and parts.kind != "place" and parts.auxiliary != ""
    begins_so = words[0] in PREPOSITIONS | _CLAUSE_WORDS and not (
        asks and words[0] not in ("if", "while", "unless")
    )
    fragment = begins_so or (words[0] not in QUESTION_WORDS | AUXILIARIES and parts is None)
    fragment = fragment and len(sentences_of(bare)) == 1
    if fragment and two is None and len(words) <= _longest(words, shortened=shortened):
        begins = len(about) == len(text)
        found = _under(told, asked, complete(_owned(bare, before), asked, begins=begins))
        if found is not None:
            return found
    if opened != text:
        opened = opened[:1].upper() + opened[1:]
        return _english(opened, before) or opened
    elliptic = begins_so and two is None and len(sentences_of(text)) == 1
    return None if elliptic else _with_antecedent(text, before)


def _owned(fragment: str, before: str) -> str:
    """Somebody whose "his" or "her" the previous question explains: "my son's brother"."""
    first = fragment.split()[0]
    if first.lower() not in _POSSESSIVE or not names_agent(fragment):
        return fragment
    found = (_with_antecedent(f"{fragment}?", before) or fragment).rstrip(ENDS)
    named = found.split()[0].lower()
    return f"{found[:1].lower()}{found[1:]}" if named in DETERMINERS else found


def _supposed(opened: str, told: str, asked: str) -> str | None:
    """ "What if he is late?", "And if it is only £6,000?": the previous question under another condition."""
    sentences = sentences_of(opened.rstrip(ENDS))
    whole = sentences[0].rstrip(ENDS)
    if (found := another_amount(whole, told, asked)) is not None:
        return found
    supposed = _WHAT_IF.match(whole)
    if supposed is None or len(sentences) > 1 or _TWO.match(supposed["what"]) is not None:
        return None
    what = f"if {supposed['what']}"
    parts = take_apart(asked)
    if parts is None or parts.kind != "yes/no":
        return f"{opened[:1].upper()}{opened[1:]}"
    return _under(told, asked, complete(what, asked, begins=False))


def _under(told: str, asked: str, found: str | None) -> str | None:
    """A completed question behind what was told, unless it is about another person than that."""
    if found is None or not told:
        return found
    gone = {word.lower() for word in WORD.findall(asked)} - {word.lower() for word in WORD.findall(found)}
    if gone & _SUBJECTS:
        return found
    parts = take_apart(found)
    someone = parts is not None and parts.subject[:1] and parts.subject[0].lower() in ("he", "she", "they")
    return f"{told} {_with_antecedent(found, told) or found}" if someone else f"{told} {found}"


def _longest(words: list[str], *, shortened: bool) -> int:
    """The most words of a fragment: one that begins like a phrase or a clause may be long."""
    if words[0] in PREPOSITIONS | _CLAUSE_WORDS:
        return _LONG_FRAGMENT_WORDS
    return _FRAGMENT_WORDS if shortened else _SHORT_WORDS


def _about_another(two: re.Match[str], before: str) -> str | None:
    """ "And my dog, does she travel free?": what is named in front takes the pronoun's place."""
    about = two["about"].strip()
    words = [word.lower() for word in about.split()]
    says = any(word in AUXILIARIES | {"i", "we", "it"} for word in words) or "'" in words[0]
    if says or words[0] in PREPOSITIONS | _CLAUSE_WORDS:
        return None
    asked = two["asked"]
    for found in WORD.finditer(asked):
        if found[0].lower() in _PERSONAL | {"this", "that"}:
            put = _in_form(full_phrase(about, before), found, asked)
            text = asked[: found.start()] + put + asked[found.end() :]
            return f"{text[:1].upper()}{text[1:]}?"
    return None


def _with_antecedent(question: str, before: str) -> str | None:
    """The first pronoun that the previous question explains, replaced."""
    if _NO_SUBJECT.search(question) is not None:
        return None
    told, asked = situation_and_question(question)
    own = noun_phrases(question)
    clause = _CLAUSE_INSIDE.search(question)
    previous = ""
    for found in WORD.finditer(question):
        word, earlier = found[0].lower(), previous
        previous = word
        put = ""
        if word == "there":
            following = WORD.search(question, found.end())
            exists = following is not None and following[0].lower() in BE
            elsewhere = exists or told != "" or not earlier or earlier in AUXILIARIES
            put = "" if elsewhere else place_of(before)
            put = re.sub("^(?:at|in|on)", "to", put) if earlier in _MOVING else put
            put = put.partition(" ")[2] if earlier in PREPOSITIONS else put
        elif word in _POINTING:
            put = antecedent(before, word) if _is_subject(question, found, earlier) else ""
        elif word in _PERSONAL and earlier not in _BINDING and not _is_bound(word, found, own, clause):
            own_told = told if found.start() >= question.find(asked) > 0 else ""
            put = "" if own_told and antecedent(own_told, word) else antecedent(before, word)
        if put and put.split(" of ")[0].split()[-1].lower() not in question.lower():
            bare_plural = earlier == "of" and put[:1].islower() and put.split()[0] not in DETERMINERS
            put = _in_form(f"the {put}" if bare_plural else put, found, question)
            return question[: found.start()] + put + question[found.end() :]
    return None


def _is_subject(question: str, found: re.Match[str], earlier: str) -> bool:
    """Whether "that" or "this" is a subject that stands for a thing, not for something that happened."""
    following = WORD.search(question, found.end())
    word = "" if following is None else following[0].lower()
    acts = word != "" and word not in PREPOSITIONS
    asks = not earlier or earlier in BE | MODAL or (earlier in DO and acts)
    determines = word != "" and not (
        word in AUXILIARIES | PREPOSITIONS | VERBS | ADVERBS or is_adjective(word)
    )
    return asks and word not in _EVENT and not determines


def _is_bound(word: str, found: re.Match[str], own: list[NounPhrase], clause: re.Match[str] | None) -> bool:
    """Whether the question itself says what a pronoun stands for."""
    for phrase in own:
        named = phrase.named and phrase.role == "subject" and word not in ("it", "they", "them")
        owner = named or (word in _POSSESSIVE and phrase.role != "asked" and phrase.fits(word))
        if phrase.end > found.start() or not (owner or phrase.fits(word)):
            continue
        if owner or (clause is not None and phrase.end <= clause.start() < found.start()):
            return True
    return False


def _in_form(put: str, found: re.Match[str], question: str) -> str:
    """A noun phrase in the form of the pronoun it replaces."""
    word = found[0].lower()
    following = WORD.search(question, found.end())
    her_own = (
        word == "her" and following is not None and following[0].lower() not in AUXILIARIES | PREPOSITIONS
    )
    if word in _POSSESSIVE and (word != "her" or her_own):
        put = f"{put}'" if put.endswith("s") else f"{put}'s"
    return put[:1].upper() + put[1:] if found.start() == 0 else put
