"""The application for the regulatory sandbox in steps: which field is where, and what it lacks in words."""

import re
from collections.abc import Mapping
from typing import Any

from casemate.access import Gap
from casemate.portal.pages.form_steps import Field, lines_of, put_all, texts_of
from casemate.portal.pages.language import mark
from casemate.portal.pages.router import Filled
from casemate.portal.pages.visit import Visit
from casemate.register.sandboxes import (
    CONDITIONS,
    PersonalData,
    RealWorldTest,
    SandboxForm,
    SandboxPlan,
)

STEP_NAMES = {
    "project": mark("Project"),
    "about": mark("What is new, and what is asked"),
    "plan": mark("Sandbox plan"),
    "tests": mark("Tests"),
    "real": mark("Test in real conditions"),
    "data": mark("Personal data"),
}
PLAN: tuple[Field, ...] = (
    Field("objectives", ("objectives",), "lines"),
    Field("hypotheses", ("hypotheses",), "lines"),
    Field("safeguards", ("safeguards",), "lines"),
    Field("duration_days", ("duration_days",), "number", empty=None),
    Field("exit_criteria", ("exit_criteria",), "lines"),
    Field("supervision", ("supervision",)),
)
STEPS: Mapping[str, tuple[Field, ...]] = {
    "project": (
        Field("title", ("title",)),
        Field("algorithm", ("algorithm",), empty=None),
        Field("size", ("size",), empty=None),
        Field("established_in_union", ("established_in_union",), "flag"),
        Field("stage", ("stage",), empty=None),
        Field("partners", ("partners",), "lines"),
    ),
    "about": (
        Field("summary", ("summary",)),
        Field("innovation", ("innovation",)),
        Field("questions", ("questions",)),
        Field("risks", ("risks",)),
    ),
    "plan": tuple(Field(one.name, ("plan", *one.path), one.kind, one.empty) for one in PLAN),
    "tests": (),
    "real": (),
    "data": (),
}
TEST_FIELDS = (
    "key", "question", "suite", "check", "measure", "group", "comparison", "threshold", "by",
)  # fmt: skip
_NEEDED = ("key", "suite", "check", "measure", "threshold")
_TEST = re.compile(r"test-([0-9]{1,3})-[a-z]+")
BLANKS = 1
"""Tests that can be added at a time."""

