"""Where the health flagship's data comes from: NHEFS, in the package ``causaldata``."""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import causaldata

NHEFS_ROWS = 1629
"""People in the survey's follow-up (Hernán & Robins, *Causal Inference: What If*, chapter 12)."""


def nhefs_file() -> Path:
    """The Stata file of the survey as ``causaldata`` ships it (public domain)."""
    return Path(causaldata.__file__).parent / "nhefs" / "nhefs.dta"


def nhefs_description() -> dict[str, Any]:
    """What the hospital says of the data set: title, purposes, and every variable with its role."""
    return tomllib.loads(files(__package__).joinpath("nhefs.toml").read_text(encoding="utf-8"))
