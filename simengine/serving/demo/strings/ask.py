"""Words of the Ask tab."""

from __future__ import annotations

from simengine.serving.demo.strings.text import Text


class ASK:
    """Ask."""

    question = Text("Question", "问题")
    question_hint = Text("Ask something that the documents may answer", "问一个文档可能回答的问题")
    go = Text("Ask", "提问")
    new = Text("New conversation", "新对话")
    start_title = Text("Answers with their evidence", "有据可查的回答")
    start_body = Text(
        "Every answer shows the sentence that it stands on. What the documents do not say is not answered. "
        "You can ask on: a follow-up keeps its subject.",
        "每个回答都会给出原文依据；文档没有说的，不会回答。可以继续追问，追问会保留主题。",
    )
    blank_title = Text("The question is blank", "问题为空")
    blank_body = Text("Type a question first.", "请先输入问题。")
    loading = Text("Reading…", "正在阅读…")
    supported = Text("supported", "有依据")
    contradicted = Text("contradicted", "与文档矛盾")
    not_found = Text("not found", "没有找到")
    yes = Text("The documents say so", "文档支持这一点")
    abstain = Text("The documents do not answer this", "文档没有回答这个问题")
    abstain_body = Text(
        "The best passage reached {probability}, and an answer needs {threshold}. These passages come nearest:",
        "最佳段落只达到 {probability}，而回答需要 {threshold}。最接近的段落如下：",
    )
    abstain_empty = Text("Nothing in the index is near the question.", "索引中没有与问题接近的内容。")
    understood = Text("Understood as: {question}", "理解为：{question}")
    stands_in = Text("Stands in", "出处")
    against = Text("Another passage speaks against it", "另有段落持相反说法")
    whole = Text("Whole document", "整篇文档")
    cut = Text("Only the first {n} characters are shown.", "仅显示前 {n} 个字符。")
    nearest = Text("Nearest passages", "最接近的段落")
    faq = Text("stored question", "已有问答")
    probability = Text("probability {value}", "概率 {value}")
    confidence = Text("confidence {value}, uncalibrated", "置信度 {value}，未校准")
    note = Text("Note: {note}", "注意：{note}")


VERDICT_NAMES = {"supported": ASK.supported, "contradicted": ASK.contradicted, "not found": ASK.not_found}
