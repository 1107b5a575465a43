"""Stata, SPSS and SAS files, with the labels that their authors wrote."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat

from casemate.catalogue.bombs import most_bytes, most_rows, require_room
from casemate.catalogue.hints import Hint
from casemate.errors import BadInput

_READERS: dict[str, Callable[..., Any]] = {
    ".dta": pyreadstat.read_dta,
    ".sav": pyreadstat.read_sav,
    ".zsav": pyreadstat.read_sav,
    ".por": pyreadstat.read_por,
    ".sas7bdat": pyreadstat.read_sas7bdat,
    ".xpt": pyreadstat.read_xport,
}


def read_survey(path: Path, encoding: str | None = None) -> tuple[pl.DataFrame, dict[str, Hint]]:
    """The table, its codes left as they are, and what the file says each variable and code means."""
    reader = _READERS[path.suffix.lower()]
    options: dict[str, Any] = {"encoding": encoding} if encoding else {}
    try:
        _, said = reader(path, metadataonly=True, **options)
        most = most_rows(len(said.column_names))
        frame, said = reader(path, output_format="polars", row_limit=most, **options)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as failure:
        raise BadInput(
            f"{path.name} cannot be read ({failure}): it is damaged, of a newer format, "
            "or its encoding has to be declared with --encoding"
        ) from None
    except UnicodeDecodeError:
        raise BadInput(
            f"{path.name} holds text in another encoding than it says: declare it with --encoding"
        ) from None
    if frame.height >= most:
        require_room(most_bytes() + 1, path.name)
    return _whole_numbers(frame, said.readstat_variable_types), _hints(said)


def _whole_numbers(frame: pl.DataFrame, stored: dict[str, str]) -> pl.DataFrame:
    """Integers stored as integers come back as such although missing values made them floats."""
    whole = [
        name
        for name, kind in stored.items()
        if kind.startswith("int") and name in frame.columns and frame[name].dtype == pl.Float64
    ]
    return frame.with_columns(pl.col(whole).cast(pl.Int64)) if whole else frame


def _hints(said: Any) -> dict[str, Hint]:
    labels = said.column_names_to_labels
    codes = said.variable_value_labels
    return {
        name: Hint(
            label=(labels.get(name) or "").strip(),
            codes={_code(code): str(label).strip() for code, label in codes.get(name, {}).items()},
        )
        for name in said.column_names
    }


def _code(code: Any) -> str:
    """A code as text: the whole number 1 as ``1``, whether or not the file stored it as 1.0."""
    return str(int(code)) if isinstance(code, float) and code.is_integer() else str(code)
