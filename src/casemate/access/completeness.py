"""Whether an application says all it must, against the datasets as they are offered today.

Every problem is found and named at once, so that an applicant mends the form in one go. A gap names
the field that it is of and the kind of problem, so that a page can lead to the field and say it in its
own language; ``Gap.sentence`` is the English of both.
"""

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from casemate.access import purposes
from casemate.access.forms import ApplicationForm, ApplicationKind, DatasetRequest
from casemate.access.records import Offer
from casemate.errors import BadInput

MATCHED = 10
"""How many unknown names get close matches."""


@dataclass(frozen=True)
class Gap:
    """One thing that keeps an application from being handed in."""

    field: str
    """The field of the form, such as ``purpose.description``; of one dataset's: ``variables``."""
    kind: str
    """The kind of problem, for whoever says it in another language: ``title-missing``."""
    told: str
    """What is wrong, in English, without the field's name."""
    dataset: str | None = None
    names: tuple[str, ...] = ()
    """The variables, people or datasets that it is about."""

    @property
    def sentence(self) -> str:
        """The field and what is wrong with it."""
        of = f" of {self.dataset}" if self.field == "variables" else ""
        return f"{self.field}{of}: {self.told}"


def gaps(
    form: ApplicationForm, offers: Iterable[Offer], known_people: Collection[str]
) -> tuple[Gap, ...]:
    """Everything that keeps ``form`` from being handed in, in the order of the form.

    ``offers`` are those of the datasets asked for that exist; ``known_people`` the ids of the
    accounts that may be named.
    """
    by_name = {offer.dataset: offer for offer in offers}
    found = [*_missing_texts(form), *_people(form, known_people)]
    if not form.datasets:
        found.append(Gap("datasets", "datasets-missing", "name at least one"))
    if repeated := _repeated(request.dataset for request in form.datasets):
        told = f"{', '.join(repeated)} is named more than once"
        found.append(Gap("datasets", "datasets-repeated", told, names=tuple(repeated)))
    for request in form.datasets:
        found += _dataset(form, request, by_name)
    return tuple(dict.fromkeys(found))


def require_complete(
    form: ApplicationForm, offers: Iterable[Offer], known_people: Collection[str]
) -> None:
    """Raise ``BadInput`` naming every field of ``form`` that is missing or cannot be granted: ``gaps``."""
    if found := gaps(form, offers, known_people):
        told = dict.fromkeys(gap.sentence for gap in found)
        raise BadInput("the application cannot be submitted: " + "; ".join(told))


def _missing_texts(form: ApplicationForm) -> Iterator[Gap]:
    if not form.title:
        yield Gap("title", "title-missing", "say what the project is called")
    if form.purpose is None:
        yield Gap("purpose", "purpose-missing", "name a term of the Data Privacy Vocabulary")
    elif not form.purpose.description:
        told = "say in your own words what the data are for"
        yield Gap("purpose.description", "purpose-unexplained", told)
    if form.legal_basis.article_6 is None:
        told = "name the letter of GDPR Article 6"
        yield Gap("legal_basis.article_6", "article-6-missing", told)
    if not form.method:
        yield Gap("method", "method-missing", "say what will be done with the data")
    if not any(form.outputs):
        yield Gap("outputs", "outputs-missing", "say what results are expected")
    if form.duration_days is None:
        yield Gap("duration_days", "duration-missing", "say for how many days")
    if form.kind is ApplicationKind.REQUEST and not form.tabulation:
        told = "a data request says which tables it wants"
        yield Gap("tabulation", "tabulation-missing", told)
    if form.kind is ApplicationKind.AMENDMENT and form.amends is None:
        told = "an amendment names the permit that it changes"
        yield Gap("amends", "amends-missing", told)
    if form.kind is not ApplicationKind.AMENDMENT and form.amends is not None:
        told = f"only an amendment names a permit, this is a {form.kind}"
        yield Gap("amends", "amends-stray", told)


