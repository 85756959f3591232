"""Turns Chinese questions into statements: the question word is where the answer goes."""

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
_PARTICLE = re.compile("[吗嗎么麼嘛吧呢啊呀]$")
_YES_NO_END = re.compile("(?:吗|嗎|么|麼|嘛|吧|不|没有|沒有|了没|了沒)$")
_QUESTIONING = re.compile("[么麼哪谁誰多几幾何怎啥]")
_EMBEDDED = re.compile(
    "(?:知道|告诉|告訴|说说|說說|讲讲|講講|问一下|問一下).*[哪谁誰几幾何怎啥]|(?:知道|告诉|告訴).*(?:什么|什麼|多少|多久|多长)"
)
_WHETHER = re.compile(
    "是否|能否|可否|會否|会否|是不是|有没有|有沒有|会不会|會不會|能不能|可不可以|可以不可以|行不行|"
    f"([{HAN}]{{1,2}})[不没沒]\\1"
)
_POSITIVE = {
    "是否": "",
    "能否": "能",
    "可否": "可以",
    "会否": "会",
    "會否": "會",
    "有没有": "有",
    "有沒有": "有",
    "会不会": "会",
    "會不會": "會",
    "能不能": "能",
    "可不可以": "可以",
    "可以不可以": "可以",
    "行不行": "可以",
}
_PLAIN_WHETHER = re.compile(
    "(?:是不是|是否)(?=[不没沒没未无無有也都只就已还還得要需必应應该該会會能可以允被把用从從在])"
)
_TAG = re.compile("[，,、 ]+(?:对|對|是|没错|沒錯|对不对|對不對|是不是)(?:吗|嗎|吧|么|麼|呀)?$")
_PERMITTED = re.compile("[，,、 ]+(?:可以|行|成)(?:吗|嗎|么|麼|吧)$")
_RHETORICAL = re.compile("^(?:难道|難道|莫非)|不是(?=.{2,}[吗嗎]$)")
_OPENING = re.compile(
    "^(?:你好|您好|请问|請問|那么|那麼|那|另外|还有|還有|麻烦问一下|麻煩問一下|想问(?:一)?下|想問(?:一)?下|问一下|問一下|我想知道|想知道|"
    "不知道|不知|打扰一下|打擾一下)+[，,：:！! ]*(?![里裡儿兒个個些位边邊种種])"
)
_CLAIMS = re.compile("[。！!]$|是|可以|不|没|沒|必须|必須|已经|已經")
_ALTERNATIVES = re.compile("还是|還是")
_PRONOUNS = "我你您他她它这那其该此"
_ENDS = "?？!！.。 \t\n"
_SUBJECT_END = re.compile(
    "是|有|在|要|需要|能|可以|[会會](?![员員议議籍计計所场場费費诊診])|怎|什么|什麼|多少|多久|多长|几|幾|哪|为什么|為什麼|如何|何|吗|嗎|呢|谁|誰|的|了|由|被|属于|叫|位于|来自|"
    "隔|最多|最少|最|没|沒|还|還|得|用"
)
MIN_CLAIM_CHARS = 5
_BEFORE_SUBJECT = re.compile("^(?:请问|那么|那|为什么|如何|怎么|怎样|你们|我想|想知道|是否|哪里|谁)+")


def is_yes_no(question: str) -> bool:
    """Whether it is a yes/no question."""
    text = question.strip().rstrip(_ENDS)
    if _ALTERNATIVES.search(text) and _YES_NO_END.search(text) is None:
        return False
    if _WHETHER.search(text) or _TAG.search(text):
        return _EMBEDDED.search(text) is None
    end = _YES_NO_END.search(text)
    if end is None:
        return False
    before = text[: end.start()]
    if end[0] in ("么", "麼", "不") and (not before or before[-1] in "什怎多那这這"):
        return False
    if end[0] in ("吗", "嗎"):
        return bool(before) and _EMBEDDED.search(before) is None
    return _QUESTIONING.search(before) is None


def is_tag(text: str) -> bool:
    """Whether a clause only asks for agreement or leave: "对吗", "可以吗"."""
    bare = text.strip().rstrip(_ENDS)
    return any(pattern.fullmatch(f"，{bare}") is not None for pattern in (_TAG, _PERMITTED))


def is_claim(text: str) -> bool:
    """Whether a text is a statement rather than a question or search words."""
    bare = text.strip()
    asks = (
        bare.endswith(("?", "？", "呢"))
        or _IN_PLACE.search(bare)
        or _MANNER.search(bare)
        or _REASON.search(bare)
    )
    return not asks and len(bare) >= MIN_CLAIM_CHARS and _CLAIMS.search(bare) is not None


def yes_statement(question: str) -> str | None:
    """The statement that "yes" would make, None if it is not a yes/no question.

    A negation is kept: "yes" to "不能退吗?" says that it cannot be returned. A rhetorical one ("不是...吗", "难道")
        is not.
    """
    if not is_yes_no(question):
        return None
    text = _OPENING.sub("", question.strip().rstrip(_ENDS))
    text = text.rsplit("？", 1)[-1].rsplit("。", 1)[-1]
    text = _RHETORICAL.sub("", text, count=1)
    untagged = _TAG.sub("", text)
    if untagged != text:
        return f"{_PARTICLE.sub('', untagged)}。"
    text = _PERMITTED.sub("可以", text)
    plain = _PLAIN_WHETHER.sub("", text, count=1)
    replaced = plain
    if plain == text:
        replaced = _WHETHER.sub(_positive, text, count=1)
    if replaced == text:
        replaced = _YES_NO_END.sub("", text)
    replaced = _PARTICLE.sub("", replaced)
    return f"{replaced}。" if replaced else None


def _positive(found: re.Match[str]) -> str:
    return "是" if found[0] == "是不是" else _POSITIVE.get(found[0], found[1] or "")


def statement(question: str, answer: str) -> str | None:
    """The question with its question word replaced by the answer; None if no rule applies.

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
    """The three without the phrase's repetitions of its neighbours: 有 + 三个孩子 + 个孩子."""
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
    """A guess at a question's subject: its words up to the first verb or question word; "" if there are none."""
    text = _BEFORE_SUBJECT.sub("", question.strip().rstrip(_ENDS))
    ends = _SUBJECT_END.search(text)
    found = (text[: ends.start()] if ends else text).strip("，, ")
    return found if len(found) > 1 and found[0] not in _PRONOUNS else ""
