"""``casemate protect risk``: how easily the people in a table are found again, in every way we know."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.console import Group

from casemate.cli.common import JsonOption, Shown, exits, show, table
from casemate.cli.files import (
    Html,
    Language,
    Report,
    Source,
    names_in,
    require_folders,
    write_json,
    write_text,
)
from casemate.errors import BadInput
from casemate.protection import (
    IdentifierFinding,
    Risk,
    RiskProfile,
    SafeHarborFinding,
    risk_html,
    risk_of_file,
    risk_profile,
    scan_table,
    special_uniques,
    with_record_risk,
    write_table,
)
from casemate.protection.html import require_language

_FIRST = 8  # sets of attributes in a table for people; JSON has them all


def register(app: typer.Typer) -> None:
    """Put the command of this module on ``app``."""
    app.command()(risk)


def risk(
    file: Source,
    quasi_identifiers: Annotated[
        str | None,
        typer.Option(help="Names, with commas between; with --scan alone none are needed."),
    ] = None,
    threshold: Annotated[int, typer.Option(help="A class smaller than this is at risk.")] = 5,
    sensitive: Annotated[
        str, typer.Option(help="Attributes of which a class may tell: attribute disclosure.")
    ] = "",
    population: Annotated[
        Path | None, typer.Option(help="A table with everybody: journalist's risk and k-map.")
    ] = None,
    sampling_fraction: Annotated[
        float | None, typer.Option(help="The share of the population in the table: its uniques.")
    ] = None,
    special: Annotated[
        int | None, typer.Option(help="Special uniques (SUDA2) of up to so many attributes.")
    ] = None,
    scan: Annotated[
        bool, typer.Option("--scan", help="Look for direct identifiers, HIPAA's too, everywhere.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Everything that needs no more than the table.")
    ] = False,
    records: Annotated[
        Path | None, typer.Option(help="Write the table with the risk of each record.")
    ] = None,
    report: Report = None,
    html: Html = None,
    language: Language = "en",
    as_json: JsonOption = False,
) -> None:
    """How easily the people in a table are found again."""
    with exits():
        require_language(language)
        require_folders(records, report, html)
        names = None if quasi_identifiers is None else names_in(quasi_identifiers)
        if names is None and not scan:
            raise BadInput("name at least one quasi-identifier, or ask for --scan alone")
        wanted = bool(sensitive or population or sampling_fraction or special or full)
        if not (wanted or scan or report or html or records):
            found = risk_of_file(file, names or [], threshold=threshold)
            show(Shown(found, risk_table([("", found)])), as_json=as_json)
            return
        frame = _frame(file, names, names_in(sensitive), everything=scan or full or bool(records))
        profile = risk_profile(
            frame,
            names or [],
            sensitive=names_in(sensitive),
            population=population and _people(population, names or []),
            sampling_fraction=sampling_fraction,
            threshold=threshold,
            max_size=special or 3,
            scan=scan or full,
        )
        if records is not None:
            _write_records(frame, names or [], population, special or 3, records)
        _write_reports(report, html, profile, file.name, language)
        sections = _sections(profile, special=bool(special or full), scanned=scan or full)
        show(Shown(profile.to_dict(), Group(*sections)), as_json=as_json)


def _write_reports(
    report: Path | None, html: Path | None, profile: RiskProfile, title: str, language: str
) -> None:
    if report is not None:
        write_json(report, profile.to_dict())
    if html is not None:
        write_text(html, risk_html(profile, title=title, language=language))


def _frame(
    file: Path, names: Sequence[str] | None, sensitive: Sequence[str], *, everything: bool
) -> pl.DataFrame:
    """The columns that are looked at, in memory."""
    columns = scan_table(file)
    here = columns.collect_schema().names()
    for name in [*(names or []), *sensitive]:
        if name not in here:
            raise BadInput(f"{file.name} has no column {name!r}: it has {', '.join(here)}")
    if names is not None and not names:
        raise BadInput("name at least one quasi-identifier")
    wanted = here if everything else [*dict.fromkeys([*(names or []), *sensitive])]
    return columns.select(wanted).collect(engine="streaming")


def _people(path: Path, names: Sequence[str]) -> pl.DataFrame:
    columns = scan_table(path)
    here = columns.collect_schema().names()
    if lost := [name for name in names if name not in here]:
        raise BadInput(f"the population {path.name} has no column {lost[0]!r}")
    return columns.select(names).collect(engine="streaming")


def _write_records(
    frame: pl.DataFrame, names: Sequence[str], population: Path | None, size: int, path: Path
) -> None:
    """The table with each record's risk, and its SUDA score where it is a special unique."""
    people = None if population is None else _people(population, names)
    with_risk = pl.DataFrame(with_record_risk(frame, names, population=people))
    uniques = special_uniques(frame, names, max_size=size).records
    new = uniques.select(suda_score="score", smallest_unique="smallest")
    if taken := [name for name in new.columns if name in with_risk.columns]:
        raise BadInput(f"the table has a column {taken[0]!r} already: rename or drop it first")
    write_table(with_risk.hstack(new), path)


