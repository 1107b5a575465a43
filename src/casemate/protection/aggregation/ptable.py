"""Perturbation tables: the noise with the most entropy for a given variance and largest deviation.

The distribution of the noise v for a count n is the one of maximum entropy among those with mean 0,
variance as given, |v| no more than the maximum, and n + v never negative nor among the small counts
that are not to appear (Giessing, PSD 2016, LNCS 9867; ABS: Fraser & Wooton 2005). It has the form
p(v) ∝ exp(a·v + b·v²); a and b come from Newton's method on the dual.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from casemate.errors import BadInput
from casemate.protection.aggregation.solver import Floats, Ints

_STEPS = 200
_EXACT = 1e-12


@dataclass(frozen=True)
class PTable:
    """Noise of mean 0 and ``variance``, at most ``maximum`` either way; 0 stays 0.

    ``threshold``: no perturbed count lies between 1 and this. Raises BadInput where no distribution
    with that variance exists for some count, and says which variances do.
    """

    variance: float = 2.0
    maximum: int = 5
    threshold: int = 0
    _rows: dict[int, Floats] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, least in (("maximum", 1), ("threshold", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 1000:
                raise BadInput(
                    f"{name} of a PTable is a whole number from {least} to 1000, not {value!r}"
                )
        if self.threshold >= self.maximum:
            raise BadInput(
                f"a PTable whose threshold is {self.threshold} needs a maximum above that, not "
                f"{self.maximum}: small counts must be able to get past it"
            )
        if isinstance(self.variance, bool) or not isinstance(self.variance, int | float):
            raise BadInput(f"variance of a PTable is a number, not {self.variance!r}")
        for count in range(1, self.largest_row + 1):
            self.probabilities(count)

    @property
    def deviations(self) -> Ints:
        """-maximum, ..., maximum: what the entries of a row stand for."""
        return np.arange(-self.maximum, self.maximum + 1)

    @property
    def largest_row(self) -> int:
        """From this count on, all counts have the same noise."""
        return self.maximum + self.threshold + 1

    def probabilities(self, count: int) -> Floats:
        """The probability of each deviation of a count."""
        row = min(count, self.largest_row)
        if row not in self._rows:
            self._rows[row] = self._solve(row)
        return self._rows[row]

    def noise(self, counts: Ints, uniform: Floats) -> Ints:
        """The deviation of each count, looked up at a number from [0, 1)."""
        rows = np.minimum(counts, self.largest_row)
        place = np.sum(uniform[:, None] >= self._cumulative[rows], axis=1)
        found: Ints = self.deviations[place]
        return found

    @cached_property
    def _cumulative(self) -> Floats:
        """For each row, the cumulated probabilities but the last, impossible ends closed."""
        found = []
        for count in range(self.largest_row + 1):
            probabilities = self.probabilities(count)
            steps = np.cumsum(probabilities)[:-1]
            last = int(np.flatnonzero(probabilities)[-1])
            steps[last:] = 1.0
            found.append(steps)
        return np.array(found)

    def _solve(self, count: int) -> Floats:
        deviations = self.deviations
        result = count + deviations
        allowed = (result == 0) | (result > self.threshold)
        if count == 0:
            allowed = deviations == 0
            nothing: Floats = allowed.astype(np.float64)
            return nothing
        support = deviations[allowed].astype(np.float64)
        self._require_variance(count, support)
        found = np.zeros(len(deviations))
        found[allowed] = _maximum_entropy(support, float(self.variance))
        return found

    def _require_variance(self, count: int, support: Floats) -> None:
        most = -support.min() * support.max()
        least = 0.0
        if 0 not in support:
            least = -support[support < 0].max(initial=-np.inf) * support[support > 0].min()
        if not least < self.variance < most:
            raise BadInput(
                f"no noise for the count {count} has the variance {self.variance} with a maximum of "
                f"{self.maximum} and a threshold of {self.threshold}: choose one between {least:g} "
                f"and {most:g}"
            )


def _maximum_entropy(support: Floats, variance: float) -> Floats:
    """Newton's method, damped, on log Σ exp(a·v + b·(v² - variance)), which is convex in (a, b)."""
    scale = float(np.abs(support).max())
    features: Floats = np.stack([support / scale, (support**2 - variance) / scale**2])
    weights = np.zeros(2)
    for _ in range(_STEPS):
        probabilities = _softmax(weights @ features)
        gradient = features @ probabilities
        if np.abs(gradient).max() < _EXACT:
            break
        centred = features - gradient[:, None]
        curvature = (centred * probabilities) @ centred.T
        step = np.asarray(np.linalg.solve(curvature + 1e-15 * np.eye(2), gradient), np.float64)
        weights = _descend(features, weights, step, float(gradient @ step))
    return _softmax(weights @ features)


def _descend(features: Floats, weights: Floats, step: Floats, fall: float) -> Floats:
    if fall < 1e-8:  # so near the end a full step is right, and rounding would hide that it falls
        near: Floats = weights - step
        return near
    start, size = _potential(weights @ features), 1.0
    while (
        size > 1e-10 and _potential((weights - size * step) @ features) > start - 1e-4 * size * fall
    ):
        size /= 2
    moved: Floats = weights - size * step
    return moved


def _potential(exponents: Floats) -> float:
    top = float(exponents.max())
    return top + float(np.log(np.exp(exponents - top).sum()))


def _softmax(exponents: Floats) -> Floats:
    powers = np.exp(exponents - exponents.max())
    found: Floats = powers / powers.sum()
    return found
