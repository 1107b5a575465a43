"""Vectors in PostgreSQL with pgvector, made once for every process and machine that shares the database."""

from casemate.knowledge.sharing.kept import SharedVectors
from casemate.knowledge.sharing.sides import SharedSide

__all__ = ["SharedSide", "SharedVectors"]