def risk_table(risks: list[tuple[str, Risk]]) -> Any:
    """The figures of one table or several, side by side."""
    figures: list[tuple[str, Callable[[Risk], object]]] = [
        ("records", lambda one: f"{one.records:,}"),
        ("classes of records that look alike", lambda one: f"{one.classes:,}"),
        ("smallest class", lambda one: one.smallest_class),
        ("records alone in their class", lambda one: f"{one.uniques:,}"),
        ("highest risk of a record", lambda one: f"{one.prosecutor_highest:.2%}"),
        ("average risk", lambda one: f"{one.prosecutor_average:.2%}"),
        ("records at risk (class below the threshold)", lambda one: f"{one.at_risk:.2%}"),
    ]
    rows = [[name, *(of(one) for _, one in risks)] for name, of in figures]
    return table(["Risk", *(when for when, _ in risks)], rows)


def _sections(profile: RiskProfile, *, special: bool, scanned: bool) -> list[Any]:
    """A table for each part of the profile that was asked for."""
    found: list[Any] = []
    if profile.quasi_identifiers:
        found.append(risk_table([("", profile.risk)]))
    if profile.known_population is not None:
        found.append(_population_table(profile))
    if profile.population_uniques:
        found.append(_estimates_table(profile))
    if profile.disclosures:
        found.append(_disclosure_table(profile))
    if special and profile.special is not None:
        found.append(_special_table(profile))
        found.append(_distinguishing_table(profile))
    if scanned:
        found += [_identifier_table(profile.identifiers or ()), _harbor_table(profile)]
    found += [f"Left out: {reason}" for reason in profile.left_out]
    return [part for one in found for part in (one, "")][:-1]


def _population_table(profile: RiskProfile) -> Any:
    known = profile.known_population
    if known is None:
        return ""
    rows: list[list[object]] = [
        ["people in the population", f"{known.population:,}"],
        ["people alike at least (k-map)", known.k_map],
        ["records alone in the population", f"{known.population_uniques:,}"],
        ["journalist's highest risk", f"{known.journalist_highest:.2%}"],
        ["journalist's average risk", f"{known.journalist_average:.2%}"],
        ["marketer's share of right matches", f"{known.marketer:.2%}"],
    ]
    return table(["Against the population", ""], rows)


def _estimates_table(profile: RiskProfile) -> Any:
    rows: list[list[object]] = [
        [one.model, one.used or "", f"{one.uniques:,.1f}", f"{one.sample_share:.2%}"]
        for one in profile.population_uniques
    ]
    heads = ["Uniques of the population", "by", "people", "of the table's uniques"]
    return table(heads, rows)


def _disclosure_table(profile: RiskProfile) -> Any:
    rows: list[list[object]] = [
        [one.sensitive, f"{one.certain:.2%}", f"{one.certain_shared:.2%}", f"{one.guess:.2%}",
         f"{one.gain:.2%}"]
        for one in profile.disclosures
    ]  # fmt: skip
    heads = ["Attribute", "certain", "of these, not alone", "right guesses", "more than without"]
    return table(heads, rows)


def _special_table(profile: RiskProfile) -> Any:
    if profile.special is None:
        return ""
    rows: list[list[object]] = [
        [", ".join(one.attributes), f"{one.records:,}"] for one in profile.special.sets[:_FIRST]
    ]
    many = int((profile.special.records["msus"] > 0).sum())
    head = f"Special uniques: {many:,} records are alone already in"
    return table([head, "records"], rows) if rows else f"{head} no set of so few attributes."


def _distinguishing_table(profile: RiskProfile) -> Any:
    rows: list[list[object]] = [
        [", ".join(one.attributes), f"{one.distinction:.4f}", f"{one.separation:.4f}"]
        for one in profile.distinguishing
    ]
    return table(["Tells records apart", "distinction", "separation"], rows)


def _identifier_table(findings: Sequence[IdentifierFinding]) -> Any:
    if not findings:
        return "No direct identifier was found by the scan; that proves no absence."
    rows: list[list[object]] = [
        [one.column, one.kind, one.by, f"{one.matches:,} of {one.values:,}",
         "likely" if one.likely else "chance"]
        for one in findings
    ]  # fmt: skip
    return table(["Direct identifiers in", "kind", "by", "records", ""], rows)


def _harbor_table(profile: RiskProfile) -> Any:
    found: Sequence[SafeHarborFinding] = profile.safe_harbor or ()
    if not found:
        return "HIPAA Safe Harbor: nothing was found by the scan; that proves no absence."
    rows: list[list[object]] = [
        [f"({one.category}) {one.label}", one.column, one.by, f"{one.matches:,}"] for one in found
    ]
    return table(["HIPAA Safe Harbor", "column", "by", "records"], rows)
