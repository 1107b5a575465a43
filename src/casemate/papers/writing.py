"""A document as bytes, in one of three formats."""

from casemate.errors import BadInput
from casemate.papers.layout import lay_out
from casemate.papers.model import Document

FORMATS = ("html", "pdf", "docx")
MEDIA_TYPES = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def write(document: Document, form: str) -> bytes:
    """``document`` as ``html``, ``pdf`` (PDF/UA-1) or ``docx``: equal documents give equal bytes."""
    laid = lay_out(document)
    match form:
        case "html":
            from casemate.papers.html import write_html

            return write_html(laid)
        case "pdf":
            from casemate.papers.pdf import write_pdf

            return write_pdf(laid)
        case "docx":
            from casemate.papers.docx import write_docx

            return write_docx(laid)
    raise BadInput(f"documents are written as {', '.join(FORMATS)}, not {form!r}")
