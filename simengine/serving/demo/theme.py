"""The look of the page: system fonts, one accent colour, light and dark."""

from __future__ import annotations

from pathlib import Path

from gradio.themes import Base, Color, Size

SANS = ("Segoe UI", "Roboto", "Helvetica Neue", "Noto Sans", "PingFang SC", "Microsoft YaHei", "sans-serif")
MONO = ("SFMono-Regular", "Menlo", "Consolas", "Noto Sans Mono", "monospace")
FOLDER = Path(__file__).parent

PINE = Color(
    "#eef7f5", "#d5ebe6", "#aed8d0", "#7cbfb4", "#4aa196", "#23857b", "#0f6b62", "#0d5850", "#0c4741", "#0a3a36",
    "#052321", "pine",
)  # fmt: skip
STONE = Color(
    "#fafaf8", "#f3f3f0", "#e6e5e1", "#d3d2cd", "#a3a19b", "#75736d", "#5a5853", "#454440", "#2b2b29", "#1d1e1d",
    "#131414", "stone",
)  # fmt: skip
RADIUS = Size("3px", "4px", "5px", "7px", "9px", "12px", "16px", "soft")

LOOK = {  # name in Gradio: light, and dark where it is another
    "body_background_fill": ("#fbfbf9", "#131414"),
    "body_text_color": ("#1d1e1d", "#e9e8e4"),
    "body_text_color_subdued": ("#5a5853", "#aeaca5"),
    "background_fill_primary": ("#ffffff", "#1b1c1c"),
    "background_fill_secondary": ("#f3f3f0", "#222323"),
    "border_color_primary": ("#e0dfda", "#343534"),
    "block_background_fill": ("transparent", "transparent"),
    "block_border_width": ("0px",),
    "block_shadow": ("none",),
    "block_padding": ("0",),
    "block_label_text_color": ("#5a5853", "#aeaca5"),
    "block_title_text_color": ("#454440", "#c9c7c0"),
    "block_title_text_weight": ("500",),
    "block_title_text_size": ("*text_sm",),
    "block_info_text_color": ("#5a5853", "#aeaca5"),
    "panel_border_width": ("0px",),
    "form_gap_width": ("0px",),
    "layout_gap": ("14px",),
    "input_background_fill": ("#ffffff", "#1b1c1c"),
    "input_border_color": ("#8d8b85", "#6b6a66"),
    "input_border_color_focus": ("#0f6b62", "#5cc4b6"),
    "input_border_width": ("1px",),
    "input_placeholder_color": ("#6b6963", "#9a9891"),
    "input_shadow": ("none",),
    "input_shadow_focus": ("0 0 0 3px #0f6b6233", "0 0 0 3px #5cc4b640"),
    "checkbox_background_color_selected": ("#0f6b62", "#2f9488"),
    "checkbox_border_color": ("#8d8b85", "#7a7974"),
    "checkbox_label_background_fill": ("transparent", "transparent"),
    "checkbox_label_border_width": ("0px",),
    "checkbox_label_shadow": ("none",),
    "button_primary_background_fill": ("#0f6b62", "#5cc4b6"),
    "button_primary_background_fill_hover": ("#0d5850", "#7cd3c7"),
    "button_primary_text_color": ("#ffffff", "#062320"),
    "button_primary_shadow": ("none",),
    "button_secondary_background_fill": ("#ffffff", "#1b1c1c"),
    "button_secondary_background_fill_hover": ("#f3f3f0", "#282929"),
    "button_secondary_border_color": ("#c9c7c0", "#4a4b49"),
    "button_secondary_text_color": ("#1d1e1d", "#e9e8e4"),
    "button_secondary_shadow": ("none",),
    "button_border_width": ("1px",),
    "slider_color": ("#0f6b62", "#5cc4b6"),
    "loader_color": ("#0f6b62", "#5cc4b6"),
}


def theme() -> Base:
    """The Gradio theme. All fonts are those of the system: none is fetched."""
    settings = {
        f"{name}{ending}": value
        for name, values in LOOK.items()
        for ending, value in zip(("", "_dark"), values, strict=False)
    }
    return Base(
        primary_hue=PINE,
        secondary_hue=PINE,
        neutral_hue=STONE,
        radius_size=RADIUS,
        font=list(SANS),
        font_mono=list(MONO),
    ).set(**settings)


def css() -> str:
    """All style sheets of the page, `page.css` first."""
    files = sorted(FOLDER.glob("*.css"), key=lambda file: (file.name != "page.css", file.name))
    return "\n".join(file.read_text("utf-8") for file in files)


def head() -> str:
    """What stands in the page's head: keys, and labels that the components lack."""
    return f"<script>{(FOLDER / 'page.js').read_text('utf-8')}</script>"
