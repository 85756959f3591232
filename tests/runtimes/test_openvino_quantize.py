from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simengine.encoders import network
from simengine.encoders.load import load_encoder
from simengine.errors import UsageError
from simengine.runtimes import openvino_quantize
from simengine.runtimes.check_texts import check_texts
from simengine.runtimes.hardware import cpu_flags

needs_vnni = pytest.mark.skipif(
    not cpu_flags() & {"avx512_vnni", "avx_vnni"}, reason="needs a processor with VNNI"
)
TEXTS = ["the quick brown fox", "a plane is taking off", "the lazy dog " * 12]


def test_check_texts_are_many_and_real() -> None:
    texts = check_texts()
    assert len(texts) > 60
    assert len(set(texts)) > 60


@needs_vnni
def test_int8_is_close_to_fp32_and_is_kept(
    tiny_model: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In a random model of 64 dimensions errors do not average out: only a loose tolerance is possible.
    monkeypatch.setattr(network, "MIN_COSINE", 0.98)
    exact = load_encoder(str(tiny_model), runtime="openvino", precision="f32", offline=True)
    small = load_encoder(str(tiny_model), runtime="openvino", precision="int8", offline=True)
    assert small.runtime == "openvino-int8"
    cosines = np.einsum("ij,ij->i", exact.encode(TEXTS), small.encode(TEXTS))
    assert cosines.min() > 0.98
    assert not np.array_equal(exact.encode(TEXTS), small.encode(TEXTS))
    (note,) = own_cache.glob("graphs/*/int8/int8.json")
    written = note.stat().st_mtime_ns
    again = load_encoder(str(tiny_model), runtime="openvino", precision="int8", offline=True)
    np.testing.assert_allclose(again.encode(TEXTS), small.encode(TEXTS), atol=1e-6)
    assert note.stat().st_mtime_ns == written


@needs_vnni
def test_int8_is_refused_where_check_texts_change(
    tiny_model: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "MIN_COSINE", 1.01)
    with pytest.raises(UsageError, match="smallest cosine"):
        load_encoder(str(tiny_model), runtime="openvino", precision="int8", offline=True)
    assert not list(own_cache.glob("graphs/*/int8*/*"))


def test_a_processor_without_int8_products_is_refused(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openvino_quantize, "cpu_flags", frozenset)
    with pytest.raises(UsageError, match="VNNI"):
        load_encoder(str(tiny_model), runtime="openvino", precision="int8", offline=True)


@needs_vnni
@pytest.mark.slow
def test_int8_of_the_default_model_keeps_its_vectors() -> None:
    exact = load_encoder(precision="f32", device="cpu", offline=True)
    small = load_encoder(precision="int8", device="cpu", offline=True)
    texts = check_texts()
    assert np.einsum("ij,ij->i", exact.encode(texts), small.encode(texts)).min() >= 0.999
