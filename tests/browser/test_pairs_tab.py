"""The Pair scoring tab, by clicking and typing."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import box, open_tab, serious_violations
from tests.browser.library import HOSTILE

RESULT = "#se-pair-result"


def compare(page: Page, one: str, two: str) -> None:
    box(page, "#se-text1").fill(one)
    box(page, "#se-text2").fill(two)
    page.locator("#se-pair-go").click()
    expect(page.locator(f"{RESULT} .se-ghost")).to_have_count(0)


def test_two_texts_get_cosine_inference_both_ways_and_words_that_go_together(page: Page, served):
    open_tab(page, "Pair scoring")
    expect(page.locator(RESULT)).to_contain_text("How similar are two texts?")
    pair = "A man is playing a guitar on stage.", "Nobody is playing a guitar."
    compare(page, *pair)
    result = page.locator(f"{RESULT} .se-pair")
    expect(result).to_be_visible()
    expect(result.locator(".se-big").first).to_have_text(f"{served.engine.score(*pair).score:.3f}")
    ways = result.locator(".se-way")
    expect(ways).to_have_count(2)
    expect(ways.first.locator(".se-top")).to_contain_text("contradicted")
    expect(result.locator(".se-faith")).to_contain_text("random words lowers it by")
    guitars = result.locator(".se-w.se-grouped", has_text="guitar")
    expect(guitars).to_have_count(2)
    groups = {guitars.nth(place).get_attribute("data-g") for place in (0, 1)}
    assert len(groups) == 1
    guitars.first.hover()
    expect(result.locator(".se-w.se-lit", has_text="guitar")).to_have_count(2)
    result.locator(".se-by-word summary").click()
    expect(result.locator(".se-by-word td", has_text="guitar").first).to_be_visible()


def test_swap_and_examples_fill_the_boxes(page: Page):
    open_tab(page, "Pair scoring")
    page.get_by_role("button", name="Chinese", exact=True).click()
    expect(page.locator(f"{RESULT} .se-pair")).to_contain_text(
        "does not know the characters in which they differ"
    )
    expect(page.locator(f"{RESULT} .se-pair")).to_contain_text("entailed")
    one, two = (box(page, f"#se-text{n}").input_value() for n in (1, 2))
    page.locator("#se-pair-swap").click()
    expect(box(page, "#se-text1")).to_have_value(two)
    expect(box(page, "#se-text2")).to_have_value(one)


def test_a_missing_text_is_said_and_html_stays_text(page: Page):
    open_tab(page, "Pair scoring")
    compare(page, "Only one.", "")
    expect(page.locator(f"{RESULT} .se-notice")).to_contain_text("A text is missing")
    compare(page, HOSTILE, "Tar and feather ${window.hacked=1} {{window.hacked}}")
    expect(page.locator(f"{RESULT} .se-pair")).to_be_visible()
    assert page.evaluate("window.hacked") is None
    assert page.locator(f"{RESULT} img").count() == 0
    page.locator("#se-language label", has_text="中文").click()
    expect(page.locator(RESULT)).to_contain_text("余弦相似度")


def test_a_file_is_scored_with_bad_rows_named_and_formulas_neutralised(page: Page, tmp_path: Path):
    file = tmp_path / "pairs.csv"
    file.write_text(
        'text1,text2\nA cat sleeps.,A cat is asleep.\n"=HYPERLINK(""x"")",Some text\n ,blank before\n',
        encoding="utf-8",
    )
    open_tab(page, "Pair scoring")
    page.get_by_role("button", name="Score pairs from a file").click()
    page.locator("#se-batch-go").click()
    expect(page.locator("#se-batch-result")).to_contain_text("Choose a file first")
    page.set_input_files("#se-batch-file input[type=file]", file)
    expect(page.locator("#se-batch-file")).to_contain_text("pairs.csv")
    page.locator("#se-batch-go").click()
    outcome = page.locator("#se-batch-result")
    expect(outcome).to_contain_text("2 pairs scored")
    expect(outcome).to_contain_text("1 row skipped")
    expect(outcome).to_contain_text("the column 'text1' is blank")
    with page.expect_download() as started:
        page.locator("#se-batch-csv").click()
    rows = list(csv.DictReader(io.StringIO(Path(started.value.path()).read_text("utf-8-sig"))))
    assert [row["row"] for row in rows] == ["2", "3", "4"]
    assert float(rows[0]["cosine"]) > 0.7
    assert rows[1]["text1"] == '\'=HYPERLINK("x")'
    assert rows[2]["cosine"] == ""
    assert "blank" in rows[2]["problem"]


def test_it_fits_a_narrow_screen_in_chinese_and_dark_without_serious_violations(open_page):
    page = open_page(width=390, dark=True, locale="zh-CN")
    open_tab(page, "句对评分")
    page.locator("#se-pair-examples [data-place='1']").click()
    expect(page.locator(f"{RESULT} .se-pair")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
    assert serious_violations(page) == []


def test_columns_with_other_names_are_picked_from_those_of_the_file(page: Page, tmp_path: Path):
    file = tmp_path / "pairs.csv"
    file.write_text("id,Customer,Agent\n1,A cat sleeps.,A cat is asleep.\n", encoding="utf-8")
    open_tab(page, "Pair scoring")
    page.get_by_role("button", name="Score pairs from a file").click()
    page.set_input_files("#se-batch-file input[type=file]", file)
    for number, name in ((1, "Customer"), (2, "Agent")):
        picker = page.locator(f"#se-batch-column{number} input")
        expect(picker).to_have_value("")
        picker.fill(name)
        expect(page.get_by_role("option", name=name, exact=True).first).to_be_visible()
        picker.press("Enter")
        expect(picker).to_have_value(name)
    page.locator("#se-batch-go").click()
    expect(page.locator("#se-batch-result")).to_contain_text("1 pair scored")
    page.locator("#se-language label", has_text="中文").click()
    expect(page.locator("#se-batch-column1")).to_contain_text("第一段文本所在列")
