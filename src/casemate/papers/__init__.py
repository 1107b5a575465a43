"""Documents: written once as sections, tables, figures and gaps; as HTML, PDF and DOCX. Usable alone.

paper = Document("Title", "en", date, (Section("One", (Paragraph("Said.", (Source("law", "Art. 1"),)),)),))
write(paper, "pdf")
"""

from casemate.papers.layout import Laid, lay_out, words
from casemate.papers.model import (
    LANGUAGES,
    Block,
    Definitions,
    Document,
    Figure,
    Gap,
    Listing,
    Paragraph,
    Run,
    Section,
    Source,
    Table,
    Words,
    marked,
    missing,
    plain,
    runs,
    text_of,
    told,
)
from casemate.papers.writing import FORMATS, MEDIA_TYPES, write

__all__ = [
    "FORMATS",
    "LANGUAGES",
    "MEDIA_TYPES",
    "Block",
    "Definitions",
    "Document",
    "Figure",
    "Gap",
    "Laid",
    "Listing",
    "Paragraph",
    "Run",
    "Section",
    "Source",
    "Table",
    "Words",
    "lay_out",
    "marked",
    "missing",
    "plain",
    "runs",
    "text_of",
    "told",
    "words",
    "write",
]
