"""Words of the Recommend tab."""

from __future__ import annotations

from simengine.serving.demo.strings.text import Text


class RECOMMEND:
    """Recommend."""

    find = Text("Find documents you know", "查找你了解的文档")
    find_hint = Text("Type a part of a title", "输入标题的一部分")
    found_none = Text("No title like that", "没有这样的标题")
    found_none_body = Text("Try another word of the title.", "请换标题中的另一个词。")
    by_meaning = Text(
        "No title has these words; these are near in meaning", "没有标题包含这些词语；以下文档含义相近"
    )
    like = Text("Like", "喜欢")
    dislike = Text("Dislike", "不喜欢")
    like_this = Text("Like {title}", "喜欢 {title}")
    dislike_this = Text("Dislike {title}", "不喜欢 {title}")
    remove_this = Text("Remove {title}", "移除 {title}")
    liked = Text("You like", "你喜欢")
    disliked = Text("You dislike", "你不喜欢")
    nothing_yet = Text("nothing yet", "暂无")
    describe = Text("Or describe what you like", "或描述你喜欢的内容")
    describe_hint = Text("A calm story about the sea", "一个关于大海的平静故事")
    refuse = Text("Leave out what says", "排除符合以下说法的内容")
    refuse_hint = Text("It is violent.", "内容涉及暴力。")
    refuse_info = Text(
        "One statement a line. What entails it is left out; the judge reads candidates, which takes longer.",
        "每行一个论断。由其可推出的内容会被排除；判断模型需要阅读候选，用时更长。",
    )
    count = Text("Number of recommendations", "推荐数量")
    diversity = Text("Variety", "多样性")
    diversity_info = Text(
        "0: the nearest. 1: as unlike each other as can be.", "0：最接近；1：彼此尽量不同。"
    )
    go = Text("Recommend", "推荐")
    clear = Text("Start over", "重新开始")
    loading = Text("Looking for recommendations", "正在查找推荐")
    start_title = Text("Say what you like", "告诉我们你喜欢什么")
    start_body = Text(
        "Find a few documents by their titles and like or dislike them. What is recommended says why.",
        "按标题找到几篇文档，标记喜欢或不喜欢；每条推荐都会说明理由。",
    )
    none_title = Text("Nothing is left to recommend", "没有可推荐的内容")
    none_body = Text(
        "Everything was liked, disliked or left out. Leave out less.",
        "所有内容均已被标记或排除，请减少排除条件。",
    )
    found = Text("{n} recommendations", "{n} 条推荐", one="1 recommendation")
    because = Text("because you like", "因为你喜欢")
    because_text = Text("near to what you described", "与你的描述相近")
    reason = Text("what speaks for it", "推荐理由")
    score = Text("score", "得分")
    similar = Text("Similar", "相似")
    similar_to = Text("Search near {title}", "搜索与 {title} 相近的文档")
