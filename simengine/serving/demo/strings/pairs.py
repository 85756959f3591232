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
    example_same = Text("Paraphrase", "换一种说法")
    example_against = Text("Similar but contradictory", "相似但矛盾")
    example_apart = Text("Related but different", "相关但不同")
    example_chinese = Text("Chinese", "中文")
    start_title = Text("How similar are two texts?", "两段文本有多相似？")
    start_body = Text(
        "See their similarity, how they relate, and which words make them similar.",
        "查看相似度、两者的关系，以及使它们相似的词语。",
    )
    loading = Text("Comparing…", "正在比较…")
    blank_title = Text("A text is missing", "缺少文本")
    blank_body = Text("Enter both texts first.", "请先填写两段文本。")
    too_long_title = Text("A text is too long", "文本过长")
    too_long = Text(
        "A text has {n} characters; the limit here is {most}.",
        "文本有 {n} 个字符；此处上限为 {most} 个字符。",
    )
    cosine = Text("Cosine similarity", "余弦相似度")
    cosine_note = Text(
        "Of the embeddings from the index's own model. What counts as high depends on the model.",
        "由索引所用模型的嵌入向量计算；多高算高取决于模型。",
    )
    graded = Text("Cross-encoder similarity", "交叉编码器相似度")
    graded_note = Text(
        "From {name}, which reads both texts together. Uncalibrated.",
        "由 {name} 同时阅读两段文本后给出，未校准。",
    )
    inference = Text("How the two texts relate", "两段文本的关系")
    first_second = Text("If the first is true, the second is…", "若第一段为真，则第二段……")
    second_first = Text("If the second is true, the first is…", "若第二段为真，则第一段……")
    entailment = Text("entailed", "可推出")
    neutral = Text("undetermined", "无法确定")
    contradiction = Text("contradicted", "相矛盾")
    not_sure = Text("not sure", "不确定")
    inference_note = Text("Probabilities from the NLI model.", "NLI 模型给出的概率。")
    words = Text("What makes them similar", "哪些词使它们相似")
    words_note = Text(
        "Words with the same colour and number are aligned; the stronger the colour, the more they add to the "
        "similarity. Underlined words pull the texts apart.",
        "颜色和编号相同的词语彼此对应；颜色越深，对相似度的贡献越大。带下划线的词语使两段文本疏远。",
    )
    faithful = Text(
        "How reliable is this? Removing the top words lowers the similarity by {drop}; removing as many random "
        "words lowers it by {random}. The top words beat {beaten} of {draws} random draws.",
        "可靠吗？去掉贡献最大的词语，相似度下降 {drop}；随机去掉同样多的词语，下降 {random}。"
        "贡献最大的词语胜过 {draws} 次随机抽取中的 {beaten} 次。",
    )
    unfaithful = Text(
        "Do not rely on these colours: for this pair, random words matter just as much.",
        "请勿依赖这些颜色：对这两段文本而言，随机选词的影响同样大。",
    )
    no_figure = Text(
        "The texts are too short to check these colours by removing words.",
        "文本太短，无法通过去掉词语来检验这些颜色。",
    )
    truncated = Text(
        "The model read {read} of {n} characters of the {which} text; the rest was ignored.",
        "模型只读取了{which}文本 {n} 个字符中的 {read} 个，其余部分未计入。",
    )
    which_first = Text("first", "第一段")
    which_second = Text("second", "第二段")
    table = Text("Word by word", "逐词查看")
    word = Text("Word", "词语")
    adds = Text("Contribution", "贡献")
    partner = Text("Aligned with", "对应")
    alignment = Text("Alignment", "对齐度")

    batch = Text("Score pairs from a file", "为文件中的句对评分")
    file = Text(
        "CSV, TSV, JSON or JSON Lines with two text columns", "含两列文本的 CSV、TSV、JSON 或 JSON Lines 文件"
    )
    column1 = Text("Column of the first text", "第一段文本所在列")
    column2 = Text("Column of the second text", "第二段文本所在列")
    column_info = Text("Common column names are selected automatically.", "常见列名会自动选中。")
    with_inference = Text("Run the NLI model too", "同时运行 NLI 模型")
    with_inference_info = Text(
        "Says for each pair whether the first text entails or contradicts the second. Slower.",
        "判断每对文本中第一段能否推出第二段或与其矛盾，速度较慢。",
    )
    run = Text("Score the file", "开始评分")
    stop = Text("Stop", "停止")
    stopped = Text("Stopped. No results were kept.", "已停止，未保留任何结果。")
    scoring = Text("{done} of {n} pairs", "已完成 {done} / {n} 对")
    no_file_title = Text("No file selected", "未选择文件")
    no_file_body = Text("Choose a file first.", "请先选择文件。")
    scored = Text("{n} pairs scored", "已评分 {n} 对", one="1 pair scored")
    bad = Text("{n} rows skipped", "跳过 {n} 行", one="1 row skipped")
    bad_note = Text(
        "The CSV lists them with the problem and without a score.", "它们在 CSV 中注明问题，没有分数。"
    )
    bad_more = Text("and {n} more", "另有 {n} 行")
    row = Text("Row", "行")
    problem = Text("Problem", "问题")
    verdict = Text("Second text is", "第二段")
    preview = Text("First {n} pairs", "前 {n} 对", one="First pair")
    download = Text("Download CSV", "下载 CSV")
