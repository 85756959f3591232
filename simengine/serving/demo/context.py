"""What every tab of the page is built against: the index, the language, and what tabs say to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import gradio as gr

from simengine.serving.demo.strings import DEFAULT_LANGUAGE, Language, Text

if TYPE_CHECKING:
    from simengine.serving.served import ServedIndex

Choices: TypeAlias = Sequence[tuple[Text, str]]
Wording: TypeAlias = "Text | Choices"
_Rerender: TypeAlias = tuple[Callable[..., Any], Sequence[Any], Sequence[Any]]
QUIET = {"show_progress": "hidden"}
"""For events: no bar of Gradio's own over what they change."""


@dataclass
class DemoContext:
    """Shared by the tabs of one page; filled while they are built, not changed afterwards.

    Every event handler that makes text for people takes `language` as an input and gets "en" or "zh".

    Attributes:
        served: the index; safe to call from any number of handlers at once.
        language: the language switch, an input of handlers; its value is a `Language`.
        tabs: the row of tabs; a handler that has it as output opens a tab with `gr.Tabs(selected="search")`.
        near: an output of handlers of any tab: a document id put here opens the Search tab with the documents most
            similar to it.
    """

    served: ServedIndex
    language: gr.Radio
    tabs: gr.Tabs
    near: gr.State
    _worded: list[tuple[Any, Mapping[str, Wording]]] = field(default_factory=list)
    _openings: list[_Rerender] = field(default_factory=list)
    _rerenders: list[_Rerender] = field(default_factory=list)

    def localise(self, component: Any, wordings: Mapping[str, Wording]) -> Any:
        """Give a component its words, now and whenever the language is switched.

        Args:
            component: any Gradio component or tab.
            wordings: property name ("label", "placeholder", "info", "value" of a button, "choices" ...) to its text;
                for "choices" pairs of (text, value).

        Returns:
            The component.

        Example:
            >>> query = context.localise(gr.Textbox(), {"label": TEXTS.query})  # doctest: +SKIP
        """
        for name, wording in wordings.items():
            setattr(component, name, said(wording, DEFAULT_LANGUAGE))
        self._worded.append((component, dict(wordings)))
        return component

    def button(
        self,
        elem_id: str,
        words: Text,
        *,
        min_width: int = 120,
        variant: str = "secondary",
        size: str = "lg",
        visible: bool = True,
    ) -> Any:
        """A `gr.Button` that is as wide as its words."""
        button = gr.Button(
            variant=variant, size=size, scale=0, min_width=min_width, visible=visible, elem_id=elem_id
        )
        return self.localise(button, {"value": words})

    def textbox(
        self,
        elem_id: str,
        label: Text,
        placeholder: Text | None = None,
        info: Text | None = None,
        *,
        lines: int = 1,
        max_lines: int = 1,
        max_length: int | None = None,
        min_width: int = 160,
        scale: int | None = None,
        elem_classes: str | None = None,
    ) -> Any:
        """A `gr.Textbox`; lengths are in characters. `elem_id` may be ""."""
        box = gr.Textbox(
            lines=lines,
            max_lines=max_lines,
            max_length=max_length,
            min_width=min_width,
            scale=scale,
            elem_id=elem_id or None,
            elem_classes=elem_classes,
        )
        words = {"label": label, "placeholder": placeholder, "info": info}
        return self.localise(box, {name: text for name, text in words.items() if text is not None})

    def switch(self, elem_id: str, label: Text, info: Text) -> Any:
        """A `gr.Checkbox` that is off."""
        box = gr.Checkbox(value=False, elem_id=elem_id, elem_classes="se-switch", min_width=200)
        return self.localise(box, {"label": label, "info": info})

    def on_language(self, make: Callable[..., Any], inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Call `make(language, *inputs)` for new `outputs` when the language is switched.

        For what is shown already, such as hits: keep them in a `gr.State` and render them again.
        """
        self._rerenders.append((make, inputs, outputs))

    def on_open(self, make: Callable[..., Any], inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Call `make(language, *inputs)` for new `outputs` when somebody opens the tab that is being built."""
        self._openings.append((make, inputs, outputs))

    def opened(self, tab: gr.Tab) -> None:
        """Wire what was given to `on_open` since the last call; called by the page for each tab."""
        for make, inputs, outputs in self._openings:
            tab.select(make, [self.language, *inputs], list(outputs), **QUIET)
        self._openings.clear()

    def connect(self) -> None:
        """Wire the language switch; called once, by the page, when all tabs are built."""
        components = [component for component, _ in self._worded]
        wordings = [wording for _, wording in self._worded]

        def reword(language: Language) -> list[dict[str, Any]]:
            return [
                gr.update(**{name: said(value, language) for name, value in texts.items()})
                for texts in wordings
            ]

        self.language.change(reword, [self.language], components, queue=False, js=SET_LANGUAGE, **QUIET)
        for make, inputs, outputs in self._rerenders:
            self.language.change(make, [self.language, *inputs], list(outputs), **QUIET)


SET_LANGUAGE = """(language) => {
    document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
    try { localStorage.setItem("simengine-language", language); } catch (error) { /* private window */ }
    return [language];
}"""


def said(wording: Wording, language: Language) -> Any:
    """A property's value in a language."""
    if isinstance(wording, Text):
        return wording.of(language)
    return [(text.of(language), value) for text, value in wording]


def area(elem_id: str, value: str = "", script: str | None = None) -> Any:
    """A `gr.HTML` without Gradio's look.

    Args:
        elem_id: of its element.
        value: HTML.
        script: JavaScript that runs when it is there, with `element` and `trigger(event, data)`.
    """
    return gr.HTML(value, js_on_load=script, apply_default_css=False, elem_id=elem_id)
