"""``casemate observatory``: language models tried by suites, what came of it, and how two compare."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group

from casemate.cli.common import (
    AsOption,
    Desk,
    HomeOption,
    JsonOption,
    Shown,
    command,
    exits,
    show,
    sign_in,
    table,
    writing,
)
from casemate.errors import BadInput, IntegrityFailure
from casemate.plain import plain

if TYPE_CHECKING:
    from casemate.assurance.keeping import KeptEvaluation

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """Language models tried by suites, in place."""


@app.command("run")
def run_(
    model: Annotated[
        str,
        typer.Option(
            "--model", help="smollm2, another packaged one, a GGUF file, or an endpoint's."
        ),
    ],
    suite: Annotated[
        str, typer.Option("--suite", help="As `casemate observatory suites` lists them.")
    ],
    lang: Annotated[str, typer.Option("--lang", help="The language of the samples.")] = "en",
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", help="The base of an OpenAI-compatible API.")
    ] = None,
    key_env: Annotated[
        str | None,
        typer.Option("--key-env", help="The environment variable with the endpoint's key."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="The folder of the public sets that some suites read."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, max=10**6, help="At most so many samples.")
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="What is drawn starts from it.")
    ] = 20_261_130,
    repeats: Annotated[
        int, typer.Option(min=1, max=100, help="How often each sample is asked.")
    ] = 1,
    temperature: Annotated[
        float, typer.Option(min=0.0, max=2.0, help="0: always the likeliest token.")
    ] = 0.0,
    threads: Annotated[int, typer.Option(min=1, max=256, help="Of a local model.")] = 1,
    connections: Annotated[int, typer.Option(min=1, max=64, help="To an endpoint, at once.")] = 1,
    seconds: Annotated[
        float, typer.Option(min=0.1, max=3600, help="An endpoint has for one ask.")
    ] = 120,
    country: Annotated[str, typer.Option(help="Whose grid the energy is of, as LUX.")] = "LUX",
    work: Annotated[
        Path | None, typer.Option(help="Where what was answered is kept until the run is done.")
    ] = None,
    log: Annotated[Path | None, typer.Option(help="Write Inspect's log into this folder.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write the document (JSON).")] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Keep it in the home, as evidence.")
    ] = False,
    algorithm: Annotated[
        str | None, typer.Option(help="With --record: the algorithm of yours that it is of.")
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="With --record: let anyone read it.")
    ] = False,
    home: HomeOption = None,
    account: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a suite to a model. Killed, the same command goes on at the sample it was at."""
    with exits():
        from casemate.assurance.language.evaluation import Wanted, evaluate
        from casemate.assurance.language.opening import Named, work_folder
        from casemate.assurance.language.trial import Plan
        from casemate.assurance.suites import suite as suite_named
        from casemate.assurance.suites.data import look_in

        if (publish or algorithm is not None) and not record:
            raise BadInput("--publish and --algorithm are of what is kept: add --record")
        if output is not None and not output.parent.is_dir():
            raise BadInput(f"{output} cannot be written: there is no folder {output.parent}")
        plan = Plan(suite_named(suite), lang, seed, limit, repeats, temperature)
        named = Named(model, endpoint, key_env, connections, threads, seconds)
        wanted = Wanted(plan, named, work or work_folder(), country, log)
        with look_in(data), _progress() as hears, evaluate(wanted, hears) as found:
            if output is not None:
                with writing(output):
                    output.write_text(_as_text(found.document), encoding="utf-8")
            wanted_kept = (
                record and found.document["valid"]
            )  # what is of no one model is no evidence
            kept = _kept(found.document, algorithm, publish, home, account) if wanted_kept else {}
            found.keep()
        told = _told(found.document, found.resumed, *(f"Kept as {one}." for one in kept.values()))
        show(Shown(found.document | kept, told), as_json=as_json)
        if not found.document["valid"]:
            raise IntegrityFailure(f"the run is not valid: {found.document['invalid_because']}")


