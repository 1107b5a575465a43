"""What a company says of itself: its answers, and the systems that it makes or uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from casemate.errors import BadInput
from casemate.knowledge.obligations.instruments import Instruments
from casemate.register.law.companies import AiSystem
from casemate.register.law.conditions import Value
from casemate.register.law.vocabulary import read_facts

LONGEST_NAME = 200
MOST_SYSTEMS = 50
_FIELDS = {"name", "answers", "systems"}


@dataclass(frozen=True)
class Company:
    """A profile. What is not in ``answers`` is not known."""

    name: str
    answers: Mapping[str, Value]
    systems: tuple[AiSystem, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As it is kept and read again: numbers as text, since ledgers take no floats."""
        return {
            "name": self.name,
            "answers": {name: _plain(value) for name, value in self.answers.items()},
            "systems": [
                {"name": one.name, "facts": dict(one.facts), "closed": one.closed}
                for one in self.systems
            ],
        }


def read_company(document: Mapping[str, Any], instruments: Instruments) -> Company:
    """The profile in ``document``; raises ``BadInput`` with the question or the system that is wrong."""
    if not isinstance(document, Mapping):
        raise BadInput("a profile is an object with `name`, `answers` and `systems`")
    if unknown := sorted(set(map(str, document)) - _FIELDS):
        raise BadInput(f"a profile has no {unknown[0][:80]!r}: it has {', '.join(sorted(_FIELDS))}")
    name = document.get("name", "")
    if not isinstance(name, str) or len(name) > LONGEST_NAME or not name.strip():
        raise BadInput(f"a profile has a `name` of {LONGEST_NAME} characters at most")
    answers, systems = document.get("answers", {}), document.get("systems", [])
    if not isinstance(answers, Mapping) or not isinstance(systems, list | tuple):
        raise BadInput("`answers` is an object, and `systems` a list")
    if len(systems) > MOST_SYSTEMS:
        raise BadInput(f"a profile has {MOST_SYSTEMS} systems at most")
    return Company(
        name.strip(), instruments.read_answers(answers), tuple(_system(one) for one in systems)
    )


def _system(given: Any) -> AiSystem:
    if not isinstance(given, Mapping) or set(given) - {"name", "facts", "closed"}:
        raise BadInput("a system has a `name`, `facts` and `closed`, and nothing else")
    name, facts, closed = given.get("name", ""), given.get("facts", {}), given.get("closed", False)
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise BadInput(f"a system has a `name` of {LONGEST_NAME} characters at most")
    if not isinstance(facts, Mapping) or not isinstance(closed, bool):
        raise BadInput(f"of the system {name!r} `facts` is an object and `closed` true or false")
    known = read_facts({str(key): value for key, value in facts.items()}).known
    return AiSystem(name.strip(), {key: _plain(value) for key, value in known.items()}, closed)


def _plain(value: Value) -> bool | str:
    return str(value) if isinstance(value, Decimal) else value
