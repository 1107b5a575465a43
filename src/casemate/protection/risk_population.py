"""How many people of the population are unique, estimated from a sample of it.

A record unique in the sample may have doubles outside it. Given the sample's class sizes and the
sampling fraction, a model of the population says how many uniques to expect there:

* Pitman: Hoshino (2001), Applying Pitman's sampling formula to microdata disclosure risk assessment,
  Journal of Official Statistics 17; Pitman (1995).
* Zayatz (1991), Estimation of the number of unique population elements using a sample, U.S. Census.
* SNB, the slide negative binomial: Chen and Keller-McNulty (1998), Estimation of identification
  disclosure risk in microdata, Journal of Official Statistics 14; its number of classes by Shlosser's
  estimator as modified by Haas and Stokes (1998).
* Dankar's rule: Dankar, El Emam, Neisa and Roffey (2012), Estimating the re-identification risk of
  clinical data sets, BMC Medical Informatics and Decision Making 12:66.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from casemate.errors import BadInput
from casemate.protection.risk import reidentification_risk

ClassSizes = Sequence[tuple[int, int]]
"""Pairs of a class size and the number of classes in the sample that have it."""

Floats = npt.NDArray[np.float64]


class PopulationModel(StrEnum):
    """The model by which population uniques are estimated."""

    PITMAN = "pitman"
    ZAYATZ = "zayatz"
    SNB = "snb"
    DANKAR = "dankar"


@dataclass(frozen=True)
class PopulationUniques:
    """The estimate. ``uniques`` is an expected number of people, ``share`` that over ``population``.

    ``model`` is what was asked for and ``used`` what gave the figure: Dankar's rule chooses, and
    where a model has no solution on these data Zayatz's stands in for it under Dankar's rule.
    ``used`` is None where nothing had to be estimated: no record is unique, or the table is the
    whole population. ``sample_share`` is the share of the sample's uniques expected to be unique in
    the population as well, 0 where it has none.
    """

    model: str
    used: str | None
    records: int
    population: int
    sampling_fraction: float
    sample_uniques: int
    uniques: float
    share: float
    sample_share: float

    def to_dict(self) -> dict[str, Any]:
        """The figures as a document; it holds floats (see ``without_floats``)."""
        return asdict(self)


def population_uniques(
    table: Any,
    quasi_identifiers: Sequence[str],
    *,
    sampling_fraction: float | None = None,
    population: int | None = None,
    model: PopulationModel | str = PopulationModel.DANKAR,
) -> PopulationUniques:
    """Estimate the uniques of the population of which ``table`` is a simple random sample.

    Give either the ``sampling_fraction`` (above 0, up to 1) or the size of the ``population``.
    Raises BadInput for what ``reidentification_risk`` refuses, for a fraction or population out of
    range or both or neither given, and where the model asked for has no solution on these data.
    """
    sizes = reidentification_risk(table, quasi_identifiers).class_sizes
    return uniques_of_sizes(
        sizes, sampling_fraction=sampling_fraction, population=population, model=model
    )


def uniques_of_sizes(
    class_sizes: ClassSizes,
    *,
    sampling_fraction: float | None = None,
    population: int | None = None,
    model: PopulationModel | str = PopulationModel.DANKAR,
) -> PopulationUniques:
    """``population_uniques`` of a sample known by its ``class_sizes`` alone (``Risk.class_sizes``)."""
    sizes = _checked_sizes(class_sizes)
    kind = _model(model)
    records = sum(size * classes for size, classes in sizes)
    people = _population(records, sampling_fraction, population)
    alone = dict(sizes).get(1, 0)
    used: PopulationModel | None = None
    if alone == 0 or people == records:
        uniques = float(alone)
    else:
        found = _estimate(kind, sizes, people)
        if found is None:
            raise BadInput(
                f"the {kind.value} model has no solution on these class sizes: "
                "use Dankar's rule, which chooses another, or Zayatz's model"
            )
        used, uniques = found
    return PopulationUniques(
        model=kind.value,
        used=used.value if used else None,
        records=records,
        population=people,
        sampling_fraction=records / people,
        sample_uniques=alone,
        uniques=uniques,
        share=uniques / people,
        sample_share=min(1.0, uniques * records / people / alone) if alone else 0.0,
    )


def _checked_sizes(class_sizes: ClassSizes) -> list[tuple[int, int]]:
    sizes = sorted((int(size), int(classes)) for size, classes in class_sizes)
    if not sizes:
        raise BadInput("the sample has no class, so nothing can be estimated from it")
    if sizes[0][0] < 1 or any(classes < 1 for _, classes in sizes):
        raise BadInput("class sizes and the numbers of classes are at least 1")
    if len({size for size, _ in sizes}) < len(sizes):
        raise BadInput("a class size is given twice: add its numbers of classes up")
    return sizes


def _model(model: PopulationModel | str) -> PopulationModel:
    try:
        return PopulationModel(model)
    except ValueError:
        known = ", ".join(PopulationModel)
        raise BadInput(f"there is no population model {model!r}: choose one of {known}") from None


def _population(records: int, fraction: float | None, population: int | None) -> int:
    if (fraction is None) == (population is None):
        raise BadInput("give either the sampling fraction or the size of the population")
    if population is not None:
        if population < records:
            raise BadInput(
                f"a population of {population} cannot hold a sample of {records} records"
            )
        return int(population)
    if fraction is None or not 0 < fraction <= 1:
        raise BadInput(f"the sampling fraction lies above 0 and up to 1, not at {fraction}")
    return max(records, round(records / fraction))


def estimated_share(sizes: ClassSizes, model: PopulationModel, people: int) -> float | None:
    """The share of ``people`` expected to be unique, by a sample with classes of these ``sizes``.

    None where the model has no solution on them.
    """
    alone = dict(sizes).get(1, 0)
    if not alone or people == sum(size * classes for size, classes in sizes):
        return alone / people
    found = _estimate(model, sizes, people)
    return None if found is None else found[1] / people


def _estimate(
    kind: PopulationModel, sizes: ClassSizes, people: int
) -> tuple[PopulationModel, float] | None:
    """The model used and the uniques it expects; None where it has no solution."""
    if kind is PopulationModel.DANKAR:
        return _by_dankar(sizes, people)
    solver: dict[PopulationModel, Callable[[ClassSizes, int], float | None]] = {
        PopulationModel.PITMAN: pitman_uniques,
        PopulationModel.ZAYATZ: zayatz_uniques,
        PopulationModel.SNB: snb_uniques,
    }
    uniques = solver[kind](sizes, people)
    return None if uniques is None else (kind, uniques)


def _by_dankar(sizes: ClassSizes, people: int) -> tuple[PopulationModel, float]:
    """Pitman up to a fraction of 0.1; above it the smaller of Zayatz and SNB."""
    records = sum(size * classes for size, classes in sizes)
    zayatz = zayatz_uniques(sizes, people)
    if records <= 0.1 * people:
        pitman = pitman_uniques(sizes, people)
        if pitman is not None:
            return PopulationModel.PITMAN, pitman
        return PopulationModel.ZAYATZ, zayatz
    snb = snb_uniques(sizes, people)
    if snb is not None and snb <= zayatz:
        return PopulationModel.SNB, snb
    return PopulationModel.ZAYATZ, zayatz


def zayatz_uniques(sizes: ClassSizes, people: int) -> float:
    """The sample's classes stand for the population's in the distribution of their sizes.

    By Bayes, a sample unique is a population unique with p(1) P(1|1) / sum over j of p(j) P(1|j),
    P(1|j) hypergeometric: one of j people falls into the sample.
    """
    records = sum(size * classes for size, classes in sizes)
    alone = dict(sizes).get(1, 0)
    if not alone:
        return 0.0
    chance = _chance_of_one(np.array([size for size, _ in sizes]), records, people)
    weighted = float((chance * np.array([classes for _, classes in sizes])).sum())
    likely = float(_chance_of_one(np.array([1]), records, people)[0])
    return alone * (alone * likely / weighted) * people / records


def _chance_of_one(sizes: npt.NDArray[np.int64], records: int, people: int) -> Floats:
    """P(exactly one of j of the ``people`` is among ``records`` drawn without replacement)."""
    from scipy.special import gammaln  # slow to import, and most callers never estimate

    outside = people - records
    possible = sizes - 1 <= outside
    rest = np.where(possible, sizes - 1, 0)
    # j n C(N - j, n - 1) / ... written as j (n / N) prod of (N - n - i) / (N - 1 - i), i < j - 1
    log = (
        gammaln(outside + 1.0)
        - gammaln(outside - rest + 1.0)
        - gammaln(float(people))
        + gammaln(float(people) - rest)
    )
    return np.asarray(np.where(possible, sizes * (records / people) * np.exp(log), 0.0))


def pitman_uniques(sizes: ClassSizes, people: int) -> float | None:
    """Expected uniques of a population of Pitman's model with the sample's likeliest parameters.

    The expectation is the exact N (theta + a)_(N-1) / (theta + 1)_(N-1), rising factorials, not its
    limit N^a gamma(theta + 1) / gamma(theta + a) for large N. None where the likelihood has no
    maximum inside the model: every record in one class, or every record unique.
    """
    parameters = pitman_parameters(sizes)
    if parameters is None:
        return None
    return pitman_expectation(*parameters, people)


def pitman_expectation(theta: float, alpha: float, people: int) -> float:
    """The expected number of classes of size 1 among ``people`` under Pitman's formula."""
    log = _log_rising(theta + alpha, people - 1) - _log_rising(theta + 1, people - 1)
    return float(min(people, people * math.exp(log)))


