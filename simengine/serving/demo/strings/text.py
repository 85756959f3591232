"""A thing to say, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "zh"]
LANGUAGES: tuple[tuple[str, Language], ...] = (("English", "en"), ("中文", "zh"))
DEFAULT_LANGUAGE: Language = "en"


@dataclass(frozen=True, slots=True)
class Text:
    """One thing to say, in both languages.

    Attributes:
        en, zh: the text; `{name}` stands for a value.
        one: the English singular of a text with `{n}`; "" where it has none.
    """

    en: str
    zh: str
    one: str = ""

    def of(self, language: Language) -> str:
        """In one of them."""
        return self.zh if language == "zh" else self.en

    def filled(self, values: Mapping[str, str | int | float]) -> Text:
        """The same text with values filled in, in both languages."""
        return Text(self.en.format(**values), self.zh.format(**values))

    def for_number(self, n: int) -> Text:
        """The text for n things, `{n}` not filled in."""
        return Text(self.one, self.zh) if n == 1 and self.one else self
