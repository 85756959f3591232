"""Chinese follow-up questions: what was left out is put in from the previous question."""

from __future__ import annotations

import re

from simengine.qa import chinese
from simengine.qa.followups.chinese_times import another_time, is_clock
from simengine.text.scripts import HAN, has_chinese

_PRONOUN = re.compile(
    "它们|它們|他们|他們|她们|她們|"
    "(?:这个|這個|那个|那個|这些|這些|那些|此)(?=[是有要能会會可在怎多什几幾为為需吗嗎呢的和也都还還就被，,？?]|$)|"
    "它|他(?!们|們)|她(?!们|們)|其(?![他它实實中次余餘])"
)
_OPENING = re.compile(
    "^(?:那么|那麼|那(?![里裡裏边邊儿兒个個些种種位家天])|(?:还有|還有)(?![什哪多几幾谁誰没沒别別])|然后|然後|以及|另外|所以|但是|可是)[，,]?"
)
_ABOUT = re.compile("^(.+?)呢[?？。]?$")
_ABOUT_AND = re.compile("^(.+?)呢[，,？?]\\s*(.+)$")
_CONDITION = re.compile("^(?:如果|要是|假如|若)|(?:的话|的話|以后|以後|之后|之後|时|時|才.+|了)$")
_ELLIPTIC = re.compile(
    "^(?:可以|可不可以|能|会|會|要|需要|用|得|有|还|還|也|都|是(?!不是.{4}|否.{4})|在|多(?=[久长長大高少远遠快重深])|几|幾|怎么|怎麼|怎样|如何|什么时候|什麼時候|为什么|為什麼|为何|哪|谁|誰|"
    "一共|总共|一定|必须|必須|最多|最少|最长|最晚|最早|大概|大约|每|位于|位於|后来|後來|现在|一天|一年|一次|一个月)"
)
_ENDS = "?\uff1f!\uff01.\u3002 "
_LONGEST_ABOUT, _LONGEST_ELLIPTIC, _SHORT = 14, 10, 4
_TIMES = re.compile("原来|原來|以前|之前|现在|現在|目前|明年|去年|今年|今后|平时|平時")
_SPAN = re.compile("(?:每|一)(?:分钟|分鐘|个小时|小时|小時|天|周|週|个月|個月|月|年|次)")
_VERBS = "喝吃抽吸坐骑騎看听聽玩带帶买買租洗寄送穿"
_DONE = re.compile(f"(?<=[以能要会會得])[{_VERBS}][{HAN}]{{1,6}}?(?=[吗嗎?？]|$)")
_OBJECT = re.compile(f"(?:(?<=[{_VERBS}])|(?<=几个|幾個))(?:(?![吗嗎])[{HAN}]){{1,6}}(?=[吗嗎?？]|$)")
_BEFORE_TOPIC = re.compile("^(?:后来|後來|现在|現在|一共|一定|以后|以後|有人|每[天周月年次])")
_BEHIND_TOPIC = re.compile(
    "(?:每[天周週月年次]|一(?:分钟|分鐘|个月|個月|[天年次周週])|几[天年]?|幾[天年]?|大概|大约|大約|后来|後來|原先|原来|原來|以前|平时|平時|"
    "一共|现|現|从|從|到|把|给|給|被|会|會|再|最|也|都|还|還|就|自动|自動|隔|只|先|马上|馬上|通常|一般|不|又|(?<=..)[亏虧放走学學退充载載停])+$"
)
_TIME_ONLY = re.compile(
    r"(?:[一二三四五六七八九十\d]+月|上学期|下学期|上周|下周|第一次|[今明去]年|.*(?:时|時|期间|期間))"
)
_CIRCUMSTANCE = re.compile("[期时時后後前里裡内內上中间間]$")
_DESTINATION = re.compile("[到去给給往向]([^到去给給往向]+)$")
_ASKING = re.compile(
    "什么|什麼|哪|谁|誰|多少|多久|多长|多大|多高|几|幾|怎|如何|何时|咋|啥|[吗嗎]|吧$|不$|没$|么$|是否|有没有|"
    f"([{HAN}])[不没]\\1|可不可以"
)
_INSTEAD = re.compile("^(?:要是|如果)?(?:换成|換成|改成|换作|换做|换|就)(?=..)")
_ALSO = re.compile(
    "^(?P<about>[^，,]{1,12}?)(?:也|是不是也|总)(?:是|能|可以|行|有|要|用|会|會|不用|不要|不能|不行|得)?(?:这样|這樣|一样|一樣|如此)?"
    "(?:吗|嗎|吧|么|的吗)?$"
)
_SOMEBODY = re.compile(
    "(?:我们?家?的?)?(?:小|大|老)?(?:儿子|兒子|女儿|女兒|孩子|小孩|小朋友|朋友|宝宝|宝贝|爸爸|妈妈|爸|妈|老公|老婆|丈夫|妻子|外婆|外公|奶奶|爷爷|"
    "弟弟|妹妹|哥哥|姐姐|同学|同事|室友|客户|学生|老人|老师|租客|租户|家长|孙子|孙女|男朋友|女朋友|亲戚|侄子|外甥)"
)
_CLAUSE = re.compile("[我你您他她让讓想没沒去来來回再了]|^.?[不能会可]")
_ACTS = "加换換改交付停住"
_LONGEST_TOPIC = 9
_SHORT_MODIFIER, _MOST_RUNS = 2, 6
_QUESTIONING = re.compile(
    "[^\\w]+|什么时候|什麼時候|多长时间|多長時間|什么|什麼|哪一?[里裡儿兒个個些种種位家天年座]?|谁|誰|多少|多久|多长|多大|几[家座位条名张份种次点點号號天年]|怎么|怎麼|怎样|怎樣|如何|"
    "为什么|為什麼|请问|請問|可不可以|能不能|可以|需要|是不是|有没有|是否|吗|嗎|呢|吧|的|了|是|有|在|要|能|会|會|几个?|幾個?|也|都|还|還|它|他|她|这个?|那个?"
)
_EDGE = re.compile(f"[^{HAN}A-Za-z0-9]|[的是在有要能会會可去到对對把被和与與或从從给給让讓]")


