"""Whether a model may go out into the world, by what was measured of it: the rules are in ``gate.toml``.

A failure stands: evaluations of the same bytes are not outvoted by a later one on other people. Other bytes
are another model; or an authority decides otherwise, with a reason.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from casemate.assurance.keeping import KeptEvaluation
from casemate.assurance.naming import ModelException, NamedModel
from casemate.errors import NotAllowed
from casemate.register.records import Record


class KeptBack(NotAllowed):
    """A model is not fit to go out; the message says by which figures, and what to do."""

    title = "Kept back"


@dataclass(frozen=True)
class GateRule:
    """A figure that keeps a model back, and why it does."""

    id: str
    check: str
    measure: str
    fails: frozenset[str]
    says: str
    reason: str


@dataclass(frozen=True)
class Gate:
    """The rules of the house; ``points`` of Annex III are those that they hold for."""

    points: frozenset[str]
    why: str
    rules: tuple[GateRule, ...]


@dataclass(frozen=True)
class Standing:
    """How a model stands. ``passes`` is ``None`` where its entry is not one that the rules hold for."""

    passes: bool | None
    why: str
    model: str | None = None
    evidence: tuple[str, ...] = ()
    """The evaluations that were looked at."""
    excepted: bool = False


@cache
def gate() -> Gate:
    """The rules as their file has them."""
    told = tomllib.loads((files(__package__) / "gate.toml").read_text(encoding="utf-8"))
    rules = tuple(GateRule(**one | {"fails": frozenset(one["fails"])}) for one in told["rule"])
    return Gate(frozenset(told["points"]), told["why"], rules)


def is_held(record: Record) -> bool:
    """Whether the rules hold for the system that ``record`` is of: whether it selects people.

    Also where its keepers hold it exempt (Art. 6(3)): nobody has looked at that yet.
    """
    return not gate().points.isdisjoint(record.told.get("annex_iii_points", ()))


def judge(
    model: NamedModel | None,
    evaluations: Sequence[KeptEvaluation],
    exception: ModelException | None,
) -> Standing:
    """How ``model`` stands by the ``evaluations`` that are kept on its entry, of this model and others."""
    if model is None:
        return Standing(
            False,
            "its entry names no model: say which one it is about (`casemate model name`)",
        )
    of_it = [one for one in evaluations if one.model_digest == model.digest and _counts(one, model)]
    named = tuple(one.id for one in of_it)
    if exception is not None:
        return Standing(
            True, f"the authority decided otherwise: {exception.reason}", model.digest, named, True
        )
    if not of_it:
        return Standing(False, _unmeasured(model, evaluations), model.digest)
    failures = [f"{one.id}: {said}" for one in of_it for said in failing(one.figures)]
    if failures:
        text = "; ".join(failures)
        ways = "train it anew, or ask the authority to decide otherwise with a reason"
        return Standing(False, f"{text}: {ways}", model.digest, named)
    if not any(_compares(one.figures) for one in of_it):
        text = "no evaluation of it compares how groups are selected: name the protected columns"
        return Standing(False, text, model.digest, named)
    text = "no group is selected at a rate that differs"
    return Standing(True, text, model.digest, named)


def failing(figures: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What keeps a model back, a sentence for each figure that does."""
    for rule in gate().rules:
        for one in _of(rule, figures):
            if one.get("verdict") in rule.fails:
                yield rule.says.format(
                    group=one.get("group", ""),
                    share=_share(one),
                    points=f"{100 * abs(one['estimate']):.1f}",
                    baseline=str(one.get("baseline_of", "")).removeprefix("as "),
                )


def _compares(figures: Sequence[Mapping[str, Any]]) -> bool:
    """Whether every rule has a figure to go by that is told."""
    return all(
        any(one["estimate"] is not None for one in _of(rule, figures)) for rule in gate().rules
    )


def _of(rule: GateRule, figures: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    wanted = (rule.check, rule.measure)
    return (
        one
        for one in figures
        if (one["check"], one["measure"]) == wanted and one["estimate"] is not None
    )


def _counts(evaluation: KeptEvaluation, model: NamedModel) -> bool:
    """Of a model that lies in the enclave, what the enclave measured counts, and what is told does not."""
    return evaluation.run is not None or model.output is None


def _unmeasured(model: NamedModel, evaluations: Sequence[KeptEvaluation]) -> str:
    others = [one for one in evaluations if one.model_digest != model.digest]
    text = f"no evaluation of its model ({model.digest[:19]}) is kept"
    if model.output is not None:
        text = f"no evaluation in the enclave of its model ({model.digest[:19]}) is kept"
    if others:
        text += f", the newest is of another one ({others[0].model_digest[:19]})"
    return f"{text}: assess it"


def _share(one: Mapping[str, Any]) -> str:
    text = f"{one['estimate']:.1%}"
    if one.get("low") is not None and one.get("high") is not None:
        text += f" ({one['low']:.1%} to {one['high']:.1%})"
    return text
