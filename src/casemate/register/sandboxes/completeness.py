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
    return tuple(
        Gap(f"plan.{name}", f"plan-{name}-missing", told)
        for name, told in _PLAN.items()
        if not getattr(plan, name)
    )


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
