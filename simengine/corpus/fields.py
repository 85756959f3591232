"""From a record's fields to a document."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from simengine.corpus.report import RecordFault
from simengine.errors import UsageError
from simengine.text.checks import TOO_DEEP, first_fault, surrogate_fault
from simengine.types import Document, Json

ID_FIELDS = ("_id", "id", "docid", "doc_id")
TEXT_FIELDS = ("text", "contents", "body", "content", "passage", "document", "sentence")
TITLE_FIELD = "title"
OWN_FIELDS = ("_id", "title", "text")
"""The fields of a record in BEIR's layout that are not metadata."""
METADATA_PREFIX = "metadata."
_OWN_NAME = re.compile(r"(?:metadata\.)*(?:_id|title|text)\Z")


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """Which fields of a record become id, title and text; all others become metadata.

    A field that is named here must be present in every record (null or "" is allowed for title and
    text). Defaults are looked up in each record; id and title may be absent, a text field may not.

    Args:
        id_field: None takes the first of `_id`, `id`, `docid`, `doc_id`; a record with none of them
            gets the id "<path without suffix>:<line>".
        text_fields: empty takes the first of TEXT_FIELDS. Several are joined by a line feed. "title"
            among several is the document's title, unless `title_field` names another field.
        title_field: None takes "title" if it is present.

    Raises:
        UsageError: a field is named twice or is empty.
    """

    id_field: str | None = None
    text_fields: tuple[str, ...] = ()
    title_field: str | None = None

    def __post_init__(self) -> None:
        if isinstance(cast(object, self.text_fields), str):
            raise UsageError(f"text_fields is a tuple of names, got the string {self.text_fields!r}")
        named = [*self.text_fields]
        named += [name for name in (self.id_field, self.title_field) if name is not None]
        for name in named:
            if not name:
                raise UsageError("a field name is empty")
            if named.count(name) > 1:
                raise UsageError(f"the field {name!r} is named twice in the field mapping")


class DocumentMaker:
    """Turns records into documents by one mapping.

    Args:
        mapping: which fields are meant.
        convert: converts the metadata of a record (tables have only strings) in place, or None.
    """

    def __init__(
        self, mapping: FieldMapping, convert: Callable[[dict[str, object]], None] | None = None
    ) -> None:
        self._id = mapping.id_field
        self._title = mapping.title_field
        self._texts = mapping.text_fields
        if self._title is None and len(self._texts) > 1 and TITLE_FIELD in self._texts:
            self._title = TITLE_FIELD
            self._texts = tuple(name for name in self._texts if name != TITLE_FIELD)
        self._convert = convert

    def make(self, record: dict[str, object], label: str, line: int, escaped: bool) -> tuple[Document, bool]:
        """The document of a record, and whether its id was generated.

        Args:
            record: field values; its fields move into the document.
            label: a generated id is "<label>:<line>".
            line: 1-based line of the record.
            escaped: the record may contain text that UTF-8 cannot; file readers have already refused it.

        Raises:
            RecordFault: the record cannot be used.
        """
        in_layout = "_id" in record and "title" in record and "text" in record
        document_id = self._take_id(record)
        title = self._take_title(record)
        text = self._take_text(record)
        made = document_id is None
        if document_id is None:
            document_id = f"{label}:{line}"
        if (not text or text.isspace()) and (not title or title.isspace()):
            raise RecordFault("empty text", f"document {document_id!r} has neither text nor title")
        if "\0" in text or "\0" in title or "\0" in document_id:
            raise RecordFault("NUL byte", f"document {document_id!r} contains the character U+0000")
        if self._convert is not None:
            self._convert(record)
        if escaped:
            check_encodable(document_id, title, text, record)
        if in_layout:
            record = _unescaped(record)
        return Document(document_id, text, title, cast("dict[str, Json]", record)), made

    def own_fields(self, record: Mapping[str, object]) -> frozenset[str]:
        """The fields of a record that become its id, title and text; all others are metadata."""
        names = [*self._texts] or [name for name in TEXT_FIELDS if name in record][:1]
        names += [self._id] if self._id is not None else [name for name in ID_FIELDS if name in record][:1]
        return frozenset([*names, TITLE_FIELD if self._title is None else self._title])

    def _take_id(self, record: dict[str, object]) -> str | None:
        name = self._id
        if name is None:
            for name in ID_FIELDS:
                if name in record:
                    break
            else:
                return None
        elif name not in record:
            raise missing_field(name, "id", record)
        value = record.pop(name)
        if type(value) is int:
            return str(value)
        if type(value) is not str:
            kind = "null" if value is None else f"{type(value).__name__} {value!r:.40}"
            raise RecordFault(
                "bad id", f"the id in field {name!r} is {kind}; expected a string or an integer"
            )
        if not value or value.isspace():
            raise RecordFault("bad id", f"the id in field {name!r} is empty")
        return value

    def _take_title(self, record: dict[str, object]) -> str:
        name = self._title
        if name is None:
            if TITLE_FIELD not in record or TITLE_FIELD in self._texts:
                return ""
            name = TITLE_FIELD
        elif name not in record:
            raise missing_field(name, "title", record)
        return as_text(record.pop(name), name)

    def _take_text(self, record: dict[str, object]) -> str:
        names = self._texts
        if not names:
            for name in TEXT_FIELDS:
                if name in record:
                    return as_text(record.pop(name), name)
            raise missing_field(TEXT_FIELDS[0], "text", record)
        for name in names:
            if name not in record:
                raise missing_field(name, "text", record)
        parts = [as_text(record.pop(name), name) for name in names]
        return parts[0] if len(parts) == 1 else "\n".join(part for part in parts if part)


