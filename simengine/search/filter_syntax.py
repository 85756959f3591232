"""Reading a filter expression: grammar, literals, errors with their position. Evaluation is in `filters`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NoReturn, TypeAlias

from simengine.errors import FilterError
from simengine.text.expressions import Scalar, shown_value

if TYPE_CHECKING:
    from lark import Lark, Token

Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">=", "in", "contains", "starts with", "is null"]

MAX_CHARACTERS = 500_000
MAX_COMPARISONS = 256
MAX_DEPTH = 50
MAX_WORDS = 5_000
MAX_LIST_VALUES = 50_000
MAX_NAME_PARTS = 32
MAX_NAME_CHARACTERS = 1_000
_MAX_DIGITS = 400

_PART = r"(?:[^\W\d]\w*+|`[^`]+`)"
_STRING = r"""(?:"(?:\\.|[^"\\])*+"|'(?:\\.|[^'\\])*+')"""
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])"
_ITEM = rf"(?:{_STRING}|{_NUMBER}|(?:true|false|null)\b)"

# ITEMS is a run of two or more values of a list: one token, so that a list of 10,000 ids is read in milliseconds.
_GRAMMAR = rf"""
?start: or
?or: and | or _OR and -> either
?and: not | and _AND not -> both
?not: comparison | _NOT not -> negated | "(" or ")"
comparison: field OPERATOR literal -> compared
          | literal OPERATOR field -> compared_backwards
          | field _IN list -> member
          | field _NOT _IN list -> not_member
          | field _CONTAINS literal -> contains
          | field _NOT _CONTAINS literal -> not_contains
          | field _STARTS _WITH literal -> starts_with
          | field _NOT _STARTS _WITH literal -> not_starts_with
          | field _IS null -> is_null
          | field _IS _NOT null -> is_not_null
field: NAME
?null: NULL
list: "(" _values [","] ")" | "[" _values [","] "]"
_values: (literal | items) ("," (literal | items))*
items: ITEMS
literal: STRING | NUMBER | TRUE | FALSE | NULL

OPERATOR: "==" | "=" | "!=" | "<>" | "<=" | ">=" | "<" | ">"
_AND.2: /and\b/i
_OR.2: /or\b/i
_NOT.2: /not\b/i
_IN.2: /in\b/i
_IS.2: /is\b/i
_CONTAINS.2: /contains\b/i
_STARTS.2: /starts\b/i
_WITH.2: /with\b/i
TRUE.2: /true\b/i
FALSE.2: /false\b/i
NULL.2: /null\b/i
NAME: /{_PART}(?:\s*\.\s*{_PART})*+/
NUMBER: /{_NUMBER}/
STRING: /{_STRING}/s
ITEMS.3: /{_ITEM}(?:\s*,\s*{_ITEM})++/is
%ignore /\s+/
"""

_READABLE = {
    "OPERATOR": "a comparison (= != < <= > >=)",
    "_AND": "and",
    "_OR": "or",
    "_NOT": "not",
    "_IN": "in",
    "_IS": "is",
    "_CONTAINS": "contains",
    "_STARTS": "starts with",
    "_WITH": "with",
    "TRUE": "true",
    "FALSE": "false",
    "NULL": "null",
    "NAME": "a field name",
    "STRING": "a text in quotes",
    "NUMBER": "a number",
    "LPAR": "(",
    "RPAR": ")",
    "LSQB": "[",
    "RSQB": "]",
    "COMMA": ",",
    "$END": "the end",
}
_MIRRORED: dict[str, Operator] = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SPELLINGS = {"==": "=", "<>": "!="}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ITEM_PATTERN = re.compile(_ITEM, re.IGNORECASE | re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}
_EXCERPT_CHARS = 120
_SHOWN_CHARS = 60


@dataclass(frozen=True, slots=True)
class FieldComparison:
    """A field compared with values.

    Attributes:
        field: dotted name.
        operator: of the comparison.
        values: one value; several for "in"; none for "is null".
        negated: true for `not in`, `not contains`, `not starts with`, `is not null`.
        position: where it begins in the expression.
    """

    field: str
    operator: Operator
    values: tuple[Scalar, ...]
    negated: bool
    position: int


Step: TypeAlias = "FieldComparison | Literal['and', 'or', 'not']"
"""One step of a program in postfix order: a comparison pushes a mask, a connective takes its operands."""

_Tree: TypeAlias = "FieldComparison | tuple[str, _Tree] | tuple[str, _Tree, _Tree]"


