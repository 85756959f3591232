"""A document's title and text as one text."""

from __future__ import annotations

PARAGRAPH = "\n\n"
"""Between title and text where sentences are looked for afterwards: one ends here whatever the title looks like."""
_STOPS = ".!?\u3002\uff01\uff1f"


def joined(title: str, text: str, between: str = " ") -> str:
    """The title in front of the text; one alone where the other is blank.

    Args:
        title, text: of a document or a passage.
        between: what stands between them. A space is what bi-encoders are trained and measured with.

    Reference:
        Thakur et al., BEIR: A Heterogeneous Benchmark for Zero-shot Evaluation of Information Retrieval Models,
        NeurIPS 2021 (the space).
    """
    if not title or title.isspace():
        return text
    return f"{title}{between}{text}" if text and not text.isspace() else title


def as_sentence(title: str) -> str:
    """A title that inference can read in front of other sentences: with a full stop unless it ends in a stop."""
    title = title.strip()
    return title if not title or title[-1] in _STOPS else f"{title}."
