"""``casemate protect``: the protection room on files. No home is opened, nobody signs in."""

import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from casemate.cli.common import JsonOption, Shown, exits, plain, show, table, writing
from casemate.errors import BadInput, NotFound
from casemate.protection import Budget, Plan, Risk, Rules, frontier, propose_plan, report_html
from casemate.protection import Progress as Search
from casemate.protection import aggregate as tabulate
from casemate.protection.certificate import certify, read_certificate
from casemate.protection.certificate import verify as verify_certificate
from casemate.protection.files import scan_table
from casemate.protection.hierarchies import from_csv
from casemate.protection.plan_files import read_plan
from casemate.protection.protected_files import anonymise_file, pseudonymise_file, risk_of_file

Source = Annotated[Path, typer.Argument(help="The table: CSV or Parquet.")]
Output = Annotated[Path, typer.Option(help="Where the table goes: .csv or .parquet.")]
KeyFile = Annotated[
    Path | None,
    typer.Option(help="The secret of the pseudonyms: 32 or more hexadecimal digits, mode 0600."),
]

app = typer.Typer(no_args_is_help=True)


@app.command()
def risk(
    file: Source,
    quasi_identifiers: Annotated[str, typer.Option(help="Names, with commas between.")],
    threshold: Annotated[int, typer.Option(help="A class smaller than this is at risk.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """How easily the people in a table are found again."""
    with exits():
        found = risk_of_file(file, _names(quasi_identifiers), threshold=threshold)
        show(Shown(found, _risk_table([("", found)])), as_json=as_json)


@app.command()
def pseudonymise(
    file: Source,
    column: Annotated[list[str], typer.Option(help="An identifier; give the option for each.")],
    key_file: Annotated[Path, typer.Option(help="The secret: 32 or more hexadecimal digits.")],
    output: Output,
    as_json: JsonOption = False,
) -> None:
    """Put keyed pseudonyms in the place of identifiers."""
    with exits():
        records = pseudonymise_file(file, column, _secret(key_file), output)
        names = ", ".join(column)
        data = {"records": records, "pseudonymised": column, "output": str(output)}
        text = f"{records:,} records are in {output}, with pseudonyms for {names}."
        show(Shown(data, text), as_json=as_json)


@app.command()
def anonymise(
    file: Source,
    output: Output,
    plan: Annotated[
        Path | None, typer.Option(help="The plan, TOML or JSON; or describe it by the flags below.")
    ] = None,
    quasi_identifiers: Annotated[str, typer.Option(help="Names, with commas between.")] = "",
    hierarchy: Annotated[
        list[str] | None, typer.Option(help="NAME=FILE in ARX's form; else one is proposed.")
    ] = None,
    k: Annotated[int, typer.Option("--k", help="The least size of a class.")] = 5,
    suppression: Annotated[str, typer.Option(help="The share of records that may go.")] = "0.02",
    pseudonyms: Annotated[str, typer.Option(help="Identifiers to pseudonymise.")] = "",
    drop: Annotated[str, typer.Option(help="Variables that do not leave.")] = "",
    key_file: KeyFile = None,
    report: Annotated[Path | None, typer.Option(help="Write the report as JSON.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page.")] = None,
    certificate: Annotated[Path | None, typer.Option(help="Write the certificate.")] = None,
    signing_key: Annotated[
        Path | None, typer.Option(help="Sign the certificate: an Ed25519 private key, PEM.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="End the search then, with the best found; so does Ctrl-C.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Anonymise a table by a plan, with report and certificate."""
    with exits():
        chosen = _plan(
            plan, file, quasi_identifiers, hierarchy or [], k, suppression, pseudonyms, drop
        )
        for path in (report, html, certificate):
            _require_folder(path)
        signer = None if signing_key is None else _private_key(signing_key)
        secret = None if key_file is None else _secret(key_file)
        budget = Budget(seconds=seconds, progress=_search_line())
        made = anonymise_file(
            file, chosen, output, pseudonym_key=secret, budget=budget, progress=_progress
        )
        if report is not None:
            _write(report, _json(made.report))
        if certificate is not None:
            _write(certificate, _json(certify(chosen, made.report, signing_key=signer)))
        if html is not None:
            _progress("searching at other k, for the frontier")
            _write(html, report_html(made.report, frontier=_frontier(file, chosen)))
        show(Shown(made.report, _report_table(made.report, output)), as_json=as_json)


@app.command()
def aggregate(
    file: Source,
    rows: Annotated[str, typer.Option(help="Dimensions down the side, with commas between.")],
    output: Output,
    columns: Annotated[str, typer.Option(help="Dimensions across, with commas between.")] = "",
    measure: Annotated[
        str | None, typer.Option(help="A column to add up; else records count.")
    ] = None,
    method: Annotated[str, typer.Option(help="suppression or rounding.")] = "suppression",
    min_frequency: Annotated[int, typer.Option(help="Fewer contributors are sensitive.")] = 10,
    as_json: JsonOption = False,
) -> None:
    """A table of counts or sums that tells of nobody: sensitive cells and those that betray them go."""
    with exits():
        if method not in ("suppression", "rounding"):
            raise BadInput(f"--method is suppression or rounding, not {method!r}")
        _require_folder(output)
        wanted = [*_names(rows), *_names(columns), *([measure] if measure else [])]
        table_read = scan_table(file)
        # A name that is not there is left to the room, which says so by name.
        there = [name for name in table_read.collect_schema().names() if name in wanted]
        frame = table_read.select(there).collect()
        made = tabulate(
            frame,
            rows=_names(rows),
            columns=_names(columns),
            measure=measure,
            method=method,
            rules=Rules(min_frequency=min_frequency),
        )
        with writing(output):
            (made.frame.write_parquet if output.suffix == ".parquet" else made.frame.write_csv)(
                output
            )
        data = {"file": str(output), "table": made.to_dict()}
        hidden = made.frame.height - made.frame.drop_nulls().height
        show(
            Shown(
                data,
                f"{made.frame.height} cells are in {output}, {hidden} of them without a value.",
            ),
            as_json=as_json,
        )


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The table that left.")],
    certificate: Annotated[Path, typer.Argument(help="Its certificate.")],
    source: Annotated[
        Path | None, typer.Option(help="The table that came in: loss is recomputed too.")
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option(help="Whose signature it must bear: an Ed25519 key, PEM.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Recompute every claim that a table's certificate makes."""
    with exits():
        found = verify_certificate(
            scan_table(file),
            read_certificate(certificate),
            None if public_key is None else _public_key(public_key),
            source=None if source is None else scan_table(source),
        )
        rows: list[list[object]] = [[claim, "holds"] for claim in found.holds]
        rows += [[claim, f"not checked: {why}"] for claim, why in found.unchecked]
        show(Shown(found, table(["Claim", ""], rows)), as_json=as_json)


def _plan(
    path: Path | None, file: Path, quasi_identifiers: str, hierarchies: list[str], k: int,
    suppression: str, pseudonyms: str, drop: str,
) -> Plan:  # fmt: skip
    if path is not None:
        if quasi_identifiers or hierarchies or pseudonyms or drop:
            raise BadInput("give a plan or the flags that describe one, not both")
        return read_plan(path)
    names = _names(quasi_identifiers)
    if not names:
        raise BadInput("give a plan, or name the quasi-identifiers")
    columns = scan_table(file)
    if unknown := [name for name in names if name not in columns.collect_schema().names()]:
        raise BadInput(f"{file.name} has no column {unknown[0]!r}, named as a quasi-identifier")
    given = dict(_pair(text) for text in hierarchies)
    if odd := [name for name in given if name not in names]:
        raise BadInput(f"a hierarchy is given for {odd[0]!r}, which is no quasi-identifier")
    roles = dict.fromkeys(names, "quasi_identifier")
    frame = columns.select(names).collect(engine="streaming")
    proposed = propose_plan(frame, roles, k, suppression=suppression)
    read = {name: from_csv(where) for name, where in given.items()}
    return Plan(
        quasi_identifiers={**proposed.quasi_identifiers, **read},
        models=proposed.models,
        suppression=suppression,
        pseudonymise=tuple(_names(pseudonyms)),
        drop=tuple(_names(drop)),
    )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _pair(text: str) -> tuple[str, Path]:
    name, sign, path = text.partition("=")
    if not sign:
        raise BadInput(f"--hierarchy is NAME=FILE, not {text!r}")
    return name, Path(path)


def _frontier(file: Path, plan: Plan) -> Any:
    """Loss against k, by the plan's own hierarchies and suppression; nothing where it has none."""
    if not plan.quasi_identifiers:
        return ()
    wanted = [*plan.quasi_identifiers]
    frame: pl.DataFrame = scan_table(file).select(wanted).collect(engine="streaming")
    return frontier(frame, plan.quasi_identifiers, suppression=plan.suppression)


def _secret(path: Path) -> bytes:
    """A key of hexadecimal digits in a file that nobody else may read."""
    try:
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise BadInput(f"{path} can be read by others: run `chmod 600 {path}`")
        text = path.read_text(encoding="ascii").strip()
        key = bytes.fromhex(text)
    except FileNotFoundError:
        raise NotFound(
            f"there is no key {path}: make one with `(umask 077; openssl rand -hex 32 > {path})`"
        ) from None
    except OSError as error:
        raise BadInput(f"the key {path} cannot be read: {error.strerror}") from None
    except ValueError:  # its text stays out of the message: it may be a secret all the same
        raise BadInput(f"the key {path} does not hold hexadecimal digits") from None
    if len(key) < 16:
        raise BadInput(f"the key {path} is too short: give 32 hexadecimal digits or more")
    return key


def _private_key(path: Path) -> Ed25519PrivateKey:
    key = _pem(path, lambda data: load_pem_private_key(data, None))
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput(f"the key {path} is no Ed25519 private key")
    return key


def _public_key(path: Path) -> Ed25519PublicKey:
    key = _pem(path, load_pem_public_key)
    if not isinstance(key, Ed25519PublicKey):
        raise BadInput(f"the key {path} is no Ed25519 public key")
    return key


def _pem(path: Path, load: Callable[[bytes], Any]) -> Any:
    try:
        return load(path.read_bytes())
    except FileNotFoundError:
        raise NotFound(f"there is no key {path}") from None
    except OSError as error:
        raise BadInput(f"the key {path} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadInput(f"the key {path} is no unencrypted PEM of the kind asked for") from None


def _require_folder(path: Path | None) -> None:
    if path is not None and not path.parent.is_dir():
        raise BadInput(f"{path} cannot be written: there is no folder {path.parent}")


def _write(path: Path, text: str) -> None:
    with writing(path):
        path.write_text(text, encoding="utf-8")


def _json(document: Any) -> str:
    return json.dumps(plain(document), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _progress(stage: str) -> None:
    if sys.stderr.isatty():
        print(f"{stage} …", file=sys.stderr, flush=True)


def _search_line() -> Callable[[Search], None] | None:
    """Tells at a terminal, twice a second, how far the search is; it cannot say how long is left."""
    if not sys.stderr.isatty():
        return None
    last = [0.0]

    def tell(search: Search) -> None:
        if search.seconds - last[0] < 0.5:
            return
        last[0] = search.seconds
        best = "none yet" if search.best is None else f"{search.best:.6g}"
        print(
            f"{search.judged:,} of {search.lattice:,} generalisations judged, best {best}, none can "
            f"be below {search.bound:.6g}; Ctrl-C takes the best …",
            file=sys.stderr,
            flush=True,
        )

    return tell


def _risk_table(risks: list[tuple[str, Risk]]) -> Any:
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


def _report_table(report: Any, output: Path) -> Any:
    unproven: list[list[object]] = [["not proven the best", f"{report.gap:.1%} above it at most"]]
    rows: list[list[object]] = [
        ["written to", output],
        ["models", ", ".join(report.models)],
        *([f"level of {name}", level] for name, level in report.generalisation.items()),
        ["records suppressed", f"{report.suppressed:,} of {report.records_in:,}"],
        ["loss, 0 to 1", f"{report.loss:.4f}"],
        *(unproven if report.gap else []),
        ["highest risk", _change(report, "prosecutor_highest")],
        ["average risk", _change(report, "prosecutor_average")],
    ]
    return table(["Protected", ""], rows)


def _change(report: Any, figure: str) -> str:
    before, after = getattr(report.risk_before, figure), getattr(report.risk_after, figure)
    return f"{before:.2%} before, {after:.2%} after"
