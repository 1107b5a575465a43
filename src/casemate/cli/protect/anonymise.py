"""``casemate protect anonymise`` and ``verify``: a plan carried out on a file, and its certificate."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from casemate.cli.common import JsonOption, Shown, exits, show, table
from casemate.cli.files import (
    Html,
    KeyFile,
    Language,
    Output,
    Report,
    Source,
    private_key,
    public_key,
    require_folders,
    secret_in,
    write_json,
    write_text,
)
from casemate.cli.protect import options as o
from casemate.cli.protect.plan_flags import plan_by_flags
from casemate.cli.protect.progress import searching, stage
from casemate.errors import BadInput
from casemate.protection import (
    Plan,
    ProtectedFile,
    RiskProfile,
    anonymise_file,
    certify,
    frontier,
    read_certificate,
    read_plan,
    report_html,
    risk_profile,
    safepub_file,
    scan_table,
)
from casemate.protection import verify as verify_certificate
from casemate.protection.html import require_language
from casemate.protection.safe_files import privacy_of


def register(app: typer.Typer) -> None:
    """Put the commands of this module on ``app``."""
    app.command()(anonymise)
    app.command()(verify)


def anonymise(
    file: Source,
    output: Output,
    plan: o.PlanFile = None,
    quasi_identifiers: o.QuasiIdentifiers = "",
    hierarchy: o.Hierarchies = None,
    level: o.Levels = None,
    weight: o.Weights = None,
    k: o.K = None,
    l_: o.DistinctL = None,
    entropy_l: o.EntropyL = None,
    recursive: o.Recursive = None,
    t: o.T = None,
    delta_disclosure: o.DeltaDisclosure = None,
    beta: o.Beta = None,
    k_map: o.KMap = None,
    max_risk: o.MaxRisk = None,
    average_risk: o.AverageRisk = None,
    records_at_risk: o.RecordsAtRisk = None,
    model: o.Models = None,
    sensitive: o.Sensitive = "",
    population: o.Population = None,
    population_count: o.PopulationCount = None,
    suppression: o.Suppression = "",
    measure: o.Measure = "",
    part: o.Parts = None,
    pseudonyms: o.Pseudonyms = "",
    drop: o.Drop = "",
    save_plan: o.SavePlan = None,
    key_file: KeyFile = None,
    report: Report = None,
    html: Html = None,
    language: Language = "en",
    certificate: o.Certificate = None,
    signing_key: o.SigningKey = None,
    seconds: o.Seconds = None,
    nodes: o.Nodes = None,
    as_json: JsonOption = False,
) -> None:
    """Anonymise a table by a plan, with report and certificate."""
    flags = {
        "quasi_identifiers": quasi_identifiers, "hierarchy": hierarchy, "level": level,
        "weight": weight, "k": k, "l": l_, "entropy_l": entropy_l, "recursive": recursive, "t": t,
        "delta_disclosure": delta_disclosure, "beta": beta, "k_map": k_map, "max_risk": max_risk,
        "average_risk": average_risk, "records_at_risk": records_at_risk, "model": model,
        "sensitive": sensitive, "population": population, "population_count": population_count,
        "suppression": suppression, "measure": measure, "part": part,
        "pseudonyms": pseudonyms, "drop": drop, "save_plan": save_plan,
    }  # fmt: skip
    with exits():
        require_language(language)
        require_folders(report, html, certificate, save_plan)
        chosen = _chosen(plan, file, flags)
        signer = None if signing_key is None else private_key(signing_key)
        secret = None if key_file is None else secret_in(key_file)
        if privacy_of(chosen) is not None:
            _require_no_pages(html, certificate)
            _publish(file, chosen, output, report, as_json=as_json)
            return
        with searching(seconds, nodes) as budget:
            made = anonymise_file(
                file, chosen, output, pseudonym_key=secret, budget=budget, progress=stage
            )
        _say_if_unproven(chosen, made)
        if certificate is not None:
            write_json(certificate, certify(chosen, made.report, signing_key=signer))
        _write_reports(report, html, lambda: _page(file, chosen, made, language), made)
        show(Shown(made.report, _report_table(made.report, output, chosen)), as_json=as_json)


def _require_no_pages(html: Path | None, certificate: Path | None) -> None:
    """A page and a certificate compare with the table collected: under differential privacy none may."""
    for flag, path in (("--html", html), ("--certificate", certificate)):
        if path is not None:
            raise BadInput(
                f"{flag} tells of the table collected, which differential privacy does not allow: "
                "leave it out, and use --report"
            )


def _publish(file: Path, plan: Plan, output: Path, report: Path | None, *, as_json: bool) -> None:
    """The plan's differential privacy, by a sample; all that is shown may be published."""
    made = safepub_file(file, plan, output)
    if report is not None:
        write_json(report, made.to_dict())
    rows: list[list[object]] = [
        ["written to", output],
        ["model", made.privacy.describe()],
        *([f"level of {name}", level] for name, level in made.generalisation.items()),
        ["records", f"{made.records:,}"],
    ]
    show(Shown(made, table(["Published", ""], rows)), as_json=as_json)


