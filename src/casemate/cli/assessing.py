"""``casemate assess``: a system of the register held against the law, with its evidence, in one report."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group

from casemate.cli.common import Desk, Shown, read_document, table, writing
from casemate.cli.protect.progress import counting
from casemate.errors import BadInput


def assess(
    desk: Desk,
    system: Annotated[str, typer.Argument(help="The algorithm's id in the register.")],
    permit: Annotated[
        str | None,
        typer.Option(help="Try its model in the enclave first, on the view of this permit."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="With --permit: the output that holds the model.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="With --permit: the model's file (ONNX, a pickle).")
    ] = None,
    rule: Annotated[
        Path | None,
        typer.Option(help="With --permit: a rule system, as an expression in TOML or JSON."),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="With --permit: the dataset, where it opens several.")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="With --permit: the column with what is so.")
    ] = None,
    positive: Annotated[
        str | None, typer.Option(help="With --permit: the value that it decides for.")
    ] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(help="With --permit: a column that it reads, in its order; repeat it."),
    ] = None,
    protected: Annotated[
        list[str] | None,
        typer.Option(help="With --permit: a column whose groups are compared; repeat it."),
    ] = None,
    threshold: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Scores from which it decides for somebody.")
    ] = 0.5,
    facts: Annotated[
        Path | None,
        typer.Option(help="What is known of the system for the law; else what its record tells."),
    ] = None,
    closed: Annotated[
        bool, typer.Option("--closed", help="What the facts do not state does not apply.")
    ] = False,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The day to judge for (default: today).")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write the report as a page (HTML).")] = None,
    pdf: Annotated[Path | None, typer.Option(help="Write the report as PDF (tagged).")] = None,
    docx: Annotated[Path | None, typer.Option(help="Write the report as DOCX.")] = None,
) -> Shown:
    """Hold a system of the register against the law: what is shown, what is missing, in one report."""
    wanted = {
        "model": _model(model, file, rule),
        "data": data,
        "target": target,
        "positive": positive,
        "features": feature or [],
        "protected": protected or [],
        "threshold": threshold,
        "algorithm": system,
    }
    files = {"html": report, "pdf": pdf, "docx": docx}
    with _bar() as hear:
        hear(0)
        tried = {} if permit is None else _try(desk, permit, wanted)
        hear(1)
        if permit is None and wanted["model"] is not None:
            raise BadInput("a model is tried under a permit: name it with --permit")
        found = desk.platform.assess_system(
            desk.actor,
            system,
            facts=_facts(facts),
            closed=closed,
            day=_day(as_of),
            forms=[form for form, path in files.items() if path is not None],
        )
        hear(2)
        for form, path in files.items():
            if path is not None:
                with writing(path):
                    path.write_bytes(found.documents[form])
        hear(3)
    told = {"assessment": found.assessment, "digest": found.digest, **tried}
    return Shown(told, _told(found.assessment, tried))


def _model(output: str | None, file: Path | None, rule: Path | None) -> Any:
    given = [one for one in (output, file, rule) if one is not None]
    if len(given) > 1:
        raise BadInput("name one model: --model OUTPUT, --file FILE or --rule FILE")
    if output is not None:
        return {"output": output}
    if file is not None:
        from casemate.assurance.tabular.models import read_model

        content = base64.b64encode(read_model(file)).decode()
        return {"file": {"name": file.name, "base64": content}}
    return None if rule is None else {"rule": read_document(rule)}


def _try(desk: Desk, permit: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Have the model tried; gives the run and the output that awaits the checkers."""
    if wanted["model"] is None or wanted["target"] is None:
        raise BadInput("to try a model, name it (--model, --file or --rule) and its --target")
    request = {name: one for name, one in wanted.items() if one is not None}
    platform = desk.platform
    handed = platform.evaluate_in_place(desk.actor, permit, json.dumps(request).encode())
    run = platform.wait(desk.actor, handed.id)
    if run.reason:
        raise BadInput(f"{run.id} {run.state.value}: {run.reason}")
    outputs = [one.id for one in platform.outputs(desk.actor, run.id)]
    return {"run": run.id, "state": run.state.value, "outputs": outputs}


def _facts(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    document = read_document(path)
    document.pop("as_of", None)
    found = document.get("facts", document)
    if not isinstance(found, dict):
        raise BadInput(f"{path}: `facts` is no table of facts")
    return found


def _day(text: str | None) -> Any:
    from casemate.register.law.cases import read_day

    return read_day(text, "--as-of")


@contextmanager
def _bar() -> Iterator[Any]:
    """A bar on standard error, where that is a terminal."""
    with counting("steps") as hear:
        yield (lambda done: None) if hear is None else (lambda done: hear(done, 3))


def _told(found: Any, tried: dict[str, Any]) -> Group:
    rows: list[list[object]] = [
        [
            f"Art. {one.requirement.article}",
            one.requirement.title,
            one.verdict,
            "; ".join(lack.what for lack in one.lacks),
        ]
        for one in found.requirements
    ]
    words = {True: "It may go out", False: "It is kept back", None: "Nothing keeps it back"}
    waits = [f"Its figures await the output check: {', '.join(tried['outputs'])}."] if tried else []
    return Group(
        *waits,
        f"{found.name}, {found.day.isoformat()}, {found.law}: {found.says}",
        *([found.contradiction] if found.contradiction else []),
        table(["Article", "Requirement", "Verdict", "Missing"], rows),
        f"{words[found.standing.passes]}: {found.standing.why}.",
        *found.notes,
    )
