"""The page: its frame, and the tabs in their order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import gradio as gr
from markupsafe import Markup

from simengine.serving.demo.ask_tab import AskTab
from simengine.serving.demo.check_tab import CheckTab
from simengine.serving.demo.context import DemoContext, area
from simengine.serving.demo.index_tab import IndexTab
from simengine.serving.demo.map_tab import MapTab
from simengine.serving.demo.pairs_tab import PairsTab
from simengine.serving.demo.recommend_tab import RecommendTab
from simengine.serving.demo.rendering import render
from simengine.serving.demo.search_tab import SearchTab
from simengine.serving.demo.strings import DEFAULT_LANGUAGE, FRAME, LANGUAGES, Language, Text
from simengine.serving.demo.theme import css, head, theme
from simengine.serving.uploads import MAX_UPLOAD_BYTES, UploadGuard, own_folder

if TYPE_CHECKING:
    import fastapi

    from simengine.engine import Engine
    from simengine.serving.served import ServedIndex

CONCURRENT_EVENTS = 8
MAX_WAITING_EVENTS = 64
MAX_UPLOAD = f"{MAX_UPLOAD_BYTES}b"
DELETE_FILES_S = (60, 1_800)
"""How often uploaded files are looked at, and how old they get; all go when the page is stopped."""
TABS: tuple[tuple[str, Text, Callable[[DemoContext], object]], ...] = (
    ("search", FRAME.search, SearchTab),
    ("ask", FRAME.ask, AskTab),
    ("check", FRAME.check, CheckTab),
    ("pairs", FRAME.pairs, PairsTab),
    ("recommend", FRAME.recommend, RecommendTab),
    ("map", FRAME.map, MapTab),
    ("index", FRAME.index, IndexTab),
)


def build_demo(engine_or_served: Engine | ServedIndex) -> gr.Blocks:
    """The page for one index; `mount_demo` puts it on a FastAPI app.

    Args:
        engine_or_served: an opened engine, or an index as the service holds it. Closing it stays with the caller.

    Returns:
        The page. Gradio's own `launch()` works too, but without the look: give it theme, css and head of
        `simengine.serving.demo.theme`.
    """
    served = as_served(engine_or_served)
    with gr.Blocks(
        title=f"{served.name} · simengine",
        analytics_enabled=False,
        fill_width=True,
        delete_cache=DELETE_FILES_S,
    ) as demo:
        brand, language, scheme = _head_row(served)
        near = gr.State("")
        with gr.Tabs(selected="search", elem_id="se-tabs") as tabs:
            context = DemoContext(served, language, tabs, near)
            context.localise(scheme, {"value": FRAME.scheme})
            context.on_language(partial(header_html, served), [], [brand])
            for name, label, build in TABS:
                with gr.Tab(label.en, id=name, elem_id=f"se-{name}") as tab:
                    build(context)
                context.localise(tab, {"label": label})
                context.opened(tab)
        context.connect()
        demo.load(None, None, [language], js=FIRST_LANGUAGE)
    for event in demo.fns.values():
        event.api_visibility = "private"
    demo.queue(default_concurrency_limit=CONCURRENT_EVENTS, max_size=MAX_WAITING_EVENTS, api_open=False)
    return demo


def _head_row(served: ServedIndex) -> tuple[gr.HTML, gr.Radio, gr.Button]:
    with gr.Row(elem_classes="se-head"):
        brand = area("se-brand", header_html(served, DEFAULT_LANGUAGE))
        language = gr.Radio(
            choices=list(LANGUAGES),
            value=DEFAULT_LANGUAGE,
            label=FRAME.language.en,
            show_label=False,
            container=False,
            elem_id="se-language",
            min_width=0,
        )
        scheme = gr.Button(size="sm", elem_id="se-scheme", scale=0, min_width=0)
        scheme.click(None, None, None, js="() => window.simengineScheme()")
    return brand, language, scheme


def mount_demo(app: fastapi.FastAPI, demo: gr.Blocks, path: str = "/") -> fastapi.FastAPI:
    """Put the page on a FastAPI app; returns that app."""
    gr.mount_gradio_app(
        app,
        demo,
        path,
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=MAX_UPLOAD,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=theme(),
        css=css(),
        head=head(),
    )
    mounted = app.routes[-1]
    mounted.app.add_middleware(UploadGuard, folder=own_folder())  # type: ignore[attr-defined]
    return app


def as_served(engine_or_served: Engine | ServedIndex) -> ServedIndex:
    """An engine as an index that several callers use at once; a served index as it is."""
    from simengine.engine import Engine
    from simengine.serving.served import ServedIndex

    if isinstance(engine_or_served, Engine):
        return ServedIndex(engine_or_served.path.name, engine_or_served)
    return engine_or_served


def header_html(served: ServedIndex, language: Language) -> Markup:
    """The name of the index and how much it holds."""
    return render("header", language, {"name": served.name, "n": len(served.engine)})


FIRST_LANGUAGE = """() => {
    let language = null;
    try { language = localStorage.getItem("simengine-language"); } catch (error) { /* private window */ }
    if (language !== "en" && language !== "zh") {
        language = (navigator.language || "en").toLowerCase().startsWith("zh") ? "zh" : "en";
    }
    document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
    return language;
}"""
