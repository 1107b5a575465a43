"""A regression as a document: the inert form in which a model is easiest to judge."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, FiniteFloat, ValidationError

from casemate.analysis.expressions import Document, Name
from casemate.enclave.model_attacks.scores import Matrix

MAX_BYTES = 64 * 1024


class Coefficients(Document):
    """``family`` says what the linear predictor becomes: itself, a probability, or a mean count."""

    document: Literal["casemate.coefficients/1"]
    family: Literal["least_squares", "logistic", "poisson"]
    intercept: FiniteFloat
    coefficients: Annotated[dict[Name, FiniteFloat], Field(min_length=1, max_length=200)]

    def predict(self, features: Matrix) -> Matrix:
        """One column: the number, the probability of 1, or the mean, for each row."""
        weights = np.array(list(self.coefficients.values()))
        with np.errstate(over="ignore"):
            line: Matrix = features @ weights + self.intercept
            if self.family == "logistic":
                line = 1 / (1 + np.exp(-line))
            elif self.family == "poisson":
                line = np.exp(np.minimum(line, 50))
        return line.reshape(-1, 1)

    @property
    def digits(self) -> int:
        """The most significant digits of any of its numbers: how much a number could carry."""
        numbers = (self.intercept, *self.coefficients.values())
        written = (repr(abs(one)).split("e")[0].replace(".", "").strip("0") for one in numbers)
        return max(len(one) for one in written)


def coefficients_from_json(data: bytes) -> Coefficients | None:
    """The regression in ``data``; ``None`` where it is another document."""
    if len(data) > MAX_BYTES or b"casemate.coefficients/1" not in data:
        return None
    try:
        return Coefficients.model_validate_json(data)
    except (ValidationError, RecursionError):
        return None