def escaped_name(name: str) -> str:
    """The field of a record for the metadata field `name`, which may have the name of one of OWN_FIELDS.

    "text" gives "metadata.text", and that "metadata.metadata.text", so that no two fields become one.
    """
    return METADATA_PREFIX + name if _OWN_NAME.match(name) else name


def _unescaped(record: dict[str, object]) -> dict[str, object]:
    """The metadata under the names that it had before `escaped_name`.

    Unchanged if the mapping left one of OWN_FIELDS in it, which would then be there twice.
    """
    if not any(name.startswith(METADATA_PREFIX) for name in record):
        return record
    if any(name in record for name in OWN_FIELDS):
        return record
    return {
        name.removeprefix(METADATA_PREFIX) if _OWN_NAME.match(name) else name: value
        for name, value in record.items()
    }


def as_text(value: object, name: str) -> str:
    """A field's text; null is "".

    Raises:
        RecordFault: neither a string nor null.
    """
    if type(value) is str:
        return value
    if value is None:
        return ""
    detail = f"field {name!r} holds {type(value).__name__} {value!r:.40}; expected a string"
    raise RecordFault("not a text", detail)


def missing_field(name: str, role: str, record: Mapping[str, object]) -> RecordFault:
    """A fault that names the fields most similar to the missing one."""
    names = list(record)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    lowered = [other for other in names if other.lower() == name.lower() and other not in near]
    shown = ", ".join(repr(other) for other in names[:12]) + (", ..." if len(names) > 12 else "")
    hint = (
        f"; did you mean {' or '.join(repr(other) for other in [*lowered, *near])}?"
        if near or lowered
        else ""
    )
    return RecordFault(
        "missing field", f"no {role} field {name!r}; the record has {shown or 'no other'}{hint}"
    )


def check_encodable(document_id: str, title: str, text: str, record: Mapping[str, object]) -> None:
    """Refuse unpaired surrogates, which JSON escapes can spell but UTF-8 cannot store, and values that are not JSON.

    Raises:
        RecordFault: something in the record cannot be stored.
    """
    for name, value in (("the id", document_id), ("the title", title), ("the text", text)):
        if fault := surrogate_fault(value):
            raise RecordFault("unpaired surrogate", f"{name} of document {document_id!a} {fault}")
    try:
        json.dumps(record, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError as error:
        path, fault = first_fault(record) or ((), "contains half of a surrogate pair")
        place = ".".join(map(str, path))
        raise RecordFault(
            "unpaired surrogate", f"the field {place!a} of document {document_id!a} {fault}"
        ) from error
    except RecursionError as error:
        raise RecordFault("not a JSON value", f"document {document_id!a}: {TOO_DEEP}") from error
    except (TypeError, ValueError) as error:
        raise RecordFault("not a JSON value", f"document {document_id!a}: {error}") from error


def check_storable(value: object, name: str) -> None:
    """Refuse what JSON would not preserve: other types, NaN, infinity, keys that are not strings.

    Args:
        value: a field's value.
        name: the field, for the message.

    Raises:
        RecordFault: it cannot be stored.
        RecursionError: it is nested too deeply, or contains itself.
    """
    if value is None or isinstance(value, (str, int)):
        return
    if isinstance(value, float):
        if not math.isfinite(value):
            raise RecordFault("not a JSON number", f"field {name!r} holds {value}; use None")
    elif isinstance(value, list):
        for part in value:
            check_storable(part, name)
    elif isinstance(value, dict):
        check_keys(value, name)
        for key, part in value.items():
            check_storable(part, f"{name}.{key}")
    else:
        detail = (
            f"field {name!r} holds {type(value).__name__} {value!r:.40}; expected None, bool, int, float, "
            "str, list, or dict with string keys"
        )
        raise RecordFault("not a JSON value", detail)


def check_keys(mapping: Mapping[object, object], name: str = "") -> None:
    """Refuse field names that are not strings.

    Raises:
        RecordFault: a key is something else.
    """
    for key in mapping:
        if not isinstance(key, str):
            where = f"field {name!r} holds" if name else "the record has"
            detail = f"{where} the key {key!r:.40}, which is {type(key).__name__}; expected a string"
            raise RecordFault("not a JSON value", detail)
