"""Which suites there are. A suite is loaded when it is asked for: some read large files."""

from importlib import import_module

from casemate.assurance.suites.contract import Suite
from casemate.errors import NotFound

# the name of a suite, and the module and the name in it where its instance is
PLACES: dict[str, str] = {
    "basics": "casemate.assurance.suites.basics:BASICS",
    "basics-likelihood": "casemate.assurance.suites.basics:BASICS_LIKELIHOOD",
    "bbq": "casemate.assurance.suites.bbq:BBQ_SUITE",
    "crows-pairs": "casemate.assurance.suites.sentence_pairs:CROWS_PAIRS",
    "langbite": "casemate.assurance.suites.social_bias:LANGBITE",
    "question-bias-own": "casemate.assurance.suites.bbq:OWN",
    "sentence-pairs-own": "casemate.assurance.suites.sentence_pairs:OWN",
    "social-bias-own": "casemate.assurance.suites.social_bias:SOCIAL_BIAS",
}


def names() -> tuple[str, ...]:
    """The names of all suites, in order."""
    return tuple(sorted(PLACES))


def suite(name: str) -> Suite:
    """The suite of this name; raises ``NotFound``."""
    if name not in PLACES:
        raise NotFound(f"there is no suite {name!r}; there are {', '.join(names())}")
    module, attribute = PLACES[name].split(":")
    found: Suite = getattr(import_module(module), attribute)
    return found


def suites() -> tuple[Suite, ...]:
    """All suites, in the order of their names."""
    return tuple(suite(name) for name in names())
