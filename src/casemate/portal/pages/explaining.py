"""Runs and outputs in plain words: where they stand, what the check has against one, what can be done.

The check's own sentences name rows and thresholds, in English; what is here says what such a sentence means
for people and what to change. None of it quotes anything of the data.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from casemate.enclave import Output, OutputState, RunEvent, RunState
from casemate.portal.pages.language import mark
from casemate.portal.pages.visit import Visit

RUN_STATES: Mapping[RunState, tuple[str, str]] = {
    RunState.queued: (mark("Queued"), "info"),
    RunState.running: (mark("Running"), "info"),
    RunState.checking: (mark("Being checked"), "info"),
    RunState.awaiting_review: (mark("Awaiting an output checker"), "warn"),
    RunState.released: (mark("Over: outputs were released"), "good"),
    RunState.refused: (mark("Over: no output may leave"), "bad"),
    RunState.failed: (mark("Failed"), "bad"),
    RunState.cancelled: (mark("Stopped"), "bad"),
}
"""What a run's state is called, and its tone."""
OUTPUT_STATES: Mapping[OutputState, tuple[str, str]] = {
    OutputState.held: (mark("Held"), "warn"),
    OutputState.cleared: (mark("Cleared"), "info"),
    OutputState.released: (mark("Released"), "good"),
    OutputState.refused: (mark("Not let out"), "bad"),
}
VERDICTS: Mapping[str, str] = {
    "pass": mark("It passes"),
    "review": mark("A person has to look"),
    "refuse": mark("It may not leave"),
}
"""What the machine says of an output."""
EVENTS: Mapping[str, str] = {
    "run.submitted": mark("The program was handed in"),
    "data.protected": mark("The protected view of %(dataset)s was made"),
    "run.running": mark("The data are ready: the sandbox starts"),
    "run.checking": mark("The program has ended: the check of its outputs begins"),
    "run.awaiting_review": mark("Every output is checked: an output checker decides"),
    "run.released": mark("The run is over: outputs were released"),
    "run.refused": mark("The run is over: no output may leave"),
    "run.failed": mark("The run failed: nothing leaves"),
    "run.cancelled": mark("The run was stopped"),
    "output.kept": mark("The program left an output"),
    "output.checked": mark("An output was checked"),
    "output.cleared_first": mark("A first checker cleared an output: a second one looks"),
    "output.cleared": mark("An output was cleared"),
    "output.kept_back": mark("An output was kept back for a person to see"),
    "output.held_again": mark("An output is held again: it would disclose by now"),
    "output.repaired": mark("A repair of an output was made"),
    "output.refused": mark("An output was refused"),
    "output.released": mark("An output was released"),
}
"""Events of a run's live account, by their act."""


@dataclass(frozen=True)
class Advice:
    """What a rule of the check is about, and what to do."""

    meaning: str
    remedy: str


_FEW = Advice(
    mark("Some of its figures are of so few people that somebody could be recognised."),
    mark("Use fewer or wider groups, or take one of the repairs."),
)
_SAME = Advice(
    mark("It says the same of everybody in a group, and so something of each of them."),
    mark("Join that group with another, or leave that column out."),
)
_LARGE = Advice(
    mark("One or a few people make up most of a figure, so that their values could be worked out."),
    mark("Show counts or medians, or use wider groups."),
)
_DIFFERENCE = Advice(
    mark("Together with what was released before, it would tell of a small group of people."),
    mark(
        "Use the groups of the earlier release again, or groups that differ from them by many people."
    ),
)
_MODEL = Advice(
    mark("The model has many parameters for its people, or follows single ones of them."),
    mark("Use fewer terms or more people, and round the figures to what their number supports."),
)
_RECORDS = Advice(
    mark("It holds records of people, or what looks like them, or hides something."),
    mark("Write tables of figures, never rows, numbers or names of people."),
)
_UNPROVEN = Advice(
    mark("The check could not compute all of its figures again from the data."),
    mark("Write it with casemate.analysis, which leaves a recipe that the check can carry out."),
)
_KIND = Advice(
    mark("Files of this kind are not let out by a machine, or not at all under this permit."),
    mark("Write tables as CSV and results as JSON; everything else waits for a person."),
)
_WORDS = Advice(
    mark("It is text that no machine can judge: an output checker reads it first."),
    mark("Print little, and put results into tables."),
)
_SIZE = Advice(
    mark("It is empty, or larger than a result is."),
    mark("Write the few figures that answer the question."),
)
_FORMULA = Advice(
    mark("A spreadsheet would run one of its cells instead of showing it."),
    mark("Begin no cell with =, + or @."),
)
_NAME = Advice(
    mark("The program does not spell the file's name out, so that the name could carry data."),
    mark("Write the name into the program as it is."),
)
_OTHER = Advice(
    mark("The check found what is told below."),
    mark("Change the program and run it again, or ask an output checker."),
)
BY_RULE: Mapping[str, Advice] = {
    **dict.fromkeys(
        ("minimum cell count", "small category", "end bins", "survival step", "small leaves",
         "quantile", "few differ", "small difference"), _FEW),
    **dict.fromkeys(
        ("class disclosure", "all values equal", "missing as a group", "perfect fit", "zero cells"), _SAME),
    **dict.fromkeys(("dominance", "p percent", "p %", "extremes"), _LARGE),
    "differencing": _DIFFERENCE,
    **dict.fromkeys(
        ("saturation", "saturated", "degrees of freedom", "leverage", "parameters", "digits",
         "too many figures", "many figures", "model", "weights", "undeclared", "card",
         "not attacked", "tells of its people", "implausible", "estimate", "evaluation"), _MODEL),
    **dict.fromkeys(
        ("unit records", "holds people", "embedded values", "pseudonym", "hidden data"), _RECORDS),
    **dict.fromkeys(
        ("not recomputed", "no recipe", "not reproduced", "claim not reproduced", "recipe",
         "words of the recipe", "no rule"), _UNPROVEN),
    **dict.fromkeys(
        ("file type", "type", "malformed", "picture", "image", "drawing", "notebook"), _KIND),
    **dict.fromkeys(("log", "free text"), _WORDS),
    **dict.fromkeys(("too large", "size", "empty"), _SIZE),
    "formula": _FORMULA,
    "name": _NAME,
}  # fmt: skip
PRAISE = frozenset({"reproduced", "suppression", "rounding", "figure", "attacked", "tolerance"})
"""Rules that say what was found well."""


@dataclass(frozen=True)
class Explained:
    """One thing that the check has against an output, for whoever ran the program; ``sentences`` are the
    check's own, in English."""

    meaning: str
    remedy: str
    sentences: tuple[str, ...]


def explained(seen: Visit, output: Output) -> list[Explained]:
    """Why ``output`` is held back, in the page's language; empty where nothing is against it."""
    found: dict[Advice, list[str]] = {}
    for reason in (output.verdict or {}).get("reasons", ()):
        if reason["rule"] not in PRAISE:
            advice = BY_RULE.get(reason["rule"], _OTHER)
            found.setdefault(advice, []).append(str(reason["message"]))
    return [
        Explained(seen.gettext(one.meaning), seen.gettext(one.remedy), tuple(sentences))
        for one, sentences in found.items()
    ]


def told(seen: Visit, event: RunEvent) -> str:
    """An event of a run in the page's language."""
    values = {"dataset": event.detail["dataset"]} if event.act == "data.protected" else {}
    return seen.gettext(EVENTS[event.act], **values)
