"""The look of the page: system fonts, one accent colour, light and dark."""

from __future__ import annotations

from gradio.themes import Base

SANS = (
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "Noto Sans",
    "PingFang SC",
    "Microsoft YaHei",
    "sans-serif",
)
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")
HEAD = ""
CSS = ""


def theme() -> Base:
    """The Gradio theme. All fonts are those of the system: none is fetched."""
    return Base(font=list(SANS), font_mono=list(MONO))
