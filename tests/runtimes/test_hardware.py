from __future__ import annotations

import pytest

from simengine.runtimes import hardware


@pytest.mark.parametrize(
    ("flags", "expected"),
    [({"avx512_bf16", "avx512_vnni"}, False), ({"amx_bf16", "amx_tile"}, True), (set(), False)],
)
def test_bf16_is_chosen_only_with_matrix_units(
    monkeypatch: pytest.MonkeyPatch, flags: set[str], expected: bool
) -> None:
    monkeypatch.setattr(hardware, "cpu_flags", lambda: frozenset(flags))
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert hardware.has_bf16_matrix_units() is expected


def test_omp_num_threads_lowers_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert hardware.choose_threads(None) == 1
    assert hardware.choose_threads(3) == 3
