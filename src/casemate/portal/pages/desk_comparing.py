"""What is asked beside what the dataset allows, with the difference in a word."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casemate.access import ApplicationForm, DatasetRequest, purposes
from casemate.catalogue import Dataset, VariableRole
from casemate.errors import BadInput
from casemate.portal.pages.applying_form import purpose_name
from casemate.portal.pages.visit import Visit


@dataclass(frozen=True)
class Compared:
    """One line: what, what is asked, what is allowed, and how they stand to each other.

    ``tone`` is one of the tags' (good, warn, bad, info); ``word`` says the same.
    """

    what: str
    asked: str
    allowed: str
    tone: str
    word: str


def compared(
    seen: Visit, form: ApplicationForm, datasets: Mapping[str, Dataset]
) -> list[tuple[DatasetRequest, Dataset | None, list[Compared]]]:
    """Each dataset that is asked for, with its lines; none of one that is not on offer any more."""
    return [
        (wanted, found, [] if found is None else _lines(seen, form, wanted, found))
        for wanted in form.datasets
        for found in [datasets.get(wanted.dataset)]
    ]


def _lines(
    seen: Visit, form: ApplicationForm, wanted: DatasetRequest, dataset: Dataset
) -> list[Compared]:
    asked = {one.name for one in wanted.variables}
    return [
        _purpose(seen, form, dataset),
        _duration(seen, form, dataset),
        Compared(
            seen.gettext("Variables"),
            ", ".join(one.name for one in wanted.variables),
            seen.ngettext("%(num)s variable", "%(num)s variables", len(dataset.variables)),
            "info",
            seen.gettext("%(asked)s of %(all)s", asked=len(asked), all=len(dataset.variables)),
        ),
        _identifiers(seen, wanted, dataset),
        _sensitive(seen, form, dataset, asked),
        _quasi(seen, dataset, asked),
        Compared(
            seen.gettext("Least count in a cell"),
            "–",
            seen.ngettext("%(num)s person", "%(num)s people", dataset.rules.min_cell),
            "info",
            seen.gettext("You may ask for more"),
        ),
    ]


def _fits(seen: Visit, *, fits: bool, no: str) -> dict[str, Any]:
    return {
        "tone": "good" if fits else "bad",
        "word": seen.gettext("Within what is allowed") if fits else no,
    }


def _purpose(seen: Visit, form: ApplicationForm, dataset: Dataset) -> Compared:
    term = "" if form.purpose is None else form.purpose.term
    try:
        fits = bool(term) and purposes.objection(term, dataset.allowed_purposes, dataset.id) is None
    except BadInput:  # a term that the vocabulary does not have
        fits = False
    return Compared(
        seen.gettext("Purpose"),
        purpose_name(seen, term) if term else "–",
        ", ".join(purpose_name(seen, one) for one in dataset.allowed_purposes),
        **_fits(seen, fits=fits, no=seen.gettext("Not allowed")),
    )


def _duration(seen: Visit, form: ApplicationForm, dataset: Dataset) -> Compared:
    days, most = form.duration_days or 0, dataset.rules.max_days
    return Compared(
        seen.gettext("Duration"),
        seen.ngettext("%(num)s day", "%(num)s days", days),
        seen.ngettext("at most %(num)s day", "at most %(num)s days", most),
        **_fits(seen, fits=0 < days <= most, no=seen.gettext("Longer than allowed")),
    )


def _identifiers(seen: Visit, wanted: DatasetRequest, dataset: Dataset) -> Compared:
    direct = [one for one in wanted.variables if one.name in dataset.direct_identifiers]
    bare = ", ".join(one.name for one in direct if not one.as_pseudonym)
    no = seen.gettext("Asked for as it is: %(names)s", names=bare)
    return Compared(
        seen.gettext("Identifies people"),
        ", ".join(one.name for one in direct) or "–",
        seen.gettext("as pseudonyms only"),
        **_fits(seen, fits=not bare, no=no),
    )


def _sensitive(seen: Visit, form: ApplicationForm, dataset: Dataset, asked: set[str]) -> Compared:
    special = sorted(asked & dataset.named_with_role(VariableRole.SENSITIVE))
    letter = form.legal_basis.article_9
    return Compared(
        seen.gettext("Sensitive"),
        ", ".join(special) or "–",
        seen.gettext("with a letter of GDPR Article 9(2)"),
        **_fits(seen, fits=not special or letter is not None, no=seen.gettext("No letter is named")),
    )  # fmt: skip


def _quasi(seen: Visit, dataset: Dataset, asked: set[str]) -> Compared:
    quasi = sorted(asked & dataset.quasi_identifiers)
    return Compared(
        seen.gettext("Quasi-identifiers"),
        ", ".join(quasi) or "–",
        seen.gettext("made coarser until at least %(k)s people look alike", k=dataset.rules.min_k),
        "info",
        seen.gettext("Your plan has to do it") if quasi else seen.gettext("None is asked for"),
    )
