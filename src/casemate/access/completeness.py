"""Whether an application says all it must, against the datasets as they are offered today.

Every problem is found and named at once, so that an applicant mends the form in one go.
"""

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from casemate.access import purposes
from casemate.access.forms import ApplicationForm, ApplicationKind, DatasetRequest
from casemate.access.records import Offer
from casemate.errors import BadInput

MATCHED = 10
"""How many unknown names get close matches."""


def require_complete(
    form: ApplicationForm, offers: Iterable[Offer], known_people: Collection[str]
) -> None:
    """Raise ``BadInput`` naming every field of ``form`` that is missing or cannot be granted.

    ``offers`` are those of the datasets asked for that exist; ``known_people`` the ids of the
    accounts that may be named.
    """
    by_name = {offer.dataset: offer for offer in offers}
    problems = [*_missing_texts(form), *_people(form, known_people)]
    if not form.datasets:
        problems.append("datasets: name at least one")
    if repeated := _repeated(request.dataset for request in form.datasets):
        problems.append(f"datasets: {', '.join(repeated)} is named more than once")
    for request in form.datasets:
        problems += _dataset(form, request, by_name)
    if problems:
        raise BadInput("the application cannot be submitted: " + "; ".join(dict.fromkeys(problems)))


def _missing_texts(form: ApplicationForm) -> Iterator[str]:
    if not form.title:
        yield "title: say what the project is called"
    if form.purpose is None:
        yield "purpose: name a term of the Data Privacy Vocabulary"
    elif not form.purpose.description:
        yield "purpose.description: say in your own words what the data are for"
    if form.legal_basis.article_6 is None:
        yield "legal_basis.article_6: name the letter of GDPR Article 6"
    if not form.method:
        yield "method: say what will be done with the data"
    if not any(form.outputs):
        yield "outputs: say what results are expected"
    if form.duration_days is None:
        yield "duration_days: say for how many days"
    if form.kind is ApplicationKind.REQUEST and not form.tabulation:
        yield "tabulation: a data request says which tables it wants"
    if form.kind is ApplicationKind.AMENDMENT and form.amends is None:
        yield "amends: an amendment names the permit that it changes"
    if form.kind is not ApplicationKind.AMENDMENT and form.amends is not None:
        yield f"amends: only an amendment names a permit, this is a {form.kind}"


def _people(form: ApplicationForm, known: Collection[str]) -> Iterator[str]:
    if not form.people:
        yield "people: name everyone who will work on the data"
    if unknown := [name for name in form.people if name not in known]:
        # No close matches here: who else has an account is not the applicant's business.
        yield f"people: no such account: {', '.join(map(repr, unknown))}"


def _dataset(
    form: ApplicationForm, request: DatasetRequest, offers: Mapping[str, Offer]
) -> Iterator[str]:
    name = request.dataset
    offer = offers.get(name)
    if offer is None:
        yield f"datasets: there is no dataset {_with_matches([name], offers)}"
        return
    if offer.open:
        yield f"datasets: {name} is open data; its standing permit opens it without an application"
        return
    if request.version not in (None, offer.version):
        yield f"datasets: {name} has no version {request.version} on offer, only {offer.version}"
    yield from _variables(form, request, offer)
    if form.purpose is not None:
        yield from _purpose(form.purpose.term, offer)
    most = offer.rules.max_duration_days
    if form.duration_days is not None and form.duration_days > most:
        yield f"duration_days: {form.duration_days} is more than {name} allows ({most})"


def _variables(form: ApplicationForm, request: DatasetRequest, offer: Offer) -> Iterator[str]:
    field, asked = f"variables of {request.dataset}", [item.name for item in request.variables]
    if not asked:
        yield f"{field}: name those that are needed"
    if unknown := [name for name in asked if name not in offer.variables]:
        yield f"{field}: it has no {_with_matches(unknown, offer.variables)}"
    if repeated := _repeated(asked):
        yield f"{field}: named more than once: {', '.join(repeated)}"
    if unexplained := [item.name for item in request.variables if not item.necessity]:
        yield f"{field}: say why each is needed (necessity): {', '.join(unexplained)}"
    bare = [item.name for item in request.variables if not item.as_pseudonym]
    if direct := [name for name in bare if name in offer.direct_identifiers]:
        yield (
            f"{field}: {', '.join(direct)} identify people directly and are given as pseudonyms "
            "only; ask for them with as_pseudonym"
        )
    if form.legal_basis.article_9 is None and (
        special := [name for name in asked if name in offer.sensitive]
    ):
        yield (
            f"legal_basis.article_9: {', '.join(special)} of {request.dataset} are sensitive; "
            "name the letter of GDPR Article 9"
        )


def _purpose(purpose: str, offer: Offer) -> Iterator[str]:
    try:
        problem = purposes.objection(purpose, offer.allowed_purposes, offer.dataset)
    except BadInput as unknown:
        problem = str(unknown)
    if problem:
        yield f"purpose.term: {problem}"


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
