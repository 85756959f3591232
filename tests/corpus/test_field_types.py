"""A field of two types is told, since filters miss one of them."""

from __future__ import annotations

from simengine.corpus.field_types import FieldTypes
from simengine.types import Document


def test_the_first_document_of_another_type_is_named() -> None:
    types = FieldTypes({"known": "number"})
    for id_, metadata in (
        ("a", {"x": 1, "y": None, "known": 1.5, "list": [1], "flag": True}),
        ("b", {"x": 1.5, "y": "t", "known": None, "list": "t", "flag": 1}),
        ("c", {"x": "1", "y": "u", "known": "2"}),
        ("d", {"x": "2"}),
    ):
        types.see(Document(id_, "text", "", metadata))
    told = " a filter finds only the documents whose type it compares with"
    assert types.notes() == [
        f"the field 'flag' is true or false in document 'a' and a number in document 'b':{told}",
        f"the field 'x' is a number in document 'a' and text in document 'c':{told}",
        f"the field 'known' is a number in the index and text in document 'c':{told}",
    ]
