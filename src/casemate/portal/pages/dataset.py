"""One dataset: all that anyone may know of it, and of open data the first rows."""

import json
from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Query, Response

from casemate.access import purposes
from casemate.catalogue import Dataset, Variable, VariableRole
from casemate.errors import NotFound
from casemate.portal.address import base_of
from casemate.portal.dcat_forms import FORMS
from casemate.portal.pages import dataset_pictures as pictures
from casemate.portal.pages.language import locale_of
from casemate.portal.pages.router import PageRouter, Posted
from casemate.portal.pages.visit import Anyone, Visit

router = PageRouter()
Text = Annotated[str, Query(max_length=200)]


@router.get("/catalogue/{dataset}", name="dataset")
def show(
    seen: Anyone,
    dataset: str,
    version: Annotated[int | None, Query(ge=1, le=10**9)] = None,
    variable: Text = "",
    role: Text = "",
    look: Text = "",
) -> Response:
    """The dataset's page. ``variable`` and ``role`` filter its table, ``look`` draws one of them."""
    return _page(seen, seen.platform.dataset(dataset, version), variable, role, look)


@router.post("/catalogue/{dataset}/preview")
def preview(seen: Anyone, dataset: str, _form: Posted) -> Response:
    """The first rows of open data. A form and no link: every look is an act, and on the ledger."""
    shown = seen.platform.preview(seen.looks_as, dataset)
    return seen.page("dataset/preview.html", known=seen.platform.dataset(dataset), shown=shown)


@router.get("/catalogue/{dataset}/citation.{ending}", name="citation")
def citation(seen: Anyone, dataset: str, ending: str) -> Response:
    """The citation as a file: ``bib`` for BibTeX, ``json`` for CSL-JSON."""
    cited = seen.platform.cite(dataset, base_of(seen.request), seen.lang)
    written = {
        "bib": (cited.bibtex, "application/x-bibtex; charset=utf-8"),
        "json": (
            json.dumps([cited.csl], ensure_ascii=False),
            "application/vnd.citationstyles.csl+json",
        ),
    }
    if ending not in written:
        raise NotFound(f"a citation is not written as .{ending}: take {', '.join(written)}")
    text, media = written[ending]
    # The id is a slug: it cannot break out of the header.
    named = f'attachment; filename="{dataset}.{ending}"'
    return Response(text, media_type=media, headers={"Content-Disposition": named})


def _page(seen: Visit, known: Dataset, variable: str, role: str, look: str) -> Response:
    base = base_of(seen.request)
    lineage = seen.platform.lineage(known.id)
    looked_at = next((one for one in known.variables if one.name == look), None)
    return seen.page(
        "dataset/dataset.html",
        known=known,
        said=known.description,
        holder=seen.platform.holder_names().get(known.holder, known.holder),
        newest=known.versions[-1],
        purposes=[purpose_name(one, seen.lang) for one in known.allowed_purposes],
        variables=list(_matching(known, variable, role)),
        asked={"variable": variable, "role": role, "look": look},
        roles=[("", seen.gettext("Any role")), *((one.value, one.value) for one in VariableRole)],
        languages_of=_languages(seen, known),
        quality=pictures.quality(seen, known),
        metadata=pictures.metadata(seen, known),
        risk=pictures.risk(seen, known),
        spread=pictures.spread(seen, known, looked_at) if looked_at else None,
        lineage=lineage,
        similar=seen.platform.similar(known.id),
        cited=seen.platform.cite(known.id, base, seen.lang),
        forms=[(ending, f"/datasets/{known.id}.{ending}") for ending in FORMS],
        safe=_safe,
        privacy_amount=None
        if known.description.privacy is None
        else known.description.privacy.amount,
    )


def purpose_name(purpose: str, language: str) -> str:
    """The purpose in words, where we know it; a holder may name others."""
    known = purposes.TERMS.get(purpose)
    return purpose if known is None else known.labels[language]


def _matching(known: Dataset, wanted: str, role: str) -> Iterator[tuple[Variable, dict[str, Any]]]:
    """The variables whose name or label holds ``wanted``, each with what its profile tells."""
    folded = wanted.strip().casefold()
    for one in known.variables:
        texts = [one.name, *one.label.values()]
        if role in ("", one.role.value) and any(folded in text.casefold() for text in texts):
            yield one, known.profile["variables"].get(one.name, {})


def _languages(seen: Visit, known: Dataset) -> str:
    names = locale_of(seen.lang).languages
    return ", ".join(names.get(code, code) for code in known.description.languages)


def _safe(address: str | None) -> str | None:
    """``address``, if it is one that a link may lead to: a data holder wrote it."""
    return address if address and urlsplit(address).scheme in ("http", "https") else None
