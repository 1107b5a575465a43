"""What a model says of rows, in one form whatever the model."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from casemate.errors import BadInput

Flags = np.ndarray[Any, np.dtype[np.bool_]]
Vector = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Said:
    """What a model says of rows: whom it decides for, and how sure it is where it tells."""

    decided: Flags
    scores: Vector | None


def said_of(answer: Any, rows: int, threshold: float) -> Said:
    """An answer as decisions and scores; raises ``BadInput`` where it is neither."""
    given = np.asarray(answer)
    if given.ndim == 2 and given.shape[1] in (1, 2):
        given = given[:, -1]
    if given.shape != (rows,):
        raise BadInput(
            f"the model gives {given.shape} for {rows} rows; one number for each is needed"
        )
    if given.dtype.kind == "b":
        return Said(given.astype(bool), None)
    if given.dtype.kind not in "fiu" or not np.isfinite(given).all():
        raise BadInput("the model must give true or false, or a number from 0 to 1, for each row")
    if given.min() < -1e-6 or given.max() > 1 + 1e-6:
        raise BadInput("the model's scores are not from 0 to 1: it must give probabilities")
    if given.dtype.kind in "iu":
        return Said(given == 1, None)
    scores = np.clip(given.astype(np.float64), 0.0, 1.0)
    return Said(scores >= threshold, scores)


def written(value: Any) -> str:
    """A class as the table writes it: a whole number without a point, true and false in small letters."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)
