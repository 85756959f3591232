"""Chinese questions turned into statements: the question word stands where the answer goes."""

from __future__ import annotations

import re

from simengine.text.scripts import HAN

_MEASURE = "[个些种位家座所条只本部间支名项次]"
_NOUNS = (
    "国家|城市|地方|地区|公司|大学|学校|语言|民族|作品|名字|颜色|"
    "原因|方式|方法|东西|职位|职业|机构|组织|省份|省|州|人物|人"
)
_TIME = "什么时候|什么时间|哪一天|哪一年|哪个月|哪年|哪天|何时|几时|几点"
_PLACE = "什么地方|哪里|哪儿|何处|何地"
_REASON = re.compile("为什么|为何|因何|怎么会|凭什么")
_MANNER = re.compile("怎么样|怎样|怎么|如何|咋")
_IN_PLACE = re.compile(
    f"{_TIME}|{_PLACE}"
    f"|(?:哪一?{_MEASURE}?|什么|何种)(?:{_NOUNS})?"
    "|多少|多(?=[长大高远久快重深宽厚老])[长大高远久快重深宽厚老]|几|谁|啥"
)
_PARTICLE = re.compile("[吗么嘛吧呢啊呀]$")
_YES_NO_END = re.compile("(?:吗|么|嘛|吧|不|没有|了没)$")
_QUESTIONING = re.compile("[么哪谁多几何怎啥]")
_WHETHER = re.compile(f"是否|能否|可否|是不是|有没有|会不会|能不能|可不可以|([{HAN}])不\\1")
_POSITIVE = {
    "是否": "",
    "能否": "能",
    "可否": "可以",
    "是不是": "是",
    "有没有": "有",
    "会不会": "会",
    "能不能": "能",
    "可不可以": "可以",
}
_PRONOUNS = "我你您他她它这那其该此"
_ENDS = "?？!！.。 \t\n"
_SUBJECT_END = re.compile(
    "是|有|在|要|需要|能|可以|会|怎|什么|多少|几|哪|为什么|如何|何|吗|呢|谁|的|了|由|被|属于|叫|位于|来自"
)
_BEFORE_SUBJECT = re.compile("^(?:请问|那么|那|为什么|如何|怎么|怎样|你们|我想|想知道|是否|哪里|谁)+")


def is_yes_no(question: str) -> bool:
    """Whether a question asks for yes or no."""
    text = question.strip().rstrip(_ENDS)
    if _WHETHER.search(text):
        return True
    end = _YES_NO_END.search(text)
    if end is None:
        return False
    before = text[: end.start()]
    if end[0] in ("么", "不") and (not before or before[-1] in "什怎多那这"):
        return False
    return _QUESTIONING.search(before) is None


def yes_statement(question: str) -> str | None:
    """What "yes" would say, None for a question that does not ask for yes or no."""
    if not is_yes_no(question):
        return None
    text = question.strip().rstrip(_ENDS)
    replaced = _WHETHER.sub(lambda found: _POSITIVE.get(found[0], found[1] or ""), text, count=1)
    if replaced == text:
        replaced = _YES_NO_END.sub("", text)
    replaced = _PARTICLE.sub("", replaced)
    return f"{replaced}。" if replaced else None


def statement(question: str, answer: str) -> str | None:
    """The question with its answer put in where the question word stands; None where no rule fits.

    Args:
        question: one sentence.
        answer: a phrase.
    """
    text = _PARTICLE.sub("", question.strip().rstrip(_ENDS))
    phrase = answer.strip().rstrip(_ENDS)
    if (reason := _REASON.search(text)) is not None:
        told = (text[: reason.start()] + text[reason.end() :]).strip("，")
        because = phrase.removeprefix("因为")
        return f"{told}，因为{because}。"
    found = _IN_PLACE.search(text)
    if found is None:
        manner = _MANNER.search(text)
        if manner is None:
            return None
        return f"{text[: manner.start()]}{phrase}{text[manner.end() :]}。"
    return f"{_joined(text[: found.start()], phrase, text[found.end() :])}。"


def _joined(before: str, phrase: str, after: str) -> str:
    """The three with what the phrase repeats of its neighbours said once: 有 + 三个孩子 + 个孩子."""
    for size in range(min(len(phrase), len(after)), 0, -1):
        if phrase.endswith(after[:size]):
            after = after[size:]
            break
    for size in range(min(len(phrase), len(before)), 0, -1):
        if phrase.startswith(before[-size:]):
            before = before[:-size]
            break
    return before + phrase + after


def subject(question: str) -> str:
    """What a question is about, by a guess: its words up to the first verb or question word; "" where it finds none."""
    text = _BEFORE_SUBJECT.sub("", question.strip().rstrip(_ENDS))
    ends = _SUBJECT_END.search(text)
    found = (text[: ends.start()] if ends else text).strip("，, ")
    return found if len(found) > 1 and found[0] not in _PRONOUNS else ""
