"""Sentence frames of the benchmark sets. The generator of training pairs uses none of them, nor their words."""

from __future__ import annotations

from typing import Final

# A statement about a person {p} and a thing {t}, and its denial; each starts with another subject matter.
STATEMENTS_EN: Final[tuple[tuple[str, str], ...]] = (
    ("{p} keeps the {t} in the cellar.", "{p} does not keep the {t} in the cellar."),
    ("The {t} was insured by {p}.", "The {t} was not insured by {p}."),
    ("{p} will spend the winter in Norway.", "{p} will not spend the winter in Norway."),
    ("{p} has repainted the {t}.", "{p} has not repainted the {t}."),
    ("{p} can read music.", "{p} cannot read music."),
    ("The {t} belongs in the attic.", "The {t} does not belong in the attic."),
    ("{p} was late for the rehearsal.", "{p} was not late for the rehearsal."),
    ("A photo of the {t} hangs in the corridor.", "A photo of the {t} does not hang in the corridor."),
    ("{p} grew up on an island.", "{p} did not grow up on an island."),
    ("{p} should empty the letter box.", "{p} should not empty the letter box."),
    ("The guarantee for the {t} has run out.", "The guarantee for the {t} has not run out."),
    ("{p} is allergic to walnuts.", "{p} is not allergic to walnuts."),
    ("The {t} fits through the door.", "The {t} does not fit through the door."),
    ("{p} had locked the cabinet.", "{p} had not locked the cabinet."),
    ("The {t} is made of oak.", "The {t} is not made of oak."),
    ("{p} goes to the gym in the evening.", "{p} does not go to the gym in the evening."),
)
# A statement about two persons; the same from the other side or in the passive.
ROLES_EN: Final[tuple[tuple[str, str], ...]] = (
    ("{a} handed {b} the {t}.", "The {t} was handed to {b} by {a}."),
    ("{a} donated the {t} to {b}.", "{b} received the {t} from {a} as a donation."),
    ("{a} leases the {t} to {b}.", "{b} leases the {t} from {a}."),
    ("{a} is the godparent of {b}.", "{b} is the godchild of {a}."),
    ("{a} is richer than {b}.", "{b} is poorer than {a}."),
    ("{a} spoke louder than {b}.", "{b} spoke more quietly than {a}."),
    ("{a} reports to {b} at work.", "{b} is the superior of {a} at work."),
    ("{a} sits to the north of {b}.", "{b} sits to the south of {a}."),
    ("{a} defeated {b} at tennis.", "{b} was defeated by {a} at tennis."),
    ("{a} has more patience than {b}.", "{b} has less patience than {a}."),
)
# A rule with its limit, a case within it and one beyond it in the same words, and one word that turns the case round.
INTERVALS_EN: Final[tuple[tuple[str, str, str, str], ...]] = (
    (
        "Library fines have to be settled inside {n} days.",
        "Settling a library fine on day {m} is in good time.",
        "Settling a library fine on day {m} is overdue.",
        "at_most",
    ),
    (
        "The voucher expires {n} days after issue.",
        "{m} days after issue the voucher is valid.",
        "{m} days after issue the voucher has expired.",
        "at_most",
    ),
    (
        "Objections reach the court in time up to the {n}th day.",
        "An objection on day {m} is punctual.",
        "An objection on day {m} comes too late.",
        "at_most",
    ),
    (
        "The trampoline bears a maximum of {n} kilos.",
        "The trampoline bears someone of {m} kilos.",
        "The trampoline does not bear someone of {m} kilos.",
        "at_most",
    ),
    (
        "Parking is limited to {n} minutes here.",
        "You are free to park here for {m} minutes.",
        "Parking here for {m} minutes breaks the rule.",
        "at_most",
    ),
    (
        "Juniors are players of {n} or younger.",
        "A player of {m} counts as a junior.",
        "A player of {m} does not count as a junior.",
        "at_most",
    ),
    (
        "Blood donors weigh a minimum of {n} kilos.",
        "At {m} kilos one is admitted as a blood donor.",
        "At {m} kilos one is refused as a blood donor.",
        "at_least",
    ),
    (
        "Voting is open to everyone from the age of {n}.",
        "Someone aged {m} has the vote.",
        "Someone aged {m} does not have the vote yet.",
        "at_least",
    ),
    (
        "The grant goes to farms of {n} hectares upwards.",
        "A farm of {m} hectares qualifies for the grant.",
        "A farm of {m} hectares does not qualify for the grant.",
        "at_least",
    ),
    (
        "The loyalty bonus starts with the {n}th purchase.",
        "On purchase number {m} the bonus is paid.",
        "On purchase number {m} no bonus is paid.",
        "at_least",
    ),
)
STATEMENTS_ZH: Final[tuple[tuple[str, str], ...]] = (
    ("{p}把{t}放在地窖里。", "{p}没有把{t}放在地窖里。"),
    ("{t}上了保险。", "{t}没有上保险。"),
    ("{p}会去挪威过冬。", "{p}不会去挪威过冬。"),
    ("{p}给{t}重新上了漆。", "{p}没有给{t}重新上漆。"),
    ("{p}看得懂乐谱。", "{p}看不懂乐谱。"),
    ("{t}应当收进阁楼。", "{t}不应当收进阁楼。"),
    ("{p}排练迟到了。", "{p}排练没有迟到。"),
    ("走廊里挂着{t}的照片。", "走廊里没有挂着{t}的照片。"),
    ("{p}在岛上长大。", "{p}不是在岛上长大的。"),
    ("{t}的质保期过了。", "{t}的质保期还没过。"),
    ("{p}对核桃过敏。", "{p}对核桃不过敏。"),
    ("{t}搬得进门。", "{t}搬不进门。"),
    ("{p}锁上了柜子。", "{p}没有锁上柜子。"),
    ("{t}是橡木做的。", "{t}不是橡木做的。"),
    ("{p}晚上去健身房。", "{p}晚上不去健身房。"),
    ("{p}懂葡萄牙语。", "{p}不懂葡萄牙语。"),
)
ROLES_ZH: Final[tuple[tuple[str, str], ...]] = (
    ("{a}把{t}递给了{b}。", "{b}从{a}手里接过了{t}。"),
    ("{a}把{t}捐给了{b}。", "{b}接受了{a}捐的{t}。"),
    ("{a}把{t}转让给{b}。", "{b}从{a}那里受让了{t}。"),
    ("{a}是{b}的师父。", "{b}是{a}的徒弟。"),
    ("{a}比{b}富有。", "{b}没有{a}富有。"),
    ("{a}说话比{b}大声。", "{b}说话比{a}小声。"),
    ("{a}归{b}管。", "{b}管着{a}。"),
    ("{a}坐在{b}的北边。", "{b}坐在{a}的南边。"),
    ("{a}在网球赛中击败了{b}。", "{b}在网球赛中被{a}击败。"),
    ("{a}的考分高于{b}。", "{b}的考分低于{a}。"),
)
INTERVALS_ZH: Final[tuple[tuple[str, str, str, str], ...]] = (
    (
        "图书罚款应于{n}日内缴清。",
        "第{m}日缴清图书罚款，不算晚。",
        "第{m}日缴清图书罚款，已经晚了。",
        "at_most",
    ),
    ("代金券自发放起{n}日有效。", "发放后第{m}日，代金券有效。", "发放后第{m}日，代金券失效了。", "at_most"),
    ("异议最迟在第{n}日送达法院。", "第{m}日送达的异议没有迟到。", "第{m}日送达的异议来迟了。", "at_most"),
    ("蹦床最大承重{n}千克。", "体重{m}千克的人可以上蹦床。", "体重{m}千克的人不能上蹦床。", "at_most"),
    ("此处停车限{n}分钟。", "在此处停{m}分钟是允许的。", "在此处停{m}分钟违反规定。", "at_most"),
    ("少年组为{n}岁及以下的选手。", "{m}岁的选手属于少年组。", "{m}岁的选手不属于少年组。", "at_most"),
    ("献血者体重不得低于{n}千克。", "体重{m}千克的人可以献血。", "体重{m}千克的人不能献血。", "at_least"),
    ("{n}岁起享有投票权。", "{m}岁的人享有投票权。", "{m}岁的人还没有投票权。", "at_least"),
    ("面积{n}公顷以上的农场可获补助。", "{m}公顷的农场可获补助。", "{m}公顷的农场得不到补助。", "at_least"),
    ("从第{n}次购物起发放奖金。", "第{m}次购物有奖金。", "第{m}次购物没有奖金。", "at_least"),
)
