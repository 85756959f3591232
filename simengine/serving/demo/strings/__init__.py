"""All words of the page, in English and Chinese.

A `Text` always has both, and a wrong name is a type error. One module for each tab holds one class of `Text`s, named in
capitals like the module: `from simengine.serving.demo.strings.pairs import PAIRS`. Values are filled in with
`str.format`; both languages have the same ones.
"""

from simengine.serving.demo.strings.frame import FRAME, UNKNOWN
from simengine.serving.demo.strings.text import DEFAULT_LANGUAGE, LANGUAGES, Language, Text

__all__ = ["DEFAULT_LANGUAGE", "FRAME", "LANGUAGES", "UNKNOWN", "Language", "Text"]
