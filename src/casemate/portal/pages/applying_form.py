"""The application form in steps: which field is where, how a step is read, and what it lacks in words.

A step writes its own fields and leaves all others as they were saved, so that steps can be filled in any
order and in two windows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from casemate.access import ApplicationForm, Gap, purposes
from casemate.catalogue import Dataset
from casemate.errors import BadInput
from casemate.portal.pages.form_steps import Field, put_all, texts_of
from casemate.portal.pages.language import mark
from casemate.portal.pages.router import Filled
from casemate.portal.pages.visit import Visit

Problem = tuple[str, str]
"""A field's id, and what is wrong with it."""


STEPS: Mapping[str, tuple[Field, ...]] = {
    "project": (
        Field("title", ("title",)),
        Field("kind", ("kind",)),
        Field("amends", ("amends",), empty=None),
        Field("applicant_role", ("applicant_role",)),
        Field("fee_class", ("fee_class",)),
    ),
    "data": (),
    "purpose": (
        Field("purpose_term", ("purpose", "term")),
        Field("purpose_description", ("purpose", "description")),
    ),
    "basis": (
        Field("article_6", ("legal_basis", "article_6"), empty=None),
        Field("article_9", ("legal_basis", "article_9"), empty=None),
        Field("basis_explanation", ("legal_basis", "explanation")),
    ),
    "work": (
        Field("method", ("method",)),
        Field("people", ("people",), "lines"),
        Field("tabulation", ("tabulation",)),
        Field("cpus", ("enclave", "cpus"), "number", empty=1),
        Field("memory_gib", ("enclave", "memory_gib"), "number", empty=4),
        Field("gpus", ("enclave", "gpus"), "number", empty=0),
    ),
    "outputs": (
        Field("outputs", ("outputs",), "lines"),
        Field("duration_days", ("duration_days",), "number", empty=None),
        Field("retention", ("retention",)),
    ),
    "safeguards": (
        Field("funding", ("funding",)),
        Field("conflicts", ("conflicts",)),
        Field("ethics_committee", ("ethics", "committee")),
        Field("ethics_reference", ("ethics", "reference")),
        Field("ethics_summary", ("ethics", "summary")),
        Field("dpia", ("dpia",)),
    ),
}
STEP_NAMES = {
    "project": mark("The project"),
    "data": mark("Data and variables"),
    "purpose": mark("Purpose"),
    "basis": mark("Legal basis"),
    "work": mark("Method and people"),
    "outputs": mark("Results and duration"),
    "safeguards": mark("Funding, conflicts and ethics"),
}
_OF_GAPS = {
    "purpose": ("purpose", "purpose_term"),
    "purpose.term": ("purpose", "purpose_term"),
    "purpose.description": ("purpose", "purpose_description"),
    "legal_basis.article_6": ("basis", "article_6"),
    "legal_basis.article_9": ("basis", "article_9"),
    "datasets": ("data", "dataset"),
}

GAPS = {
    "title-missing": mark("Say what the project is called."),
    "purpose-missing": mark("Choose the purpose."),
    "purpose-unexplained": mark("Say in your own words what the data are for."),
    "purpose-unknown": mark("The purpose is none of the vocabulary."),
    "purpose-refused": mark(
        "The holder of %(dataset)s does not allow this purpose, or the law forbids it."
    ),
    "article-6-missing": mark("Choose the letter of Article 6 of the GDPR."),
    "article-9-missing": mark(
        "%(names)s of %(dataset)s are sensitive: choose the letter of Article 9 of the GDPR."
    ),
    "method-missing": mark("Say what will be done with the data."),
    "outputs-missing": mark("Say what results you expect."),
    "duration-missing": mark("Say for how many days you need access."),
    "duration-too-long": mark("%(dataset)s is given for %(names)s days at most."),
    "tabulation-missing": mark("A data request says which tables it wants."),
    "amends-missing": mark("An amendment names the permit that it changes."),
    "amends-stray": mark("Only an amendment names a permit."),
    "people-missing": mark("Name everyone who will work on the data."),
    "people-unknown": mark("There is no such account: %(names)s."),
    "datasets-missing": mark("Name at least one dataset."),
    "datasets-repeated": mark("Named more than once: %(names)s."),
    "dataset-unknown": mark("There is no dataset %(dataset)s on offer."),
    "dataset-open": mark("%(dataset)s is open data: you need no application for it."),
    "version-gone": mark("Of %(dataset)s only version %(names)s is on offer."),
    "variables-missing": mark("Choose the variables of %(dataset)s that you need."),
    "variables-unknown": mark("%(dataset)s has no %(names)s."),
    "variables-repeated": mark("Named more than once of %(dataset)s: %(names)s."),
    "necessity-missing": mark("Say of each variable of %(dataset)s why you need it: %(names)s."),
    "pseudonym-only": mark(
        "%(names)s of %(dataset)s name people: they are given as pseudonyms only."
    ),
}


