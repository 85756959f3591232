"""The Index tab, by clicking."""

from __future__ import annotations

import shutil
from pathlib import Path

import fastapi
from playwright.sync_api import Page, expect

from simengine.engine import Engine
from simengine.serving.demo import build_demo, mount_demo
from simengine.serving.served import ServedIndex
from tests.browser.conftest import open_tab, running
from tests.browser.library import DOCUMENTS


def test_it_says_what_is_in_the_index_and_how_well_it_finds(page: Page):
    open_tab(page, "Index")
    tiles = page.locator("#se-facts .se-tiles")
    expect(tiles).to_contain_text(f"{len(DOCUMENTS)} documents")
    expect(tiles).to_contain_text("1.000 recall@10")
    expect(tiles).to_contain_text("100% of the text read")
    expect(page.locator("#se-facts")).to_contain_text("Not calibrated.")
    for field in ("kind", "year", "tags", "checked"):
        expect(page.locator("#se-facts .se-table")).to_contain_text(field)


def test_the_check_finds_a_sound_index_sound_in_both_languages(page: Page):
    open_tab(page, "Index")
    expect(page.locator("#se-health")).to_contain_text("Not verified yet")
    page.locator("#se-check").click()
    expect(page.locator("#se-health .se-notice-good")).to_contain_text(
        f"{len(DOCUMENTS)} documents are intact"
    )
    page.locator("#se-language label", has_text="中文").click()
    expect(page.locator("#se-health .se-notice-good")).to_contain_text("未发现问题")
    expect(page.locator("#se-facts .se-tiles")).to_contain_text("文档")


def test_the_check_names_a_damaged_file(open_page, index_path: Path, tmp_path: Path):
    copy = tmp_path / "damaged"
    shutil.copytree(index_path, copy)
    with Engine.open(copy) as engine:
        served = ServedIndex("damaged", engine)
        vectors = next(copy.rglob("vectors/*"))
        vectors.chmod(0o644)
        content = bytearray(vectors.read_bytes())
        content[-1] ^= 255
        vectors.write_bytes(content)
        with running(mount_demo(fastapi.FastAPI(), build_demo(served))) as address:
            page = open_page(base=address)
            open_tab(page, "Index")
            page.locator("#se-check").click()
            expect(page.locator("#se-health [role=alert]")).to_contain_text(vectors.name)
        served.close()
