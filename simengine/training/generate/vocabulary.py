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
    """the plumber|the electrician|the referee|the goalkeeper|the chemist|the florist|the curator
    the sculptor|the conductor|the violinist|the judge|the accountant|the midwife|the pilot
    the translator|the publisher|Rashid|Beatrix|Mr Novak|Mrs Adeyemi|Colin|Freya|Ms Tanaka|Dr Moreau
    my uncle|the night porter
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
    for line in _words("""bribe bribes bribed bribed
    notify notifies notified notified
    nominate nominates nominated nominated
    threaten threatens threatened threatened
    congratulate congratulates congratulated congratulated
    supervise supervises supervised supervised
    deceive deceives deceived deceived
    arrest arrests arrested arrested
    feed feeds fed fed
    criticise criticises criticised criticised
    question questions questioned questioned
    defend defends defended defended
    push pushes pushed pushed
    comfort comforts comforted comforted
    escort escorts escorted escorted
    sponsor sponsors sponsored sponsored""")
)
TRAIN_THINGS: Final = _words(
    """car|bicycle|ladder|camera|piano|tent|sewing machine|laptop|boat|lawnmower|drill|painting|novel
    dictionary|van|printer|sofa|wheelchair|guitar|caravan|projector|kettle|umbrella|map|coat
    """
)
HELD_OUT_THINGS: Final = _words(
    """violin|scooter|telescope|wardrobe|canoe|microscope|saddle|carpet|typewriter|trailer|blender|necklace
    suitcase|chainsaw
    """
)

TRAIN_PERSONS_ZH: Final = spaced(
    """租客 房东 顾客 供应商 护士 医生 司机 修车师傅 编辑 作者 经理 实习生 面包师 律师 委托人 教练 游客
    导游 镇长 建筑师 证人 侦探 农民 兽医 船长 水手 歌手 服务员 住客 小李 小王 老张 陈老师 刘女士 赵先生
    林会计 邻居 表哥 新来的同事 班长
    """
)
HELD_OUT_PERSONS_ZH: Final = spaced(
    """水管工 电工 裁判 门将 药剂师 花店老板 馆长 雕塑家 指挥 小提琴手 法官 审计员 助产士 飞行员 翻译
    出版商 小郑 老孟 何主任 苏女士 钱先生 舅舅
    """
)
TRAIN_ACTS_ZH: Final = spaced(
    """邀请 感谢 批评 表扬 采访 雇用 起诉 帮助 提醒 跟踪 打败 辞退 推荐 责备 原谅 接替 培训 救 看望 等 骗
    教 送走 叫醒 埋怨 投诉 劝阻 监督 安慰
    """
)
HELD_OUT_ACTS_ZH: Final = spaced(
    """贿赂 通知 提名 威胁 祝贺 考核 逮捕 资助 盘问 护送 嘲笑 举报 录用 推倒
    """
)
TRAIN_THINGS_ZH: Final = spaced(
    """自行车 相机 钢琴 帐篷 笔记本电脑 梯子 小说 词典 打印机 沙发 吉他 投影仪 雨伞 地图 大衣 电钻 轮椅 画
    货车 水壶
    """
)
HELD_OUT_THINGS_ZH: Final = spaced(
    """小提琴 望远镜 衣柜 显微镜 花瓶 打字机 拖车 项链 行李箱 滑板车 榨汁机 马鞍
    """
)
