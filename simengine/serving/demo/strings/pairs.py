"""Words of the Pair scoring tab."""

from __future__ import annotations

from simengine.serving.demo.strings.text import Text


class PAIRS:
    """Pair scoring."""

    text1 = Text("First text", "第一段文本")
    text2 = Text("Second text", "第二段文本")
    hint1 = Text("A man is playing a guitar on stage.", "一名男子在舞台上弹吉他。")
    hint2 = Text("Someone is making music.", "有人在演奏音乐。")
    go = Text("Compare", "比较")
    swap = Text("Swap", "互换")
    example_same = Text("Said otherwise", "换一种说法")
    example_against = Text("Similar, but contradictory", "相似但矛盾")
    example_apart = Text("Related, not the same", "相关但不同")
    example_chinese = Text("Chinese", "中文")
    start_title = Text("How near are two texts?", "两段文本有多接近？")
    start_body = Text(
        "Their similarity, what one says about the other, and which words make them near.",
        "给出相似度、两者之间的推理关系，以及使它们接近的词语。",
    )
    loading = Text("Comparing", "正在比较")
    blank_title = Text("A text is missing", "缺少文本")
    blank_body = Text("Fill in both texts first.", "请先填写两段文本。")
    too_long_title = Text("A text is too long", "文本过长")
    too_long = Text(
        "A text has {n} characters; up to {most} are compared here.",
        "文本有 {n} 个字符；此处最多比较 {most} 个字符。",
    )
    cosine = Text("Cosine similarity", "余弦相似度")
    cosine_note = Text(
        "Of the vectors of the index's own model. How high is high depends on the model.",
        "由索引自身的模型计算；数值高低的含义取决于模型。",
    )
    graded = Text("Cross-encoder", "交叉编码器")
    graded_note = Text(
        "By {name}, which reads both texts together. Uncalibrated.",
        "由 {name} 同时阅读两段文本后给出，未校准。",
    )
    inference = Text("What one says about the other", "两者之间的推理关系")
    first_second = Text("If the first is true, the second is…", "若第一段为真，则第二段……")
    second_first = Text("If the second is true, the first is…", "若第二段为真，则第一段……")
    entailment = Text("entailed", "可推出")
    neutral = Text("open", "无法判断")
    contradiction = Text("contradicted", "相矛盾")
    inference_note = Text("The model's own probabilities, uncalibrated.", "模型自身给出的概率，未校准。")
    words = Text("What makes them near", "哪些词使它们接近")
    words_note = Text(
        "Words of one colour and number go together; the stronger the colour, the more they add to the similarity. "
        "Underlined words keep the texts apart.",
        "颜色和编号相同的词语彼此对应；颜色越深，对相似度的贡献越大。带下划线的词语使两段文本疏远。",
    )
    faithful = Text(
        "Is that true? Without the words ranked highest the similarity falls by {drop}; without as many words at "
        "random by {random}. The choice beats {beaten} of {draws} random ones.",
        "可信吗？去掉排名最高的词语，相似度下降 {drop}；随机去掉同样多的词语，下降 {random}。"
        "该选择优于 {draws} 次随机选择中的 {beaten} 次。",
    )
    unfaithful = Text(
        "Do not rely on these colours: words at random matter as much for this pair.",
        "请勿依赖这些颜色：对这两段文本而言，随机选词的影响同样大。",
    )
    no_figure = Text(
        "The texts are too short to check these colours by taking several words out.",
        "文本太短，无法通过去掉多个词语来检验这些颜色。",
    )
    truncated = Text(
        "The model read {read} of {n} characters of the {which} text; the rest did not count.",
        "模型只读取了{which}文本 {n} 个字符中的 {read} 个，其余部分未计入。",
    )
    which_first = Text("first", "第一段")
    which_second = Text("second", "第二段")
    table = Text("Word by word", "逐词查看")
    word = Text("Word", "词语")
    adds = Text("Adds", "贡献")
    partner = Text("Goes with", "对应")
    alignment = Text("Alignment", "对齐度")

    batch = Text("Many pairs from a file", "批量处理文件中的句对")
    file = Text("CSV, TSV or JSON with two columns of text", "含两列文本的 CSV、TSV 或 JSON 文件")
    column1 = Text("Column of the first text", "第一段文本所在列")
    column2 = Text("Column of the second text", "第二段文本所在列")
    column_info = Text(
        "Columns of the chosen file; usual names are picked for you.", "所选文件中的列；常见列名会自动选中。"
    )
    with_inference = Text("Judge entailment too", "同时判断推理关系")
    with_inference_info = Text(
        "Both texts of each row are read together. Slower.", "逐行同时阅读两段文本，速度较慢。"
    )
    run = Text("Score the file", "开始评分")
    stop = Text("Stop", "停止")
    stopped = Text("Stopped; nothing was kept.", "已停止，未保留任何结果。")
    scoring = Text("{done} of {n} pairs", "已完成 {done} / {n} 对")
    no_file_title = Text("No file", "没有文件")
    no_file_body = Text("Choose a file first.", "请先选择文件。")
    scored = Text("{n} pairs scored", "已评分 {n} 对", one="1 pair scored")
    bad = Text("{n} rows could not be used", "{n} 行无法使用", one="1 row could not be used")
    bad_note = Text(
        "They stand in the file with their problem, and without a score.",
        "它们在结果文件中注明问题，没有分数。",
    )
    bad_more = Text("and {n} more", "另有 {n} 行")
    row = Text("Row", "行")
    problem = Text("Problem", "问题")
    verdict = Text("Second is", "第二段")
    preview = Text("The first {n}", "前 {n} 对")
    download = Text("Download CSV", "下载 CSV")
