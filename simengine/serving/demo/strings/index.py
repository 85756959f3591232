"""Words of the Index tab."""

from __future__ import annotations

from simengine.serving.demo.strings.text import Text


class INDEX:
    """Index."""

    refresh = Text("Refresh", "刷新")
    check = Text("Check every file", "检查所有文件")
    checking = Text("Reading every file…", "正在读取所有文件…")
    loading = Text("Looking into the index…", "正在读取索引信息…")
    documents = Text("documents", "文档")
    passages = Text("passages", "段落")
    tokens = Text("tokens", "词元")
    size = Text("on disk", "磁盘占用")
    recall = Text("recall@10", "recall@10")
    recall_exact = Text("every vector is compared: nothing is missed", "逐一比较所有向量，不会遗漏")
    recall_measured = Text("measured on {n} queries against exact search", "用 {n} 个查询与精确检索对比测得")
    coverage = Text("of the text was read", "的文本已被读取")
    coverage_all = Text("The model read every token; nothing was cut off.", "模型读取了全部词元，没有截断。")
    coverage_some = Text(
        "{n} tokens lie beyond what the model reads of a passage.",
        "有 {n} 个词元超出模型在段落中可读取的长度。",
    )
    about = Text("About", "概况")
    model = Text("Model", "模型")
    dimensions = Text("{n} dimensions", "{n} 维")
    fingerprint = Text("fingerprint {digest}", "指纹 {digest}")
    candidates = Text("Candidate index", "候选索引")
    exact = Text("none needed: exact search", "无需：精确检索")
    newer = Text("{n} newer passages are searched exactly", "另有 {n} 个新段落逐一比较")
    deleted = Text("Deleted", "已删除")
    deleted_rows = Text("{n} passages, until the index is compacted", "{n} 个段落，压缩索引后清除")
    chunks = Text("Passages of at most", "段落上限")
    chunk_tokens = Text("{n} tokens", "{n} 词元")
    built = Text("Built", "构建于")
    commit = Text("Generation {generation}, commit {commit}", "第 {generation} 代，第 {commit} 次提交")
    state = Text("State", "状态")
    complete = Text("complete", "完整")
    incomplete = Text(
        "{state}: the build was stopped; the same command goes on with it",
        "{state}：构建中断，重新运行同一命令即可继续",
    )
    calibration = Text("Calibration", "校准")
    calibration_none = Text(
        "Nothing is calibrated. Figures of the judge are called uncalibrated until `simengine calibrate` has "
        "fitted them on labelled pairs.",
        "尚未校准。在用标注数据运行 `simengine calibrate` 之前，判断模型给出的数值均标为“未校准”。",
    )
    task = Text("task", "任务")
    method = Text("method", "方法")
    pairs = Text("pairs", "样本数")
    error_after = Text("calibration error", "校准误差")
    error_before = Text("before", "校准前")
    date = Text("date", "日期")
    fields = Text("Metadata fields", "元数据字段")
    fields_none = Text("The documents carry no metadata.", "文档没有元数据。")
    field = Text("field", "字段")
    kinds = Text("type", "类型")
    count = Text("documents", "文档数")
    examples = Text("examples", "示例")
    health_unknown = Text("Not checked yet", "尚未检查")
    health_unknown_body = Text(
        "The check reads every byte and compares it with what was written.",
        "检查会读取每个字节，并与写入时的内容比对。",
    )
    healthy = Text("Sound", "完好")
    healthy_body = Text(
        "{files} files and {documents} documents are as they were written ({seconds} s).",
        "{files} 个文件、{documents} 篇文档与写入时一致（{seconds} 秒）。",
    )
    damaged = Text("{n} problems", "{n} 个问题", one="1 problem")
