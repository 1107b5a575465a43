"""Encoding: texts to vectors whose nearness is nearness of meaning, across languages."""

from casemate.knowledge.encoding.encoder import DIMENSION, Encoder
from casemate.knowledge.encoding.kinds import TextEncoder
from casemate.knowledge.encoding.vectors import Progress, VectorCache

__all__ = ["DIMENSION", "Encoder", "Progress", "TextEncoder", "VectorCache"]
