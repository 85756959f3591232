"""The one place that knows which concrete parts make an engine, and checks that they fit each other."""

from simengine.assembly.encoder import open_encoder, verify_runtime
from simengine.assembly.options import EncoderOptions, IndexOptions
from simengine.assembly.reading import SnapshotReader, open_reader
from simengine.assembly.writing import compact_index, delete_documents, repair_index, write_documents

__all__ = [
    "EncoderOptions",
    "IndexOptions",
    "SnapshotReader",
    "compact_index",
    "delete_documents",
    "open_encoder",
    "open_reader",
    "repair_index",
    "verify_runtime",
    "write_documents",
]
