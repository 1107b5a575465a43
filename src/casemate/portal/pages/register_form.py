"""A record as a form in steps: which field is where, how it is shown in one language, and read back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casemate import readability
from casemate.portal.pages.register_telling import word
from casemate.portal.pages.register_words import STEPS
from casemate.portal.pages.router import Filled
from casemate.portal.pages.visit import Visit
from casemate.register.records import LANGUAGES, Field, Record, every_field

SHORT = ("name", "department", "area", "country", "supplier", "submitter", "certificate")
"""Texts of one line."""
WHOSE = {"mandatory": "m", "asked": "y"}


@dataclass(frozen=True)
class Shown:
    """A field of the form: its words, what it holds, and how easily that is read."""

    name: str
    kind: str
    label: str
    why: str
    asked_by: str
    value: Any
    options: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str], ...]
    """The text in the other languages."""
    reading: readability.Reading | None
    most: int | None


def fields_of(step: str) -> list[Field]:
    """The fields of a step, in the order of the register."""
    return [one for one in every_field().values() if one.group in STEPS[step][1]]


def shown(seen: Visit, step: str, told: Mapping[str, Any], language: str) -> list[Shown]:
    """The step's fields, filled with ``told``, its texts in ``language``."""
    return [_shown(seen, one, told.get(one.name), language) for one in fields_of(step)]


def _shown(seen: Visit, field: Field, value: Any, language: str) -> Shown:
    texts: Mapping[str, str] = value if isinstance(value, Mapping) else {}
    text = texts.get(language, "")
    most = min(field.longest.values(), default=None)
    return Shown(
        name=field.name,
        kind=_widget(field),
        label=seen.gettext(field.label),
        why=seen.gettext(field.why),
        asked_by=", ".join(one for one, need in field.asked.items() if need == "m"),
        value=text if field.kind == "text" else _plain(field, value),
        options=tuple((one, word(seen, one)) for one in field.values),
        others=tuple((one, said) for one, said in texts.items() if one != language),
        reading=readability.measure(text, language) if _is_prose(field, text) else None,
        most=most,
    )


def _is_prose(field: Field, text: str) -> bool:
    return field.kind == "text" and field.name not in SHORT and bool(text)


def _widget(field: Field) -> str:
    if field.kind == "text":
        return "line" if field.name in SHORT else "text"
    if field.kind == "words" and field.values:
        return "boxes"
    return {"words": "lines", "links": "lines"}.get(field.kind, field.kind)


def _plain(field: Field, value: Any) -> Any:
    many = () if value is None else (value,) if isinstance(value, str) else tuple(value)
    if field.kind in ("words", "links"):
        return many if field.values else "\n".join(many)
    return many[0] if many else ""


def told_by(form: Filled, step: str, before: Record, language: str) -> dict[str, Any]:
    """``before`` with the step's fields as they were sent; texts in other languages stay."""
    document = _document(before)
    for field in fields_of(step):
        value = _read(field, form, document.get(field.name), language)
        if value:
            document[field.name] = value
        else:
            document.pop(field.name, None)
    return document


def _document(record: Record) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in record.told.items()
    }


def _read(field: Field, form: Filled, before: Any, language: str) -> Any:
    if field.kind == "text":
        texts = dict(before or {})
        texts.pop(language, None)
        return texts | ({language: form.text(field.name)} if form.text(field.name) else {})
    if field.kind in ("words", "links"):
        if field.values:
            return [one for one in form.texts(field.name) if one]
        return [line.strip() for line in form.text(field.name).splitlines() if line.strip()]
    return form.text(field.name)


def steps(seen: Visit, record: Record, here: str, language: str, algorithm: str) -> Iterator[Any]:
    """The steps as links, each with whether anything mandatory of it is missing."""
    for step, (title, _groups) in STEPS.items():
        query = {"language": language if language != seen.lang else ""}
        address = seen.url("edit_algorithm", query, algorithm=algorithm, step=step)
        lacks = any(
            "m" in one.asked.values() and one.name not in record.told for one in fields_of(step)
        )
        yield seen.gettext(title), address, "here" if step == here else "open" if lacks else "done"


def next_step(step: str) -> str | None:
    """The step after ``step``; ``None`` after the last."""
    names: Sequence[str] = tuple(STEPS)
    at = names.index(step) + 1
    return names[at] if at < len(names) else None


def language_of(seen: Visit, asked: str) -> str:
    """The language that the form's texts are in: the one that was asked for, else the page's."""
    return asked if asked in LANGUAGES else seen.lang
