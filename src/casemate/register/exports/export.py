"""A record in the form of another register, and what keeps it from being valid there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from casemate.errors import BadInput
from casemate.register.embargo import Section
from casemate.register.exports.schema import schema
from casemate.register.exports.standards import ExportStandard, Target, export_standard
from casemate.register.exports.values import NAMES, Unfit, written
from casemate.register.records import Record, every_field


@dataclass(frozen=True)
class Gap:
    """What keeps an export from being valid."""

    field: str
    """The record's field; of what the platform knows, with ``@``."""
    target: str
    fault: str
    why: str
    """Why it matters."""

    @property
    def sentence(self) -> str:
        """It all in one line."""
        return f"{self.field} {self.fault}: {self.why}"


@dataclass(frozen=True)
class Export:
    """A record as ``standard`` has it; valid there where there are no gaps."""

    standard: str
    title: str
    language: str
    document: dict[str, Any]
    gaps: tuple[Gap, ...]
    left_out: tuple[str, ...]
    """What is told, is not asked for without fail, and has no form there: each as a sentence."""

    @property
    def spoken(self) -> str:
        """The language's English name."""
        return NAMES[self.language]

    @property
    def is_valid(self) -> bool:
        """Whether the standard's schema takes it, and the entry may go there."""
        return not self.gaps

    def draft(self) -> dict[str, Any]:
        """The document marked as one that is not valid, with what it lacks."""
        return {"_draft": [one.sentence for one in self.gaps], **self.document}


def export(
    record: Record,
    standard: str,
    known: Mapping[str, Any],
    *,
    language: str | None = None,
    section: Section = Section.PUBLIC,
) -> Export:
    """``record`` in the form of ``standard``, in ``language`` (that of most of its texts if not given).

    ``known`` is what the platform knows by itself, by name. An entry of the ``section`` that is not public
    has the fewer fields of AI Act Art. 49(4). Raises ``BadInput`` for a standard or language that is none.
    """
    form = export_standard(standard)
    chosen = _language(record, form, language)
    by_itself = {name: value for name, value in known.items() if value}
    told = {**record.told, **by_itself, "@language": form.languages[chosen]}
    hidden = section is Section.NON_PUBLIC
    document: dict[str, Any] = {}
    gaps = list(_of_the_whole(record, form, section))
    left_out: list[str] = []
    for target in form.targets:
        if hidden and target.hidden:
            continue
        try:
            value = _value(target, told, chosen)
        except Unfit as unfit:
            name = _source(target, told)
            if target.mandatory:
                gaps.append(Gap(name, target.to, str(unfit), _why(target, name)))
            else:
                left_out.append(f"{name} {unfit}: {target.to} is left out")
            continue
        if value is not None:
            document[target.to] = value
        elif target.mandatory:
            name = target.source[0]
            gaps.append(Gap(name, target.to, "is not told", _why(target, name)))
    gaps += _refused(form, document, gaps, hidden=hidden)
    return Export(form.id, form.title, chosen, document, tuple(gaps), tuple(left_out))


def _language(record: Record, form: ExportStandard, wanted: str | None) -> str:
    if wanted is not None:
        if wanted not in form.languages:
            spoken = ", ".join(form.languages)
            raise BadInput(f"{form.id} is not written in {wanted!r}; it can be in {spoken}")
        return wanted
    texts = [value for value in record.told.values() if isinstance(value, dict)]
    return max(form.languages, key=lambda one: sum(one in text for text in texts))


def _value(target: Target, told: Mapping[str, Any], language: str) -> Any:
    """``None`` where nothing is told."""
    if target.constant is not None:
        return target.constant
    known = told.get(target.also, {}).get(language) if target.also else None
    name = _source(target, told)
    if name not in told:
        return known
    try:
        value = written(target, told[name], language)
    except Unfit:
        if not known:
            raise
        return known  # what was typed has no form here; what the platform knows has
    longer = f"{value}\n{known}" if known else value
    return longer if target.longest is None or len(longer) <= target.longest else value


def _source(target: Target, told: Mapping[str, Any]) -> str:
    """The first of its sources that is told; the first of all where none is."""
    return next((name for name in target.source if told.get(name)), target.source[0])


def _why(target: Target, name: str) -> str:
    ours = next((one for one in (name, *target.source) if one in every_field()), None)
    why = every_field()[ours].why if ours else "The form cannot be read by others without it."
    return why[0].lower() + why[1:]


def _of_the_whole(record: Record, form: ExportStandard, section: Section) -> Iterator[Gap]:
    cls = record.told.get("ai_act_class", "not told")
    if form.classes and cls not in form.classes:
        wanted = " or ".join(sorted(form.classes))
        why = f"this section is for systems of class {wanted}"
        yield Gap("ai_act_class", "", f"is {cls}", why)
    if form.is_public and section is not Section.PUBLIC:
        article = "49(4)" if section is Section.NON_PUBLIC else "49(5)"
        why = f"AI Act Art. {article} keeps the system out of a register that is public"
        yield Gap("annex_iii_points", "", "cover the use", why)


def _refused(
    form: ExportStandard, document: dict[str, Any], gaps: list[Gap], *, hidden: bool
) -> Iterator[Gap]:
    """What the schema finds wrong beside the ``gaps`` that are known."""
    named = {one.target for one in gaps}
    by_name = {one.to: one for one in form.targets}
    # Takes seconds to import (its grammar of addresses is built then), which the portal, that only may
    # export, need not wait for as it starts.
    from jsonschema import Draft202012Validator, FormatChecker

    checker = Draft202012Validator(
        schema(form, hidden=hidden), format_checker=FormatChecker(("date", "uuid", "email"))
    )
    for error in checker.iter_errors(document):
        place = str(error.path[0]) if error.path else ""
        if not place and error.validator == "required":
            continue  # each is a gap already, with its reason
        if place not in named:
            target = by_name[place]
            name = target.source[0] if target.source else place
            yield Gap(name, place, f"does not fit ({error.message[:200]})", _why(target, name))
