"""The page: its frame, and the tabs in their order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import gradio as gr

from simengine.serving.demo.context import DemoContext
from simengine.serving.demo.strings import DEFAULT_LANGUAGE, FRAME, LANGUAGES, Language, Text
from simengine.serving.demo.theme import css, head, theme

if TYPE_CHECKING:
    import fastapi

    from simengine.engine import Engine
    from simengine.serving.served import ServedIndex

CONCURRENT_EVENTS = 8
MAX_UPLOAD = "64mb"
TABS: tuple[tuple[str, Text], ...] = (
    ("search", FRAME.search),
    ("ask", FRAME.ask),
    ("pairs", FRAME.pairs),
    ("recommend", FRAME.recommend),
    ("map", FRAME.map),
    ("index", FRAME.index),
)


def build_demo(engine_or_served: Engine | ServedIndex) -> gr.Blocks:
    """The page for one index, to be mounted by `mount_demo` or started by `launch_demo`.

    Args:
        engine_or_served: an opened engine, or an index as the service holds it. Closing it stays with the caller.

    Returns:
        The page. Plain `launch()` works too, without the theme: that is given to `launch`, as `page_options` has it.
    """
    served = as_served(engine_or_served)
    with gr.Blocks(title=f"{served.name} · simengine", analytics_enabled=False, fill_width=True) as demo:
        brand, language, scheme = _head_row(served)
        near = gr.State("")
        with gr.Tabs(selected="search", elem_id="se-tabs") as tabs:
            context = DemoContext(served, language, tabs, near)
            context.localise(scheme, {"value": FRAME.scheme})
            context.on_language(partial(header_html, served), [], [brand])
            for name, label in TABS:
                build = _builder(name)
                if build is None:
                    continue
                with gr.Tab(label.en, id=name, elem_id=f"se-{name}") as tab:
                    build(context)
                context.localise(tab, {"label": label})
                context.opened(tab)
        context.connect()
        demo.load(None, None, [language], js=FIRST_LANGUAGE)
    for event in demo.fns.values():
        event.api_visibility = "private"
    demo.queue(default_concurrency_limit=CONCURRENT_EVENTS, api_open=False)
    return demo


def _head_row(served: ServedIndex) -> tuple[gr.HTML, gr.Radio, gr.Button]:
    with gr.Row(elem_classes="se-head"):
        brand = gr.HTML(
            header_html(served, DEFAULT_LANGUAGE),
            js_on_load=None,
            apply_default_css=False,
            elem_classes="se-brand",
        )
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
    return gr.mount_gradio_app(
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


def as_served(engine_or_served: Engine | ServedIndex) -> ServedIndex:
    """An engine as an index that several callers use at once; a served index as it is."""
    from simengine.engine import Engine
    from simengine.serving.served import ServedIndex

    if isinstance(engine_or_served, Engine):
        return ServedIndex(engine_or_served.path.name, engine_or_served)
    return engine_or_served


def _builder(name: str) -> Callable[[DemoContext], Any] | None:
    module = f"simengine.serving.demo.{name}_tab"
    if find_spec(module) is None:
        return None
    build: Callable[[DemoContext], Any] = getattr(import_module(module), f"build_{name}_tab")
    return build


def header_html(served: ServedIndex, language: Language) -> str:
    """The name of the index and how much it holds."""
    about = FRAME.about.of(language).format(documents=f"{len(served.engine):,}")
    return f"<h1>{escape(served.name)}</h1><p>{escape(about)}</p>"


FIRST_LANGUAGE = """() => {
    let language = null;
    try { language = localStorage.getItem("simengine-language"); } catch (error) { /* private window */ }
    if (language !== "en" && language !== "zh") {
        language = (navigator.language || "en").toLowerCase().startsWith("zh") ? "zh" : "en";
    }
    document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
    return language;
}"""
