"""The one place that knows which concrete parts make an engine, and checks that they fit each other."""

from simengine.assembly.encoder import open_encoder, verify_runtime
from simengine.assembly.options import EncoderOptions, IndexOptions
from simengine.assembly.reading import open_reader
from simengine.assembly.writing import compact_index, repair_index, write_documents

__all__ = [
    "EncoderOptions",
    "IndexOptions",
    "compact_index",
    "open_encoder",
    "open_reader",
    "repair_index",
    "verify_runtime",
    "write_documents",
]
