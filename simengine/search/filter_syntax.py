"""Reading a filter expression: grammar, literals, errors with their position. Evaluation is in `filters`."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NoReturn, TypeAlias

from simengine.errors import FilterError

if TYPE_CHECKING:
    from lark import Lark, Token

Scalar: TypeAlias = "bool | int | float | str | None"
Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">=", "in", "contains", "starts with", "is null"]

_GRAMMAR = r"""
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
field: (NAME | QUOTED_NAME) ("." (NAME | QUOTED_NAME))*
?null: NULL
list: "(" literal ("," literal)* [","] ")" | "[" literal ("," literal)* [","] "]"
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
NAME: /[^\W\d]\w*/
QUOTED_NAME: /`[^`]+`/
NUMBER: /[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?(?![\w.])/
STRING: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/s
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
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}
_MAX_DIGITS = 400
_MAX_HELD = 256
_EXCERPT_CHARS = 120


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field compared with values.

    Attributes:
        field: dotted name.
        operator: what is asked.
        values: one value; several for "in"; none for "is null".
        negated: true for `not in`, `not contains`, `not starts with`, `is not null`.
        position: where it begins in the expression.
    """

    field: str
    operator: Operator
    values: tuple[Scalar, ...]
    negated: bool
    position: int


Step: TypeAlias = "Comparison | Literal['and', 'or', 'not']"
"""One step of a program in postfix order: a comparison pushes a mask, a connective takes its operands."""

_Tree: TypeAlias = "Comparison | tuple[str, _Tree] | tuple[str, _Tree, _Tree]"


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
    try:
        tree = _parser().parse(expression)
    except UnexpectedToken as error:
        at_end = error.token.type == "$END"
        found = "it ends" if at_end else f"{str(error.token)!r} stands"
        expected = _readable(set(error.accepts or error.expected))
        position = len(expression) if at_end else error.pos_in_stream
        hint = "; texts and dates stand in quotes" if error.token.type in ("NUMBER", "NAME") else ""
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
    return _program(tree, expression)  # type: ignore[arg-type]  # the transformer makes it a _Tree


def fail(reason: str, expression: str, position: int | None) -> NoReturn:
    """Raise a FilterError that shows one line, however long the expression is."""
    shown = re.sub(r"\s", " ", expression)
    if len(shown) > _EXCERPT_CHARS:
        start = max(0, min((position or 0) - _EXCERPT_CHARS // 2, len(shown) - _EXCERPT_CHARS))
        head, tail = "…" if start else "", "…" if start + _EXCERPT_CHARS < len(shown) else ""
        shown = f"{head}{shown[start : start + _EXCERPT_CHARS]}{tail}"
        position = None if position is None else position - start + len(head)
    raise FilterError(reason, shown, position)


class _FaultError(Exception):
    """A value that is wrong, found while the tree is built."""

    def __init__(self, reason: str, position: int) -> None:
        self.reason, self.position = reason, position


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
        list = staticmethod(lambda items: [item for item in items if item is not None])

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
            lambda _, field, __: Comparison(field[0], "is null", (), False, field[1])
        )
        is_not_null = v_args(inline=True)(
            lambda _, field, __: Comparison(field[0], "is null", (), True, field[1])
        )

    return Lark(_GRAMMAR, parser="lalr", transformer=Build(), maybe_placeholders=False)


_Field: TypeAlias = "tuple[str, int]"
_Item: TypeAlias = "tuple[Scalar, int]"


def _field(tokens: list[Token]) -> _Field:
    names = [str(t)[1:-1] if t.type == "QUOTED_NAME" else str(t) for t in tokens]
    return ".".join(names), tokens[0].start_pos or 0


def _value(token: Token) -> Scalar:
    text, position = str(token), token.start_pos or 0
    if token.type == "STRING":
        return _ESCAPE.sub(_unescaped, text[1:-1])
    if token.type == "NUMBER":
        if len(text) > _MAX_DIGITS:
            raise _FaultError(f"a number of {len(text)} characters is too long", position)
        return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)
    return {"TRUE": True, "FALSE": False, "NULL": None}[token.type]


def _unescaped(escape: re.Match[str]) -> str:
    code = escape[1]
    return chr(int(code[1:], 16)) if len(code) == 5 else _ESCAPES.get(code, code)


def _compared(field: _Field, operator: str, item: _Item) -> Comparison:
    operator = _SPELLINGS.get(operator, operator)
    value, position = item
    if value is None and operator in ("=", "!="):
        return Comparison(field[0], "is null", (), operator == "!=", field[1])
    if (value is None or isinstance(value, bool)) and operator not in ("=", "!="):
        raise _FaultError(
            f"{shown_value(value)} has no order: it can be compared with = and != only", position
        )
    return Comparison(field[0], operator, (value,), False, field[1])  # type: ignore[arg-type]


def _member(field: _Field, items: list[_Item], *, negated: bool) -> Comparison:
    for value, position in items:
        if value is None:
            raise _FaultError("null cannot stand in a list; write: field is null", position)
    return Comparison(field[0], "in", tuple(value for value, _ in items), negated, field[1])


def _contains(field: _Field, item: _Item, *, negated: bool) -> Comparison:
    if item[0] is None:
        raise _FaultError("contains needs a value, not null", item[1])
    return Comparison(field[0], "contains", (item[0],), negated, field[1])


def _starts(field: _Field, item: _Item, *, negated: bool) -> Comparison:
    if not isinstance(item[0], str):
        raise _FaultError(f"starts with needs a text in quotes, not {shown_value(item[0])}", item[1])
    return Comparison(field[0], "starts with", (item[0],), negated, field[1])


def shown_value(value: Scalar) -> str:
    """A value as it is written in an expression."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _program(tree: _Tree, expression: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    waiting: list[_Tree] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Comparison):
            steps.append(node)
        else:
            steps.append(node[0])  # type: ignore[arg-type]
            waiting.extend(node[1:])
    steps.reverse()
    held = 0
    for step in steps:
        held += 1 if isinstance(step, Comparison) else 0 if step == "not" else -1
        if held > _MAX_HELD:
            fail(
                f"is nested more than {_MAX_HELD} levels deep; write it with fewer parentheses",
                expression,
                None,
            )
    return tuple(steps)


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
        return "texts and dates stand in quotes"
    return "texts stand in quotes, unusual field names in backticks"
