"""Whether a text is in a language that the rules and the shipped models know: by its script and its function words.

Function words tell languages apart in a sentence already, without a model. Names, codes and fragments of one or two
words count as English, as does what has no marks of another language: a verdict is withheld only where there is one.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Literal, TypeAlias

from simengine.text.scripts import HAN, HANGUL, KANA

Language: TypeAlias = Literal["en", "zh", ""]

MIN_WORDS = 3
"""Shorter texts in Latin script stay English."""
NO_ENGLISH_WORDS = 12
"""A text of so many words without one English function word is not English."""
OTHER_SCRIPT_SHARE = 0.3
"""A text with this share of its letters in other scripts is in another language."""
MIN_FOREIGN_WORDS, MIN_VOWEL_ENDINGS = 2, 2
MAX_CHARACTERS = 2000

_HAN = re.compile(f"[{HAN}]")
_JAPANESE_OR_KOREAN = re.compile(f"[{KANA}{HANGUL}]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+(?:['\u2019][A-Za-z\u00c0-\u024f]+)?")
_ENGLISH = """the of and to a in is are was were be been for on with that this these those it its as at by from or
an not no he she they we you i his her their our your my have has had do does did will would can could may might
must should shall if but so than then there which who when where what how all any some more most other into over
after before about up out only also just very each every both between during until while because since under without
within per one two three don't isn't aren't doesn't can't won't it's i'm i've didn't please never nobody nothing
everyone new here now them him us me too free off not yes good open daily day week year people man woman was wasn't
work time"""
# Words that English texts hardly have, or have in names only.
_OTHERS = {
    "de": """der die das und ist nicht ein eine einen einem einer mit von den dem des zu auf für auch sich wird
        werden sind im am es er sie ich wir ihr kann nach bei aus aber oder wenn wie noch nur mehr keine kein
        über vom zum zur durch hat haben wurde war bis""",
    "fr": """le la les des une est et dans pour que qui pas sur avec ce cette sont il elle ils nous vous je du
        au aux ne plus par mais ou son sa ses leur leurs être été avoir ont fait sans c'est d'un d'une qu'il
        l'on où très tout tous""",
    "es": """el la los las una en es por con para que no se del al lo como más pero sus su está son fue ha han
        muy también sin sobre este esta estos hay ser era yo él ella ellos cuando donde porque qué todos todo""",
    "it": """il lo la gli le un una di che non per con del della dei delle degli nel nella sono si da al alla
        anche più come ma ha hanno questo questa suo sua essere stato stata dal dalla ogni dopo perché sul sulla""",
    "pt": """os um uma de do da dos das em no na nos nas que não para por com se mais mas como foi são está
        ao pelo pela seu sua também ele ela eles quando muito sem você isso este esta tem""",
    "nl": """de het een en van is niet dat op te met voor zijn aan er ook als bij door naar worden wordt maar om
        uit heeft hebben kan geen nog ze hij zij wij ik je deze dit dan wat meer moet tot""",
    "id": """dapat menjadi seperti sangat semua saat merupakan memiliki tahun lain
        yang dan di ke dari untuk dengan tidak ini itu adalah pada dalam akan oleh juga atau bisa ada
        sebagai telah karena saya kami mereka dia sebuah satu tersebut bukan sudah lebih para seorang anda kita
        belum hanya setiap antara bahwa""",
    "tr": """ve bir bu için ile de da değil olan olarak daha çok gibi ama ne kadar sonra var yok ya ben sen biz
        onlar her şey mi mı ki olduğu olduğunu en göre ancak hiç""",
    "pl": """na do nie się jest to że jak po za od przez dla są był była było ale lub oraz czy tego tym jego ich
        ma może tylko już jej które który która""",
    "vi": """và của là có không được cho trong một các những với này đã người từ để khi đó cũng như tôi họ anh
        nó ra vào đến bị rất""",
    "sv": """och att det som en är på av för med den till inte om ett han hon har de jag vi var ska kan från
        eller när vid så""",
    "da": """og at det er en til på af for med den ikke som der de har jeg vi han hun var kan skal fra eller et
        ved om også""",
    "fi": """ja on ei se että hän ovat oli mutta kun tai myös joka ole vain niin kuin mitä minä""",
    "cs": """na se je že to do ve ale jako za pro by jsem jsou není byl být nebo po od při také""",
    "ro": """și în de la cu nu este un pe care din pentru că mai sunt au fost sau ca prin dar fi""",
    "hu": """az és hogy nem is egy van ez meg de volt el csak vagy mint még ki ha már""",
    "sw": """ya na wa kwa ni katika la za cha hii huo kuwa watu sana lakini yake kama hiyo alikuwa hilo wake
        kila moja hakuna ilikuwa""",
    "tl": """ang ng sa mga na ay hindi ito at para siya ko mo nila kung may isang niya""",
}


def known_language(text: str) -> Language:
    """The language of a text, of those that the shipped rules and models know.

    Args:
        text: a phrase, a sentence or more; `MAX_CHARACTERS` of it are looked at.

    Returns:
        "en" or "zh"; "" for another language or script. A text without letters, and a name, are "en".
    """
    text = text[:MAX_CHARACTERS]
    letters = len(_LETTER.findall(text))
    n_han = len(_HAN.findall(text))
    if not letters:
        return "en"
    if _JAPANESE_OR_KOREAN.search(text) and len(_JAPANESE_OR_KOREAN.findall(text)) >= 0.1 * letters:
        return ""
    if n_han and n_han >= len(_WORD.findall(text)):
        return "zh"
    if letters - n_han - len(_LATIN.findall(text)) >= OTHER_SCRIPT_SHARE * letters:
        return ""
    return "en" if _is_english(text) else ""


def _is_english(text: str) -> bool:
    written = _WORD.findall(text)
    words = [word.lower().replace("\u2019", "'") for word in written]
    if len(words) < MIN_WORDS:
        return True
    english = [word for word in words if word in _english()]
    counts: Counter[str] = Counter()
    for word in words:
        counts.update(_others().get(word, ()))
    most = max(counts.values(), default=0)
    plain = [word for word in written if word[0].islower()]
    accented = sum(not word.isascii() for word in plain)
    if not english:
        vowels = sum(word[-1] in "aiou" for word in plain)
        unlike = accented > 0 or (vowels >= MIN_VOWEL_ENDINGS and 2 * vowels >= len(words))
        return not (most or unlike or len(words) >= NO_ENGLISH_WORDS)
    if most >= MIN_FOREIGN_WORDS and all(word in _others() for word in english):
        return False
    return most < MIN_FOREIGN_WORDS or most + min(accented, most) <= len(english)


@cache
def _english() -> frozenset[str]:
    return frozenset(_ENGLISH.split())


@cache
def _others() -> dict[str, tuple[str, ...]]:
    """Word → the languages that it is a function word of."""
    table: dict[str, tuple[str, ...]] = {}
    for language, words in _OTHERS.items():
        for word in words.split():
            table[word] = (*table.get(word, ()), language)
    return table
