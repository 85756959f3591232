"""Words of the page around the tabs, and what all tabs say."""

from __future__ import annotations

from simengine.serving.demo.strings.text import Text


class FRAME:
    """Around the tabs, and in all of them."""

    about = Text(
        "{n} documents, searched on this machine",
        "{n} 篇文档，在本机检索",
        one="1 document, searched on this machine",
    )
    scheme = Text("Light / dark", "明暗")
    language = Text("Language", "语言")
    search = Text("Search", "搜索")
    pairs = Text("Pair scoring", "句对评分")
    ask = Text("Ask", "问答")
    recommend = Text("Recommend", "推荐")
    map = Text("Map", "地图")
    index = Text("Index", "索引")
    went_wrong = Text("That did not work", "操作失败")
    unexpected = Text(
        "Something unexpected happened. The log of the server says more.",
        "发生了意外错误，详情见服务器日志。",
    )
    uncalibrated = Text("uncalibrated", "未校准")
    probability = Text("probability", "概率")
    try_one = Text("Try", "试试")
    in_ms = Text("{ms} ms", "{ms} 毫秒")
    in_s = Text("{s} s", "{s} 秒")


class UNKNOWN:
    """Characters that a model does not know."""

    judge = Text(
        "The judge does not know these characters: it gives no verdict on such texts.",
        "判断模型不认识这些字符，因此对这类文本不作判断。",
    )
    model = Text(
        "The model does not know these characters: it cannot tell such texts apart, and only their words count.",
        "模型不认识这些字符，无法区分这类文本，只能依靠词语匹配。",
    )
    pair = Text(
        "The model cannot tell these texts apart: it does not know the characters in which they differ.",
        "模型无法区分这两段文本：它不认识两者不同的字符。",
    )
    share = Text(
        "{share} of the tokens are characters that it does not know.", "{share} 的词元是模型不认识的字符。"
    )
