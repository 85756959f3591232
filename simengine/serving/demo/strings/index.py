"""Words of the Index tab."""

from __future__ import annotations

from simengine.serving.demo.strings.text import Text


class INDEX:
    """Index."""

    refresh = Text("Refresh", "刷新")
    check = Text("Verify all files", "校验所有文件")
    checking = Text("Verifying all files…", "正在校验所有文件…")
    loading = Text("Loading the index details…", "正在读取索引信息…")
    documents = Text("documents", "文档")
    passages = Text("passages", "段落")
    tokens = Text("tokens", "词元")
    size = Text("on disk", "磁盘占用")
    recall = Text("recall@10", "recall@10")
    recall_exact = Text(
        "Exact search: every vector is compared, so nothing is missed.",
        "精确检索：逐一比较所有向量，不会遗漏。",
    )
    recall_measured = Text(
        "Measured on {n} queries against exact search.", "用 {n} 个查询与精确检索对比测得。"
    )
    coverage = Text("of the text read", "的文本已读取")
    coverage_all = Text(
        "The model read every token; nothing was truncated.", "模型读取了全部词元，没有截断。"
    )
    coverage_some = Text(
        "{n} tokens were truncated: they exceed the model's input length.",
        "{n} 个词元超出模型的输入长度，已被截断。",
    )
    about = Text("About", "概况")
    model = Text("Model", "模型")
    dimensions = Text("{n} dimensions", "{n} 维")
    fingerprint = Text("fingerprint {digest}", "指纹 {digest}")
    ann = Text("ANN index", "ANN 索引")
    exact = Text("not needed: search is exact", "无需：精确检索")
    newer = Text("{n} newer passages are searched exactly", "另有 {n} 个新段落精确检索")
    deleted = Text("Deleted", "已删除")
    deleted_rows = Text("{n} passages, to be removed by the next compaction", "{n} 个段落，下次压缩时清除")
    chunks = Text("Passage length", "段落长度")
    chunk_tokens = Text("up to {n} tokens", "至多 {n} 个词元")
    built = Text("Built", "构建于")
    commit = Text("generation {generation}, commit {commit}", "第 {generation} 代，第 {commit} 次提交")
    state = Text("Status", "状态")
    complete = Text("complete", "完整")
    incomplete = Text(
        "{state}: the build was interrupted; run the same command again to resume it",
        "{state}：构建中断，重新运行同一命令即可继续",
    )
    calibration = Text("Calibration", "校准")
    calibration_none = Text(
        "Not calibrated. Scores of cross-encoders are marked as uncalibrated until “simengine calibrate” has been "
        "run on labelled pairs.",
        "尚未校准。在用标注样本运行 “simengine calibrate” 之前，交叉编码器的得分均标为“未校准”。",
    )
    task = Text("Task", "任务")
    method = Text("Method", "方法")
    pairs = Text("Pairs", "样本数")
    error_after = Text("Calibration error", "校准误差")
    error_before = Text("Before", "校准前")
    date = Text("Date", "日期")
    fields = Text("Metadata fields", "元数据字段")
    fields_none = Text("The documents have no metadata.", "文档没有元数据。")
    field = Text("Field", "字段")
    kinds = Text("Type", "类型")
    count = Text("Documents", "文档数")
    examples = Text("Examples", "示例")
    health_unknown = Text("Not verified yet", "尚未校验")
    health_unknown_body = Text(
        "Verification reads every byte and compares it with what was written.",
        "校验会读取每个字节，并与写入时的内容比对。",
    )
    healthy = Text("No problems found", "未发现问题")
    healthy_body = Text(
        "{files} files and {documents} documents are intact ({seconds} s).",
        "{files} 个文件、{documents} 篇文档完好（{seconds} 秒）。",
    )
    damaged = Text("{n} problems found", "发现 {n} 个问题", one="1 problem found")
