"""Words of the Map tab."""

from __future__ import annotations

from simengine.serving.demo.strings.text import Text


class MAP:
    """The corpus as a picture."""

    colour = Text("Colour by", "着色方式")
    cluster = Text("Cluster", "聚类")
    start_title = Text("The map is drawn when you open this tab", "打开此页时绘制地图")
    start_body = Text("Documents with similar meanings lie close together.", "含义相近的文档彼此靠近。")
    computing_title = Text("Drawing the map…", "正在绘制地图…")
    computing_body = Text(
        "Once for each state of the index. Thousands of documents take a while.",
        "索引每次变更后绘制一次；文档较多时需要一些时间。",
    )
    all_points = Text("{n} documents", "{n} 篇文档", one="1 document")
    sampled = Text(
        "Random sample of {n} of the {all} documents; the map shows at most {most}",
        "从 {all} 篇文档中随机抽取 {n} 篇，地图最多显示 {most} 篇",
    )
    trust = Text("neighbours preserved: {trust}", "近邻保持度：{trust}")
    trust_hint = Text(
        "Trustworthiness: 1 if all neighbours on the map are also neighbours in meaning.",
        "可信度：若图中近邻在含义上也都相近，则为 1。",
    )
    computed = Text("drawn in {s} s", "绘制用时 {s} 秒")
    how = Text(
        "Hover over a dot to read it; click it to find similar documents. Scroll or use + and − to zoom, drag to pan.",
        "将指针移到圆点上可阅读内容，点击可查找相似文档；滚动或用 + 和 − 缩放，拖动可平移。",
    )
    picture = Text(
        "Map of the documents. Arrow keys move between dots; Enter finds documents similar to the selected one.",
        "文档地图。方向键在圆点之间移动，回车键查找与所选文档相似的文档。",
    )
    zoom_in = Text("Zoom in", "放大")
    zoom_out = Text("Zoom out", "缩小")
    whole = Text("Reset view", "重置视图")
    other = Text("other values", "其他值")
    without = Text("no value", "无值")
    legend = Text(
        "Legend: hover over or click an entry to highlight its dots", "图例：指向或点击条目可突出显示对应圆点"
    )
    unnamed = Text("cluster {n}", "聚类 {n}")
