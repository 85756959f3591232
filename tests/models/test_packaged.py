from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine.errors import ModelDamagedError, ModelNotFoundError
from simengine.models import packaged, resolve
from simengine.models.packaged_blocks import read_block_file, unpack_blocks
from simengine.models.packaged_folder import bert_tensors, tokenizer_json, write_folder

PIECES = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -3.0), ("\u2581cat", -4.0),
          ("s", -2.0), ("\u2581c", -5.0), ("a", -5.5), ("t", -5.5), ("é", -6.0), ("～", -7.0),
          ("<mask>", 0.0)]  # fmt: skip
CHARACTERS = {"\x01": "", "\t": " ", "\u200b": " ", "Ａ": "A", "ﬁ": "fi"}
HIDDEN, LAYERS, INTERMEDIATE, POSITIONS, TYPES = 32, 1, 64, 8, 2


def packed(values: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Blocks of 4 bits, and the values that they stand for."""
    blocks = values.reshape(-1, 32)
    scale = (np.abs(blocks).max(1, keepdims=True) / 7).astype("<f2")
    nibbles = np.clip(np.round(blocks / scale.astype(np.float32)), -8, 7).astype(np.int64) + 8
    raw = b"".join(
        scale[i].tobytes() + bytes((nibbles[i, :16] | nibbles[i, 16:] << 4).tolist())
        for i in range(len(blocks))
    )
    return raw, ((nibbles - 8) * scale.astype(np.float32)).reshape(-1)


def tensor_sizes() -> dict[str, int]:
    h, m = HIDDEN, INTERMEDIATE
    sizes = {"emb.word": len(PIECES) * h, "emb.pos": POSITIONS * h, "emb.type": TYPES * h}
    sizes |= {"emb.ln.w": h, "emb.ln.b": h}
    for short, rows, columns in (
        ("q", h, h),
        ("k", h, h),
        ("v", h, h),
        ("ao", h, h),
        ("fi", m, h),
        ("fo", h, m),
    ):
        sizes |= {f"l0.{short}.w": rows * columns, f"l0.{short}.b": rows}
    return sizes | {f"l0.{short}.{part}": h for short in ("aln", "oln") for part in "wb"}


def write_file(path: Path) -> dict[str, np.ndarray]:
    """A small file of the format; the values of its tensors."""
    text = b"".join(piece.encode() for piece, _ in PIECES)
    ends = np.cumsum([0, *(len(piece.encode()) for piece, _ in PIECES)]).astype("<u4")
    head = b"E5S1" + struct.pack(
        "<I7ifi", 1, HIDDEN, LAYERS, 4, INTERMEDIATE, len(PIECES), POSITIONS, TYPES, 1e-12, 32
    )
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(text)) + ends.tobytes()
    head += np.array([score for _, score in PIECES], "<f4").tobytes() + text
    entries = b"".join(
        struct.pack(f"<IB{len(to)}I", ord(c), len(to), *map(ord, to)) for c, to in CHARACTERS.items()
    )
    head += struct.pack("<iI", len(CHARACTERS), len(entries)) + entries
    rng, values, contents = np.random.default_rng(0), {}, {}
    for name, size in tensor_sizes().items():
        drawn = rng.normal(0, 0.3, size).astype(np.float32)
        blocks = (name.endswith(".w") and "ln" not in name) or name == "emb.word"
        contents[name], values[name] = packed(drawn) if blocks else (drawn.tobytes(), drawn)
    start = len(head) + 4 + sum(2 + len(name) + 21 for name in contents)
    table = struct.pack("<i", len(contents))
    for name, content in contents.items():
        kind = int(len(content) != 4 * values[name].size)
        table += struct.pack("<H", len(name)) + name.encode()
        table += struct.pack("<BIQQ", kind, values[name].size, start, len(content))
        start += len(content)
    path.write_bytes(head + table + b"".join(contents.values()))
    return values


def test_a_block_is_a_scale_and_low_nibbles_before_high_ones() -> None:
    raw = np.array([0.5], "<f2").tobytes() + bytes([0x8F, 0x70, *[0x88] * 14])
    values = unpack_blocks(np.frombuffer(raw, np.uint8))
    assert values[:3].tolist() == [3.5, -4.0, 0.0]
    assert values[16:19].tolist() == [0.0, -0.5, 0.0]


def test_a_written_file_is_read_back(tmp_path: Path) -> None:
    values = write_file(tmp_path / "small.bin")
    blocks = read_block_file(tmp_path / "small.bin")
    assert blocks.pieces == tuple((piece, pytest.approx(score)) for piece, score in PIECES)
    assert blocks.characters == CHARACTERS
    assert (blocks.hidden, blocks.layers, blocks.vocabulary, blocks.unk) == (32, 1, len(PIECES), 3)
    for name, expected in values.items():
        assert np.array_equal(blocks.tensor(name, expected.size), expected), name
    with pytest.raises(ModelDamagedError, match=r"no tensor 'l9\.q\.w'"):
        blocks.tensor("l9.q.w", 1)
    with pytest.raises(ModelDamagedError, match=r"'emb\.pos' has 256 elements"):
        blocks.tensor("emb.pos", 3, 3)


@pytest.mark.parametrize("kept", [3, 4, 30, 200, 600])
def test_a_file_that_is_cut_short_is_refused(tmp_path: Path, kept: int) -> None:
    write_file(tmp_path / "small.bin")
    (tmp_path / "cut.bin").write_bytes((tmp_path / "small.bin").read_bytes()[:kept])
    with pytest.raises(ModelDamagedError):
        read_block_file(tmp_path / "cut.bin")


def test_the_tokenizer_maps_characters_and_takes_the_likeliest_pieces(tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    write_file(tmp_path / "small.bin")
    tokenizer = Tokenizer.from_str(tokenizer_json(read_block_file(tmp_path / "small.bin")))

    def pieces(text: str) -> list[str]:
        return tokenizer.encode(text, add_special_tokens=False).tokens

    assert pieces("cats") == ["▁cat", "s"]
    assert pieces("  cat\t\tcat\u200bs\x01 ") == ["▁cat", "▁cat", "▁", "s"]
    assert pieces("cat\u0301") == ["▁cat", "\u0301"]
    assert pieces("e\u0301") == ["▁", "é"]
    assert pieces("～") == ["▁", "～"]
    assert tokenizer.encode("cat").tokens == ["<s>", "▁cat", "</s>"]
    assert tokenizer.encode("cat", "s").tokens == ["<s>", "▁cat", "</s>", "</s>", "▁", "s", "</s>"]


def test_the_folder_gives_the_vectors_of_sentence_transformers(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    from simengine.encoders.load import load_encoder

    write_file(tmp_path / "small.bin")
    folder = tmp_path / "small-e5"
    folder.mkdir()
    write_folder(read_block_file(tmp_path / "small.bin"), folder, card="# small\n")
    texts = ["cats", "", "a cat sat", "～é"]
    theirs = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    with_prompts = {"text": "query", "query": "query", "passage": "passage"}
    ours = load_encoder(str(folder), device="cpu", offline=True)
    for role, prompt in with_prompts.items():
        expected = theirs.encode(texts, prompt_name=prompt, normalize_embeddings=True)
        found = ours.encode(texts, role=role)  # type: ignore[arg-type]
        assert (found * expected).sum(1).min() > 0.99999, role
    ours.close()


def test_tensors_have_berts_names_and_word_embeddings_half_precision(tmp_path: Path) -> None:
    values = write_file(tmp_path / "small.bin")
    tensors = bert_tensors(read_block_file(tmp_path / "small.bin"))
    assert tensors["embeddings.word_embeddings.weight"].dtype == np.float16
    key = tensors["encoder.layer.0.attention.self.key.weight"]
    assert np.array_equal(key, values["l0.k.w"].reshape(32, 32))
    assert tensors["encoder.layer.0.output.dense.weight"].shape == (32, 64)


def test_without_the_package_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (packaged, resolve):
        monkeypatch.setattr(module, "packaged_file", lambda: None)
    with pytest.raises(ModelNotFoundError, match=r"simengine-search\[multilingual\]"):
        packaged.packaged_model()
    with pytest.raises(ModelNotFoundError, match=r"simengine-search\[multilingual\]"):
        resolve.resolve_model("multilingual-e5-small", offline=True)


def test_another_file_than_the_published_one_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_file(tmp_path / "small.bin")
    monkeypatch.setattr(packaged, "packaged_file", lambda: tmp_path / "small.bin")
    with pytest.raises(ModelDamagedError, match="sha256"):
        packaged.packaged_model()


def test_a_folder_of_that_name_goes_first(
    make_folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_folder("multilingual-e5-small")
    monkeypatch.chdir(tmp_path)
    assert resolve.resolve_model("multilingual-e5-small", offline=True).source == "path"


@pytest.mark.skipif(packaged.packaged_file() is None, reason="needs simengine-search[multilingual]")
def test_the_published_model_reads_chinese_and_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known values: a question with its passage about 0.93, with a Chinese recipe about 0.78."""
    import sys

    from simengine.encoders.load import load_encoder

    found = resolve.resolve_model("intfloat/multilingual-e5-small", offline=True)
    assert found.source == "package"
    assert resolve.resolve_model("multilingual-e5-small", offline=True).path == found.path
    assert packaged.PACKAGE not in sys.modules
    encoder: Any = load_encoder("multilingual-e5-small", device="cpu", offline=True)
    query = encoder.encode(["how much protein should a female eat"], role="query")
    passages = encoder.encode(
        [
            "As a general guideline, the CDC's average requirement of protein for women ages 19 to 70 is 46 grams "
            "per day.",
            "1.清炒南瓜丝 原料:嫩南瓜半个 调料:葱、盐、白糖、鸡精",
        ],
        role="passage",
    )
    near, far = (query @ passages.T)[0]
    assert near == pytest.approx(0.93, abs=0.01)
    assert far == pytest.approx(0.78, abs=0.01)
    chinese = encoder.encode(["猫喜欢睡觉", "狗喜欢睡觉", "股票下跌了"])
    assert chinese[0] @ chinese[1] < 0.999
    assert chinese[0] @ chinese[1] > chinese[0] @ chinese[2]
    graph = next((Path(packaged.cache_directory()) / "graphs").glob("*/graph.bin"))
    assert graph.stat().st_size < 300e6
    encoder.close()