def verify(
    file: Annotated[Path, typer.Argument(help="The table that left.")],
    certificate: Annotated[Path, typer.Argument(help="Its certificate.")],
    source: Annotated[
        Path | None, typer.Option(help="The table that came in: loss is recomputed too.")
    ] = None,
    public: Annotated[
        Path | None,
        typer.Option("--public-key", help="Whose signature it must bear: an Ed25519 key, PEM."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Recompute every claim that a table's certificate makes."""
    with exits():
        found = verify_certificate(
            scan_table(file),
            read_certificate(certificate),
            None if public is None else public_key(public),
            source=None if source is None else scan_table(source),
        )
        rows: list[list[object]] = [[claim, "holds"] for claim in found.holds]
        rows += [[claim, f"not checked: {why}"] for claim, why in found.unchecked]
        show(Shown(found, table(["Claim", ""], rows)), as_json=as_json)


def _chosen(path: Path | None, file: Path, flags: Mapping[str, Any]) -> Plan:
    if path is None:
        plan = plan_by_flags(file, flags)
        if flags["save_plan"] is not None:
            write_json(flags["save_plan"], plan.to_dict())
        return plan
    if given := [name for name, value in flags.items() if value]:
        raise BadInput(
            f"give a plan or the flags that describe one, not both: --{given[0].replace('_', '-')} "
            "is such a flag"
        )
    return read_plan(path)


def _say_if_unproven(plan: Plan, made: ProtectedFile) -> None:
    """What is not proven the best is said so, on standard error, whatever else is printed."""
    if not made.report.gap:
        return
    why = "The search was ended before its end"
    if plan.recoding == "local":
        why = "Local recoding is a heuristic"
    print(
        f"{why}: this is the best found, not proven the best; at most {made.report.gap:.1%} of its "
        "score can be saved.",
        file=sys.stderr,
    )


def _write_reports(
    report: Path | None, html: Path | None, page: Callable[[], str], made: ProtectedFile
) -> None:
    if report is not None:
        write_json(report, made.report)
    if html is not None:
        write_text(html, page())


def _page(file: Path, plan: Plan, made: ProtectedFile, language: str) -> str:
    stage("measuring what else the tables tell, for the page")
    names = [name for name in plan.quasi_identifiers if name in made.report.variables]
    guarded = {*plan.sensitive, *(model.attribute for model in plan.models)}
    sensitive = [name for name in made.report.variables if name in guarded and name not in names]
    before, after = (_profile(path, names, sensitive, made) for path in (file, made.path))
    stage("searching at other k, for the frontier")
    points = _frontier(file, plan, names)
    return report_html(made.report, before=before, after=after, frontier=points, language=language)


def _profile(
    path: Path, names: list[str], sensitive: list[str], made: ProtectedFile
) -> RiskProfile | None:
    """The profile of one of the two tables; None where no quasi-identifier leaves."""
    if not names:
        return None
    frame = scan_table(path).select(*names, *sensitive).collect(engine="streaming")
    threshold = made.report.risk_after.threshold
    return risk_profile(frame, names, sensitive=sensitive, threshold=threshold)


def _frontier(file: Path, plan: Plan, names: list[str]) -> Any:
    """Loss against k, by the plan's own hierarchies and suppression; nothing where it has none."""
    if not names:
        return ()
    frame = scan_table(file).select(names).collect(engine="streaming")
    by = {name: plan.quasi_identifiers[name] for name in names}
    return frontier(frame, by, suppression=plan.suppression)


def _report_table(report: Any, output: Path, plan: Plan) -> Any:
    level_of = "highest level of" if plan.recoding == "local" else "level of"
    unproven: list[list[object]] = [["not proven the best", f"{report.gap:.1%} above it at most"]]
    rows: list[list[object]] = [
        ["written to", output],
        ["models", ", ".join(report.models)],
        *([f"{level_of} {name}", level] for name, level in report.generalisation.items()),
        ["records suppressed", f"{report.suppressed:,} of {report.records_in:,}"],
        ["loss, 0 to 1", f"{report.loss:.4f}"],
        *(unproven if report.gap else []),
        ["highest risk", _change(report, lambda risk: risk.prosecutor_highest)],
        ["average risk", _change(report, lambda risk: risk.prosecutor_average)],
    ]
    return table(["Protected", ""], rows)


def _change(report: Any, figure: Callable[[Any], float]) -> str:
    return f"{figure(report.risk_before):.2%} before, {figure(report.risk_after):.2%} after"