def pitman_log_likelihood(theta: float, alpha: float, sizes: ClassSizes) -> float:
    """Of Pitman's sampling formula, up to a constant; alpha in (0, 1), theta above -alpha."""
    classes = sum(number for _, number in sizes)
    records = sum(size * number for size, number in sizes)
    new = (classes - 1) * math.log(alpha) + _log_rising(theta / alpha + 1, classes - 1)
    old = sum(number * _log_rising(1 - alpha, size - 1) for size, number in sizes)
    return new + old - _log_rising(theta + 1, records - 1)


def _log_rising(start: float, factors: int) -> float:
    """log of start (start + 1) ... (``factors`` of them), exact also where gammas would cancel."""
    if start < 1e4:
        return math.lgamma(start + factors) - math.lgamma(start)
    end = start + factors
    stirling = (start - 0.5) * math.log1p(factors / start) + factors * (math.log(end) - 1)
    return stirling + (1 / end - 1 / start) / 12 - (1 / end**3 - 1 / start**3) / 360


def pitman_parameters(sizes: ClassSizes) -> tuple[float, float] | None:
    """The (theta, alpha) that make the sample likeliest; None where no maximum is inside."""
    from scipy.optimize import minimize_scalar

    classes = sum(number for _, number in sizes)
    records = sum(size * number for size, number in sizes)
    if classes in (1, records):
        return None

    def profile(alpha: float) -> float:
        return -pitman_log_likelihood(_best_theta(alpha, classes, records), alpha, sizes)

    grid = np.concatenate([[1e-6], np.linspace(0.02, 0.98, 49), [1 - 1e-6]])
    values = [profile(alpha) for alpha in grid]
    best = int(np.argmin(values))
    low, high = grid[max(0, best - 1)], grid[min(len(grid) - 1, best + 1)]
    found = minimize_scalar(profile, bounds=(low, high), method="bounded", options={"xatol": 1e-10})
    alpha = float(found.x if found.fun <= values[best] else grid[best])
    return _best_theta(alpha, classes, records), alpha


