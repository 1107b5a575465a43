"""``casemate protect pseudonymise``: keyed pseudonyms in the place of identifiers, on a file."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from casemate.cli.common import JsonOption, Shown, exits, show, writing
from casemate.cli.files import Output, Source, secret_in
from casemate.errors import BadInput
from casemate.protection import Plan, anonymise_file, pseudonymise_file

FULLY_RANDOMISED = "fully-randomised"


def register(app: typer.Typer) -> None:
    """Put the command of this module on ``app``."""
    app.command()(pseudonymise)


def pseudonymise(
    file: Source,
    column: Annotated[list[str], typer.Option(help="An identifier; give the option for each.")],
    key_file: Annotated[Path, typer.Option(help="The secret: 32 or more hexadecimal digits.")],
    output: Output,
    policy: Annotated[
        str,
        typer.Option(
            help="deterministic, document-randomised, fully-randomised (ENISA), or format-preserving."
        ),
    ] = "deterministic",
    check_character: Annotated[
        bool, typer.Option(help="End each pseudonym with a check character (ISO 7064).")
    ] = False,
    recovery: Annotated[
        Path | None,
        typer.Option(
            help="Where the pairs of fully randomised pseudonyms go: for the third party only."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Put keyed pseudonyms in the place of identifiers."""
    with exits():
        if (policy == FULLY_RANDOMISED) != (recovery is not None):
            raise BadInput(
                "--recovery goes with --policy fully-randomised, and with no other: nothing but that "
                "file leads back to a person"
            )
        if recovery is not None and recovery.exists():
            raise BadInput(
                f"{recovery} exists already: pairs of earlier pseudonyms stay as they are"
            )
        rule: dict[str, Any] = {"policy": policy}
        if check_character:
            rule["check_character"] = True
        records = _pseudonymised(file, column, rule, secret_in(key_file), output, recovery)
        names = ", ".join(column)
        data = {
            "records": records, "pseudonymised": column, "policy": policy, "output": str(output),
        }  # fmt: skip
        text = f"{records:,} records are in {output}, with {policy} pseudonyms for {names}."
        show(Shown(data, text), as_json=as_json)


def _pseudonymised(
    file: Path,
    columns: list[str],
    rule: dict[str, Any],
    key: bytes,
    output: Path,
    kept: Path | None,
) -> int:
    if rule == {"policy": "deterministic"}:
        return pseudonymise_file(file, columns, key, output)  # streams, in the order given
    plan = Plan.from_dict({"pseudonymise": columns, "pseudonyms": dict.fromkeys(columns, rule)})
    made = anonymise_file(file, plan, output, pseudonym_key=key)
    if kept is not None:
        try:
            _keep(kept, made.recovery)
        except BaseException:
            output.unlink(missing_ok=True)  # pseudonyms that nobody could ever resolve
            raise
    return made.report.records_out


def _keep(path: Path, pairs: Mapping[str, pl.DataFrame]) -> None:
    """The pairs of every identifier in one CSV that nobody else may read; never over another file."""
    table = pl.concat(
        [
            found.select(
                pl.lit(name).alias("attribute"),
                *(pl.col(column).cast(pl.String) for column in ("pseudonym", "identifier")),
            )
            for name, found in pairs.items()
        ]
    )
    with (
        writing(path),
        os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
    ):
        table.write_csv(file)
