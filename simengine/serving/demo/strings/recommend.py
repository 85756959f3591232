"""Words of the Recommend tab."""

from __future__ import annotations

from simengine.serving.demo.strings.text import Text


class RECOMMEND:
    """Recommend."""

    find = Text("Find documents you know", "查找你了解的文档")
    find_hint = Text("Type part of a title", "输入标题的一部分")
    found_none = Text("No matching titles", "没有匹配的标题")
    found_none_body = Text("Try another word from the title.", "请换标题中的另一个词。")
    by_meaning = Text(
        "No title contains these words. Documents with a similar meaning:",
        "没有标题包含这些词语。以下文档含义相近：",
    )
    like = Text("Like", "喜欢")
    dislike = Text("Dislike", "不喜欢")
    like_this = Text("Like {title}", "喜欢 {title}")
    dislike_this = Text("Dislike {title}", "不喜欢 {title}")
    remove_this = Text("Remove {title}", "移除 {title}")
    liked = Text("Liked", "喜欢")
    disliked = Text("Disliked", "不喜欢")
    nothing_yet = Text("nothing yet", "暂无")
    describe = Text("Or describe what you like", "或描述你喜欢的内容")
    describe_hint = Text("A calm story about the sea", "一个关于大海的平静故事")
    refuse = Text("Leave out documents that say", "排除有以下说法的文档")
    refuse_hint = Text("It is violent.", "内容涉及暴力。")
    refuse_info = Text(
        "One statement per line. An NLI model leaves out documents that entail one of them. Slower.",
        "每行一个论断。由 NLI 模型排除可推出其中任一论断的文档，速度较慢。",
    )
    count = Text("Number of recommendations", "推荐数量")
    diversity = Text("Diversity", "多样性")
    diversity_info = Text(
        "0: the closest matches. 1: as different from each other as possible.",
        "0：最接近；1：彼此尽量不同。",
    )
    go = Text("Recommend", "推荐")
    clear = Text("Start over", "重新开始")
    loading = Text("Finding recommendations…", "正在查找推荐…")
    start_title = Text("Say what you like", "说说你喜欢什么")
    start_body = Text(
        "Find a few documents by title, then like or dislike them. Every recommendation comes with a reason.",
        "按标题找到几篇文档，标记喜欢或不喜欢；每条推荐都附有理由。",
    )
    none_title = Text("Nothing left to recommend", "没有可推荐的内容")
    none_body = Text(
        "All documents have been liked, disliked or left out. Try leaving out less.",
        "所有文档均已被标记或排除，请减少排除条件。",
    )
    found = Text("{n} recommendations", "{n} 条推荐", one="1 recommendation")
    because = Text("Because you like", "因为你喜欢")
    because_text = Text("Close to your description", "与你的描述相近")
    reason = Text("Why it is recommended", "推荐理由")
