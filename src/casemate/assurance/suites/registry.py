"""Which suites there are. A suite is loaded when it is asked for: some read large files."""

from importlib import import_module

from casemate.assurance.suites.contract import Suite
from casemate.errors import NotFound

# the name of a suite, and the module and the name in it where its instance is
PLACES: dict[str, str] = {
    "ability-own": "casemate.assurance.suites.ability:ABILITY",
    "attacks-own": "casemate.assurance.suites.attacks:ATTACKS",
    "basics": "casemate.assurance.suites.basics:BASICS",
    "basics-likelihood": "casemate.assurance.suites.basics:BASICS_LIKELIHOOD",
    "bbq": "casemate.assurance.suites.bbq:BBQ_SUITE",
    "calibration-own": "casemate.assurance.suites.ability:CALIBRATION",
    "crows-pairs": "casemate.assurance.suites.sentence_pairs:CROWS_PAIRS",
    "grounding-own": "casemate.assurance.suites.grounding:GROUNDING",
    "hate-speech-own": "casemate.assurance.suites.hate:OWN",
    "hatecheck": "casemate.assurance.suites.hate:HATECHECK",
    "langbite": "casemate.assurance.suites.social_bias:LANGBITE",
    "pronouns-own": "casemate.assurance.suites.pronouns:OWN",
    "question-bias-own": "casemate.assurance.suites.bbq:OWN",
    "refusal-own": "casemate.assurance.suites.refusal:REFUSAL",
    "robustness-own": "casemate.assurance.suites.robustness:ROBUSTNESS",
    "sentence-pairs-own": "casemate.assurance.suites.sentence_pairs:OWN",
    "social-bias-own": "casemate.assurance.suites.social_bias:SOCIAL_BIAS",
    "winobias": "casemate.assurance.suites.pronouns:WINOBIAS",
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
