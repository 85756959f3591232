from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from simengine.models.resolve import resolve_model
from simengine.models.tokenization import FastTokenizer
from simengine.models.unknown import (
    READABLE,
    Reading,
    can_entail,
    comparable,
    indistinct,
    not_known,
    readings_of,
    relevance_pairs,
    score_says_something,
    tells_apart,
    token_kinds,
    unreadable_note,
)


@pytest.fixture(scope="module")
def english() -> FastTokenizer:
    """The tokenizer of the default model: lower-case English WordPiece."""
    path = resolve_model(None, offline=True).path / "tokenizer.json"
    return FastTokenizer.from_file(path, max_tokens=256)


UNREADABLE = {
    "emoji": "🎉",
    "emoji and punctuation": "👍 !!! ...",
    "Chinese": "猫喜欢睡觉。",
    "Chinese of known characters": "中国人民",
    "Japanese": "屋根の上に看板があり時計もついています。",
    "Korean": "안녕하세요 세계",
    "Georgian": "გამარჯობა მსოფლიო",
    "Amharic": "ሰላም ለዓለም",
    "Thai": "สวัสดีครับ ผมชื่อ",
    "Tibetan": "བཀྲ་ཤིས་བདེ་ལེགས།",
    "Hindi": "नमस्ते दुनिया",
    "Bengali": "ওহে বিশ্ব",
    "Tamil": "வணக்கம் உலகம்",
    "Russian": "Привет, как дела?",
    "Greek": "Γειά σου Κόσμε",
    "Arabic": "مرحبا بالعالم",
    "Hebrew": "שלום עולם",
    "Armenian": "Բարեւ աշխարհ",
    "box drawing": "┌──┐ │ └──┘",
    "women and men": "♀ ♂",
    "mixed, mostly unknown": "我用 Python 写代码",
}
READ = {
    "English": "The quick brown fox jumps over the lazy dog.",
    "URL": "https://example.com/a/b?q=xyzzy&page=2#top",
    "identifier": "getUserName(os.path.join('a', \"b\")) != std::vector<int>[3];",
    "numbers": "3.14159 1,000,000 0xFF 12:30 2024-05-01 +1 (555) 010-9999",
    "gibberish": "xqzwv bnmrt qqq zzxx",
    "German": "Die Straße ist schön und groß.",
    "French": "L'été à Orléans, où ça? Œuvre à façon",
    "Polish": "Łódź żółć gęślą jaźń",
    "Vietnamese": "Tiếng Việt có dấu",
    "Turkish": "İstanbul'da ışık çok güzel",
    "decomposed accents": "cafe\u0301 nai\u0308ve",
    "typography": "“Quoted” – text… • item → next ™ © ½ €5",
    "science": "α-helix, β = 3 μm, 5 µg, ΔT of 20 °C",
    "punctuation": "?! ... --",
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_texts_of_characters_without_tokens_are_unreadable(english: FastTokenizer, text: str) -> None:
    (reading,) = english.readings([text])
    assert reading.unreadable
    assert reading.share > 0.5
    assert reading.unknown


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_latin_code_numbers_and_signs_raise_no_alarm(english: FastTokenizer, text: str) -> None:
    (reading,) = english.readings([text])
    assert (reading.share, reading.unknown) == (0.0, ())
    assert reading.known == tuple(english.encode([text]).ids[0][1:-1].tolist())


def test_the_share_is_of_words_and_leaves_punctuation_out(english: FastTokenizer) -> None:
    texts = ["The delivery 😀!", "The word привет means hello", "ok 👍", ""]
    assert [reading.share for reading in english.readings(texts)] == pytest.approx([1 / 3, 1 / 5, 1 / 2, 0.0])
    assert english.readings(texts)[1].unknown == ("привет",)  # seven tokens, one word


def test_encoding_counts_unknown_tokens_and_does_not_count_the_prompt(english: FastTokenizer) -> None:
    tokens = english.encode(["🎉", "a cat", "猫 cat"], prompt="query: ")
    assert tokens.n_unknown.tolist() == [1, 0, 1]
    assert tokens.unknown_share.tolist() == pytest.approx([1.0, 0.0, 0.5])
    assert (tokens.n_unknown.dtype, tokens.unknown_share.dtype) == (np.int32, np.float32)


def test_what_lies_beyond_the_limit_is_not_counted_as_unknown(english: FastTokenizer) -> None:
    path = resolve_model(None, offline=True).path / "tokenizer.json"
    short = FastTokenizer.from_file(path, max_tokens=4)
    assert short.encode(["a b 🎉"]).n_unknown.tolist() == [0]
    assert english.encode(["a b 🎉"]).n_unknown.tolist() == [1]


def test_texts_that_differ_only_in_what_is_unknown_are_not_told_apart(english: FastTokenizer) -> None:
    happy, angry, plain, upper = english.readings(
        ["The delivery 😀", "The delivery 😡", "The delivery", "the DELIVERY 😀"]
    )
    assert indistinct(happy, angry)
    assert indistinct(happy, plain)
    assert not indistinct(happy, upper)  # the same text to anybody
    assert not tells_apart(happy, angry)
    assert tells_apart(plain, english.readings(["A cat"])[0])


def test_entailment_needs_the_unknown_words_of_the_hypothesis_in_the_premise(english: FastTokenizer) -> None:
    apples, pears, both, plain = english.readings(
        [
            "The price of 苹果 is five dollars today",
            "The price of 香蕉 is five dollars today",
            "The prices of 苹果 and of 香蕉 are five dollars each today",
            "The price is five dollars today",
        ]
    )
    assert [can_entail(apples, pears), can_entail(both, apples), can_entail(apples, plain)] == [
        False,
        True,
        True,
    ]
    assert not can_entail(plain, apples)
    assert not comparable(apples, pears)
    assert comparable(plain, apples)
    pairs = [("five 🎉 cats sat here", "five 💀 cats sat here"), ("a cat", "a dog"), ("猫", "a cat")]
    assert relevance_pairs(english, pairs).tolist() == [False, True, False]


def test_a_note_names_the_first_unreadable_text(english: FastTokenizer) -> None:
    assert unreadable_note(english, ["a cat", "ok 👍"]) == ""
    note = unreadable_note(english, ["a cat", "猫喜欢" * 30], judge=True)
    assert note.startswith("the cross-encoder does not know the characters of '猫喜欢")
    assert "no verdict" in note
    assert "cannot tell such texts apart" in unreadable_note(english, ["🎉"])
    assert not_known(*english.readings(["a 😀 b", "😡 c"])) == "the model does not know 😀, 😡"


def test_a_reader_that_does_not_say_is_taken_to_read_everything() -> None:
    assert readings_of(object(), ["猫", "a"]) == [READABLE, READABLE]
    assert not Reading(0.5, (), ("x",)).unreadable


def _unigram(words: list[str]) -> Tokenizer:
    letters = sorted({letter for word in words for letter in word} | set("abcdefghijklmnopqrstuvwxyz"))
    pieces = [("<unk>", 0.0), ("\u2581", -3.0)]
    pieces += [(f"\u2581{word}", -2.0) for word in words] + [(letter, -9.0) for letter in letters]
    made = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=False))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    return made