def _best_theta(alpha: float, classes: int, records: int) -> float:
    """The theta likeliest for an alpha: the root of the likelihood's derivative, which is one."""
    from scipy.optimize import brentq
    from scipy.special import digamma

    def slope(log_excess: float) -> float:
        theta = math.exp(log_excess) - alpha
        new = (digamma(theta / alpha + classes) - digamma(theta / alpha + 1)) / alpha
        return float(new - (digamma(theta + records) - digamma(theta + 1)))

    low, high = -30.0, 32.0
    if slope(low) <= 0:
        return math.exp(low) - alpha
    if slope(high) >= 0:
        return math.exp(high) - alpha
    return math.exp(float(brentq(slope, low, high, xtol=1e-12))) - alpha


def snb_uniques(sizes: ClassSizes, people: int) -> float | None:
    """K b^a uniques where class sizes less one are negative binomial (a, b), K classes in all.

    K is estimated first; a and b are those for which the numbers of classes of size 1 and 2 in a
    Bernoulli sample are expected to be what they are. None where no such pair exists.
    """
    from scipy.optimize import least_squares

    by_size = dict(sizes)
    ones, twos = by_size.get(1, 0), by_size.get(2, 0)
    if not ones or not twos:
        return None
    records = sum(size * number for size, number in sizes)
    fraction = records / people
    classes = shlosser_classes(sizes, people)
    seen = np.log([ones, twos])

    def miss(point: Floats) -> Floats:
        shape, scale = math.exp(point[0]), 1 / (1 + math.exp(-point[1]))
        return snb_log_expectation(shape, scale, classes, fraction) - seen

    bounds = ([-16.0, -18.0], [12.0, 18.0])
    starts = [(shape, scale) for shape in (-4.0, -1.0, 2.0) for scale in (-4.0, -1.0, 2.0)]
    for start in starts:
        found = least_squares(miss, start, bounds=bounds, xtol=1e-14, ftol=1e-14, gtol=1e-14)
        if np.abs(found.fun).max() < 1e-6:
            shape, scale = math.exp(found.x[0]), 1 / (1 + math.exp(-found.x[1]))
            return float(classes * math.exp(shape * math.log(scale)))
    return None


