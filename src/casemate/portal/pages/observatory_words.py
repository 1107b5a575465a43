"""What outcomes, concerns and languages are called on the observatory's pages."""

from collections.abc import Callable

from casemate.assurance.results import EVERYBODY
from casemate.portal.pages.language import mark
from casemate.portal.pages.visit import Visit

OUTCOMES = {
    "fine": mark("As it should be"),
    "wrong": mark("Biased or wrong"),
    "refused": mark("Refused"),
    "malformed": mark("Not in the form asked for"),
}
CONCERNS = {
    EVERYBODY: mark("All concerns"),
    "ageism": mark("Ageism"),
    "lgbtiq": mark("LGBTIQ+"),
    "gender": mark("Gender"),
    "politics": mark("Politics"),
    "racism": mark("Racism"),
    "religion": mark("Religion"),
    "xenophobia": mark("Xenophobia"),
    "ability": mark("Ability"),
    "accuracy": mark("Grounding"),
    "calibration": mark("Calibration"),
    "robustness": mark("Robustness"),
    "safety": mark("Refusal of harmful requests"),
    "security": mark("Security"),
    "hate": mark("Hate speech"),
    "social origin": mark("Social origin"),
    "socioeconomic": mark("Social origin"),
    "disability": mark("Disability"),
    "disability_status": mark("Disability"),
    "physical-appearance": mark("Appearance"),
    "physical_appearance": mark("Appearance"),
}
TONGUES = {
    "en": mark("English"),
    "fr": mark("French"),
    "de": mark("German"),
    "lb": mark("Luxembourgish"),
    "nl": mark("Dutch"),
    "es": mark("Spanish"),
    "ca": mark("Catalan"),
}


def tongue_of(seen: Visit) -> Callable[[str], str]:
    """What a language is called, by its code; one that is not known by its code."""
    return lambda code: seen.gettext(TONGUES[code]) if code in TONGUES else code


def concern_of(seen: Visit) -> Callable[[str], str]:
    """What a concern is called; one that is not known as it is."""
    return lambda name: seen.gettext(CONCERNS[name]) if name in CONCERNS else name
