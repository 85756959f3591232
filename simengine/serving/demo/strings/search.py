"""Words of the Search tab."""

from __future__ import annotations

from simengine.serving.demo.strings.text import Text


class SEARCH:
    """Search."""

    query = Text("Query", "查询")
    query_hint = Text("What are you looking for?  Press / to come back here", "想找什么？按 / 键回到这里")
    go = Text("Search", "搜索")
    mode = Text("Match by", "匹配方式")
    hybrid = Text("Meaning and words", "语义与词语")
    dense = Text("Meaning", "语义")
    lexical = Text("Words", "词语")
    filters = Text("Filters", "筛选")
    count = Text("Number of results", "结果数量")
    rerank = Text("Let the judge reorder", "由判断模型重新排序")
    rerank_info = Text(
        "A cross-encoder reads the best candidates. Slower.", "交叉编码器逐条阅读最佳候选，速度较慢。"
    )
    claim = Text("The query is a claim", "查询是一个论断")
    claim_info = Text(
        "Each result says whether it supports or contradicts it.", "每条结果会标明支持还是反驳该论断。"
    )
    fold = Text("Fold duplicates", "合并重复结果")
    fold_info = Text(
        "Show results that say the same once; takes about a second.", "内容相同的结果只显示一次，约需一秒。"
    )
    least = Text("{field} from", "{field} 不小于")
    greatest = Text("{field} to", "{field} 不大于")
    expression = Text("Filter expression", "筛选表达式")
    expression_hint = Text(
        'year >= 2020 and not (title contains "draft")', 'year >= 2020 and not (title contains "draft")'
    )
    start_title = Text("Ask in your own words", "用自己的话来找")
    start_body = Text(
        "Results are found by what they mean, not only by the words they use.",
        "按含义查找，而不只是按字面词语。",
    )
    none_title = Text("Nothing found", "没有找到结果")
    none_filter = Text(
        "No document passes the filter: {filter}. Take a filter away and search again.",
        "没有文档符合筛选条件：{filter}。请减少筛选条件后再试。",
    )
    none_words = Text(
        "No document has these words. Search by meaning, or use other words.",
        "没有文档包含这些词语。请按语义搜索，或换一种说法。",
    )
    none_empty = Text("The index holds no documents yet.", "索引中还没有文档。")
    none_alone = Text("The index holds no other document.", "索引中没有其他文档。")
    blank_title = Text("The query is blank", "查询为空")
    blank_body = Text("Type a few words first.", "请先输入几个词。")
    found = Text("{n} results", "{n} 条结果", one="1 result")
    for_query = Text("for “{query}”", "查询：“{query}”")
    near_to = Text("most similar to “{title}”", "与“{title}”最相似")
    filtered = Text("filter: {filter}", "筛选：{filter}")
    incomplete = Text(
        "The judge ran out of time: some results keep their old order.",
        "判断模型超时：部分结果保持原有顺序。",
    )
    stages = Text("Time of each stage", "各阶段用时")
    stage_filter = Text("filter", "筛选")
    stage_encode = Text("encode", "编码")
    stage_dense = Text("meaning", "语义")
    stage_lexical = Text("words", "词语")
    stage_fuse = Text("fuse", "融合")
    stage_fetch = Text("fetch", "读取")
    stage_judge = Text("judge", "判断")
    stage_queue = Text("wait", "等待")
    stage_collapse = Text("collapse duplicates", "合并重复")
    stage_rest = Text("other", "其他")
    score = Text("score", "得分")
    relevance = Text("relevance", "相关度")
    supports = Text("supports", "支持")
    contradicts = Text("contradicts", "反驳")
    neutral = Text("neutral", "中立")
    similar = Text("Similar to this", "查找相似")
    similar_to = Text("Show documents similar to {title}", "查找与 {title} 相似的文档")
    whole = Text("Whole passage", "完整段落")
    details = Text("Details", "详情")
    duplicates = Text(
        "{n} more say the same: {ids}", "另有 {n} 条内容相同：{ids}", one="1 more says the same: {ids}"
    )
    loading = Text("Searching…", "正在搜索…")
    export = Text("Export", "导出")
    csv = Text("CSV", "CSV")
    jsonl = Text("JSON Lines", "JSON Lines")


STAGE_NAMES = {
    "queue": SEARCH.stage_queue,
    "filter": SEARCH.stage_filter,
    "encode": SEARCH.stage_encode,
    "dense": SEARCH.stage_dense,
    "lexical": SEARCH.stage_lexical,
    "fuse": SEARCH.stage_fuse,
    "fetch": SEARCH.stage_fetch,
    "judge": SEARCH.stage_judge,
    "collapse": SEARCH.stage_collapse,
    "rest": SEARCH.stage_rest,
}
STANCE_NAMES = {"supports": SEARCH.supports, "contradicts": SEARCH.contradicts, "neutral": SEARCH.neutral}
