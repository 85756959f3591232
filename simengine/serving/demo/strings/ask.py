"""Words of the Ask tab."""

from __future__ import annotations

from simengine.serving.demo.strings.text import Text


class ASK:
    """Ask."""

    question = Text("Question", "问题")
    question_hint = Text("Ask something the documents might answer", "问一个文档可能回答的问题")
    go = Text("Ask", "提问")
    new = Text("New conversation", "新对话")
    start_title = Text("Answers with evidence", "有据可查的回答")
    start_body = Text(
        "Every answer quotes the sentence it rests on. If the documents do not say, there is no answer. "
        "Follow-up questions keep their context.",
        "每个回答都引用所依据的原文；文档没有说的，不会回答。追问会保留上下文。",
    )
    blank_title = Text("Enter a question", "请输入问题")
    blank_body = Text("Type a question first.", "请先输入问题。")
    loading = Text("Looking for an answer…", "正在查找答案…")
    supported = Text("supported", "有依据")
    contradicted = Text("contradicted", "与文档矛盾")
    not_found = Text("not found", "未找到")
    yes = Text("yes", "是")
    no = Text("no", "否")
    answer = Text("answer", "回答")
    not_sure = Text("not sure: {verdict}", "不确定：{verdict}")
    calculated = Text("Calculated: {calculation}", "计算：{calculation}")
    abstain = Text("Not found in the index", "索引中没有答案")
    abstain_body = Text(
        "The best passage scored {probability}; an answer needs {threshold}. The closest passages:",
        "最佳段落得分 {probability}，回答至少需要 {threshold}。最接近的段落如下：",
    )
    abstain_empty = Text("No passage comes close to the question.", "没有与问题接近的段落。")
    understood = Text("Understood as: {question}", "理解为：{question}")
    found_in = Text("Found in", "出处")
    against = Text("Another passage disagrees", "另有段落持相反说法")
    whole = Text("Full document", "完整文档")
    cut = Text("Only the first {n} characters are shown.", "仅显示前 {n} 个字符。")
    nearest = Text("Closest passages", "最接近的段落")
    faq = Text("stored Q&A", "已有问答")
    probability = Text("probability {value}", "概率 {value}")
    confidence = Text("confidence {value}, uncalibrated", "置信度 {value}，未校准")
    note = Text("Note: {note}", "注意：{note}")


VERDICT_NAMES = {
    "supported": ASK.supported,
    "contradicted": ASK.contradicted,
    "yes": ASK.yes,
    "no": ASK.no,
    "answer": ASK.answer,
    "not found": ASK.not_found,
}
