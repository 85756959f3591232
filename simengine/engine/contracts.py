"""The contracts of a caller's own parts: encoders, cross-encoders and retrievers, and their results."""

from simengine.cross_encoders.contract import CrossEncoder, Predicted
from simengine.encoders.contract import BiEncoder, Encoded, Role, joined
from simengine.models.unknown import Reading
from simengine.search.retriever import Retriever

__all__ = ["BiEncoder", "CrossEncoder", "Encoded", "Predicted", "Reading", "Retriever", "Role", "joined"]