@app.command("models")
def models(as_json: JsonOption = False) -> None:
    """The packaged models: licence, digest, whether they are installed; with no home."""
    with exits():
        from casemate.language.packaged import PACKAGED

        rows: list[list[object]] = [
            [
                one.name,
                one.title,
                "yes" if one.installed else "no",
                one.licence,
                one.digest,
                one.note,
            ]
            for one in PACKAGED
        ]
        data = [
            {
                "name": one.name,
                "title": one.title,
                "installed": one.installed,
                "packages": one.packages,
                "licence": one.licence,
                "digest": one.digest,
                "answers": one.chat,
                "note": one.note,
            }
            for one in PACKAGED
        ]
        heads = ["Model", "What it is", "Installed", "Licence", "Digest", "Note"]
        show(Shown(data, table(heads, rows)), as_json=as_json)


@app.command("suites")
def suites_(as_json: JsonOption = False) -> None:
    """The suites: concern, languages, licence, method; with no home."""
    with exits():
        from casemate.assurance.suites import suites

        every = [one.about for one in suites()]
        rows: list[list[object]] = [
            [
                one.name,
                one.version,
                one.title,
                one.concern,
                " ".join(one.languages),
                "log-likelihoods" if one.log_likelihoods else "answers",
                one.licence,
            ]
            for one in every
        ]
        heads = ["Suite", "Version", "Title", "Concern", "Languages", "Needs", "Licence"]
        show(Shown(every, table(heads, rows)), as_json=as_json)


@command(app, "list")
def list_(
    desk: Desk,
    suite: Annotated[str | None, typer.Option(help="Those of one suite.")] = None,
    lang: Annotated[str | None, typer.Option(help="Those in one language.")] = None,
) -> Shown:
    """The evaluations of language models that you may read; the public ones with no account."""
    found = _readable(desk, suite, lang)
    rows: list[list[object]] = [
        [
            one.id,
            one.model_name,
            one.suite,
            one.settings["language"],
            *(
                _share(one.figures, measure)
                for measure in ("fine", "wrong", "refused", "malformed")
            ),
            _energy(one.document),
            "yes" if one.is_public else "no",
        ]
        for one in found
    ]
    heads = [
        "Evaluation",
        "Model",
        "Suite",
        "In",
        "Fine",
        "Wrong",
        "Refused",
        "Malformed",
        "kWh",
        "Public",
    ]
    return Shown(found, table(heads, rows))


@command(app, "show")
def show_(
    desk: Desk,
    evaluation: Annotated[str, typer.Argument(help="The evaluation's id.")],
    outcome: Annotated[
        str | None,
        typer.Option(help="List the single answers: fine, wrong, refused, malformed or all."),
    ] = None,
) -> Shown:
    """One evaluation, down to its single answers."""
    kept = desk.platform.evaluation(evaluation, desk.account)
    if outcome not in (None, "all", "fine", "wrong", "refused", "malformed"):
        raise BadInput("--outcome is fine, wrong, refused, malformed or all")
    told = _told(kept.document, 0)
    if outcome is None:
        return Shown(kept, told)
    every = desk.platform.evaluation_samples(evaluation, desk.account)
    picked = [one for one in every if outcome in ("all", one["outcome"])]
    rows: list[list[object]] = [
        [one["id"], one["outcome"], one["read"], "\n".join(one["asked"]), "\n".join(one["said"])]
        for one in picked
    ]
    answers = table(["Sample", "Outcome", "Read", "Asked", "Said"], rows)
    return Shown({"evaluation": kept, "samples": picked}, Group(told, "", answers))


@command(app, "compare")
def compare_(
    desk: Desk,
    first: Annotated[str, typer.Argument(help="An evaluation's id.")],
    second: Annotated[str, typer.Argument(help="Another, of the same suite and language.")],
) -> Shown:
    """Two models on the same samples, paired; p-values corrected for all comparisons (Holm)."""
    found = desk.platform.compare_evaluations(first, second, desk.account)
    rows: list[list[object]] = [
        [
            one.outcome,
            one.concern,
            one.items,
            _number(one.first),
            _number(one.second),
            _number(one.difference),
            f"{_number(one.low)} to {_number(one.high)}",
            f"{one.p_value:.2g}",
            "differs" if one.differs else "no difference told",
        ]
        for one in found
    ]
    heads = [
        "Share",
        "Of",
        "Samples",
        "First",
        "Second",
        "Difference",
        "Interval",
        "p (Holm)",
        "Finding",
    ]
    return Shown(found, table(heads, rows))