def parse(expression: str) -> tuple[Step, ...]:
    """Read an expression.

    Returns:
        the program, in postfix order.

    Raises:
        FilterError: with the position of the fault.
    """
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    if not expression.strip():
        fail("is empty; write for example: year >= 2020", expression, None)
    if len(expression) > MAX_CHARACTERS:
        fail(f"has {len(expression):,} characters; at most {MAX_CHARACTERS:,} are read", expression, None)
    try:
        tree = _parser().parse(expression)
    except UnexpectedToken as error:
        at_end = error.token.type == "$END"
        found = "it ends" if at_end else f"{cut(str(error.token))!r} appears"
        expected = _readable(set(error.accepts or error.expected))
        position = len(expression) if at_end else error.pos_in_stream
        hint = "; texts and dates need quotes" if error.token.type in ("NUMBER", "NAME") else ""
        fail(f"{found} where {expected} was expected{hint}", expression, position)
    except UnexpectedCharacters as error:
        position = error.pos_in_stream or 0
        fail(
            f"cannot read {_word_at(expression, position)}; {_hint(expression, position)}",
            expression,
            position,
        )
    except _FaultError as fault:
        fail(fault.reason, expression, fault.position)
    return _program(tree)  # type: ignore[arg-type]  # the transformer makes it a _Tree