def expand(question: str, before: str) -> str | None:
    """The question completed from the previous one; None if it seems self-contained.

    Args:
        question: as asked.
        before: the previous question, in full.
    """
    topic = topic_of(before)
    bare = question.rstrip(_ENDS)
    both = _ABOUT_AND.match(question)
    if both is not None and not _asks(both[1]) and len(both[1]) <= _LONGEST_ABOUT:
        about, more = _OPENING.sub("", both[1]) or both[1], both[2].rstrip(_ENDS)
        if not _asks(more) and len(more) <= _LONGEST_ABOUT and not question.endswith(("?", "\uff1f")):
            return _replaced(more if more.endswith(about[-1]) else about, before, topic)
        joint = "，" if _CONDITION.search(about) else ""
        return f"{about}{joint}{both[2]}"
    about_only = _ABOUT.match(question)
    if about_only is not None and len(about_only[1]) <= _LONGEST_ABOUT and not _asks(about_only[1]):
        return _replaced(_OPENING.sub("", about_only[1]) or about_only[1], before, topic)
    also = _ALSO.match(_OPENING.sub("", bare))
    if also is not None and (found := _put_in(_INSTEAD.sub("", also["about"]), before, topic)):
        return f"{found}？"
    text = _OPENING.sub("", question)
    if (named := _with_antecedent(text, before, topic)) is not None:
        return named
    elliptic = _ELLIPTIC.match(text) is not None and len(text.rstrip(_ENDS)) <= _LONGEST_ELLIPTIC
    short = len(text.rstrip(_ENDS + "呢")) <= _SHORT
    first = re.split("[，,]", text)[0]
    if _is_thing(topic) and (elliptic or short) and _asks(first) and not _share(topic, text):
        return f"{topic}{text}"
    return text if text != question else None


def _with_antecedent(text: str, before: str, topic: str) -> str | None:
    """A question with its pronoun replaced; None without one, or if nobody knows what it stands for."""
    pronoun = _PRONOUN.search(text)
    if pronoun is None:
        return None
    if pronoun[0][0] in "他她":
        own = _SOMEBODY.search(text[: pronoun.start()])
        somebody = [found[0] for found in _SOMEBODY.finditer(before)]
        named = topic if _is_thing(topic) and len(topic) <= _SHORT else ""
        put = "" if own is not None else somebody[0] if somebody else named
    else:
        put = topic if _is_thing(topic) or len(topic) <= _LONGEST_ELLIPTIC else ""
    if not put:
        return None
    put = f"{put}的" if pronoun[0] == "其" else put
    return text[: pronoun.start()] + put + text[pronoun.end() :]


def _is_thing(topic: str) -> bool:
    """Whether a topic may stand in front of a question: no clause of its own, and no time."""
    return bool(topic) and len(topic) <= _LONGEST_TOPIC and not _CLAUSE.search(topic) and not is_clock(topic)


def with_context(question: str, before: str) -> str:
    """What is searched for: the question, and what the previous one is about, as far as the two differ.

    Args:
        question: in full.
        before: the previous question.
    """
    topic = topic_of(before)
    if topic and _share(topic, question):
        return question
    content = [run for run in _runs(before) if not _share(run, question)]
    if topic and not content and not _share(topic, question):
        content = [topic]
    return " ".join([question, *content[:_MOST_RUNS]])