SIZES = {
    "start_up": mark("Start-up"),
    "micro": mark("Micro enterprise: fewer than 10 people"),
    "small": mark("Small enterprise: fewer than 50 people"),
    "medium": mark("Medium-sized enterprise: fewer than 250 people"),
    "large": mark("Large enterprise"),
    "public_body": mark("Public body"),
    "research": mark("Research organisation"),
}
STAGES = {
    "development": mark("Being developed"),
    "training": mark("Being trained"),
    "testing": mark("Being tested"),
    "validation": mark("Being validated"),
}
AREAS = {
    "public_safety_and_health": mark("Public safety and public health"),
    "environment": mark("Environment, biodiversity, climate"),
    "energy": mark("Energy sustainability"),
    "transport": mark("Transport, mobility, critical infrastructure and networks"),
    "administration": mark("Public administration and public services"),
}
CONDITION_TEXTS = {
    "a": mark("The system safeguards a substantial public interest in one of the five areas of the law."),
    "b": mark("The data are necessary for a requirement on high-risk systems, and anonymised, synthetic or other data would not do."),  # noqa: E501 - one sentence, found by the translations as it is
    "c": mark("It is watched whether high risks to the rights of people arise; they are mitigated at once, or it stops."),  # noqa: E501 - as above
    "d": mark("The data are in a separate, isolated and protected environment, and only authorised people have access."),  # noqa: E501 - as above
    "e": mark("Collected data are shared only as data protection law allows; data made in the sandbox never leave it."),  # noqa: E501 - as above
    "f": mark("The processing leads to no measure or decision on the people concerned, and takes nothing from their rights."),  # noqa: E501 - as above
    "g": mark("The data are protected, and deleted when the participation or their retention period ends."),
    "h": mark("The logs of the processing are kept for the duration of the participation."),
    "i": mark("How and why the system was trained, tested and validated is described, and kept with the results of the tests."),  # noqa: E501 - as above
    "j": mark("A short summary of the project, its objectives and expected results is published."),
}  # fmt: skip
REAL: Mapping[str, tuple[str, str]] = {
    "setting": (mark("Where it is done, and with whom"), ""),
    "duration_days": (mark("Duration in days"), mark("Half a year at most.")),
    "extension_days": (
        mark("Extension in days"),
        mark("Half a year at most; leave it empty where there is none."),
    ),
    "extension_reason": (mark("Why it needs longer"), ""),
    "registration": (
        mark("Registration number"),
        mark("The Union-wide unique number of the test."),
    ),
    "established": (mark("Seat in the Union, or representative there"), ""),
    "transfers": (
        mark("Data that go to third countries"),
        mark("And what protects them there; or that none do."),
    ),
    "vulnerable_people": (
        mark("Vulnerable groups"),
        mark("How people are protected for their age or disability."),
    ),
    "deployers": (
        mark("Deployers"),
        mark("What was agreed with them; or that nobody else deploys it."),
    ),
    "oversight": (mark("Oversight"), mark("Who oversees the test, and what qualifies them.")),
    "reversal": (mark("Reversal"), mark("How what the system says is reversed or disregarded.")),
    "recall": (mark("Recall"), mark("How the system is taken back at once.")),
    "consent": (
        mark("Information for consent"),
        mark(
            "What people are told before they consent: what it is for, its conditions, that they may "
            "leave at any time, how to have results reversed, and whom to ask."
        ),
    ),
}
"""Each field of a test in real conditions: its label and its hint."""
GAPS = {
    "title-missing": mark("Say what the project is called."),
    "algorithm-missing": mark("Choose the algorithm that is to be tried."),
    "size-missing": mark("Say how large your organisation is."),
    "summary-missing": mark("Say in short what the project is, aims at and expects."),
    "innovation-missing": mark("Say what is new."),
    "stage-missing": mark("Say how far the system is."),
    "questions-missing": mark("Say which regulatory questions are to be cleared."),
    "risks-missing": mark("Say which risks to health, safety and fundamental rights there are."),
    "plan-objectives-missing": mark("Name at least one objective."),
    "plan-hypotheses-missing": mark("Name at least one hypothesis that the tests can refute."),
    "plan-tests-missing": mark("Plan at least one test."),
    "plan-safeguards-missing": mark("Say what protects people meanwhile."),
    "plan-duration_days-missing": mark("Say for how many days."),
    "plan-exit_criteria-missing": mark("Say when it is over."),
    "plan-supervision-missing": mark("Say how the authority looks on."),
    "real-world-missing": mark("Say this of the test in real conditions: %(field)s."),
    "real-world-too-long": mark(
        "A test in real conditions ends with the participation at the latest."
    ),
    "area-missing": mark("Choose the area of public interest."),
    "permits-missing": mark("Name the data permits that personal data are processed under."),
    "law-missing": mark("Name the law that it is based on."),
    "condition-unmet": mark("Say how condition (%(names)s) is met, and what shows it."),
}


def place_of(gap: Gap) -> tuple[str, str]:
    """The step and the id of the field that ``gap`` is of."""
    if gap.field.startswith("plan.real_world."):
        return "real", "real_" + gap.field.rpartition(".")[2]
    if gap.field == "plan.tests":
        return "tests", "test-0-key"
    if gap.field.startswith("personal_data"):
        last = gap.field.rpartition(".")[2]
        return "data", f"statement-{last}" if gap.names else last
    name = gap.field.removeprefix("plan.")
    step = next(one for one, fields in STEPS.items() if any(f.name == name for f in fields))
    return step, name