@command(app, "export")
def export(
    desk: Desk,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="A table for spreadsheets, instead of JSON.")
    ] = False,
    output: Annotated[Path | None, typer.Option(help="Write a file instead of printing.")] = None,
) -> Shown:
    """Every share of the evaluations that you may read, by concern, as CSV or JSON."""
    from casemate.assurance.observatory import as_csv as csv_of
    from casemate.assurance.observatory import lines

    found = lines(_readable(desk, None, None))
    text = csv_of(found) if as_csv else _as_text(plain(found))
    if output is None:
        return Shown(found, text.rstrip())
    with writing(output):
        output.write_text(text, encoding="utf-8", newline="")
    return Shown({"written": str(output), "lines": len(found)}, f"{len(found)} lines in {output}.")


def _readable(desk: Desk, suite: str | None, lang: str | None) -> list[KeptEvaluation]:
    every = (
        desk.platform.published_evaluations(suite)
        if desk.account is None
        else desk.platform.evaluations(desk.actor, suite=suite)
    )
    return [
        one
        for one in every
        if "language" in one.settings and lang in (None, one.settings["language"])
    ]


def _kept(
    document: dict[str, Any],
    algorithm: str | None,
    publish: bool,
    home: Path | None,
    account: str | None,
) -> dict[str, str]:
    from casemate.home import default_root, open_home
    from casemate.platform import Platform

    with Platform(open_home(home or default_root())) as platform:
        desk = Desk(platform, sign_in(platform, account), as_json=False)
        kept = platform.record_evaluation(desk.actor, document, algorithm)
        if publish:
            platform.publish_evaluation(desk.actor, kept.id)
        return {"evaluation": kept.id}


def _told(document: Mapping[str, Any], resumed: int, *more: str) -> Any:
    model, energy = document["model"], document["energy"]
    details = model.get("details", {})
    lines = [
        f"{document['suite']} {document['suite_version']} in {document['settings']['language']}: "
        f"{model['name']} ({model['digest'][:19]}), licence {details.get('licence', 'not stated')}.",
        *([details["small"]] if details.get("small") else []),
        *([f"{resumed} answers were there from before."] if resumed else []),
        f"{energy['cpu_seconds']:.1f} CPU seconds, {energy['seconds']:.1f} s, "
        f"{energy['peak_memory_bytes'] / 2**20:.0f} MiB, {energy['tokens_in']} tokens in, "
        f"{energy['tokens_out']} out; {_energy(document)} kWh ({energy['method']}), "
        f"{energy['g_co2e']:.3f} g CO2e ({energy['grid']['source']}); of {energy['of']}.",
        f"codecarbon's formula gives {energy['codecarbon']['kwh']:.2e} kWh, of which its fixed 20 W for "
        f"memory are {energy['codecarbon']['share_of_memory'] or 0:.0%}.",
    ]
    rows: list[list[object]] = [
        [
            one["check"],
            one["measure"],
            one["group"],
            _number(one["estimate"]) or one["withheld"],
            f"{_number(one['low'])} to {_number(one['high'])}" if one["low"] is not None else "",
            _number(one["baseline"]),
        ]
        for one in document["figures"]
    ]
    heads = ["Check", "Measure", "Of", "Estimate", "Interval", "Baseline"]
    untested = [f"Not tested: {one['check']}: {one['why']}." for one in document["not_tested"]]
    return Group(*lines, "", table(heads, rows), "", *untested, *more)


def _as_text(document: Any) -> str:
    return (
        json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True) + "\n"
    )


def _share(figures: Sequence[Mapping[str, Any]], measure: str) -> str:
    for one in figures:
        if (one["check"], one["measure"], one["group"]) == ("outcomes", measure, "everybody"):
            if one["estimate"] is None:
                return ""
            return f"{one['estimate']:.1%} ({one['low']:.1%} to {one['high']:.1%})"
    return ""


def _energy(document: Mapping[str, Any]) -> str:
    told = document.get("energy", {}).get("kwh")
    return "" if told is None else f"{told:.2e}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _progress() -> Any:
    """How far it is and how long it will take, on standard error where that is a terminal."""
    from casemate.assurance.language.telling import progress

    return progress()
