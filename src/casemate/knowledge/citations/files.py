"""Citations and case files as files. Whatever stands in a title or a text, it stays a title or a text.

RIS: one field a line, so that no value has a line break. BibTeX (biblatex's ``@legislation``): what TeX
reads is escaped. Markdown: every mark is escaped. CSL-JSON 1.0.2 and JSON: by the standard library.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from casemate.errors import BadInput
from casemate.knowledge.citations.cited import Cited
from casemate.knowledge.citations.paper import Gathered, paper_of
from casemate.knowledge.citations.styles import STYLES, citation, provenance
from casemate.papers import MEDIA_TYPES as PAPER_TYPES
from casemate.papers import plain as visible
from casemate.papers import write
from casemate.plain import plain

MEDIA_TYPES = {
    **PAPER_TYPES,
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
    "csl": "application/vnd.citationstyles.csl+json",
    "bib": "application/x-bibtex; charset=utf-8",
    "ris": "application/x-research-info-systems; charset=utf-8",
}
FORMS = tuple(MEDIA_TYPES)
_TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
}  # fmt: skip
_LANGID = {"en": "english", "fr": "french", "de": "german"}
"""As babel and biblatex call languages; Luxembourgish has no name there."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&:@])")


def written(gathered: Gathered, form: str, style: str) -> bytes:
    """``gathered`` as a file of ``form``, cited in ``style``; equal ones give equal bytes."""
    if style not in STYLES:
        raise BadInput(f"citations are written as {', '.join(STYLES)}, not as {style!r}")
    if form in PAPER_TYPES:
        return write(paper_of(gathered, style), form)
    match form:
        case "md":
            return _markdown(gathered, style).encode()
        case "json":
            return _json({**plain(asdict(gathered)), "citations": _in_words(gathered.cited, style)})
        case "csl":
            return _json([_csl(one) for one in gathered.cited])
        case "bib":
            return "\n".join(_bibtex(one, style) for one in gathered.cited).encode()
        case "ris":
            return "".join(_ris(one, style) for one in gathered.cited).encode()
    raise BadInput(f"case files are written as {', '.join(FORMS)}, not as {form!r}")


def _in_words(cited: Sequence[Cited], style: str) -> list[str]:
    return [_line(f"{citation(one, style)} {provenance(one)}") for one in cited]


def _json(document: Any) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _csl(one: Cited) -> dict[str, Any]:
    known = {
        "id": one.id, "type": "legislation", "title": _line(one.title),
        "section": _line(one.number or one.key), "language": one.language, "URL": one.link,
        "note": _line(provenance(one)),
        "version": one.valid_from.isoformat() if one.valid_from else "",
        "container-title": one.official_journal or one.memorial, "number": one.celex,
    }  # fmt: skip
    days = {"accessed": {"date-parts": [_parts(one.on)]}}
    if one.valid_from:
        days["issued"] = {"date-parts": [_parts(one.valid_from)]}
    custom = {
        "as_of": one.on.isoformat(), "sha256": one.digest, "licence": one.licence,
        "attribution": one.attribution, "valid_to": one.valid_to and one.valid_to.isoformat(),
        "receipt": one.receipt,
    }  # fmt: skip
    kept = {name: value for name, value in known.items() if value}
    return {**kept, **days, "custom": {name: value for name, value in custom.items() if value}}


def _bibtex(one: Cited, style: str) -> str:
    fields = {
        "title": one.title, "pagination": "article", "pages": one.number or one.key,
        "date": one.valid_from.isoformat() if one.valid_from else "",
        "version": one.valid_from.isoformat() if one.valid_from else "",
        "urldate": one.on.isoformat(), "langid": _LANGID.get(one.language, ""),
        "note": f"{citation(one, style)} {provenance(one)}",
        "journaltitle": one.official_journal or one.memorial, "number": one.celex,
    }  # fmt: skip
    lines = [f"  {name} = {{{_tex(value)}}}," for name, value in fields.items() if value]
    # An address is read verbatim, no escape helps in it: braces and percents are spelt as in RFC 3986.
    if one.link:
        lines.append(f"  url = {{{_address(one.link)}}},")
    return f"@legislation{{{re.sub('[^A-Za-z0-9-]', '-', one.id)},\n" + "\n".join(lines) + "\n}\n"


def _address(link: str) -> str:
    spelt = re.sub(r"[{}\\^~%]", lambda one: f"%{ord(one[0]):02X}", _line(link).replace(" ", ""))
    return re.sub(r"%25([0-9A-Fa-f]{2})", r"%\1", spelt)


def _ris(one: Cited, style: str) -> str:
    begins = one.valid_from.strftime("%Y/%m/%d/") if one.valid_from else ""
    fields = [
        ("TY", "STAT"), ("ID", one.id), ("TI", one.title), ("SE", one.number or one.key), ("DA", begins),
        ("PY", begins[:4]), ("ET", begins[:-1]), ("Y2", one.on.strftime("%Y/%m/%d/")),
        ("LA", one.language), ("UR", one.link), ("T2", one.official_journal or one.memorial),
        ("M1", one.celex), ("N1", f"{citation(one, style)} {provenance(one)}"), ("ER", ""),
    ]  # fmt: skip
    return "".join(f"{tag}  - {_line(value)}\r\n" for tag, value in fields if value or tag == "ER")


def _markdown(gathered: Gathered, style: str) -> str:
    lines = [f"# {_escaped(gathered.title)}", ""]
    if gathered.notes:
        lines += [*(_escaped(one) + "  " for one in visible(gathered.notes).split("\n")), ""]
    for question, cited in gathered.parts():
        if question:
            lines += [f"## {_escaped(question)}", ""]
        for one in cited:
            lines += [f"### {_escaped(_heading(one))}", ""]
            lines += [f"> {_escaped(part)}  " for part in visible(one.text).split("\n") if part]
            lines += ["", _escaped(citation(one, style)), "", _escaped(provenance(one)), ""]
            if one.link:
                lines += [f"<{_address(one.link)}>", ""]
    lines += [f"- {_escaped(one)}" for one in gathered.searches]
    return "\n".join(lines).rstrip() + "\n"


def _heading(one: Cited) -> str:
    return " ".join(part for part in (one.number or one.key, one.heading) if part)


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", _line(text))


def _tex(text: str) -> str:
    return "".join(_TEX.get(letter, letter) for letter in _line(text))


def _line(text: str) -> str:
    """``text`` in one line, without what no reader sees."""
    return " ".join(visible(text).split())


def _parts(day: date) -> list[int]:
    return [day.year, day.month, day.day]