def _people(form: ApplicationForm, known: Collection[str]) -> Iterator[Gap]:
    if not form.people:
        yield Gap("people", "people-missing", "name everyone who will work on the data")
    if unknown := tuple(name for name in form.people if name not in known):
        # No close matches here: who else has an account is not the applicant's business.
        told = f"no such account: {', '.join(map(repr, unknown))}"
        yield Gap("people", "people-unknown", told, names=unknown)


def _dataset(
    form: ApplicationForm, request: DatasetRequest, offers: Mapping[str, Offer]
) -> Iterator[Gap]:
    name = request.dataset
    offer = offers.get(name)
    if offer is None:
        told = f"there is no dataset {_with_matches([name], offers)}"
        yield Gap("datasets", "dataset-unknown", told, name)
        return
    if offer.open:
        told = f"{name} is open data; its standing permit opens it without an application"
        yield Gap("datasets", "dataset-open", told, name)
        return
    if request.version not in (None, offer.version):
        told = f"{name} has no version {request.version} on offer, only {offer.version}"
        yield Gap("datasets", "version-gone", told, name, (str(offer.version),))
    yield from _variables(form, request, offer)
    if form.purpose is not None:
        yield from _purpose(form.purpose.term, offer)
    most = offer.rules.max_duration_days
    if form.duration_days is not None and form.duration_days > most:
        told = f"{form.duration_days} is more than {name} allows ({most})"
        yield Gap("duration_days", "duration-too-long", told, name, (str(most),))


def _variables(form: ApplicationForm, request: DatasetRequest, offer: Offer) -> Iterator[Gap]:
    asked = [item.name for item in request.variables]
    bare = [item.name for item in request.variables if not item.as_pseudonym]

    def gap(kind: str, told: str, names: Iterable[str] = (), field: str = "variables") -> Gap:
        return Gap(field, kind, told, request.dataset, tuple(names))

    if not asked:
        yield gap("variables-missing", "name those that are needed")
    if unknown := [name for name in asked if name not in offer.variables]:
        told = f"it has no {_with_matches(unknown, offer.variables)}"
        yield gap("variables-unknown", told, unknown)
    if repeated := _repeated(asked):
        yield gap("variables-repeated", f"named more than once: {', '.join(repeated)}", repeated)
    if unexplained := [item.name for item in request.variables if not item.necessity]:
        told = f"say why each is needed (necessity): {', '.join(unexplained)}"
        yield gap("necessity-missing", told, unexplained)
    if direct := [name for name in bare if name in offer.direct_identifiers]:
        told = (
            f"{', '.join(direct)} identify people directly and are given as pseudonyms "
            "only; ask for them with as_pseudonym"
        )
        yield gap("pseudonym-only", told, direct)
    if form.legal_basis.article_9 is None and (
        special := [name for name in asked if name in offer.sensitive]
    ):
        told = (
            f"{', '.join(special)} of {request.dataset} are sensitive; "
            "name the letter of GDPR Article 9"
        )
        yield gap("article-9-missing", told, special, "legal_basis.article_9")


def _purpose(purpose: str, offer: Offer) -> Iterator[Gap]:
    kind = "purpose-refused"
    try:
        problem = purposes.objection(purpose, offer.allowed_purposes, offer.dataset)
    except BadInput as unknown:
        kind, problem = "purpose-unknown", str(unknown)
    if problem:
        yield Gap("purpose.term", kind, problem, offer.dataset)


def _repeated(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


def _with_matches(names: list[str], known: Iterable[str]) -> str:
    # Close matches are slow to find: the first few names are enough to see what went wrong.
    candidates = sorted(known)
    return ", ".join(
        [_with_match(name, candidates) for name in names[:MATCHED]]
        + [repr(name) for name in names[MATCHED:]]
    )


def _with_match(name: str, candidates: list[str]) -> str:
    near = difflib.get_close_matches(name, candidates, n=2, cutoff=0.6)
    return f"{name!r} (did you mean {' or '.join(near)}?)" if near else repr(name)
