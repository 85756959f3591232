"""Words of the page around the tabs, and those that several tabs share."""

from __future__ import annotations

from simengine.serving.demo.strings.text import Text


class FRAME:
    """Around the tabs, and in several of them."""

    about = Text(
        "{n} documents, searched on this machine",
        "{n} 篇文档，在本机检索",
        one="1 document, searched on this machine",
    )
    scheme = Text("Light / dark", "浅色 / 深色")
    language = Text("Language", "语言")
    search = Text("Search", "搜索")
    pairs = Text("Pair scoring", "句对评分")
    ask = Text("Ask", "问答")
    check = Text("Check", "核查")
    recommend = Text("Recommend", "推荐")
    map = Text("Map", "地图")
    index = Text("Index", "索引")
    went_wrong = Text("Something went wrong", "出错了")
    unexpected = Text(
        "An unexpected error occurred. See the server log for details.",
        "发生意外错误，详情请查看服务器日志。",
    )
    uncalibrated = Text("uncalibrated", "未校准")
    probability = Text("probability", "概率")
    score = Text("score", "得分")
    similar = Text("More like this", "查找相似")
    similar_to = Text("More like {title}", "查找与 {title} 相似的文档")
    try_one = Text("Try", "试试")
    in_ms = Text("{ms} ms", "{ms} 毫秒")
    in_s = Text("{s} s", "{s} 秒")


class UNKNOWN:
    """Characters that a model does not know."""

    cross_encoder = Text(
        "The cross-encoder does not know these characters, so it gives no verdict on such texts.",
        "交叉编码器不认识这些字符，因此不对这类文本作判断。",
    )
    encoder = Text(
        "The embedding model does not know these characters and cannot tell such texts apart; only keywords count.",
        "嵌入模型不认识这些字符，无法区分这类文本，只能依靠关键词匹配。",
    )
    pair = Text(
        "The embedding model cannot tell these texts apart: it does not know the characters in which they differ.",
        "嵌入模型无法区分这两段文本：它不认识两者不同的字符。",
    )
    share = Text("{share} of the tokens are unknown to the model.", "{share} 的词元是模型不认识的字符。")
