"""A corpus that every Python carries: the docstrings of its standard library.

Most come from its source files, which are parsed; builtins and modules written in C are asked in the interpreter.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType, ModuleType

from simengine.errors import DataError
from simengine.types import Document, Json

MIN_DOCUMENTS = 1000
_MIN_CHARS = 12
_LEFT_OUT = frozenset(
    ["antigravity", "ensurepip", "idlelib", "lib2to3", "pydoc_data", "test", "this", "turtledemo"]
)
"""Tests, demonstrations, bundled tools, and two jokes that act on import (nothing here is imported
unless it is in INSPECTED)."""
_PATH_NAMES = {os.path.__name__: "os.path", "genericpath": "os.path"}
_OTHER_PATH_MODULE = "posixpath" if os.path.__name__ == "ntpath" else "ntpath"
_SHORT_TEXT_CHARS = 40
_LEFT_OUT_PARTS = frozenset(["test", "tests", "idle_test"])
_MAX_SIGNATURE_CHARS = 400
_MAX_TITLE_CHARS = 96
INSPECTED = frozenset(
    """
    array atexit binascii bisect builtins bz2 cmath codecs collections contextvars csv datetime decimal errno
    faulthandler fcntl functools gc grp hashlib heapq hmac io itertools json lzma marshal math mmap operator
    os pickle pwd queue random re resource select selectors signal socket sqlite3 ssl statistics string struct
    symtable sys syslog termios threading time tracemalloc types typing unicodedata warnings weakref zlib
    zoneinfo
    """.split()  # noqa: SIM905 - a list of strings reads worse
)
"""Modules that are imported to look at: importing them prints nothing, opens nothing, changes nothing."""

_OPERATING_SYSTEM = ("posix", "nt")
_IMPLIED = re.compile(r"\$\w+,?\s*")
"""What C functions write for the implied first argument: "$self", "$module"."""


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
        from_source: False when the interpreter was asked.
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
        """The qualified name with its signature, kept short enough to leave room for the text."""
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
    """A docstring without its indentation and outer blank lines; "" for anything that is none."""
    if not isinstance(docstring, str) or "\0" in docstring:
        return ""
    return inspect.cleandoc(docstring).strip()


def short_signature(parameters: str) -> str:
    """Parameters in parentheses; over a few hundred characters they give way to "(...)"."""
    return f"({parameters})" if len(parameters) <= _MAX_SIGNATURE_CHARS else "(...)"


def python_docs() -> Iterator[Document]:
    """Yield a document for every docstring of the running Python's standard library.

    Modules, classes, functions, methods and properties with public names, from the library's source
    files, and those written in C from the interpreter itself. The order is fixed: by module, then as
    defined. The id is the qualified name as one writes it ("json.dumps", "len", "str.split").

    Yields:
        Documents with the metadata module (top level), full_module, kind, name, signature, python
        (version, as "3.11"), has_example and lines (of the docstring).

    Raises:
        DataError: fewer than a thousand docstrings were found (a Python without its source files).
    """
    taken: set[str] = set()
    repeated: set[tuple[str, str, str]] = set()
    for entry in _entries():
        if len(entry.text) < _MIN_CHARS or entry.qualified in taken:
            continue
        # Subclasses that repeat their base's docstring add nothing, nor do phrases like "An enumeration."
        # for one name after another.
        short = len(entry.text) < _SHORT_TEXT_CHARS
        copy = (entry.module.partition(".")[0], "" if short else entry.name, entry.text)
        if copy in repeated and (entry.from_source or short):
            continue
        taken.add(entry.qualified)
        repeated.add(copy)
        yield _document(entry)
    if len(taken) < MIN_DOCUMENTS:
        raise DataError(
            f"only {len(taken)} docstrings were found, expected several thousand: this Python has no source "
            "files of its standard library; use another Python or another corpus",
            sysconfig.get_path("stdlib"),
        )


def _document(entry: Entry) -> Document:
    metadata: dict[str, Json] = {
        "module": entry.module.partition(".")[0],
        "full_module": entry.module,
        "kind": entry.kind,
        "name": entry.name,
        "signature": entry.signature,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "has_example": ">>> " in entry.text,
        "lines": entry.text.count("\n") + 1,
    }
    return Document(entry.qualified, entry.text, entry.title, metadata)


def _entries() -> Iterator[Entry]:
    """Modules in order of name; of each what its source says, then what only the interpreter knows."""
    root = Path(sysconfig.get_path("stdlib"))
    for name in sorted(sys.stdlib_module_names):
        if name.startswith("_") or name in _LEFT_OUT or name == _OTHER_PATH_MODULE:
            continue
        if name in INSPECTED:
            yield from bound_entries(name)
        trees = dict(_source_trees(root, name))
        for module, tree in trees.items():
            yield from _source_entries(module, tree, trees.get(module.rpartition(".")[0]))
        if name in INSPECTED:
            yield from builtin_entries(name)


def _source_trees(root: Path, name: str) -> Iterator[tuple[str, ast.Module]]:
    """The modules of a module or package, parsed; private ones too, for what the package shows of them."""
    package = root / name
    paths = [(name, root / f"{name}.py")] if (root / f"{name}.py").is_file() else []
    if (package / "__init__.py").is_file():
        for path in package.rglob("*.py"):
            parts = path.relative_to(root).with_suffix("").parts
            inner = parts[:-1] if parts[-1] == "__init__" else parts
            if not any(part in _LEFT_OUT_PARTS for part in inner):
                paths.append((".".join(inner), path))
    for module, path in sorted(paths):
        try:
            yield module, ast.parse(path.read_bytes(), str(path))
        except (SyntaxError, ValueError):
            continue  # a template or a deliberately broken file within the library


def _source_entries(module: str, tree: ast.Module, package: ast.Module | None) -> Iterator[Entry]:
    """What a module defines, under the shorter name where its package imports it."""
    parent, _, last = module.rpartition(".")
    private = any(part.startswith("_") for part in module.split("."))
    shown = _PATH_NAMES.get(module, module)
    text = clean_docstring(ast.get_docstring(tree, clean=False))
    if text and not private:
        yield Entry(shown, shown, shown.rpartition(".")[2], "module", "", text)
    exported = _exported(tree, package, last) if package is not None else frozenset()
    for entry in _body_entries(tree.body, shown, shown, inside_class=False):
        first = entry.qualified.removeprefix(f"{shown}.").partition(".")[0]
        if first in exported:
            short = parent + entry.qualified.removeprefix(module)
            yield replace(entry, qualified=short, module=parent)
        elif not private:
            yield entry


def _exported(tree: ast.Module, package: ast.Module, name: str) -> frozenset[str]:
    """Names of a submodule that its package imports with `from .name import ...`."""
    found: set[str] = set()
    for node in package.body:
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module == name:
            names = [alias.name for alias in node.names if alias.asname in (None, alias.name)]
            found.update(_public(tree) if names == ["*"] else names)
    return frozenset(found)


def _public(tree: ast.Module) -> list[str]:
    """What `import *` takes: __all__ where it is a plain list, else all names without underscore."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(ast.unparse(one) == "__all__" for one in node.targets):
            parts = node.value.elts if isinstance(node.value, (ast.List, ast.Tuple)) else []
            return [str(one.value) for one in parts if isinstance(one, ast.Constant)]
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return [node.name for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]