def topic_of(question: str) -> str:
    """What a question is about: its subject, else its longest run of characters between question words.

    An adverb or a verb behind the subject is left out, and a time is no topic.
    """
    clauses = re.split("[，,]", _OPENING.sub("", question.strip()))
    text = _BEFORE_TOPIC.sub("", next((each for each in clauses if _asks(each)), clauses[-1]))
    found = chinese.subject(text) or max(_runs(text), key=len, default="")
    bare = _BEHIND_TOPIC.sub("", found)
    topic = bare if len(bare) > 1 else found
    return "" if _TIME_ONLY.fullmatch(topic) or _PRONOUN.search(topic) else topic


def _share(text: str, other: str) -> bool:
    """Whether two texts have two neighbouring characters in common."""
    return text in other or any(text[at : at + 2] in other for at in range(len(text) - 1))


def _replaced(about: str, before: str, topic: str) -> str:
    """The previous question about another thing or under another condition."""
    full = before.rstrip(_ENDS)
    if _CONDITION.search(about) or (about[0] in _ACTS and about[0] not in full and len(about) > _SHORT):
        return f"{about}，{_asked_in(full)}？"
    if found := _put_in(_INSTEAD.sub("", about), before, topic):
        return f"{found}？"
    old = _OBJECT.search(full)
    return f"{about}，{full}？" if old is None else f"{full[: old.start()]}{about}{full[old.end() :]}？"


def _asked_in(full: str) -> str:
    """What a question asks, without the clauses in front that tell the case."""
    clauses = re.split("[，,]", full)
    at = next((i for i, each in enumerate(clauses) if _asks(each) and len(each) > _SHORT), 0)
    return "，".join(clauses[at:])


def _put_in(about: str, before: str, topic: str) -> str:
    """The previous question with a thing in place of what is alike, else of the topic; "" if neither is there."""
    full = before.rstrip(_ENDS)
    bare = about.removesuffix("的") or about
    number = re.match(r"^\d[\d.]*", about)
    if number is not None and (old := re.search(r"\d[\d.]*", full)) is not None:
        behind = full[old.end() :]
        alike = about[number.end() : number.end() + 1]
        return f"{full[: old.start()]}{number[0] if alike and behind.startswith(alike) else about}{behind}"
    if _TIMES.fullmatch(bare) is not None:
        timeless = _TIMES.sub("", full, count=1)
        return timeless.replace(topic, topic + about, 1) if topic in timeless else about + timeless
    if bare != about and topic and topic in full:
        return full.replace(topic, about + topic[-2:], 1)
    if found := another_time(bare, full) or _of_a_kind(bare, full) or _alike(bare, full, topic):
        return found
    behind = full[full.find(topic) + len(topic) :][:2]
    somebody = _SOMEBODY.search(about) is not None and _SOMEBODY.search(topic) is None
    named = topic and topic in full and "了" not in behind and not (somebody and "，" in full)
    if named and len(topic) <= _LONGEST_ABOUT and _CIRCUMSTANCE.search(topic) is None:
        end = _DESTINATION.search(topic)
        if end is not None or topic[0] not in _VERBS:
            return full.replace(topic if end is None else end[1], about, 1)
    return ""


def _of_a_kind(about: str, full: str) -> str:
    """A span in place of a span, something done in place of something done; "" without."""
    if _SPAN.fullmatch(about) is not None and (old := _SPAN.search(full)) is not None:
        return f"{full[: old.start()]}{about}{full[old.end() :]}"
    done = _DONE.search(full)
    if about[0] in _VERBS and len(about) > 1 and done is not None:
        return f"{full[: done.start()]}{about}{full[done.end() :]}"
    return ""


def _alike(about: str, full: str, topic: str) -> str:
    """A thing in place of one whose name ends alike: "货车" of "小客车"; "" without one."""
    for size in range(min(len(about), 3), 0, -1):
        place = full.find(about[-size:], 0, max(len(topic), 1) if full.startswith(topic) else None)
        if place <= 0 or not has_chinese(about[-size:]):
            continue
        start = first = place
        while first > 0 and _EDGE.match(full[first - 1]) is None:
            first -= 1
        start = max(first, place - (len(about) - size))
        if start - first <= _SHORT_MODIFIER:
            start = first
        return f"{full[:start]}{about}{full[place + size :]}"
    return ""


def _asks(text: str) -> bool:
    return _ASKING.search(text) is not None


def _runs(question: str) -> list[str]:
    """The runs of Chinese characters between mere question words."""
    return [run for run in _QUESTIONING.split(question) if len(run) > 1 and has_chinese(run)]
