"""An object with a docstring."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

_MAX_SIGNATURE_CHARS = 400
_MAX_TITLE_CHARS = 96


@dataclass(frozen=True, slots=True)
class Entry:
    """A module, class, function, method or property with its docstring.

    Attributes:
        qualified: the name as one writes it after importing the module.
        module: the module's full name.
        name: the last part of `qualified`.
        kind: "module", "class", "function", "method" or "property".
        signature: "(x, *, y=1)", or "" when there is none or it is not known.
        text: the docstring, cleaned.
        from_source: False when it comes from the interpreter.
    """

    qualified: str
    module: str
    name: str
    kind: str
    signature: str
    text: str
    from_source: bool = True

    @property
    def title(self) -> str:
        """The qualified name with its signature, short enough to leave room for the text."""
        if self.kind == "module":
            return f"module {self.qualified}"
        if self.kind == "property":
            return self.qualified
        title = self.qualified + self.signature.replace(", /", "")
        if len(title) <= _MAX_TITLE_CHARS:
            return title
        cut = title.rfind(", ", len(self.qualified), _MAX_TITLE_CHARS - 5)
        return f"{title[:cut]}, ...)" if cut > 0 else f"{self.qualified}(...)"


def clean_docstring(docstring: object) -> str:
    """A docstring without its indentation and outer blank lines; "" for anything that is not a string."""
    if not isinstance(docstring, str) or "\0" in docstring:
        return ""
    return inspect.cleandoc(docstring).strip()


def short_signature(parameters: str) -> str:
    """Parameters in parentheses; beyond a few hundred characters they become "(...)"."""
    return f"({parameters})" if len(parameters) <= _MAX_SIGNATURE_CHARS else "(...)"
