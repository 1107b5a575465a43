"""``casemate evaluation``: evaluations of models as evidence, kept in the home."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group

from casemate.assurance.keeping import KeptEvaluation
from casemate.cli.common import Desk, Shown, command, read_document, table
from casemate.clock import timestamp

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """Evaluations of models, as evidence."""


Evaluation = Annotated[str, typer.Argument(help="The evaluation's id.")]


@command(app, "record")
def record(
    desk: Desk,
    document: Annotated[
        Path, typer.Argument(help="The evaluation's JSON, as `assess-model --json` prints it.")
    ],
    algorithm: Annotated[
        str | None, typer.Option(help="The algorithm of your organisation that it is evidence on.")
    ] = None,
) -> Shown:
    """Keep an evaluation that was measured elsewhere."""
    kept = desk.platform.record_evaluation(desk.actor, read_document(document), algorithm)
    return Shown(kept, told(kept))


@command(app, "list")
def list_(
    desk: Desk,
    algorithm: Annotated[str | None, typer.Option(help="Those on one algorithm.")] = None,
    suite: Annotated[str | None, typer.Option(help="Those of one suite.")] = None,
    model: Annotated[str | None, typer.Option(help="Those of one model, by its digest.")] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Those that anyone may read; takes no account.")
    ] = False,
) -> Shown:
    """The evaluations that you may read, the newest first."""
    if public or desk.account is None:
        found = [
            one
            for one in desk.platform.published_evaluations(suite, model)
            if algorithm in (None, one.algorithm)
        ]
    else:
        found = list(desk.platform.evaluations(desk.actor, algorithm, suite, model))
    rows: list[list[object]] = [
        [
            one.id,
            one.model_name,
            one.model_digest[:19],
            f"{one.suite} {one.suite_version}",
            timestamp(one.recorded_at),
            "yes" if one.is_public else "no",
        ]
        for one in found
    ]
    titles = ["Evaluation", "Model", "Digest", "Suite", "Kept", "Public"]
    return Shown(found, table(titles, rows))


@command(app, "show")
def show_evaluation(
    desk: Desk,
    evaluation: Evaluation,
    samples: Annotated[
        bool, typer.Option("--samples", help="With the single answers, where it came with any.")
    ] = False,
) -> Shown:
    """One evaluation: its figures, and what was not tested."""
    kept = desk.platform.evaluation(evaluation, desk.account)
    text = Group(told(kept), "", _figures(kept), "", *_untested(kept))
    if not samples:
        return Shown(kept, text)
    answers = desk.platform.evaluation_samples(evaluation, desk.account)
    return Shown({"evaluation": kept, "samples": list(answers)}, text)


@command(app, "publish")
def publish(desk: Desk, evaluation: Evaluation) -> Shown:
    """Let anyone read an evaluation."""
    kept = desk.platform.publish_evaluation(desk.actor, evaluation)
    return Shown(kept, f"{kept.id} is public.")


def told(kept: KeptEvaluation) -> str:
    """What was kept, in a sentence."""
    on = "" if kept.algorithm is None else f", evidence on {kept.algorithm}"
    where = f"in the enclave by {kept.run}" if kept.run else "elsewhere, and handed in"
    return (
        f"{kept.id}: {kept.suite} {kept.suite_version} of {kept.model_name} "
        f"({kept.model_digest[:19]}){on}; measured {where}."
    )


def _figures(kept: KeptEvaluation) -> Any:
    rows: list[list[object]] = [
        [
            one["check"],
            one["measure"],
            one.get("group", ""),
            _number(one["estimate"]) or one.get("withheld", ""),
            f"{_number(one['low'])} to {_number(one['high'])}"
            if one.get("low") is not None
            else "",
            one.get("verdict", ""),
        ]
        for one in kept.figures
    ]
    return table(["Check", "Measure", "Of", "Estimate", "Interval", "Finding"], rows)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _untested(kept: KeptEvaluation) -> list[str]:
    return [f"Not tested: {one['check']}: {one['why']}." for one in kept.document["not_tested"]]