def test_a_model_with_words_of_a_script_knows_it_and_not_others() -> None:
    """Russian words beside Russian letters; of Hebrew there are letters alone."""
    words = [
        "привет", "мир", "дела", "как", "дом", "кот", "спит", "да", "нет", "где", "она", "они", "год", "лес", "сад",
        "мост", "мода", "река", "поле", "пир", "пост", "лето",
    ]  # fmt: skip
    made = _unigram([*words, "cat", "dog", *"שלוםער"])
    tokenizer = FastTokenizer(made, max_tokens=64)
    russian, spelled, hebrew, chinese = tokenizer.readings(["привет мир", "тир кит", "שלום", "猫"])
    assert (russian.share, spelled.share) == (0.0, 0.0)
    assert (hebrew.unreadable, chinese.unreadable) == (True, True)


def test_many_single_characters_of_one_script_are_words() -> None:
    """A Chinese BERT has a token for each character and none of several."""
    characters = [chr(0x4E00 + n) for n in range(1_200)]
    few = {"[UNK]": 0, **{char: n for n, char in enumerate(characters[:300], 1)}}
    many = {"[UNK]": 0, **{char: n for n, char in enumerate(characters, 1)}}
    for vocabulary, meaningless in ((few, True), (many, False)):
        made = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
        assert token_kinds(made).meaningless[1:].all() == meaningless
        assert token_kinds(made).meaningless[1:].any() == meaningless
        assert token_kinds(made).meaningless[0]


