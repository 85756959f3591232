"""The Ask tab, by clicking and typing."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import box, open_tab


def ask(page: Page, question: str) -> None:
    """Type a question, press Enter, wait for its answer."""
    box(page, "#se-question").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator("#se-answers .se-turn .se-question").first).to_have_text(question)
    expect(page.locator("#se-answers .se-ghost")).to_have_count(0)


def test_an_answer_shows_its_evidence_in_its_document(page: Page):
    open_tab(page, "Ask")
    expect(page.locator("#se-answers")).to_contain_text("Answers with evidence")
    ask(page, "When was the Eiffel Tower completed?")
    answer = page.locator("#se-answers .se-answer").first
    expect(answer).to_contain_text("answer")
    expect(answer.locator(".se-place")).to_contain_text("Eiffel Tower")
    expect(answer.locator(".se-quote .se-evidence")).to_have_text("The Eiffel Tower was completed in 1889.")
    expect(answer.locator(".se-quote")).to_contain_text("It is 330 metres high.")


def test_a_follow_up_keeps_the_conversation_until_a_new_one(page: Page):
    open_tab(page, "Ask")
    ask(page, "How long does shipping to Canada take?")
    expect(page.locator("#se-answers .se-said").first).to_contain_text("nine days")
    ask(page, "And to Germany?")
    expect(page.locator("#se-answers .se-note").first).to_have_text(
        "Understood as: How long does shipping to Germany take?"
    )
    expect(page.locator("#se-answers .se-said").first).to_contain_text("four days")
    expect(page.locator("#se-answers .se-turn")).to_have_count(2)
    page.locator("#se-new").click()
    expect(page.locator("#se-answers .se-turn")).to_have_count(0)
    expect(page.locator("#se-answers")).to_contain_text("Answers with evidence")


def test_what_is_not_there_is_not_answered_and_the_nearest_is_shown(page: Page):
    open_tab(page, "Ask")
    ask(page, "Who won the world cup in 1998?")
    expect(page.locator("#se-answers .se-notice-none")).to_contain_text("Not found in the index")
    expect(page.locator("#se-answers .se-answer")).to_have_count(0)
    expect(page.locator("#se-answers .se-hits .se-card")).to_have_count(3)


def test_a_blank_question_and_one_that_is_too_long_are_named(page: Page):
    open_tab(page, "Ask")
    page.locator("#se-ask-go").click()
    expect(page.locator("#se-answers")).to_contain_text("Enter a question")
    box(page, "#se-question").fill("why " * 1500)
    page.locator("#se-ask-go").click()
    expect(page.locator("#se-answers [role=alert]")).to_contain_text("characters")


def test_html_in_a_question_is_shown_and_never_run(page: Page):
    open_tab(page, "Ask")
    ask(page, "Who is <img src=x onerror=window.hacked=1>?")
    assert page.locator("#se-answers img").count() == 0
    assert page.evaluate("window.hacked") is None


def test_an_example_is_asked_on_a_click_and_told_again_in_chinese(page: Page):
    open_tab(page, "Ask")
    example = page.locator("#se-ask-examples .se-example").first
    text = example.inner_text()
    example.click()
    expect(page.locator("#se-answers .se-turn .se-question").first).to_have_text(text)
    expect(page.locator("#se-answers .se-turn .se-card").first).to_be_visible()
    page.locator("#se-language label", has_text="中文").click()
    expect(page.locator("#se-new")).to_have_text("新对话")
    expect(page.locator("#se-question")).to_contain_text("问题")
