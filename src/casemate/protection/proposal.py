"""A first plan for a data holder to look at and change."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import polars as pl

from casemate.errors import BadInput
from casemate.protection.frames import open_frame, polars_columns, require_columns
from casemate.protection.hierarchies import Hierarchy, Intervals, suppressible
from casemate.protection.models import KAnonymity
from casemate.protection.plan import Plan

ROLES = ("direct_identifier", "quasi_identifier", "sensitive", "other")
_FEW_VALUES = 12
_BANDS = 20


def propose_plan(
    frame: Any, roles: Mapping[str, str], k: int = 5, *, suppression: str = "0.02"
) -> Plan:
    """A plan for ``frame`` from the ``roles`` of its variables; those without a role are "other".

    A direct identifier that tells every record apart is pseudonymised, so that records can be
    followed; other direct identifiers (names, addresses) are dropped. A numeric quasi-identifier of
    more than twelve values gets bands of three widths, about twenty of the narrowest; others are
    kept or suppressed whole. Raises BadInput for an unknown variable or role.
    """
    opened = open_frame(frame)
    require_columns(opened, list(roles), "a variable with a role")
    for name, role in roles.items():
        if role not in ROLES:
            raise BadInput(
                f"the variable {name!r} has the role {role!r}: choose one of {', '.join(ROLES)}"
            )
    having = {wanted: [name for name, role in roles.items() if role == wanted] for wanted in ROLES}
    identifiers = polars_columns(opened, having["direct_identifier"])
    keys = [name for name in identifiers.columns if _tells_apart(identifiers[name])]
    quasi = polars_columns(opened, having["quasi_identifier"])
    return Plan(
        quasi_identifiers={name: _hierarchy(quasi[name]) for name in quasi.columns},
        models=(KAnonymity(k),),
        suppression=suppression,
        pseudonymise=tuple(keys),
        sensitive=tuple(having["sensitive"]),
        drop=tuple(name for name in identifiers.columns if name not in keys),
    )


def _tells_apart(column: pl.Series) -> bool:
    whole = column.dtype.is_integer() or (
        column.dtype.is_float() and bool((column == column.round()).all())
    )
    return (
        (whole or column.dtype == pl.String)
        and column.n_unique() == len(column)
        and (not column.has_nulls())
    )


def _hierarchy(column: pl.Series) -> Hierarchy:
    values = column.drop_nulls()
    if not column.dtype.is_numeric() or values.n_unique() <= _FEW_VALUES:
        return suppressible()
    lowest, highest = (Fraction(str(value)) for value in (values.min(), values.max()))
    width = _round_width((highest - lowest) / _BANDS)
    return Intervals((width, 2 * width, 4 * width))


def _round_width(least: Fraction) -> Fraction:
    """The smallest of 1, 2, 5, 10, 20, 50, ... (and their tenths) that is not below ``least``."""
    power = Fraction(1)
    while power >= least:
        power /= 10
    while power * 10 < least:
        power *= 10
    return next(power * step for step in (1, 2, 5, 10) if power * step >= least)