def test_bytes_of_characters_say_nothing() -> None:
    english = ["the cat sat on the mat and the dog barked at the cat that sat there"] * 20
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(english, trainers.BpeTrainer(vocab_size=330, initial_alphabet=alphabet))
    tokenizer = FastTokenizer(made, max_tokens=64)
    plain, chinese, emoji = tokenizer.readings(["the dog sat", "猫喜欢睡觉", "😀"])
    assert plain.share == 0.0
    assert (chinese.unreadable, emoji.unreadable) == (True, True)


def test_byte_pieces_by_name_say_nothing_above_ascii(tmp_path: Path) -> None:
    pieces = [("<unk>", 0.0), ("\u2581", -2.0), ("a", -3.0)]
    pieces += [(f"<0x{byte:02X}>", -9.0) for byte in range(256)]
    made = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=True))
    kinds = token_kinds(made)
    assert not kinds.meaningless[3 : 3 + 0x80].any()
    assert kinds.meaningless[3 + 0x80 :].all()
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.save(str(tmp_path / "tokenizer.json"))
    tokenizer = FastTokenizer.from_file(tmp_path / "tokenizer.json", max_tokens=64)
    assert [reading.unreadable for reading in tokenizer.readings(["a", "猫"])] == [False, True]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("the set x ∈ A", "the set x ∉ A"),
        ("where a = b", "where a ≠ b"),
        ("where a = b", "where a =\u0338 b"),
        ("the icon \ue001 here", "the icon \ue002 here"),
        ("the word ปี is", "the word ปู is"),
    ],
)
def test_what_a_tokenizer_drops_tells_texts_apart(english: FastTokenizer, one: str, other: str) -> None:
    same, different = english.readings([one, other])
    assert same.known == different.known
    assert indistinct(same, different)
    assert not can_entail(READABLE, different)
    assert same.share == different.share


def test_words_are_named_whole(english: FastTokenizer) -> None:
    (reading,) = english.readings(["Καλημέρα ดี"])
    assert reading.unknown == ("καλημέρα", "ดี")


def test_accents_of_letters_are_not_missed(english: FastTokenizer) -> None:
    assert [reading.unknown for reading in english.readings(["café naïve", "Noël ≥ 5"])] == [(), ()]


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        ("Our team won the final in Berlin 🏆", "The stock market fell sharply today 📉", True),
        ("The novelist 村上春樹 was born in Kyoto", "Shares fell sharply in London after 湯 resigned", True),
        ("The delivery 😀", "The delivery 😡", False),
        ("we won 🇩🇪 against them", "We won 🇫🇷 vs them", False),
        ("The price of 苹果 is five", "The price of 香蕉 is 5", False),
        ("Great 👍", "Great job", True),
        ("გამარჯობა", "ნახვამდის", False),
    ],
)
def test_a_score_says_something_where_most_of_the_difference_is_known(
    english: FastTokenizer, one: str, other: str, says: bool
) -> None:
    assert score_says_something(*english.readings([one, other])) is says


@pytest.mark.parametrize(
    ("text", "query", "relevant"),
    [
        ("Cancel your subscription in the settings 🙂", "how do I cancel my subscription 😡", True),
        ("I love it 👍", "I love it 👎", False),
        ("The price of 苹果 is five dollars", "what does 香蕉 cost in dollars", False),
    ],
)
def test_other_emoji_in_a_query_leave_a_text_its_relevance(
    english: FastTokenizer, text: str, query: str, relevant: bool
) -> None:
    assert relevance_pairs(english, [(text, query)]).tolist() == [relevant]