def _body_entries(body: list[ast.stmt], module: str, owner: str, inside_class: bool) -> Iterator[Entry]:
    """Definitions of a module or class, also those that stand under an `if` or a `try`."""
    for node in body:
        if isinstance(node, (ast.If, ast.Try)):
            handlers = node.handlers if isinstance(node, ast.Try) else []
            for part in (node.body, *(handler.body for handler in handlers), node.orelse):
                yield from _body_entries(part, module, owner, inside_class)
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            if node.name.startswith("_"):
                continue
            qualified = f"{owner}.{node.name}"
            if text := clean_docstring(ast.get_docstring(node, clean=False)):
                kind, signature = _kind(node, inside_class), _signature(node, inside_class)
                yield Entry(qualified, module, node.name, kind, signature, text)
            if isinstance(node, ast.ClassDef):
                yield from _body_entries(node.body, module, qualified, inside_class=True)


def _kind(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, inside_class: bool) -> str:
    if isinstance(node, ast.ClassDef):
        return "class"
    if any(_decorator_name(one) in ("property", "cached_property") for one in node.decorator_list):
        return "property"
    return "method" if inside_class else "function"


def _decorator_name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _signature(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, inside_class: bool) -> str:
    """Parameters with their defaults, without annotations and `self`; for a class those of __init__."""
    if isinstance(node, ast.ClassDef):
        for child in node.body:
            if isinstance(child, ast.FunctionDef) and child.name == "__init__":
                return _signature(child, inside_class=True)
        return ""
    decorators = [_decorator_name(one) for one in node.decorator_list]
    if _kind(node, inside_class) == "property" or any(name.endswith("SpecialForm") for name in decorators):
        return ""
    given = node.args
    if inside_class and "staticmethod" not in decorators:
        (given.posonlyargs or given.args or [ast.arg("")]).pop(0)
        given.defaults = given.defaults[: len(given.posonlyargs) + len(given.args)]
    for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg):
        if argument is not None:
            argument.annotation = None
    return short_signature(ast.unparse(given))


