"""Every script: a text is found by a word of it in another spelling, and not by another word."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from simengine.lexical import LexicalIndex
from tests.lexical.samples import build

# script: passage, other spellings of a word of it, a word that does not stand in it
SCRIPTS = {
    "Turkish": (
        "Sightseeing in İstanbul by ferry",
        ["istanbul", "ISTANBUL", "Istanbul", "İSTANBUL"],
        "ankara",
    ),
    "Turkish dotless": ("Işık söndü", ["IŞIK", "ışık", "isik"], "aşık"),
    "German": ("Die Straße nach Süden", ["STRASSE", "strasse", "sUden"], "trasse"),
    "Polish": ("Miasto Łódź", ["lodz", "ŁÓDŹ"], "lud"),
    "Vietnamese": ("Tiếng Việt Nam", ["tieng", "VIỆT", "viê\u0323t"], "tinh"),
    "Yoruba": ("Ọjọ́ rere", ["ojo", "ỌJỌ́", "O\u0323jo\u0323\u0301"], "aje"),
    "stacked marks": ("the x\u030c\u0323yz sound", ["xyz", "x\u0323\u030cyz"], "yz"),
    "Greek": ("Ο Όμηρος και η οδός", ["ΟΜΗΡΟΣ", "ομηρος", "ΟΔΟΣ", "ὁδός"], "ομήρου"),
    "Russian": ("Ёлка и йод", ["елка", "ЁЛКА", "ЙОД", "и\u0306од"], "иод"),
    "Ukrainian": ("Київ і м’ята", ["КИЇВ", "мʼята", "м'ята"], "київський"),
    "Armenian": ("Հայաստան եւ մենք", ["ՀԱՅԱՍՏԱՆ", "և"], "Վրաստան"),
    "Georgian": ("ქართული ენა", ["ᲥᲐᲠᲗᲣᲚᲘ"], "რუსული"),
    "Hebrew": ("שָׁלוֹם לְצַהַ״ל", ["שלום", 'לצה"ל', "לצהל"], "עולם"),
    "Arabic": ("كِتَابٌ جَدِيدٌ في المدرســة", ["كتاب", "جديد", "المدرسه", "المدرسة"], "قديم"),
    "Arabic alef": ("أحمد إلى الإسلام", ["احمد", "الي", "الاسلام"], "محمد"),
    "Persian": ("او می‌خواهد کتاب‌ها", ["میخواهد", "می خواهد", "كتاب", "کتابها"], "دارد"),
    "Urdu": ("یہ ہے پاکستان ۲۰۲۴", ["پاكستان", "يه", "2024"], "ہند"),
    "Hindi": ("हिन्दी में क़लम और चाँद १२३", ["कलम", "चांद", "हिंदी", "हि\u200dन्दी", "123"], "हन्द"),
    "Bengali": ("বাংলা বাড়ি", ["বাড\u09bcি", "বাংলা"], "বাড"),
    "Tamil": ("தமிழ் மொழி", ["தமிழ்", "மொ\u200cழி"], "தமிழ"),
    "Thai": ("ฉันดื่มน้ำทุกวัน", ["น้ำ", "นํ้า", "ดื่ม"], "ไม้"),
    "Lao": ("ພາສາລາວ", ["ພາສາ"], "ໄທ"),
    "Khmer": ("ភាសាខ្មែរ", ["ខ្មែរ", "ភាសា"], "ថៃ"),
    "Burmese": ("မြန်မာစကား", ["မြန်မာ", "စကား"], "ထိုင်း"),
    "Tibetan": ("བོད་སྐད་ཡིན།", ["སྐད", "བོད་སྐད"], "རྒྱ"),
    "Amharic": ("ሰላም ለዓለም፡ነው", ["ሰላም", "ነው"], "ሰላ"),
    "Korean": ("한국어 검색 엔진", ["검색엔진", unicodedata.normalize("NFD", "한국어")], "일본"),
    "Japanese": ("東京タワーとデータ", ["ﾃﾞｰﾀ", "タワー", "東京"], "京都"),
    "Chinese": ("我住在北京市，２０２４年", ["北京", "2024"], "上海"),
    "Cherokee": ("ᎣᏏᏲ ᏣᎳᎩ", ["ꭳꮟᏺ"], "ᎣᏏ"),
    "full width": ("ＡＢＣ１２３ and ﬁne ²", ["abc123", "FINE"], "abc"),
    "invisible signs": ("in\u00adfor\u200bma\u2060tion", ["information"], "formation"),
    "number sign": ("Школа №5 города", ["школа 5", "№ 5", "№5"], "№6"),
    "symbols": ("♫ for ♀ at 5 €", ["♫", "♀", "€"], "♂"),
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    return build(
        tmp_path_factory.mktemp("scripts") / "index", [passage for passage, _, _ in SCRIPTS.values()]
    )


def found(index: LexicalIndex, query: str) -> list[str]:
    scores, rows = index.search([query], index.n_rows, n_rows=index.n_rows)
    assert (scores[0][rows[0] >= 0] > 0).all()
    return [list(SCRIPTS)[row] for row in rows[0] if row >= 0]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_text_is_found_by_other_spellings_of_its_words(index: LexicalIndex, script: str) -> None:
    _, spellings, other = SCRIPTS[script]
    for spelling in spellings:
        assert script in found(index, spelling), spelling
    assert script not in found(index, other)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_every_normalisation_form_of_a_text_finds_it(index: LexicalIndex, form: str) -> None:
    for script, (passage, _, _) in SCRIPTS.items():
        assert found(index, unicodedata.normalize(form, passage))[:1] == [script]


def test_emoji_are_words(tmp_path: Path) -> None:
    texts = ["👍", "👎", "great 👍🏽 job", "🇩🇪", "🇫🇷", "👩‍🚀 in space", "👩 at home", "I ❤️ it", "1️⃣"]
    index = build(tmp_path / "emoji", texts)

    def rows(query: str) -> list[int]:
        return [row for row in index.search([query], 9, n_rows=9)[1][0].tolist() if row >= 0]

    assert rows("👎") == [1]
    assert rows("👍") == [0, 2]
    assert rows("👍🏽")[0] == 2
    assert rows("🇩🇪") == [3]
    assert rows("👩‍🚀")[0] == 5
    assert set(rows("👩")) == {5, 6}
    assert rows("❤") == rows("❤️") == [7]
    assert rows("1️⃣")[0] == 8
