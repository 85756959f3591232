"""Words of the page around the tabs, and what all tabs say."""

from __future__ import annotations

from simengine.serving.demo.strings.text import Text


class FRAME:
    """Around the tabs, and in all of them."""

    about = Text("{documents} documents, searched on this machine", "{documents} 篇文档，在本机检索")
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