def place_of(gap: Gap, form: ApplicationForm) -> tuple[str, str]:
    """The step and the id of the field that ``gap`` is of."""
    if gap.field in _OF_GAPS and gap.dataset is None:
        return _OF_GAPS[gap.field]
    if gap.field in ("variables", "datasets"):
        asked = [one.dataset for one in form.datasets]
        return "data", f"d{asked.index(gap.dataset)}" if gap.dataset in asked else "dataset"
    if gap.field in _OF_GAPS:
        return _OF_GAPS[gap.field]
    step = next(
        step for step, fields in STEPS.items() if any(one.path == (gap.field,) for one in fields)
    )
    return step, gap.field


def in_words(seen: Visit, gap: Gap) -> str:
    """``gap`` as a sentence in the page's language."""
    return seen.gettext(GAPS[gap.kind], dataset=gap.dataset or "", names=", ".join(gap.names))


def values_of(step: str, form: ApplicationForm) -> dict[str, str]:
    """What the fields of ``step`` hold, as text; of the step ``data``, see ``data_values``."""
    return texts_of(STEPS[step], form.document())


def filled_in(seen: Visit, step: str, form: ApplicationForm, given: Filled) -> ApplicationForm:
    """``form`` with the fields of ``step`` as they were sent; raises ``BadInput`` for what is no form."""
    document = form.document()
    if step == "data":
        document["datasets"] = _datasets(seen, given)
        return ApplicationForm.read(document)
    put_all(STEPS[step], document, given)
    if step == "purpose" and not given.text("purpose_term"):
        # Without a term there is no purpose yet; its words would have nowhere to be.
        words = given.text("purpose_description")
        if words:
            raise BadInput(seen.gettext("Choose the purpose, so that your words can be kept."))
        document["purpose"] = None
    return ApplicationForm.read(document)


# ── data and variables ───────────────────────────────────────────────────────────────────────────


def _datasets(seen: Visit, given: Filled) -> list[dict[str, Any]]:
    """The datasets as the step was sent, less those removed, and the one that was added."""
    found = []
    for number in range(len(given.values)):
        prefix = f"d{number}"
        name = given.text(f"{prefix}-dataset")
        if not name:
            break
        if given.text("remove") != name:
            found.append(_dataset(given, prefix, name))
    added = given.text("dataset")
    if added and added not in [one["dataset"] for one in found]:
        seen.platform.dataset(added)  # a name that is none is told at once
        found.append({"dataset": added})
    return found


def _dataset(given: Filled, prefix: str, name: str) -> dict[str, Any]:
    start, end = given.text(f"{prefix}-start"), given.text(f"{prefix}-end")
    pseudonyms = given.texts(f"{prefix}-pseudonym")
    return {
        "dataset": name,
        "version": given.text(f"{prefix}-version") or None,
        "variables": [
            {
                "name": variable,
                "necessity": given.text(f"{prefix}-why-{variable}"),
                "as_pseudonym": variable in pseudonyms,
            }
            for variable in given.texts(f"{prefix}-variable")
        ],
        "population": given.text(f"{prefix}-population"),
        "period": {"start": start, "end": end} if start or end else None,
        "linkage": given.text(f"{prefix}-linkage"),
    }


def purposes_for(seen: Visit, datasets: Sequence[Dataset]) -> list[tuple[str, str]]:
    """The purposes that every one of ``datasets`` allows, by name in the page's language."""
    possible = [
        term
        for term in purposes.TERMS.values()
        if term.id != purposes.ROOT
        and purposes.prohibited_use(term.id) is None
        and not any(
            purposes.objection(term.id, one.allowed_purposes, one.id) is not None
            for one in datasets
        )
    ]
    return sorted(((term.id, term.labels[seen.lang]) for term in possible), key=lambda one: one[1])


def purpose_name(seen: Visit, term: str) -> str:
    """A purpose in the page's language; as it is where the vocabulary has no such term."""
    known = purposes.TERMS.get(term)
    return term if known is None else known.labels[seen.lang]
