"""Citations of provisions, in the styles of Luxembourg, the EU and France, and the files that hold them.

Each names the version, the day asked about, the digest of the words, the link, the licence and whom it asks
to be named. Written here and by no library: those that write RIS take a line break in a title for the
beginning of a new field.
"""

from casemate.knowledge.citations.cited import Cited, of_pin, of_quote
from casemate.knowledge.citations.files import FORMS, MEDIA_TYPES, written
from casemate.knowledge.citations.paper import Gathered
from casemate.knowledge.citations.styles import STYLES, citation, provenance

__all__ = [
    "FORMS",
    "MEDIA_TYPES",
    "STYLES",
    "Cited",
    "Gathered",
    "citation",
    "of_pin",
    "of_quote",
    "provenance",
    "written",
]
