"""One model on one table: every check that it allows, and a word on each that it does not."""

from collections.abc import Callable
from dataclasses import asdict

from casemate.assurance.results import Evaluation, Figure, NotTested, Subject, machine
from casemate.assurance.statistics.intervals import require_level
from casemate.assurance.tabular.attacks import attacks
from casemate.assurance.tabular.data import Table
from casemate.assurance.tabular.explanation import explanation
from casemate.assurance.tabular.fairness import fairness
from casemate.assurance.tabular.models import Model
from casemate.assurance.tabular.performance import performance
from casemate.assurance.tabular.shift import shift
from casemate.assurance.tabular.trial import Settings, Trial
from casemate.errors import BadInput

SUITE, SUITE_VERSION = "casemate.tabular", "1"
SEED = 20_261_130
CHECKS = ("performance", "fairness", "shift", "explanation", "attacks")
Told = tuple[list[Figure], list[NotTested]]
Progress = Callable[[int, int, str], None]


def evaluate(
    model: Model,
    table: Table,
    *,
    settings: Settings | None = None,
    seed: int = SEED,
    checks: tuple[str, ...] = CHECKS,
    progress: Progress | None = None,
) -> Evaluation:
    """Try ``model`` on ``table``. The same arguments give the same bytes on the same machine.

    ``checks`` are those asked for; ``progress`` hears how many are done, of how many, and what is next.
    Raises ``BadInput`` where the model does not fit the table.
    """
    used = settings or Settings()
    _require(used, checks)
    _tell(progress, 0, len(checks) + 1, "asking the model")
    trial = Trial(model, table, model.says(table.rows.select(table.features)), used, seed)
    figures: list[Figure] = []
    left_out: list[NotTested] = []
    for done, check in enumerate(checks, start=1):
        _tell(progress, done, len(checks) + 1, check)
        found, missing = _CHECKS[check](trial)
        figures += found
        left_out += missing
    left_out += [NotTested(one, "it was not asked for") for one in CHECKS if one not in checks]
    _tell(progress, len(checks) + 1, len(checks) + 1, "done")
    return Evaluation(
        SUITE,
        SUITE_VERSION,
        Subject(model.name, model.kind, model.digest),
        _data(table),
        seed,
        {**asdict(used), "checks": list(checks)},
        machine(),
        tuple(figures),
        (*left_out, *_ALWAYS),
    )


def _data(table: Table) -> Subject:
    details = {
        "rows": len(table),
        "target": table.target,
        "positive": table.positive,
        "features": list(table.features),
        "protected": list(table.groups),
        "trained on some of it": table.trained is not None,
    }
    return Subject(table.name, "table", table.digest, details)


def _performance(trial: Trial) -> Told:
    found = performance(
        trial.table,
        trial.said,
        trial.divided,
        least=trial.settings.least,
        level=trial.settings.level,
        seed=trial.seed,
    )
    if trial.said.scores is not None:
        return found, []
    return found, [NotTested("area under the curve, calibration", "the model tells no scores")]


def _fairness(trial: Trial) -> Told:
    if not trial.table.groups:
        return [], [NotTested("fairness", "no protected column was named")]
    return fairness(
        trial.table, trial.said, trial.divided, level=trial.settings.level, seed=trial.seed
    )


_CHECKS: dict[str, Callable[[Trial], Told]] = {
    "performance": _performance,
    "fairness": _fairness,
    "shift": shift,
    "explanation": explanation,
    "attacks": attacks,
}
_ALWAYS = (
    NotTested(
        "whether the truth is right",
        "the column that is taken for the truth may be wrong, and more so for some groups",
    ),
    NotTested("what decisions lead to", "no data here say what became of the people decided on"),
)


def _require(settings: Settings, checks: tuple[str, ...]) -> None:
    require_level(settings.level)
    if unknown := [one for one in checks if one not in CHECKS]:
        raise BadInput(f"there is no check {unknown[0]!r}; there are {', '.join(CHECKS)}")
    if settings.least < 1 or settings.most_rows < 20 or settings.repeats < 2:
        raise BadInput("settings: at least 1 person in a group, 20 rows, 2 repeats")
    if not settings.noise >= 0 or not 0 <= settings.wrong_labels <= 1 or settings.digits < 1:
        raise BadInput("settings: noise from 0 on, wrong labels from 0 to 1, 1 digit or more")


def _tell(progress: Progress | None, done: int, of: int, what: str) -> None:
    if progress is not None:
        progress(done, of, what)
