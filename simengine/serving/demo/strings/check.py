"""Words of the Check tab."""

from __future__ import annotations

from simengine.serving.demo.strings.text import Text


class CHECK:
    """Check."""

    text = Text("Text to check", "待核查的文本")
    text_hint = Text("Paste an answer, a summary, a press release…", "粘贴一段回答、摘要或新闻稿……")
    source = Text("Check against this text instead of the index", "改为对照此文本（不用索引）")
    source_hint = Text("Optional", "可选")
    go = Text("Check", "核查")
    start_title = Text("Claims, one by one", "逐条核查")
    start_body = Text(
        "Each claim of the text is compared with the documents: supported, contradicted, not found, or not sure. "
        "Words that nothing supports are marked.",
        "文本中的每个论断都会与文档比对：有依据、与文档矛盾、未找到或不确定。没有依据的词会标出。",
    )
    blank_title = Text("Enter a text", "请输入文本")
    blank_body = Text("Paste a text first.", "请先粘贴文本。")
    loading = Text("Checking…", "正在核查…")
    none_title = Text("No claims in this text", "文本中没有论断")
    none_body = Text("Questions, headings and greetings are left out.", "问句、标题和客套话不作核查。")
    found = Text("{n} claims", "{n} 条论断", one="1 claim")
    supported = Text("supported", "有依据")
    contradicted = Text("contradicted", "与文档矛盾")
    not_found = Text("not found", "未找到")
    not_sure = Text("not sure", "不确定")
    read_as = Text("Read as: {statement}", "理解为：{statement}")
    probability = Text("probability {value}", "概率 {value}")
    confidence = Text("confidence {value}, uncalibrated", "置信度 {value}，未校准")
    against = Text("Another passage disagrees", "另有段落持相反说法")
    reason = Text("Reason: {reason}", "理由：{reason}")


CHECK_NAMES = {
    "supported": CHECK.supported,
    "contradicted": CHECK.contradicted,
    "not found": CHECK.not_found,
    "not sure": CHECK.not_sure,
}
