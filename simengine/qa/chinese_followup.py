"""Chinese follow-up questions: what was left out is put in from the previous question."""

from __future__ import annotations

import re

from simengine.qa import chinese
from simengine.text.scripts import HAN, has_chinese

_PRONOUN = re.compile(
    "它们|它們|他们|他們|她们|她們|这个|這個|那个|那個|这些|這些|那些|它|他(?!们|們)|她(?!们|們)|其(?![他它实實中次余餘])|此(?!外)"
)
_THERE = re.compile("那里|那裡|那裏|那边|那邊|那儿|那兒|这里|這裡|这儿")
_AND = re.compile("^(?:那么?|那麼|还有|還有|然后|然後|以及|另外|要是|如果)?[，,]?")
_OPENING = re.compile(
    "^(?:那么|那麼|那(?![里裡裏边邊儿兒个個些种種位家天])|还有|還有|然后|然後|以及|另外|所以|但是|可是)[，,]?"
)
_ABOUT = re.compile("^(.+?)呢[?？。]?$")
_ABOUT_AND = re.compile("^(.+?)呢[，,？?]\\s*(.+)$")
_CONDITION = re.compile("^(?:如果|要是|假如|若)|(?:的话|的話|以后|以後|之后|之後|时|時|才.+|了)$")
_ELLIPTIC = re.compile(
    "^(?:可以|可不可以|能|会|會|要|需要|用|得|有|还|還|也|都|是|在|多|几|幾|怎么|怎麼|怎样|如何|什么时候|什麼時候|为什么|為什麼|为何|哪|谁|誰|"
    "一共|总共|一定|必须|必須|最多|最少|最长|最晚|最早|大概|大约|每|位于|位於|后来|後來|现在|一天|一年|一次|一个月)"
)
_ENDS = "?\uff1f!\uff01.\u3002 "
_LONGEST_ABOUT, _LONGEST_ELLIPTIC, _SHORT = 14, 14, 4
_TIMES = re.compile("原来|原來|以前|之前|现在|現在|目前|明年|去年|今年|今后|平时|平時")
_CIRCUMSTANCE = re.compile("[期时時后後前里裡内內上中间間]$")
_DESTINATION = re.compile("[到去给給往向]([^到去给給往向]+)$")
_EDGE = re.compile(f"[^{HAN}A-Za-z0-9]|[的是在有要能会會可用去到对對把被和与與或从從给給让讓]")


def expand(question: str, before: str) -> str | None:
    """The question completed from the previous one; None if it seems self-contained.

    Args:
        question: as asked.
        before: the previous question, in full.
    """
    topic = topic_of(before)
    both = _ABOUT_AND.match(question)
    if both is not None and not _asks(both[1]) and len(both[1]) <= _LONGEST_ABOUT:
        about = _OPENING.sub("", both[1])
        joint = "，" if _CONDITION.search(about) else ""
        return f"{about}{joint}{both[2]}"
    about_only = _ABOUT.match(question)
    if about_only is not None and len(about_only[1]) <= _LONGEST_ABOUT and not _asks(about_only[1]):
        return _replaced(_OPENING.sub("", about_only[1]), before, topic)
    text = _OPENING.sub("", question)
    pronoun = _PRONOUN.search(text)
    if pronoun is not None and topic:
        put = f"{topic}的" if pronoun[0] == "其" else topic
        return text[: pronoun.start()] + put + text[pronoun.end() :]
    elliptic = _ELLIPTIC.match(text) is not None and len(text.rstrip(_ENDS)) <= _LONGEST_ELLIPTIC
    short = len(text.rstrip(_ENDS + "呢")) <= _SHORT
    if topic and (elliptic or short) and topic not in text:
        return f"{topic}{text}"
    return text if text != question else None


def with_context(question: str, before: str) -> str:
    """What is searched for: the question, and what the previous one is about if it names nothing itself."""
    topic = topic_of(before)
    return question if not topic or topic in question else f"{question} {topic}"


def topic_of(question: str) -> str:
    """What a question is about: its subject, else its longest run of characters between question words."""
    text = _OPENING.sub("", question.strip())
    return chinese.subject(text) or _longest(text)


def _replaced(about: str, before: str, topic: str) -> str:
    """The previous question about another thing: in place of what ends alike, else of the topic, else in front."""
    full = before.rstrip(_ENDS)
    if _CONDITION.search(about):
        return f"{about}，{full}？"
    bare = about.removesuffix("的")
    number = re.match(r"^\d[\d.]*", about)
    if number is not None and (old := re.search(r"\d[\d.]*", full)) is not None:
        return f"{full[: old.start()]}{about}{full[old.end() :].removeprefix(about[number.end() :])}？"
    if _TIMES.fullmatch(bare) is not None:
        timeless = _TIMES.sub("", full, count=1)
        return f"{timeless.replace(topic, topic + about, 1) if topic in timeless else about + timeless}？"
    for size in range(min(len(bare), 3), 0, -1):
        place = full.find(bare[-size:], 0, max(len(topic), 1) if full.startswith(topic) else None)
        if place > 0 and has_chinese(bare[-size:]):
            start = place
            while start > 0 and place - start < len(bare) - size and _EDGE.match(full[start - 1]) is None:
                start -= 1
            return f"{full[:start]}{bare}{full[place + size :]}？"
    if topic and topic in full and len(topic) <= _LONGEST_ABOUT and _CIRCUMSTANCE.search(topic) is None:
        end = _DESTINATION.search(topic)
        return f"{full.replace(topic if end is None else end[1], about, 1)}？"
    return f"{about}，{full}？"


def _asks(text: str) -> bool:
    return re.search("什么|什麼|哪|谁|誰|多少|几|幾|怎|如何|何时|[吗嗎]", text) is not None


def _longest(question: str) -> str:
    """The longest run of Chinese characters between mere question words."""
    runs = re.split(
        "[^\\w]+|什么|什麼|哪里|哪裡|哪儿|哪个|哪個|哪|谁|誰|多少|怎么|怎麼|怎样|如何|为什么|為什麼|请问|請問|可以|需要|是否|吗|嗎|呢|的|了|是|有|在|要|能",
        question,
    )
    known = [run for run in runs if run and has_chinese(run)]
    return max(known, key=len, default="")
