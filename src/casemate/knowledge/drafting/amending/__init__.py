"""Amending instructions: read from a text, applied to another, and written from the difference of two."""

from casemate.knowledge.drafting.amending.operations import Act, Operation, Step, Unread
from casemate.knowledge.drafting.amending.parsing import Instructions, instructions_in

__all__ = ["Act", "Instructions", "Operation", "Step", "Unread", "instructions_in"]