def fail(reason: str, expression: str, position: int | None) -> NoReturn:
    """Raise a FilterError that shows one line, however long the expression is."""
    shown = expression
    if len(shown) > _EXCERPT_CHARS:
        start = max(0, min((position or 0) - _EXCERPT_CHARS // 2, len(shown) - _EXCERPT_CHARS))
        head, tail = "…" if start else "", "…" if start + _EXCERPT_CHARS < len(shown) else ""
        shown = f"{head}{shown[start : start + _EXCERPT_CHARS]}{tail}"
        position = None if position is None else position - start + len(head)
    raise FilterError(reason, re.sub(r"\s", " ", shown), position)


class _FaultError(Exception):
    """A value that is wrong, found while the tree is built."""

    def __init__(self, reason: str, position: int) -> None:
        self.reason, self.position = reason, position


class _Limits:
    """Sits between lexer and parser and stops at the first token beyond a limit: nothing is read after it."""

    always_accept = ()

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        comparisons = depth = 0
        for words, token in enumerate(stream, start=1):
            comparisons += token.type == "NAME"
            depth += (token.type == "LPAR") - (token.type == "RPAR")
            reason = None
            if comparisons > MAX_COMPARISONS:
                reason = f"has more than {MAX_COMPARISONS} comparisons; ask for many values as: field in (…)"
            elif depth > MAX_DEPTH:
                reason = f"is nested more than {MAX_DEPTH} levels deep; write it with fewer parentheses"
            elif words > MAX_WORDS:
                reason = f"has more than {MAX_WORDS:,} words and signs, the values of a list counted as one"
            if reason is not None:
                raise _FaultError(reason, token.start_pos or 0)
            yield token


@functools.cache
def _parser() -> Lark:
    from lark import Lark, Transformer, v_args

    # The callbacks run while parsing, bottom up: no recursion, however deep an expression is nested.
    class Build(Transformer):  # type: ignore[type-arg]
        either = v_args(inline=True)(lambda _, left, right: ("or", left, right))
        both = v_args(inline=True)(lambda _, left, right: ("and", left, right))
        negated = v_args(inline=True)(lambda _, inner: ("not", inner))
        field = staticmethod(_field)
        literal = v_args(inline=True)(lambda _, token: (_value(token), token.start_pos))
        items = v_args(inline=True)(lambda _, token: _items(token))
        list = staticmethod(_listed)

        def compared(self, parts):  # type: ignore[no-untyped-def]
            return _compared(parts[0], str(parts[1]), parts[2])

        def compared_backwards(self, parts):  # type: ignore[no-untyped-def]
            operator = _SPELLINGS.get(str(parts[1]), str(parts[1]))
            return _compared(parts[2], _MIRRORED[operator], parts[0])

        member = v_args(inline=True)(lambda _, field, items: _member(field, items, negated=False))
        not_member = v_args(inline=True)(lambda _, field, items: _member(field, items, negated=True))
        contains = v_args(inline=True)(lambda _, field, item: _contains(field, item, negated=False))
        not_contains = v_args(inline=True)(lambda _, field, item: _contains(field, item, negated=True))
        starts_with = v_args(inline=True)(lambda _, field, item: _starts(field, item, negated=False))
        not_starts_with = v_args(inline=True)(lambda _, field, item: _starts(field, item, negated=True))
        is_null = v_args(inline=True)(
            lambda _, field, __: FieldComparison(field[0], "is null", (), False, field[1])
        )
        is_not_null = v_args(inline=True)(
            lambda _, field, __: FieldComparison(field[0], "is null", (), True, field[1])
        )

    return Lark(_GRAMMAR, parser="lalr", transformer=Build(), maybe_placeholders=False, postlex=_Limits())


_Field: TypeAlias = "tuple[str, int]"
_Item: TypeAlias = "tuple[Scalar, int]"


def _field(tokens: list[Token]) -> _Field:
    written, position = str(tokens[0]), tokens[0].start_pos or 0
    parts = re.findall(_PART, written)
    name = ".".join(part[1:-1] if part[0] == "`" else part for part in parts)
    if name.count(".") >= MAX_NAME_PARTS:
        raise _FaultError(f"a field name has at most {MAX_NAME_PARTS} parts between dots", position)
    if len(name) > MAX_NAME_CHARACTERS:
        raise _FaultError(f"a field name has at most {MAX_NAME_CHARACTERS:,} characters", position)
    return name, position


def _items(token: Token) -> list[_Item]:
    """The values of a run of them."""
    start = token.start_pos or 0
    found: list[_Item] = []
    for item in _ITEM_PATTERN.finditer(token):
        found.append((_read(item[0], start + item.start()), start + item.start()))
        _check_length(found)
    return found


def _listed(parts: list[_Item | list[_Item]]) -> list[_Item]:
    found: list[_Item] = []
    for part in parts:
        found += part if isinstance(part, list) else [part]
    _check_length(found)
    return found


def _check_length(items: list[_Item]) -> None:
    if len(items) > MAX_LIST_VALUES:
        raise _FaultError(f"a list has at most {MAX_LIST_VALUES:,} values", items[-1][1])


def _value(token: Token) -> Scalar:
    return _read(str(token), token.start_pos or 0)


def _read(text: str, position: int) -> Scalar:
    """The value of one literal."""
    if text[0] in "\"'":
        return _unescaped_text(text[1:-1], position) if "\\" in text else text[1:-1]
    if text[0] in "+-.0123456789" or text[0].isdigit():
        if len(text) > _MAX_DIGITS:
            raise _FaultError(f"a number of {len(text):,} characters is too long", position)
        return int(text) if text.lstrip("+-").isdigit() else float(text)
    return {"true": True, "false": False, "null": None}[text.lower()]


def _unescaped_text(text: str, position: int) -> str:
    """A text without its escapes; two halves of a surrogate pair are one character, as in JSON."""
    plain = _ESCAPE.sub(_unescaped, text)
    if plain.isascii():
        return plain
    try:
        return plain.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise _FaultError(
            "a text contains half of a surrogate pair, which is not a character; write both halves, as in "
            '"\\ud83d\\ude00", or the character itself',
            position,
        ) from None


def _unescaped(escape: re.Match[str]) -> str:
    code = escape[1]
    return chr(int(code[1:], 16)) if len(code) == 5 else _ESCAPES.get(code, code)


def _compared(field: _Field, operator: str, item: _Item) -> FieldComparison:
    operator = _SPELLINGS.get(operator, operator)
    value, position = item
    if value is None and operator in ("=", "!="):
        return FieldComparison(field[0], "is null", (), operator == "!=", field[1])
    if (value is None or isinstance(value, bool)) and operator not in ("=", "!="):
        raise _FaultError(
            f"{shown_value(value)} has no order: it can be compared with = and != only", position
        )
    return FieldComparison(field[0], operator, (value,), False, field[1])  # type: ignore[arg-type]


def _member(field: _Field, items: list[_Item], *, negated: bool) -> FieldComparison:
    for value, position in items:
        if value is None:
            raise _FaultError("null is not allowed in a list; write: field is null", position)
    return FieldComparison(field[0], "in", tuple(value for value, _ in items), negated, field[1])


def _contains(field: _Field, item: _Item, *, negated: bool) -> FieldComparison:
    if item[0] is None:
        raise _FaultError("contains needs a value, not null", item[1])
    return FieldComparison(field[0], "contains", (item[0],), negated, field[1])


def _starts(field: _Field, item: _Item, *, negated: bool) -> FieldComparison:
    if not isinstance(item[0], str):
        raise _FaultError(f"starts with needs a text in quotes, not {shown_value(item[0])}", item[1])
    return FieldComparison(field[0], "starts with", (item[0],), negated, field[1])


def cut(text: str) -> str:
    """A text short enough for a message."""
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"


def _program(tree: _Tree) -> tuple[Step, ...]:
    steps: list[Step] = []
    waiting: list[_Tree] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, FieldComparison):
            steps.append(node)
        else:
            steps.append(node[0])  # type: ignore[arg-type]
            waiting.extend(node[1:])
    return tuple(reversed(steps))


def _readable(terminals: set[str]) -> str:
    names = sorted({_READABLE[name] for name in terminals if name in _READABLE})
    return " or ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} or {names[-1]}"


def _word_at(expression: str, position: int) -> str:
    word = re.match(r"\S{1,24}", expression[position : position + 24])
    return repr(word[0] if word else expression[position : position + 1])


def _hint(expression: str, position: int) -> str:
    char = expression[position : position + 1]
    if char in "\"'":
        return "the closing quote is missing"
    if char == "`":
        return "the closing backtick is missing"
    if char in "&|":
        return "write and, or"
    if char.isdigit():
        return "texts and dates need quotes"
    return "texts need quotes, unusual field names backticks"