def builtin_entries(module_name: str) -> Iterator[Entry]:
    """Yield what a module offers that is written in C, by name.

    Args:
        module_name: one of INSPECTED. A module that this Python was built without yields nothing.
    """
    try:
        module = import_module(module_name)
    except ImportError:
        return  # part of the standard library, but not of every build of it (fcntl on Windows, sqlite3)
    if text := clean_docstring(module.__doc__):
        yield Entry(module_name, module_name, module_name, "module", "", text, from_source=False)
    prefix = "" if module_name == "builtins" else f"{module_name}."
    for name in _public_names(module):
        member = getattr(module, name, None)
        if not _is_home(member, module_name):
            continue
        if inspect.isclass(member):
            alias = member.__name__ != name and getattr(module, member.__name__, None) is member
            if alias or any(isinstance(value, FunctionType) for value in vars(member).values()):
                continue  # another name of the same class, or a class that the source files show
            yield from _class_entries(member, module_name, prefix + name, name)
        elif inspect.isbuiltin(member) and (text := clean_docstring(getattr(member, "__doc__", None))):
            yield _entry(member, module_name, prefix + name, name, "function", text)


def bound_entries(module_name: str) -> Iterator[Entry]:
    """Yield module functions that are methods of a hidden object, such as `random.shuffle`."""
    try:
        module = import_module(module_name)
    except ImportError:
        return
    for name in _public_names(module):
        member = getattr(module, name, None)
        if not inspect.ismethod(member) or type(member.__self__).__module__ != module_name:
            continue
        if text := clean_docstring(member.__doc__):
            signature = str(inspect.signature(member))
            yield Entry(f"{module_name}.{name}", module_name, name, "function", signature, text)


def _public_names(module: ModuleType) -> list[str]:
    names = getattr(module, "__all__", None) or dir(module)
    return sorted({str(name) for name in names if not str(name).startswith("_")})


def _is_home(member: object, module_name: str) -> bool:
    """Whether a member belongs to this module and was not merely imported into it."""
    home = getattr(member, "__module__", None)
    if home is None or isinstance(member, ModuleType):
        return inspect.isbuiltin(member)
    return home == module_name or home.startswith("_") or (module_name == "os" and home in _OPERATING_SYSTEM)


def _class_entries(cls: type, module: str, qualified: str, name: str) -> Iterator[Entry]:
    text = clean_docstring(cls.__doc__)
    if text and not _inherited(cls, None, text):
        yield _entry(cls, module, qualified, name, "class", text)
    for attribute, value in sorted(vars(cls).items()):
        if attribute.startswith("_"):
            continue
        function = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        text = clean_docstring(getattr(function, "__doc__", None))
        if not text or _inherited(cls, attribute, text):
            continue
        inner = f"{qualified}.{attribute}"
        if isinstance(value, (property, GetSetDescriptorType, MemberDescriptorType)):
            yield Entry(inner, module, attribute, "property", "", text, from_source=False)
        elif callable(function) and not inspect.isclass(function):
            yield _entry(function, module, inner, attribute, "method", text)


def _inherited(cls: type, attribute: str | None, text: str) -> bool:
    """Whether a base class says the same, word for word."""
    for base in cls.__mro__[1:]:
        known = base if attribute is None else vars(base).get(attribute)
        if known is not None and clean_docstring(getattr(known, "__doc__", None)) == text:
            return True
    return False


def _entry(member: object, module: str, qualified: str, name: str, kind: str, text: str) -> Entry:
    written = getattr(member, "__text_signature__", None)
    if isinstance(written, str) and written.startswith("("):
        written = written.replace("=<unrepresentable>", "=...")
        signature = short_signature(_IMPLIED.sub("", written[1:-1]).removeprefix("/, ").removeprefix("/"))
    else:
        signature = "" if kind == "class" else "(...)"
    return Entry(qualified, module, name, kind, signature, text, from_source=False)