def snb_log_expectation(shape: float, scale: float, classes: float, fraction: float) -> Floats:
    """Logarithms of the expected classes of size 1 and of size 2 in a Bernoulli sample.

    From the generating function (1 - f + f z) (b / (1 - (1 - b)(1 - f + f z)))^a of one class.
    """
    missed = (1 - fraction) * (1 - scale)
    base = shape * (math.log(scale) - math.log1p(-missed))
    one = math.log(classes * fraction) + base + math.log1p(shape * missed / (1 - missed))
    two = (
        math.log(classes * shape * (1 - scale) / 2)
        + 2 * math.log(fraction)
        + base
        - 2 * math.log1p(-missed)
        + math.log(2 - (1 - shape) * missed)
    )
    return np.array([one, two])


def shlosser_classes(sizes: ClassSizes, people: int) -> float:
    """The number of classes in the population: Haas and Stokes' modified Shlosser estimator (Sh3).

    Held to what is certain: at least the sample's classes, at most those plus everybody not in it.
    """
    size = np.array([size for size, _ in sizes], dtype=float)
    number = np.array([classes for _, classes in sizes], dtype=float)
    classes, records = number.sum(), (size * number).sum()
    q = records / people
    once = dict(sizes).get(1, 0)
    if not once:
        return float(classes)
    first = (size * q**2 * (1 - q**2) ** (size - 1) * number).sum()
    second = (((1 - q**2) ** size - (1 - q) ** size) * number).sum()
    third = ((1 - q) ** size * number).sum() / (size * q * (1 - q) ** (size - 1) * number).sum()
    estimate = classes + once * (first / second) * third**2
    return float(min(max(estimate, classes), classes + people - records))