def in_words(seen: Visit, gap: Gap) -> str:
    """``gap`` as a sentence in the page's language."""
    label, _hint = REAL.get(gap.field.rpartition(".")[2], ("", ""))
    field = seen.gettext(label) if label else ""
    return seen.gettext(GAPS[gap.kind], names=", ".join(gap.names), field=field)


def values_of(step: str, form: SandboxForm) -> dict[str, str]:
    """What the fields of ``step`` hold, as text."""
    document = form.document()
    if step == "tests":
        return test_values(form.plan)
    if step == "real":
        return _real_values(form.plan)
    if step == "data":
        return _data_values(document["personal_data"])
    return texts_of(STEPS[step], document)


def filled_in(step: str, form: SandboxForm, given: Filled) -> SandboxForm:
    """``form`` with the fields of ``step`` as they were sent; raises ``BadInput`` for what is no form."""
    document = form.document()
    if step == "tests":
        document["plan"]["tests"] = tests_of(given)
    elif step == "real":
        document["plan"]["real_world"] = _real(given)
    elif step == "data":
        document["personal_data"] = _data(given)
    else:
        put_all(STEPS[step], document, given)
    return SandboxForm.read(document)


def plan_of(given: Filled, before: SandboxPlan) -> SandboxPlan:
    """The plan that the authority's page sent, in place of ``before``; raises ``BadInput``."""
    document = before.document()
    put_all(PLAN, document, given)
    return SandboxPlan.read({**document, "tests": tests_of(given)})


def plan_values(plan: SandboxPlan) -> dict[str, str]:
    """What the fields of a plan hold, its tests too."""
    return texts_of(PLAN, plan.document()) | test_values(plan)


def test_values(plan: SandboxPlan) -> dict[str, str]:
    """What the fields of the plan's tests hold."""
    return {
        f"test-{number}-{name}": str(getattr(test, name))
        for number, test in enumerate(plan.tests)
        for name in TEST_FIELDS
    }


def tests_of(given: Filled) -> list[dict[str, str]]:
    """The tests as they were sent; one that is empty where it has to say something is left out."""
    numbers = sorted({int(found[1]) for name in given.values if (found := _TEST.fullmatch(name))})
    rows = [{name: given.text(f"test-{one}-{name}") for name in TEST_FIELDS} for one in numbers]
    return [
        {name: text for name, text in row.items() if text}
        for row in rows
        if any(row[name] for name in _NEEDED)
    ]


def _real(given: Filled) -> dict[str, Any] | None:
    if given.text("real_world") != "yes":
        return None
    told: dict[str, Any] = {name: given.text(f"real_{name}") for name in REAL}
    return told | {
        "duration_days": told["duration_days"] or None,
        "extension_days": told["extension_days"] or 0,
    }


def _real_values(plan: SandboxPlan) -> dict[str, str]:
    known = plan.real_world or RealWorldTest()
    values = {f"real_{name}": str(getattr(known, name) or "") for name in REAL}
    return values | {"real_world": "" if plan.real_world is None else "yes"}


def _data(given: Filled) -> dict[str, Any] | None:
    if given.text("personal") != "yes":
        return None
    return {
        "area": given.text("area") or None,
        "permits": list(given.texts("permits")),
        "law_enforcement": given.has("law_enforcement"),
        "specific_law": given.text("specific_law"),
        "conditions": {
            one.letter: {
                "statement": given.text(f"statement-{one.letter}"),
                "evidence": lines_of(given.text(f"evidence-{one.letter}")),
            }
            for one in CONDITIONS
        },
    }


def _data_values(data: Mapping[str, Any] | None) -> dict[str, str]:
    known = PersonalData().model_dump(mode="json") if data is None else data
    values = {
        "personal": "" if data is None else "yes",
        "area": known["area"] or "",
        "specific_law": known["specific_law"],
        "law_enforcement": "yes" if known["law_enforcement"] else "",
    }
    for one in CONDITIONS:
        met = known["conditions"].get(one.letter, {})
        values[f"statement-{one.letter}"] = met.get("statement", "")
        values[f"evidence-{one.letter}"] = "\n".join(met.get("evidence", ()))
    return values
