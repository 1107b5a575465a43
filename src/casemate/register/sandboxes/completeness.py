"""Whether an application for the sandbox, or a plan, says all it must. Every gap is named at once."""

from collections.abc import Iterator

from casemate.access import Gap
from casemate.errors import BadInput
from casemate.register.sandboxes.conditions import CONDITIONS
from casemate.register.sandboxes.forms import PersonalData, SandboxForm, SandboxPlan

_TEXTS = {
    "title": "say what the project is called",
    "algorithm": "name the algorithm of the register that is to be tried",
    "size": "say how large the organisation is that takes part",
    "summary": "say in short what the project is, what it aims at and what is expected",
    "innovation": "say what is new",
    "stage": "say how far the system is",
    "questions": "say which regulatory questions are to be cleared",
    "risks": "say which risks to health, safety and fundamental rights there are",
}
_PLAN = {
    "objectives": "name at least one objective",
    "hypotheses": "name at least one hypothesis that the tests can refute",
    "tests": "plan at least one test",
    "safeguards": "say what protects people meanwhile",
    "duration_days": "say for how many days",
    "exit_criteria": "say when it is over",
    "supervision": "say how the authority looks on",
}

_REAL_WORLD = {
    "setting": "say where the test is done, and with whom",
    "duration_days": "say for how many days, half a year at most",
    "registration": "give the number under which the test is registered",
    "established": "name the seat in the Union, or the representative there",
    "transfers": "say whether data go to third countries, and what protects them",
    "vulnerable_people": "say how people of vulnerable groups are protected",
    "deployers": "say who deploys it and what was agreed, or that nobody else does",
    "oversight": "say who oversees the test, and what qualifies them",
    "reversal": "say how what the system says is reversed or disregarded",
    "recall": "say how the system is taken back at once",
    "consent": "give the information on which people consent",
}


def gaps(form: SandboxForm) -> tuple[Gap, ...]:
    """Everything that keeps ``form`` from being handed in, in its order."""
    texts = [
        Gap(name, f"{name}-missing", told)
        for name, told in _TEXTS.items()
        if not getattr(form, name)
    ]
    return (*texts, *plan_gaps(form.plan), *_personal(form.personal_data))


def plan_gaps(plan: SandboxPlan) -> tuple[Gap, ...]:
    """Everything that keeps ``plan`` from being agreed on."""
    found = [
        Gap(f"plan.{name}", f"plan-{name}-missing", told)
        for name, told in _PLAN.items()
        if not getattr(plan, name)
    ]
    return (*found, *_real_world(plan))


def _real_world(plan: SandboxPlan) -> Iterator[Gap]:
    test = plan.real_world
    if test is None:
        return
    for name, told in _REAL_WORLD.items():
        if not getattr(test, name):
            yield Gap(f"plan.real_world.{name}", "real-world-missing", told)
    if test.extension_days and not test.extension_reason:
        told = "say why the test needs longer than was planned"
        yield Gap("plan.real_world.extension_reason", "real-world-missing", told)
    lasts = (test.duration_days or 0) + test.extension_days
    if plan.duration_days and lasts > plan.duration_days:
        told = "a test in real conditions ends with the participation at the latest"
        yield Gap("plan.real_world.duration_days", "real-world-too-long", told)


def _personal(data: PersonalData | None) -> Iterator[Gap]:
    if data is None:
        return
    if data.area is None:
        yield Gap(
            "personal_data.area", "area-missing", "name the area of substantial public interest"
        )
    if not data.permits:
        told = "name the data permits that the personal data are processed under"
        yield Gap("personal_data.permits", "permits-missing", told)
    if data.law_enforcement and not data.specific_law:
        told = "name the law that it is based on, as Art. 59(2) asks of law enforcement"
        yield Gap("personal_data.specific_law", "law-missing", told)
    for one in CONDITIONS:
        met = data.conditions.get(one.letter)
        if met is None or not met.statement or not any(met.evidence):
            told = "say how the condition is met, and name what shows it"
            place = f"personal_data.conditions.{one.letter}"
            yield Gap(place, "condition-unmet", told, names=(one.letter,))


def require_complete(found: tuple[Gap, ...], what: str) -> None:
    """Raise ``BadInput`` naming every one of ``found``; return where there is none."""
    if found:
        raise BadInput(f"{what}: " + "; ".join(gap.sentence for gap in found))
