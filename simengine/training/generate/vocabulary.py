"""Words for templates: for each slot a list to train on and one, disjoint from it, that is held out for benchmarks."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    """Entries divided by bars or line ends."""
    return tuple(word.strip() for line in text.split("\n") for word in line.split("|") if word.strip())


def spaced(text: str) -> tuple[str, ...]:
    """Entries divided by spaces."""
    return tuple(text.split())


TRAIN_PERSONS: Final = _words(
    """the tenant|the landlord|the customer|the supplier|the nurse|the surgeon|the driver|the mechanic
    the editor|the author|the manager|the intern|the baker|the grocer|the lawyer|the client|the trainer
    the swimmer|the guide|the tourist|the mayor|the architect|the witness|the detective|the farmer
    the vet|the captain|the sailor|the singer|the pianist|the waiter|the guest|Anna|Jonas|Mr Keller
    Ms Okafor|Priya|Tomas|Mrs Lind|Daniel|Leila|Hugo|Dr Farkas|Sofia|Marek|Ines|Victor|Yara
    our neighbour|my cousin|your colleague|the new treasurer|the old gardener
    """
)
HELD_OUT_PERSONS: Final = _words(
    """the blacksmith|the locksmith|the surveyor|the optician|the bassoonist|the auctioneer|the ranger
    the roofer|the jeweller|the sommelier|the archivist|the choreographer|the bricklayer|the dispatcher
    the geologist|the falconer|Yusuf|Ingrid|Mr Szabo|Mrs Lindqvist|Dr Banerjee|Ms Castellano|Desmond
    Solveig|the lodger|the glazier
    """
)

# base, third person, past, participle. Acts of one on another: one event has one doer.
TRAIN_ACTS: Final = tuple(
    tuple(line.split())
    for line in _words("""pay pays paid paid
    call calls called called
    hire hires hired hired
    visit visits visited visited
    thank thanks thanked thanked
    invite invites invited invited
    warn warns warned warned
    follow follows followed followed
    interview interviews interviewed interviewed
    photograph photographs photographed photographed
    insult insults insulted insulted
    praise praises praised praised
    rescue rescues rescued rescued
    sue sues sued sued
    drive drives drove driven
    teach teaches taught taught
    wake wakes woke woken
    blame blames blamed blamed
    forgive forgives forgave forgiven
    accuse accuses accused accused
    draw draws drew drawn
    beat beats beat beaten
    dismiss dismisses dismissed dismissed
    reimburse reimburses reimbursed reimbursed
    recommend recommends recommended recommended
    examine examines examined examined
    replace replaces replaced replaced
    employ employs employed employed
    train trains trained trained
    apologise_to apologises_to apologised_to apologised_to
    write_to writes_to wrote_to written_to
    shout_at shouts_at shouted_at shouted_at
    wait_for waits_for waited_for waited_for
    lie_to lies_to lied_to lied_to""")
)
HELD_OUT_ACTS: Final = tuple(
    tuple(line.split())
    for line in _words("""evict evicts evicted evicted
    interrogate interrogates interrogated interrogated
    vaccinate vaccinates vaccinated vaccinated
    handcuff handcuffs handcuffed handcuffed
    outbid outbids outbid outbid
    outwit outwits outwitted outwitted
    overtake overtakes overtook overtaken
    unmask unmasks unmasked unmasked
    blackmail blackmails blackmailed blackmailed
    dethrone dethrones dethroned dethroned
    hypnotise hypnotises hypnotised hypnotised
    fingerprint fingerprints fingerprinted fingerprinted
    chauffeur chauffeurs chauffeured chauffeured
    subpoena subpoenas subpoenaed subpoenaed
    ambush ambushes ambushed ambushed
    scold scolds scolded scolded""")
)
TRAIN_THINGS: Final = _words(
    """car|bicycle|ladder|camera|piano|tent|sewing machine|laptop|boat|lawnmower|drill|painting|novel
    dictionary|van|printer|sofa|wheelchair|guitar|caravan|projector|kettle|umbrella|map|coat
    """
)
HELD_OUT_THINGS: Final = _words(
    """accordion|snowplough|dinghy|chandelier|treadmill|dishwasher|bookcase|drone|easel|harp|incubator
    tapestry|tripod|cradle
    """
)

TRAIN_PERSONS_ZH: Final = spaced(
    """租客 房东 顾客 供应商 护士 医生 司机 修车师傅 编辑 作者 经理 实习生 面包师 律师 委托人 教练 游客
    导游 镇长 建筑师 证人 侦探 农民 兽医 船长 水手 歌手 服务员 住客 小李 小王 老张 陈老师 刘女士 赵先生
    林会计 邻居 表哥 新来的同事 班长
    """
)
HELD_OUT_PERSONS_ZH: Final = spaced(
    """木匠 裁缝 消防员 牙医 园丁 主持人 钟表匠 保安 出纳 快递员 摄影师 拍卖师 调酒师 图书管理员 瓦工 锁匠
    地质学家 老秦 小唐 郝女士 顾先生 郭主管 尤师傅 裴老板
    """
)
TRAIN_ACTS_ZH: Final = spaced(
    """邀请 感谢 批评 表扬 采访 雇用 起诉 帮助 提醒 跟踪 打败 辞退 推荐 责备 原谅 接替 培训 救 看望 等 骗
    教 送走 叫醒 埋怨 投诉 劝阻 监督 安慰
    """
)
HELD_OUT_ACTS_ZH: Final = spaced(
    """传唤 敲诈 审讯 搀扶 罢免 训斥 押送 收买 催促 绊倒 拦截 偷拍 催眠 戏弄 超越 揭发
    """
)
TRAIN_THINGS_ZH: Final = spaced(
    """自行车 相机 钢琴 帐篷 笔记本电脑 梯子 小说 词典 打印机 沙发 吉他 投影仪 雨伞 地图 大衣 电钻 轮椅 画
    货车 水壶
    """
)
HELD_OUT_THINGS_ZH: Final = spaced(
    """手风琴 割草机 独木舟 吊灯 跑步机 洗碗机 书柜 无人机 竖琴 保温箱 挂毯 三脚架 摇篮 烤箱
    """
)
