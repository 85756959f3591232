"""Words of the Search tab."""

from __future__ import annotations

from simengine.serving.demo.strings.text import Text


class SEARCH:
    """Search."""

    query = Text("Query", "查询")
    query_hint = Text("What are you looking for? Press / to jump here", "想找什么？按 / 键跳到这里")
    go = Text("Search", "搜索")
    mode = Text("Retrieval", "检索方式")
    hybrid = Text("Hybrid", "混合")
    dense = Text("Semantic", "语义")
    lexical = Text("Keyword", "关键词")
    filters = Text("Filters and options", "筛选与选项")
    count = Text("Results", "结果数量")
    rerank = Text("Rerank with a cross-encoder", "用交叉编码器重排")
    rerank_info = Text(
        "Reads the query together with each top result. Slower.", "将查询与靠前的结果逐条对读，速度较慢。"
    )
    claim = Text("Treat the query as a claim", "将查询视为论断")
    claim_info = Text(
        "An NLI model says which results support or contradict it.",
        "由 NLI 模型判断各条结果支持还是反驳该论断。",
    )
    fold = Text("Collapse duplicates", "合并重复结果")
    fold_info = Text(
        "Shows results that say the same thing only once. Adds about a second.",
        "内容相同的结果只显示一次，约多用一秒。",
    )
    least = Text("{field} from", "{field} 不小于")
    greatest = Text("{field} to", "{field} 不大于")
    expression = Text("Filter expression", "筛选表达式")
    expression_hint = Text(
        'year >= 2020 and not (title contains "draft")', 'year >= 2020 and not (title contains "draft")'
    )
    start_title = Text("Search in your own words", "用自己的话搜索")
    start_body = Text(
        "Results match what you mean, not just the words you use.", "结果按含义匹配，而不只是匹配字面词语。"
    )
    none_title = Text("No results", "没有结果")
    none_filter = Text(
        "No documents match the filter: {filter}. Try removing a condition.",
        "没有文档符合筛选条件：{filter}。请尝试减少条件。",
    )
    none_words = Text(
        "No documents contain these words. Try semantic search or different words.",
        "没有文档包含这些词语。请改用语义检索，或换一种说法。",
    )
    none_empty = Text("The index is empty.", "索引中还没有文档。")
    none_alone = Text("There are no other documents in the index.", "索引中没有其他文档。")
    blank_title = Text("Enter a query", "请输入查询")
    blank_body = Text("Type a few words to search for.", "输入几个词即可搜索。")
    found = Text("{n} results", "{n} 条结果", one="1 result")
    for_query = Text("for “{query}”", "查询：“{query}”")
    near_to = Text("most similar to “{title}”", "与“{title}”最相似")
    filtered = Text("Filter: {filter}", "筛选：{filter}")
    incomplete = Text(
        "Reranking timed out: some results keep their original order.", "重排超时：部分结果保持原有顺序。"
    )
    left_alone = Text(
        "The built-in reranker ranks answers to English questions; this query keeps the order of the search.",
        "内置重排模型只对英文问句的答案重排；此查询保持检索的原有顺序。",
    )
    stages = Text("Time per stage, ms", "各阶段用时（毫秒）")
    stage_queue = Text("queue", "排队")
    stage_filter = Text("filter", "筛选")
    stage_encode = Text("encode", "编码")
    stage_dense = Text("semantic", "语义检索")
    stage_lexical = Text("keyword", "关键词检索")
    stage_fuse = Text("fuse", "融合")
    stage_fetch = Text("fetch", "读取")
    stage_rerank = Text("rerank", "重排")
    stage_collapse = Text("collapse duplicates", "合并重复")
    stage_rest = Text("other", "其他")
    relevance = Text("relevance", "相关度")
    supports = Text("supports", "支持")
    contradicts = Text("contradicts", "反驳")
    neutral = Text("neutral", "中立")
    whole = Text("Full passage", "完整段落")
    details = Text("Score breakdown", "得分明细")
    duplicates = Text(
        "{n} more results say the same: {ids}",
        "另有 {n} 条结果内容相同：{ids}",
        one="1 more result says the same: {ids}",
    )
    loading = Text("Searching…", "正在搜索…")
    csv = Text("Export CSV", "导出 CSV")
    jsonl = Text("Export JSON Lines", "导出 JSON Lines")


STAGE_NAMES = {
    "queue": SEARCH.stage_queue,
    "filter": SEARCH.stage_filter,
    "encode": SEARCH.stage_encode,
    "dense": SEARCH.stage_dense,
    "lexical": SEARCH.stage_lexical,
    "fuse": SEARCH.stage_fuse,
    "fetch": SEARCH.stage_fetch,
    "judge": SEARCH.stage_rerank,
    "collapse": SEARCH.stage_collapse,
    "rest": SEARCH.stage_rest,
}
STANCE_NAMES = {"supports": SEARCH.supports, "contradicts": SEARCH.contradicts, "neutral": SEARCH.neutral}
