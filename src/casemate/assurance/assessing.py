"""What the law asks of a system by its class and kind, and what shows it: three values a requirement.

*Shown*: every test of it passed and every field is told. *Not shown*: a test failed, or a field is missing.
*Not tested*: nothing speaks against it, and a test that would show it was not made. The table is
``requirements.toml``. Figures count where they are of the model that the entry is about.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from casemate.assurance.gate import Standing
from casemate.assurance.keeping import KeptEvaluation
from casemate.assurance.naming import NamedModel
from casemate.assurance.results import EVERYBODY
from casemate.register.keeping import KeptRecord
from casemate.register.law import Answer
from casemate.register.records import fields

Verdict = Literal["shown", "not shown", "not tested"]
Kind = Literal["tabular", "rules", "language"]
KINDS: tuple[Kind, ...] = ("tabular", "rules", "language")


@dataclass(frozen=True)
class Test:
    """How a figure of an evaluation shows a requirement; see the head of ``requirements.toml``."""

    kinds: tuple[str, ...]
    check: str
    reason: str
    measure: str = ""
    group: str = ""
    suites: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()
    any: bool = False
    """Whether one figure that passes is enough; else all of them have to."""
    beats: str = ""
    most: float | None = None
    least: float | None = None

    @property
    def what(self) -> str:
        """The test in words."""
        where = f" ({', '.join(self.suites)})" if self.suites else ""
        return f"{self.check}{': ' + self.measure if self.measure else ''}{where}"


@dataclass(frozen=True)
class Requirement:
    """One thing that the law asks for."""

    id: str
    article: str
    title: str
    asks: str
    classes: tuple[str, ...]
    fields: tuple[str, ...] = ()
    tests: tuple[Test, ...] = ()
    draws: tuple[str, ...] = ()
    ledger: bool = False
    published: bool = False


@dataclass(frozen=True)
class Finding:
    """One figure that was read: what it says, and which evaluation it is of."""

    says: str
    verdict: Verdict
    evaluation: str
    figure: Mapping[str, Any]


@dataclass(frozen=True)
class Drawing:
    """A measure of one evaluation by group, to be drawn."""

    measure: str
    evaluation: str
    figures: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Lack:
    """What is missing for a requirement: a field, or a test; and where it is given."""

    what: str
    where: str


@dataclass(frozen=True)
class Judged:
    """A requirement with its verdict, what was found, and what is missing."""

    requirement: Requirement
    verdict: Verdict
    findings: tuple[Finding, ...]
    told: Mapping[str, str]
    lacks: tuple[Lack, ...]
    drawings: tuple[Drawing, ...] = ()


@dataclass(frozen=True)
class Known:
    """What an assessment is made from."""

    kept: KeptRecord
    answer: Answer
    kind: Kind
    model: NamedModel | None
    evaluations: tuple[KeptEvaluation, ...]
    standing: Standing
    is_public: bool
    runs: int
    """Of its models in the enclave, on the ledger."""


@dataclass(frozen=True)
class Assessment:
    """A system held against the law."""

    algorithm: str
    name: str
    version: int
    record: str
    day: date
    law: str
    cls: str
    decided: bool
    says: str
    kind: Kind
    model: str | None
    standing: Standing
    requirements: tuple[Judged, ...]
    evidence: tuple[str, ...]
    contradiction: str = ""
    notes: tuple[str, ...] = field(default=())

    def of(self, verdict: Verdict) -> tuple[Judged, ...]:
        """The requirements with this verdict."""
        return tuple(one for one in self.requirements if one.verdict == verdict)


@cache
def requirements() -> tuple[Requirement, ...]:
    """The table."""
    text = (files(__package__) / "requirements.toml").read_text(encoding="utf-8")
    return tuple(_requirement(one) for one in tomllib.loads(text)["requirement"])


def _requirement(row: dict[str, Any]) -> Requirement:
    tests = tuple(Test(**_frozen(one)) for one in row.get("tests", ()))
    return Requirement(**_frozen(row) | {"tests": tests})


def _frozen(row: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(one) if isinstance(one, list) else one for name, one in row.items()}


def assess(known: Known) -> Assessment:
    """``known`` held against what the law asks of its class."""
    answer = known.answer if known.answer.decided else known.answer.as_stated or known.answer
    digest = _model_of(known)
    counted = [one for one in known.evaluations if one.model_digest == digest]
    asked = [one for one in requirements() if answer.cls in one.classes]
    return Assessment(
        algorithm=known.kept.algorithm,
        name=known.kept.record.name,
        version=known.kept.version,
        record=known.kept.digest,
        day=known.answer.as_of,
        law=known.answer.version.title,
        cls=answer.cls,
        decided=known.answer.decided,
        says=answer.says,
        kind=known.kind,
        model=digest,
        standing=known.standing,
        requirements=tuple(_judged(one, known, counted) for one in asked),
        evidence=tuple(one.id for one in counted),
        contradiction=_contradiction(known, answer),
        notes=tuple(_notes(known, counted)),
    )


def kind_of(evaluations: Sequence[KeptEvaluation], record_type: str) -> Kind:
    """The kind of a system, by what was evaluated of it; where nothing was, by its record."""
    kind = evaluations[0].model_kind.lower() if evaluations else record_type.lower()
    if "rule" in kind:
        return "rules"
    is_language = any(word in kind for word in ("local", "endpoint", "gguf", "language", "llm"))
    return "language" if is_language else "tabular"


def _model_of(known: Known) -> str | None:
    if known.model is not None:
        return known.model.digest
    return known.evaluations[0].model_digest if known.evaluations else None


def _contradiction(known: Known, answer: Answer) -> str:
    claimed = known.kept.record.told.get("ai_act_class")
    if claimed is None or claimed == answer.cls:
        return ""
    return (
        f"The record says {claimed}, and by the facts it is {answer.cls} "
        f"(Art. {', '.join(answer.articles) or 'none'}): one of them is wrong."
    )


def _notes(known: Known, counted: Sequence[KeptEvaluation]) -> Iterator[str]:
    if known.model is None:
        yield "The entry names no model: figures are those of the model that was evaluated last."
    if left_out := len(known.evaluations) - len(counted):
        several = "evaluation is" if left_out == 1 else "evaluations are"
        yield f"{left_out} {several} of other models, and left out."
    if any(one.run is None for one in counted):
        yield "Some evaluations were measured elsewhere and handed in: nobody here saw them made."
    if not known.answer.decided:
        asked = ", ".join(one.fact for one in known.answer.questions[:5])
        yield f"The class is not certain while these facts are not told: {asked}."


def _judged(asked: Requirement, known: Known, counted: Sequence[KeptEvaluation]) -> Judged:
    tests = [one for one in asked.tests if known.kind in one.kinds]
    read = [(one, list(_read(one, counted))) for one in tests]
    findings = [each for _, found in read for each in found]
    untested = [one for one, found in read if not found]
    told = {
        name: _shown(known.kept.record.told[name])
        for name in asked.fields
        if name in known.kept.record.told
    }
    lacks = [*_lacking(asked, known), *(_untested(one) for one in untested)]
    verdicts = {_of_test(one, found) for one, found in read if found}
    missing = len(told) < len(asked.fields) or _is_missing(asked, known)
    verdict: Verdict = "shown"
    if missing or "not shown" in verdicts:
        verdict = "not shown"
    elif untested:
        verdict = "not tested"
    drawings = tuple(_drawings(asked, counted))
    return Judged(asked, verdict, tuple(findings), told, tuple(lacks), drawings)


def _drawings(asked: Requirement, counted: Sequence[KeptEvaluation]) -> Iterator[Drawing]:
    for evaluation in counted:
        for name in asked.draws:
            figures = tuple(
                one
                for one in evaluation.figures
                if f"{one['check']}: {one['measure']}" == name and one.get("low") is not None
            )
            if len(figures) > 1:
                yield Drawing(name.partition(": ")[2], evaluation.id, figures)


def _is_missing(asked: Requirement, known: Known) -> bool:
    return (asked.ledger and not known.runs) or (asked.published and not known.is_public)


def _of_test(test: Test, found: Sequence[Finding]) -> Verdict:
    good = [one.verdict == "shown" for one in found]
    return "shown" if (any(good) if test.any else all(good)) else "not shown"


def _lacking(asked: Requirement, known: Known) -> Iterator[Lack]:
    for name in asked.fields:
        if name not in known.kept.record.told:
            yield Lack(fields()[name].label, f"register revise {known.kept.algorithm} ({name})")
    if asked.ledger and not known.runs:
        yield Lack("runs of its model on the ledger", "run submit, assess --permit")
    if asked.published and not known.is_public:
        yield Lack("publication of its entry", f"register publish {known.kept.algorithm}")


def _untested(test: Test) -> Lack:
    how = "observatory run" if test.suites else "assess-model --record, or assess --permit"
    return Lack(f"a test: {test.what}", how)


def _read(test: Test, evaluations: Sequence[KeptEvaluation]) -> Iterator[Finding]:
    for evaluation in evaluations:
        if test.suites and not evaluation.suite.startswith(test.suites):
            continue
        for one in evaluation.figures:
            wanted = one["check"] == test.check and test.measure in ("", one["measure"])
            in_group = not test.group or one.get("group", EVERYBODY) == test.group
            if wanted and in_group and one["estimate"] is not None:
                verdict = _verdict(test, one)
                if verdict is not None:
                    yield Finding(_sentence(one), verdict, evaluation.id, one)


def _verdict(test: Test, one: Mapping[str, Any]) -> Verdict | None:
    if test.beats:
        base, low = one.get("baseline"), one.get("low")
        return "shown" if base is not None and low is not None and low > base else "not shown"
    if test.most is not None:
        return "shown" if one.get("high") is not None and one["high"] <= test.most else "not shown"
    if test.least is not None:
        return "shown" if one.get("low") is not None and one["low"] >= test.least else "not shown"
    if one.get("verdict") in test.passes:
        return "shown"
    if test.fails and one.get("verdict") in test.fails:
        return "not shown"
    return "not shown" if test.measure else None


def _sentence(one: Mapping[str, Any]) -> str:
    text = f"{one['measure']} of {one.get('group') or EVERYBODY}: {one['estimate']:.3f}"
    if one.get("low") is not None and one.get("high") is not None:
        text += f" ({one['low']:.3f} to {one['high']:.3f})"
    return f"{text}, {one['verdict']}" if one.get("verdict") else text


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(next(iter(value.values())))
    return ", ".join(value) if isinstance(value, tuple | list) else str(value)
