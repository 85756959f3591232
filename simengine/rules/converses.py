"""Words that say one relation from its two sides: giving and getting, "uncle" and "nephew", "taller" and "shorter"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from simengine.rules.lexicon import lemma

Sides: TypeAlias = Mapping[str, tuple[tuple[int, int], ...]]
"""Word → the lines of a list that it stands in, and on which side of the bar."""

_NOUNS = """
parent father mother godparent godfather godmother stepfather stepmother | child son daughter godchild godson
    goddaughter stepson stepdaughter
grandparent grandfather grandmother | grandchild grandson granddaughter
uncle aunt | nephew niece
ancestor | descendant
teacher tutor trainer instructor coach mentor teach train | pupil student apprentice mentee
boss manager superior supervisor employer chief supervise manage employ |
    subordinate assistant report answer
landlord landlady lessor | tenant lodger
creditor lender | debtor borrower
seller vendor supplier | buyer customer client
predecessor | successor succeed
host | guest
winner | loser
owner | property
leader | follower
guardian | ward
doctor | patient
lawyer attorney | client
"""
_PLACES = """
north | south
east | west
northeast | southwest
northwest | southeast
left | right
front | back
ahead | behind
"""
_COMPARED = """
older elder | younger newer
taller higher longer | shorter lower
heavier | lighter
bigger larger greater | smaller littler
richer wealthier affluent | poorer
stronger | weaker
faster quicker quickly fast | slower slowly slow
earlier sooner early | later late
louder loudly | softer quieter quietly softly
cheaper | dearer costlier expensive
nearer closer near | farther further
warmer hotter | cooler colder
brighter lighter | darker dimmer
deeper | shallower
wider broader | narrower
thicker fatter | thinner slimmer
cleaner | dirtier
harder difficult | easier simpler
safer safe | dangerous riskier
happier | sadder unhappier
braver | shyer
better well | worse badly
busier | idle
frequently often | seldom rarely
generous | stingy
patient | impatient
experienced | inexperienced
"""
_GIVEN = """give hand pass send lend sell show offer pay donate lease rent let grant award present deliver ship mail
post transfer bequeath return forward supply issue refund leave throw bring feed assign cede entrust loan"""
# Word of getting → the words of giving that it may be of; of those without a list, any.
_GOT = """
receive get obtain accept collect |
buy purchase acquire | sell
borrow | lend loan
rent hire | rent let lease
lease | lease
inherit | leave bequeath
"""
_NOUNS_ZH = """
师父 师傅 老师 导师 教练 | 徒弟 徒儿 学徒 学生 学员 弟子
父亲 母亲 爸爸 妈妈 爹 娘 家长 | 儿子 女儿 孩子
爷爷 奶奶 祖父 祖母 | 孙子 孙女
外公 外婆 姥姥 姥爷 | 外孙 外孙女
叔叔 伯伯 伯父 姑姑 姑妈 | 侄子 侄女
舅舅 舅妈 姨妈 阿姨 小姨 | 外甥 外甥女
公公 婆婆 | 儿媳 媳妇
岳父 岳母 丈人 | 女婿
上司 上级 领导 主管 老板 雇主 | 下属 下级 部下 手下 员工 雇员
房东 出租人 | 租客 房客 承租人
债主 债权人 | 债务人
卖家 卖方 供应商 | 买家 买方 客户 顾客
前任 | 继任 继任者 接班人
母公司 | 子公司 全资子公司 控股子公司
祖先 | 后代 后裔
监护人 | 被监护人
甲方 | 乙方
"""
_COMPARED_ZH = """
大 年长 大声 | 小 年轻 年幼 小声 轻声
高 | 低 矮
多 | 少
长 | 短
重 | 轻
快 | 慢
早 先 | 晚 迟 后
贵 | 便宜
新 | 旧
远 | 近
强 厉害 | 弱 差
富 富有 富裕 有钱 | 穷 贫穷 贫困
好 优秀 | 差 坏 糟
热 暖和 | 冷 凉快
宽 宽敞 | 窄 狭窄
深 | 浅
厚 | 薄
胖 | 瘦
忙 忙碌 | 闲 清闲
难 | 容易 简单
聪明 | 笨
勤快 勤奋 | 懒
干净 | 脏
安全 | 危险
耐心 | 急躁
强壮 | 瘦弱
"""
_GOT_ZH = """
收到 接到 得到 拿到 接过 接受 获得 取得 收下 领到 领取 受让 获 接 拿 要到 |
买 购买 购入 买下 买到 购得 | 卖 出售 售 转卖 出让 销售 转让
借 借到 借走 借入 借来 | 借 出借
租 租下 租到 租入 租来 承租 | 租 出租 转租 租赁
继承 | 留 遗赠 传
获赠 | 送 赠 赠送 捐 捐赠
"""


def _sides(lines: str) -> Sides:
    table: dict[str, tuple[tuple[int, int], ...]] = {}
    for number, line in enumerate(_lines(lines)):
        for side, words in enumerate(line.split("|")):
            for word in map(lemma, words.split()):
                table[word] = (*table.get(word, ()), (number, side))
    return table


def _lines(text: str) -> list[str]:
    return [line for line in text.replace("\n    ", " ").split("\n") if line]


def _receipts(lines: str) -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    """Words of getting from any word of giving, and each other one with the words of giving that it goes with."""
    generic: set[str] = set()
    table: dict[str, frozenset[str]] = {}
    for line in _lines(lines):
        receipts, gifts = (frozenset(map(lemma, part.split())) for part in line.split("|"))
        for receipt in receipts:
            table[receipt] = table.get(receipt, frozenset()) | gifts
        if not gifts:
            generic |= receipts
    return frozenset(generic), table


NOUNS: Final = _sides(_NOUNS)
"""What one is of another, as "uncle", on one side of a bar, and what the other is of the one."""
PLACES: Final = _sides(_PLACES)
COMPARED: Final = _sides(_COMPARED)
GIFTS: Final = frozenset(map(lemma, _GIVEN.split()))
"""Verbs of giving something to somebody."""
GENERIC_RECEIPTS, RECEIPTS = _receipts(_GOT)
NOUNS_ZH: Final = _sides(_NOUNS_ZH)
COMPARED_ZH: Final = _sides(_COMPARED_ZH)
GENERIC_RECEIPTS_ZH, RECEIPTS_ZH = _receipts(_GOT_ZH)


def opposed(table: Sides, one: str, other: str) -> bool | None:
    """Whether two words are on different sides of a bar; None if they are not of one line."""
    if one == other:
        return False
    sides, others = table.get(one, ()), table.get(other, ())
    if any((line, 1 - side) in others for line, side in sides):
        return True
    return False if any(each in others for each in sides) else None
