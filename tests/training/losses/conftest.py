"""Tiny models that every test gets without gradients and in training mode."""

from __future__ import annotations

from typing import Any

import pytest

from tests.training.tiny_models import tiny_bi_encoder, tiny_cross_encoder


@pytest.fixture(scope="session")
def cross(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tiny_cross_encoder(tmp_path_factory.mktemp("cross"))


@pytest.fixture(scope="session")
def dropping(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tiny_cross_encoder(tmp_path_factory.mktemp("dropping"), dropout=0.3)


@pytest.fixture(scope="session")
def bi(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tiny_bi_encoder(tmp_path_factory.mktemp("bi"))


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest) -> None:
    for name in {"cross", "dropping", "bi"} & set(request.fixturenames):
        model = request.getfixturevalue(name)
        model.zero_grad()
        model.requires_grad_(True)
        model.train()
