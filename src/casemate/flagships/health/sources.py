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


def nhefs_plan() -> dict[str, Any]:
    """The protection plan that the authority signs: k = 5, at most 2 % of the records suppressed."""
    return {
        "pseudonymise": ["seqn"],
        "quasi_identifiers": {
            # The survey took people of 25 to 74 years: its ten-year bands begin at 25.
            "age": {"kind": "intervals", "widths": [5, 10, 20], "anchor": 25},
            "sex": {"kind": "suppressible"},
            "race": {"kind": "suppressible"},
            "education": {
                "kind": "groups",
                "levels": [
                    {
                        "no high school diploma": ["1", "2"],
                        "high school": ["3"],
                        "some college or more": ["4", "5"],
                    }
                ],
            },
        },
        "models": [{"model": "k-anonymity", "k": 5}],
        "suppression": "0.02",
    }
