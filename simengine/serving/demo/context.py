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
Wording: TypeAlias = "Text | Choices | Sequence[Text]"


@dataclass(frozen=True)
class _Rerender:
    make: Callable[..., Any]
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]


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
            wordings: property name ("label", "placeholder", "info", "value" of a button, "choices", "headers" ...) to
                its text; for "choices" pairs of (text, value), for "headers" a list of texts.

        Returns:
            The component.

        Example:
            >>> query = context.localise(gr.Textbox(), {"label": TEXTS.query})  # doctest: +SKIP
        """
        for name, wording in wordings.items():
            setattr(component, name, said(wording, DEFAULT_LANGUAGE))
        self._worded.append((component, dict(wordings)))
        return component

    def on_language(self, make: Callable[..., Any], inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Call `make(language, *inputs)` for new `outputs` when the language is switched.

        For what is shown already, such as hits: keep them in a `gr.State` and render them again.
        """
        self._rerenders.append(_Rerender(make, tuple(inputs), tuple(outputs)))

    def on_open(self, make: Callable[..., Any], inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Call `make(language, *inputs)` for new `outputs` when somebody opens the tab that is being built."""
        self._openings.append(_Rerender(make, tuple(inputs), tuple(outputs)))

    def opened(self, tab: gr.Tab) -> None:
        """Wire what was given to `on_open` since the last call; called by the page for each tab."""
        for each in self._openings:
            tab.select(each.make, [self.language, *each.inputs], list(each.outputs), show_progress="hidden")
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

        self.language.change(
            reword, [self.language], components, show_progress="hidden", queue=False, js=SET_LANGUAGE
        )
        for each in self._rerenders:
            self.language.change(
                each.make, [self.language, *each.inputs], list(each.outputs), show_progress="hidden"
            )


SET_LANGUAGE = """(language) => {
    document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
    try { localStorage.setItem("simengine-language", language); } catch (error) { /* private window */ }
    return [language];
}"""


def said(wording: Wording, language: Language) -> Any:
    """A property's value in a language."""
    if isinstance(wording, Text):
        return wording.of(language)
    return [
        each.of(language) if isinstance(each, Text) else (each[0].of(language), each[1]) for each in wording
    ]
