"""A dataset's description as a form: filled from a draft or the last version, read back as a document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casemate.catalogue import DatasetDescription, VariableDescription, in_language
from casemate.portal.pages.router import Filled

Values = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Column:
    """One variable's line in the form."""

    name: str
    label: str
    role: str
    type: str
    unit: str
    was_known: bool
    """Whether the last version said it, so that it is no guess."""


def filled_from(
    draft: DatasetDescription, known: DatasetDescription | None, language: str
) -> tuple[Values, list[Column]]:
    """The form for a table with the variables of ``draft``, as ``known``, the last version, said them."""
    said = known or draft
    contact = said.contact
    values: dict[str, tuple[str, ...]] = {
        "id": (said.id if known else "",),
        "title": (in_language(said.title, language) if known else "",),
        "description": (in_language(said.description, language) if known else "",),
        "access_right": (said.access_right.value,),
        "regime": (said.regime,),
        "license": (said.license or "",),
        "themes": said.themes,
        "purposes": said.allowed_purposes,
        "keywords": (", ".join(said.keywords.get(language, ())),),
        "person": (said.person or "",),
        "contact_name": (contact.name if contact else "",),
        "contact_email": ((contact.email or "") if contact else "",),
        "min_k": (str(said.rules.min_k),),
        "min_cell": (str(said.rules.min_cell),),
        "max_days": (str(said.rules.max_days),),
    }
    before = {} if known is None else known.variables
    columns = [
        _column(name, before.get(name, drafted), language, was_known=name in before)
        for name, drafted in draft.variables.items()
    ]
    return values, columns


def _column(name: str, said: VariableDescription, language: str, *, was_known: bool) -> Column:
    kind = said.type.value if said.type else ""
    label = in_language(said.label, language)
    return Column(name, label, said.role.value, kind, said.unit or "", was_known)


def columns_of_form(form: Filled) -> list[Column]:
    """The lines of the form as they were sent, so that nothing typed is lost."""
    return [
        Column(
            name,
            form.text(f"label-{number}"),
            form.text(f"role-{number}"),
            form.text(f"type-{number}"),
            form.text(f"unit-{number}"),
            was_known=False,
        )
        for number, name in enumerate(form.texts("column"))
    ]


def description_of(
    form: Filled, language: str, draft: DatasetDescription, known: DatasetDescription | None
) -> dict[str, Any]:
    """The document that the form says, over what ``known`` (the last version) said and the form does not
    ask: other languages, codes, origin. What is wrong with it is said by whoever validates it."""
    said: dict[str, Any] = {} if known is None else known.model_dump(mode="json")
    document = said | {
        "id": form.text("id"),
        "title": said.get("title", {}) | {language: form.text("title")},
        "description": said.get("description", {}) | {language: form.text("description")},
        "access_right": form.text("access_right"),
        "regime": form.text("regime"),
        "license": form.text("license") or None,
        "person": form.text("person") or None,
        "themes": list(form.texts("themes")),
        "allowed_purposes": list(form.texts("purposes")),
        "keywords": said.get("keywords", {}) | _keywords(form, language),
        "rules": said.get("rules", {}) | _numbers(form, "min_k", "min_cell", "max_days"),
        "variables": {
            one.name: _variable(one, language, _before(one.name, draft, known))
            for one in columns_of_form(form)
        },
    }
    if form.text("contact_name") or form.text("contact_email"):
        desk = {"name": form.text("contact_name"), "email": form.text("contact_email") or None}
        document["contact"] = (said.get("contact") or {}) | desk
    return document


def _numbers(form: Filled, *names: str) -> dict[str, str]:
    return {name: form.text(name) for name in names if form.text(name)}


def _keywords(form: Filled, language: str) -> dict[str, list[str]]:
    words = [word.strip() for word in form.text("keywords").split(",")]
    return {language: [word for word in words if word]} if any(words) else {}


def _before(
    name: str, draft: DatasetDescription, known: DatasetDescription | None
) -> dict[str, Any]:
    """What was said of a variable and the form does not ask."""
    if known is not None and name in known.variables:
        return known.variables[name].model_dump(mode="json")
    if name in draft.variables:
        return draft.variables[name].model_dump(mode="json", include={"codes"})
    return {}


def _variable(column: Column, language: str, before: dict[str, Any]) -> dict[str, Any]:
    return before | {
        "role": column.role,
        "label": before.get("label", {}) | {language: column.label},
        "type": column.type or None,
        "unit": column.unit or None,
    }
