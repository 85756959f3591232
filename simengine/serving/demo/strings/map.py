"""Words of the Map tab."""

from __future__ import annotations

from simengine.serving.demo.strings.text import Text


class MAP:
    """The corpus as a picture."""

    colour = Text("Colour by", "着色方式")
    cluster = Text("Cluster", "聚类")
    start_title = Text("The map is drawn when you open it", "打开时绘制地图")
    start_body = Text("Documents that mean the like lie near each other.", "含义相近的文档彼此靠近。")
    computing_title = Text("Drawing the map", "正在绘制地图")
    computing_body = Text(
        "Once for each state of the index; with thousands of documents it takes a while.",
        "索引每次变更后绘制一次；文档较多时需要一些时间。",
    )
    again = Text("Draw again", "重新绘制")
    all_points = Text("{n} documents", "{n} 篇文档", one="1 document")
    sampled = Text(
        "A random sample of {n} of the {all} documents: above {most} not all are drawn.",
        "从 {all} 篇文档中随机抽取 {n} 篇：超过 {most} 篇时不会全部绘制。",
    )
    trust = Text("neighbours kept: {trust}", "近邻保持度：{trust}")
    trust_hint = Text(
        "Trustworthiness: 1 if all neighbours in the picture are neighbours in meaning, too.",
        "可信度：若图中近邻在含义上也都相近，则为 1。",
    )
    computed = Text("drawn in {s} s", "绘制用时 {s} 秒")
    how = Text(
        "Point at a dot to read it, click it to search near it. Scroll or use + and − to zoom, drag to move.",
        "指向圆点可阅读内容，点击可搜索相近文档；滚动或用 + 和 − 缩放，拖动可平移。",
    )
    picture = Text(
        "Map of the documents. Arrow keys go from dot to dot, Enter searches near the chosen one.",
        "文档地图。方向键在圆点之间移动，回车键搜索相近文档。",
    )
    zoom_in = Text("Zoom in", "放大")
    zoom_out = Text("Zoom out", "缩小")
    whole = Text("Show all", "显示全部")
    other = Text("other values", "其他值")
    without = Text("no value", "无值")
    legend = Text(
        "Legend: point at or click an entry to see only its dots", "图例：指向或点击条目可只看对应圆点"
    )
    unnamed = Text("cluster {n}", "聚类 {n}")
