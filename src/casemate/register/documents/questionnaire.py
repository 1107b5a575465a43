"""What keepers answer beside the record: texts that documents alone ask for, facts, permits, impacts.

closed = true                       # what the facts do not state does not apply
permits = ["permit-…"]              # under which its data were used

[facts]                             # as for `casemate classify`
role = "deployer"

[answers]
affected_people = "Applicants, among them young people."
review = { en = "Each spring.", fr = "Chaque printemps." }

[[impacts]]
right = "Non-discrimination (Charter Art. 21)"
harm = "Women are invited less often"
scale = "serious"
measures = [{ kind = "reduce", measure = "Selection rates are compared each month" }]
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from casemate.errors import BadInput
from casemate.register.documents.kinds import KINDS, Question, document_kind
from casemate.register.law import read_facts
from casemate.register.records import LANGUAGES

LONGEST_ANSWER = 50_000
"""Characters."""
LONGEST_LINE = 500
"""Characters of a right, a harm, a measure."""
MOST = 100
"""Permits, impacts, measures of an impact."""
LEVELS: Mapping[str, tuple[str, ...]] = {
    "scale": ("minor", "moderate", "serious", "grave"),
    "scope": ("few", "some", "many", "most"),
    "reversibility": ("easily", "with_effort", "hardly", "never"),
    "probability": ("unlikely", "possible", "likely", "very_likely"),
}
"""The four variables of HUDERIA's impact assessment, each from slight to heavy."""
HIERARCHY = ("avoid", "reduce", "restore", "compensate")
"""HUDERIA's order of mitigation."""
_PARTS = frozenset({"closed", "permits", "facts", "answers", "impacts"})


@dataclass(frozen=True)
class Measure:
    """Something done about an impact."""

    kind: str
    measure: str


@dataclass(frozen=True)
class Impact:
    """One harm to one right; a level that is empty was not told."""

    right: str
    harm: str
    people: str = ""
    scale: str = ""
    scope: str = ""
    reversibility: str = ""
    probability: str = ""
    measures: tuple[Measure, ...] = ()

    @property
    def gravity(self) -> tuple[int, int]:
        """For their order alone: scale, scope and reversibility first, then probability."""
        places = {
            name: levels.index(told) + 1 if (told := getattr(self, name)) else 0
            for name, levels in LEVELS.items()
        }
        return places["scale"] + places["scope"] + places["reversibility"], places["probability"]


@dataclass(frozen=True)
class Questionnaire:
    """A keeper's answers."""

    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By question, the text by language."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    closed: bool = False
    permits: tuple[str, ...] = ()
    impacts: tuple[Impact, ...] = ()

    def document(self) -> dict[str, Any]:
        """As JSON without floats: what is kept and what ``read_questionnaire`` reads."""
        return {
            "answers": {key: dict(text) for key, text in self.answers.items()},
            "facts": {
                key: str(one) if isinstance(one, float) else one for key, one in self.facts.items()
            },
            "closed": self.closed,
            "permits": list(self.permits),
            "impacts": [
                asdict(one) | {"measures": list(map(asdict, one.measures))} for one in self.impacts
            ],
        }


def questions() -> Mapping[str, tuple[Question, tuple[str, ...]]]:
    """Every question that can be answered, with the documents that ask it."""
    found: dict[str, tuple[Question, tuple[str, ...]]] = {}
    for kind in KINDS:
        for one in document_kind(kind).all_questions():
            known, asked = found.get(one.key, (one, ()))
            found[one.key] = (known, (*asked, kind) if kind not in asked else asked)
    return found


def read_questionnaire(document: Mapping[str, Any]) -> Questionnaire:
    """The answers in ``document``; raises ``BadInput`` naming what is wrong and where."""
    if unknown := sorted(document.keys() - _PARTS):
        raise BadInput(f"a questionnaire has no part {unknown[0]!r}{_nearest(unknown[0], _PARTS)}")
    facts = _table(document, "facts")
    closed = document.get("closed", False)
    if not isinstance(closed, bool):
        raise BadInput("`closed` is true or false")
    read_facts(facts, closed=closed)
    return Questionnaire(
        answers=dict(_answers(_table(document, "answers"))),
        facts=facts,
        closed=closed,
        permits=tuple(_line(f"permits[{at}]", one) for at, one in _rows(document, "permits")),
        impacts=tuple(_impact(f"impacts[{at}]", one) for at, one in _rows(document, "impacts")),
    )


def _table(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    given = document.get(name, {})
    if not isinstance(given, dict):
        raise BadInput(f"`{name}` is a table")
    return given


def _rows(document: Mapping[str, Any], name: str) -> Iterator[tuple[int, Any]]:
    given = document.get(name, [])
    if not isinstance(given, list) or len(given) > MOST:
        raise BadInput(f"`{name}` is a list, of {MOST} entries at most")
    yield from enumerate(given, 1)


def _answers(given: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    for key, told in given.items():
        if key not in questions():
            raise BadInput(f"no document asks {key!r}{_nearest(key, questions())}")
        texts = {"en": told} if isinstance(told, str) else told
        if not isinstance(texts, dict) or not texts.keys() <= set(LANGUAGES):
            raise BadInput(f"answers.{key} is text, or a table of texts by {', '.join(LANGUAGES)}")
        read = {lang: _text(f"answers.{key}", one, LONGEST_ANSWER) for lang, one in texts.items()}
        if read := {lang: text for lang, text in read.items() if text}:
            yield key, read


def _impact(where: str, given: Any) -> Impact:
    if not isinstance(given, dict):
        raise BadInput(f"{where} is a table")
    known = {"right", "harm", "people", "measures", *LEVELS}
    if unknown := sorted(given.keys() - known):
        raise BadInput(f"{where} has no {unknown[0]!r}{_nearest(unknown[0], known)}")
    levels = {name: _level(f"{where}.{name}", name, given.get(name, "")) for name in LEVELS}
    return Impact(
        right=_line(f"{where}.right", given.get("right", "")),
        harm=_line(f"{where}.harm", given.get("harm", "")),
        people=_text(f"{where}.people", given.get("people", ""), LONGEST_LINE),
        measures=tuple(
            _measure(f"{where}.measures[{at}]", one) for at, one in _rows(given, "measures")
        ),
        **levels,
    )


def _measure(where: str, given: Any) -> Measure:
    if not isinstance(given, dict) or given.keys() != {"kind", "measure"}:
        raise BadInput(f"{where} is a table of `kind` and `measure`")
    if given["kind"] not in HIERARCHY:
        raise BadInput(f"{where}.kind is one of {', '.join(HIERARCHY)}, not {given['kind']!r}")
    return Measure(given["kind"], _line(f"{where}.measure", given["measure"]))


def _level(where: str, name: str, given: Any) -> str:
    if given not in ("", *LEVELS[name]):
        raise BadInput(f"{where} is one of {', '.join(LEVELS[name])}, not {given!r}")
    return str(given)


def _line(where: str, given: Any) -> str:
    if not (text := _text(where, given, LONGEST_LINE)):
        raise BadInput(f"{where} is missing")
    return text


def _text(where: str, given: Any, most: int) -> str:
    if not isinstance(given, str) or len(given) > most:
        raise BadInput(f"{where} is text, of {most} characters at most")
    return given.strip()


def _nearest(given: str, names: Any) -> str:
    close = difflib.get_close_matches(given, sorted(names), 1)
    return f"; the nearest is {close[0]!r}" if close else ""
