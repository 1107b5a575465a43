"""How a dataset is cited: as text, for BibTeX, for programs that read CSL-JSON.

The text follows DataCite's recommendation: Creator (PublicationYear): Title. Version. Publisher. (Resource
type). Identifier. What a data holder wrote is text here, whatever it looks like: BibTeX's own signs in it
are escaped.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casemate.catalogue.records import Dataset

_BIBTEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


@dataclass(frozen=True)
class Citation:
    """One dataset's version, cited three ways; ``address`` is where it is found."""

    address: str
    text: str
    bibtex: str
    csl: Mapping[str, Any]


def cite(dataset: Dataset, *, address: str, holder_name: str, language: str = "en") -> Citation:
    """The citation of ``dataset`` with its title in ``language``, where it has one in it."""
    title = _line(in_language(dataset.titles, language))
    publisher = _line(dataset.description.publisher or holder_name)
    published = dataset.published_at
    named = f"{publisher} ({published.year}): {title}. Version {dataset.version}."
    text = f"{named} {publisher}. (Dataset). {address}"
    return Citation(
        address=address,
        text=text,
        bibtex=_bibtex(dataset, title, publisher, address),
        csl={
            "id": dataset.id,
            "type": "dataset",
            "title": title,
            "author": [{"literal": publisher}],
            "publisher": publisher,
            "issued": {"date-parts": [[published.year, published.month, published.day]]},
            "version": str(dataset.version),
            "URL": address,
        },
    )


def in_language(texts: Mapping[str, str], language: str) -> str:
    """What ``texts`` says in ``language``; in English where it does not, else in the first it has."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()))


def _bibtex(dataset: Dataset, title: str, publisher: str, address: str) -> str:
    fields = {
        "author": f"{{{_escaped(publisher)}}}",  # in braces of its own: a name of no person
        "title": _escaped(title),
        "year": str(dataset.published_at.year),
        "publisher": _escaped(publisher),
        "version": str(dataset.version),
        "url": address,
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items()]
    return f"@dataset{{{dataset.id}-{dataset.version},\n" + ",\n".join(lines) + "\n}\n"


def _escaped(text: str) -> str:
    return "".join(_BIBTEX.get(sign, sign) for sign in text)


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
