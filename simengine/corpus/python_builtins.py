"""Docstrings that only the running interpreter has: builtins and modules written in C."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType, ModuleType

from simengine.corpus.python_entries import Entry, clean_docstring, short_signature

INSPECTED = frozenset(
    [
        "array",
        "atexit",
        "binascii",
        "bisect",
        "builtins",
        "bz2",
        "cmath",
        "codecs",
        "collections",
        "contextvars",
        "csv",
        "datetime",
        "decimal",
        "errno",
        "faulthandler",
        "fcntl",
        "functools",
        "gc",
        "grp",
        "hashlib",
        "heapq",
        "hmac",
        "io",
        "itertools",
        "json",
        "lzma",
        "marshal",
        "math",
        "mmap",
        "operator",
        "os",
        "pickle",
        "pwd",
        "queue",
        "random",
        "re",
        "resource",
        "select",
        "selectors",
        "signal",
        "socket",
        "sqlite3",
        "ssl",
        "statistics",
        "string",
        "struct",
        "symtable",
        "sys",
        "syslog",
        "termios",
        "threading",
        "time",
        "tracemalloc",
        "types",
        "typing",
        "unicodedata",
        "warnings",
        "weakref",
        "zlib",
        "zoneinfo",
    ]
)
"""Modules that are imported for inspection: importing them has no side effects."""

_OPERATING_SYSTEM = ("posix", "nt")
_IMPLIED = re.compile(r"\$\w+,?\s*")
"""How C functions write the implied first argument: "$self", "$module"."""


def builtin_entries(module_name: str) -> Iterator[Entry]:
    """Yield the members of a module that are written in C, by name.

    Args:
        module_name: one of INSPECTED. A module that this Python lacks yields nothing.
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
    """Whether a base class has the same docstring."""
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
