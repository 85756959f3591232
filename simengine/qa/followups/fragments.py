"""English follow-ups that are less than a question: "And to Germany?", "Even old fridges?", "Until when?"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from simengine.qa.english import EnglishQuestion, take_apart
from simengine.qa.followups.noun_phrase import NounPhrase, has_name, is_plural
from simengine.qa.followups.phrases import BASE_VERBS, noun_phrases
from simengine.rules.cues import stem
from simengine.text.words import (
    AUXILIARIES,
    BE,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
    QUESTION_WORDS,
    WORD,
    words_of,
)

ENDS = "?\uff1f!\uff01.\u3002 "
_CLAUSE = re.compile(r"^(?:if|when|unless|because|after|before|once|while)\b", re.IGNORECASE)
_OLD_CLAUSE = re.compile(r",?\s+(?:if|when|unless|because|once|while)\s.*$", re.IGNORECASE)
_LEAD = re.compile(
    r"^[^,?]*,\s+(?:so\s+)?(?=(?:{})\b)".format("|".join(sorted(AUXILIARIES | QUESTION_WORDS))), re.I
)
_CAPITALISED = re.compile(r"(?<!^)\b(?!I\b)[A-Z][\w-]*(?:\s+[A-Z\d][\w-]*)*")
_NUMBER = re.compile(r"\b\d[\d.,]*(?:st|nd|rd|th)?\b")
_DATE_NAMES = re.compile(
    r"^(?:january|february|march|april|may|june|july|august|september|october|november|december|(?:mon|tues|wednes|thurs|"
    r"fri|satur|sun)days?)\b",
    re.IGNORECASE,
)
_AGREEING = {"does": "do", "is": "are", "was": "were", "has": "have"}
_AGREEING_SINGULAR = {plural: singular for singular, plural in _AGREEING.items()}
_ADVERBIAL = re.compile(
    r"^\w+ly$|\b(?:later|earlier|before|after(?:wards)?|ago|tomorrow|today|tonight)$", re.IGNORECASE
)
_CIRCUMSTANCES = words_of("why when where since until till whom")
_ORDINALS = words_of("first second third fourth fifth last next other same")
_COUNTS = re.compile(r"^(?:how many(?: (?:kinds|types|sorts))?|which ones?)$", re.IGNORECASE)
_CLOSED = DETERMINERS | PREPOSITIONS | AUXILIARIES | PRONOUNS | QUESTION_WORDS
_ASKERS = words_of("i we you he she they")
_POINTING = words_of("it that this those these")
_SPANNING = words_of("for during in over")
_COMPARATIVES = words_of(
    "cheaper older longer bigger smaller faster more less higher lower earlier later heavier better worse warmer colder"
)
_AFTERWARDS = re.compile(r"^(?:after (?:that|this|it)|afterwards)$", re.IGNORECASE)
_ONCE_MORE = re.compile(
    r"^(?:again|(?:for )?(?:a|the) (?:second|third|fourth|fifth|next|last) time)(?: (?:this|that|the same) \w+)?$",
    re.IGNORECASE,
)
_ONCE_MORE_IN = re.compile(r"\s+(?:again|for (?:a|the) \w+ time|(?:a|the) \w+ time)\b", re.IGNORECASE)
_NOW = re.compile(r"\s+(?:right )?now$", re.IGNORECASE)
_ABLE = re.compile(r"\s(?:be able to|be allowed to|have to|need to|want to)(?=\s)", re.IGNORECASE)
_PARTICLE = re.compile(r"^ (?:out|off|up|back|down|away)\b", re.IGNORECASE)
_ONLY_NAME = re.compile(r"x (?:the )?[A-Z]\w+(?: (?:of|the|[A-Z]\w+))*")
_LIKE = 2.5
_MANY = ("many", "much")
_LEAST_SCORE = 0.5


def complete(fragment: str, before: str, *, begins: bool) -> str | None:
    """The previous question with a fragment in place of what it replaces, or appended; None if it is no fragment.

    Args:
        fragment: without its opening ("and", "what about") and without a question mark.
        before: the previous question.
        begins: whether the fragment is the beginning of what was asked, so that its capital letter means nothing.
    """
    full = _without_lead(before)
    full = full[:1].upper() + full[1:]
    words = fragment.split()
    first = words[0].lower()
    if begins and not (all(word[:1].isupper() for word in words) and not is_plural(first)):
        fragment = fragment[:1].lower() + fragment[1:] if words[0] != "I" else fragment
    if take_apart(full) is None or take_apart(full.split(",")[0]) is None:
        return None
    if _ONCE_MORE.match(fragment):
        return f"{_ONCE_MORE_IN.sub('', full)} {fragment[:1].lower()}{fragment[1:]}?"
    if _AFTERWARDS.match(fragment):
        return _afterwards(full)
    if _CLAUSE.match(fragment):
        return f"{_NOW.sub('', _OLD_CLAUSE.sub('', full))} {fragment[:1].lower()}{fragment[1:]}?"
    main, comma, more = fragment.partition(", ")
    described = more.lower().startswith(("who ", "which "))
    if more and not described and more.split()[0].lower() not in PREPOSITIONS | {"if", "when"}:
        comma = more = ""
    if _has_verb(main.split()):
        return None
    if first in PREPOSITIONS:
        return f"{_with_phrase(main[:1].lower() + main[1:], first, full)}{comma}{more}?"
    if first in ("every", "each", "twice", "once") or _ADVERBIAL.search(main) is not None:
        return f"{full} {fragment.lower()}?"
    acts_on_it = words[1:2] in (["it"], ["them"]) and not first.endswith("ing")
    does = acts_on_it or (first in BASE_VERBS and not words[-1][:1].isdigit())
    found = _by_verb(fragment, full) if does and fragment[:1].islower() else None
    found = found or _by_name(main, full) or _by_noun(main, full)
    return f"{found}{comma}{more}?" if found else None


def _afterwards(full: str) -> str | None:
    """ "And after that?": after the span of time that the previous question is about; None if it names none."""
    span = next((each for each in noun_phrases(full) if each.time and each.preposition in _SPANNING), None)
    if span is None:
        return None
    start = full.rfind(f" {span.preposition} ", 0, span.start)
    return f"{full[:start]} after {full[span.start :]}?" if start > 0 else None


def names_agent(fragment: str) -> bool:
    """Whether a noun phrase stands for somebody who may do something: "his little brother of eleven"."""
    main = _main(fragment.partition(",")[0])
    return NounPhrase(main, main, 0, 0, "object").agent


def _without_lead(before: str) -> str:
    """A question without what stands in front of it: "In winter, how long does it take"."""
    first = (WORD.findall(before.lower()) or [""])[0]
    text = before if first in AUXILIARIES | QUESTION_WORDS else _LEAD.sub("", before)
    return text.rstrip(ENDS)


def _has_verb(words: Sequence[str]) -> bool:
    """Whether it is a statement rather than a fragment: "20 minutes works", "a video is fine"."""
    lowered = [word.lower().strip(",") for word in words]
    says = any(word in AUXILIARIES for word in lowered[1:])
    third = len(words) > 1 and lowered[-1].endswith("s") and lowered[-1][:-1] in BASE_VERBS
    subject = lowered[0] in ("i", "we", "he", "she", "they", "it", "you")
    return says or subject or (third and words[0].lower() not in DETERMINERS and len(words) > 2)


def _with_phrase(fragment: str, preposition: str, full: str) -> str:
    """ "And to Germany?": what stands behind the same preposition is replaced, or this one is appended."""
    pointing = re.search(rf"\b{preposition} (?:that|this|it|them|those|these)\b(?! \w)", full, re.IGNORECASE)
    if pointing is not None:
        return f"{full[: pointing.start()]}{fragment}{full[pointing.end() :]}"
    old = next((each for each in reversed(noun_phrases(full)) if each.preposition == preposition), None)
    new = fragment[len(preposition) :].strip()
    if (
        old is None
        or (preposition == "of" and not has_name(new))
        or (has_name(old.core) and not has_name(new) and not _is_one(new))
    ):
        return f"{full} {fragment}"
    return f"{full[: old.start]}{_in_place(new, old)}{_rest(full, old, new)}"


def _rest(full: str, old: NounPhrase, new: str) -> str:
    """What follows an old phrase, without an attached phrase that the new one brings along itself."""
    attached = old.text[len(old.core) :]
    brought = attached.split()[:1]
    drops = bool(brought) and brought[0] in new.lower().split()
    return full[old.end + (len(attached) if drops else 0) :]


def _is_one(new: str) -> bool:
    """Whether the noun is left out: "a paid one", "the ones in the garden", "the second"."""
    last = _main(new).split()[-1].lower()
    return last in ("one", "ones") or last in _ORDINALS


def _main(phrase: str) -> str:
    """A noun phrase without what is attached to it."""
    return re.split(r"(?<=\w)\s(?:of|in|on|for|with|without|from|at|to|under|over)\s", phrase, maxsplit=1)[0]


def _in_place(new: str, old: NounPhrase) -> str:
    """The new phrase with what it leaves out: "the second" of "the first dose", "a paid one" of "the free plan"."""
    words = _main(new).split()
    attached = new[len(_main(new)) :]
    old_words = [word for word in old.words if word.lower() not in DETERMINERS]
    if _is_one(new):
        kept = words if words[-1].lower() in _ORDINALS else words[:-1]
        names = [word for word in old_words[:-1] if word[:1].isupper()]
        return " ".join([*kept, *names, old_words[-1]]) + attached
    bare = words[0].lower() not in DETERMINERS and not new[:1].isupper() and not new[:1].isdigit()
    if (
        old.determiner
        and old.determiner not in ("a", "an")
        and bare
        and not is_plural(_main(new))
        and not has_name(f"x {new}")
    ):
        return f"{old.words[0]} {new}"
    return new


def full_phrase(new: str, before: str) -> str:
    """A noun phrase with the noun that it leaves out: "the wooden ones" of a question about spoons."""
    if not _is_one(new):
        return new
    several = new.endswith("s")
    old = next((each for each in noun_phrases(before) if each.plural == several), None)
    return new if old is None else _in_place(new, old)


def _by_name(fragment: str, full: str) -> str | None:
    """A name or a number in place of another one."""
    if _NUMBER.fullmatch(fragment) is not None:
        numbers = list(_NUMBER.finditer(full))
        return f"{full[: numbers[-1].start()]}{fragment}{full[numbers[-1].end() :]}" if numbers else None
    new = _CAPITALISED.fullmatch(f" {fragment}", 1)
    if new is None:
        return None
    dated = _DATE_NAMES.match(new[0]) is not None
    there = [
        found for found in _CAPITALISED.finditer(full) if (_DATE_NAMES.match(found[0]) is not None) == dated
    ]
    return f"{full[: there[-1].start()]}{new[0]}{full[there[-1].end() :]}" if there else None


def _by_verb(fragment: str, full: str) -> str | None:
    """ "And remove a lamp post?": another thing done, in place of the verb and its object."""
    parts = take_apart(full)
    if parts is None or parts.auxiliary in BE | {""} or not parts.rest:
        return None
    phrases = noun_phrases(full)
    subject_end = max((each.end for each in phrases if each.role == "subject" or each.before_verb), default=0)
    start = full.find(f" {parts.rest[0]}", subject_end)
    subject = next((each for each in phrases if each.role == "subject"), None)
    if subject is not None and not subject.before_verb:
        start = subject_end
    if start < 0:
        return None
    able = _ABLE.match(full, start)
    start = start if able is None else able.end()
    objects = [each for each in phrases if each.role == "object" and each.start > start]
    verb_end = start + 1 + len(full[start:].split()[0])
    end = verb_end
    if objects and len(fragment.split()) > 1:
        whole = objects[0].text[len(objects[0].core) :].startswith(" of ")
        end = objects[0].start + len(objects[0].text) if whole else objects[0].end
    return f"{full[:start]} {fragment}{_PARTICLE.sub('', full[end:])}"


def _by_noun(fragment: str, full: str) -> str | None:
    """A thing in place of the one that is most like it, else in front: "For sport, how long must I wait"."""
    parts = take_apart(full)
    asker = " ".join(parts.subject) if parts is not None else ""
    main = _main(fragment)
    if asker.lower() in _ASKERS and NounPhrase(main, main, 0, 0, "object").agent:
        before, after = re.split(rf"\b{asker}\b", full, maxsplit=1)
        return f"{_agreeing(before, plural=is_plural(main))}{fragment}{after}"
    phrases = [each for each in noun_phrases(full) if each.words[-1] not in ("something", "anything")]
    old = max(phrases, key=lambda each: _likeness(fragment, each), default=None)
    likeness = _LEAST_SCORE - 1 if old is None else _likeness(fragment, old)
    if parts is not None and asker.lower() in _POINTING and likeness < _LIKE and not parts.word:
        before, after = re.split(rf"\b{asker}\b", full, maxsplit=1)
        return f"{_agreeing(before, plural=_is_several(main))}{fragment}{after}"
    if old is None or likeness < _LEAST_SCORE:
        fits = old is None or (parts is not None and parts.word)
        return f"For {fragment}, {full[:1].lower()}{full[1:]}" if fits else None
    if _ONLY_NAME.fullmatch(f"x {fragment}") and not any(each.named for each in phrases):
        return None
    counted = next((each for each in phrases if each.preposition == "of" and each.start == old.end + 4), None)
    if counted is not None and fragment.split()[0].lower() not in DETERMINERS:
        old = counted
    put = _in_place(fragment, old)
    before, after = full[: old.start], _rest(full, old, put)
    if old.role == "subject" and not old.preposition:
        before = _agreeing(before, plural=_is_several(put))
    return f"{before}{put}{after}"


def _likeness(fragment: str, old: NounPhrase) -> float:
    words = _main(fragment.lower()).split()
    core = [word for word in words if word not in _CLOSED]
    head = core[-1] if core else words[-1]
    new = NounPhrase(fragment, fragment, 0, 0, "object")
    shared = {stem(word) for word in core} & {stem(word.lower()) for word in old.words}
    agents = NounPhrase(head, head, 0, 0, "object").agent, old.agent
    score = {"subject": 1.2, "object": 1.3, "attached": -0.6, "asked": -1.0}[old.role]
    score += 3.0 * bool(shared) + 1.5 * (stem(head) == stem(old.head))
    score += 2.0 * all(agents) - 2.5 * (agents[0] != agents[1])
    score += 0.6 * (is_plural(" ".join(words)) == old.plural) + 0.4 * (
        bool(new.determiner) == bool(old.determiner)
    )
    score += 2.0 * _is_one(fragment)
    counted = old.role == "asked" and old.asked_by == "how" and old.head not in _COMPARATIVES
    score += 2.0 * (counted and not new.determiner and not agents[0] and not has_name(f"x {fragment}"))
    return score - 1.5 * (
        has_name(f"x {old.core}") and not has_name(f"x {fragment}") and not _is_one(fragment)
    )


def _is_several(phrase: str) -> bool:
    return is_plural(_main(phrase)) or " and " in phrase


def _agreeing(before: str, *, plural: bool) -> str:
    """What stands before a subject, with the auxiliary in its number."""
    words = before.split()
    forms = _AGREEING if plural else _AGREEING_SINGULAR
    last = words[-1] if words else ""
    put = forms.get(last.lower(), last)
    words[-1:] = [put.capitalize() if last[:1].isupper() else put]
    return f"{' '.join(words)} "


def asks_bare(words: Sequence[str], bare_words: frozenset[str]) -> bool:
    """Whether it is a question word with no more than its noun: "Why?", "Until when?", "How many days?".

    Args:
        words: in small letters.
        bare_words: may stand beside it.
    """
    place = next((at for at, word in enumerate(words) if word in QUESTION_WORDS), None)
    if place is None or any(word not in PREPOSITIONS | bare_words for word in words[:place]):
        return False
    behind = [word for word in words[place + 1 :] if word not in bare_words]
    behind = [word for word in behind if word not in PREPOSITIONS and word != "once"]
    named = words[place] in ("what", "which", "whose")
    no_verb = all(word not in AUXILIARIES | PRONOUNS | QUESTION_WORDS for word in behind)
    return no_verb and (
        not behind
        or (len(behind) <= 2 and (named or (words[place] == "how" and behind[0] not in BASE_VERBS)))
    )


def asked_by(words: str, before: str) -> str | None:
    """The previous question, asked by other question words; None if its form is unknown."""
    full = _without_lead(before)
    parts = take_apart(full)
    asked = words[:1].upper() + words[1:]
    if parts is None or parts.kind == "place" or not parts.auxiliary:
        return None
    if words.lower() == "why not":
        return f"Why {' '.join([parts.auxiliary, *parts.subject, 'not', *parts.rest])}?"
    if _COUNTS.match(words) is not None:
        return _counted(asked, parts, full)
    if words.lower().startswith(("how many", "how much")) and parts.word in ("what", "which", "who", "where"):
        return None
    first = words.split()[0].lower()
    if any(parts.rest[-2:] == (first, unknown) for unknown in ("anything", "something", "anyone")):
        return f"{asked} {' '.join([parts.auxiliary, *parts.subject, *parts.rest[:-2]])}?"
    if parts.kind == "subject":
        put = "something" if parts.word in ("what", "which") and not parts.noun else "someone"
        subject = " ".join(word for word in parts.noun if word not in _MANY) or put
        return f"{asked} {parts.auxiliary} {subject} {' '.join(parts.rest)}".rstrip() + "?"
    rest = _with_dropped(parts, words.lower().split())
    return f"{asked} {' '.join([parts.auxiliary, *parts.subject, *rest])}".rstrip() + "?"


def _counted(asked: str, parts: EnglishQuestion, full: str) -> str | None:
    """ "How many?", "Which ones?": of the things that a yes/no question is about."""
    phrases = noun_phrases(full)
    thing = next((each for each in phrases if each.role == "object"), None)
    thing = thing or next((each for each in phrases if each.role == "subject"), None)
    if thing is None or parts.kind != "yes/no":
        return None
    noun = " ".join(word for word in thing.words if word.lower() not in DETERMINERS)
    ask = re.sub(r"\s+ones?$", "", asked)
    ask = f"{ask} of" if len(ask.split()) > 2 else ask
    auxiliary, rest = full.split(maxsplit=1)
    at = thing.start - len(auxiliary) - 1
    without = f"{rest[:at]}{rest[at + len(thing.core) :]}".strip()
    if thing.role == "subject":
        without = f"{auxiliary.lower()} {without}"
        attached = thing.text[len(thing.core) :]
        return f"{ask} {noun}{attached} {without.replace(attached, '', 1) if attached else without}?".replace(
            "  ", " "
        )
    return f"{ask} {noun} {auxiliary.lower()} {without}?".replace("  ", " ")


def _with_dropped(parts: EnglishQuestion, asked: Sequence[str]) -> list[str]:
    """The rest of a question, with what its own question word stood for: "that long" of "how long"."""
    rest = list(parts.rest)
    if not any(word in _CIRCUMSTANCES for word in asked) or parts.word in ("when", "where", "why", ""):
        return rest
    if parts.auxiliary in BE and parts.word != "how":
        return rest
    noun = [word for word in parts.noun if word.lower() not in _MANY]
    if parts.word == "how" and len(parts.noun) == 1:
        return [*rest, "that", *parts.noun]
    dropped = noun if parts.word == "how" else ["the", *noun] if noun else ["that"]
    if parts.word == "how" and not noun:
        return rest
    if parts.preposition or (rest and rest[-1].lower() in PREPOSITIONS):
        return [*rest, *dropped] if not parts.preposition else rest
    return [*rest[:1], *dropped, *rest[1:]]
