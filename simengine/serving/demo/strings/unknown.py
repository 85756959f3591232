"""What is said of texts that a model has no tokens for."""

from __future__ import annotations

from simengine.serving.demo.strings.text import Text


class UNKNOWN:
    """Characters that a model does not know."""

    judge = Text(
        "The judge does not know these characters: it gives no verdict on such texts.",
        "判断模型不认识这些字符，因此对这类文本不作判断。",
    )
    model = Text(
        "The model does not know these characters: it cannot tell such texts apart, and only their words count.",
        "模型不认识这些字符，无法区分这类文本，只能依靠词语匹配。",
    )
    pair = Text(
        "The model cannot tell these texts apart: it does not know the characters in which they differ.",
        "模型无法区分这两段文本：它不认识两者不同的字符。",
    )
    share = Text(
        "{share} of the tokens are characters that it does not know.", "{share} 的词元是模型不认识的字符。"
    )
