"""The only door to OpenDP: its import takes a moment, so it happens at the first use.

Everything random in this package comes through here, from OpenDP's own generator, which takes no
seed. Every measurement is made on 64-bit integers: the exact discrete Laplace and Gaussian samplers
of Canonne, Kamath and Steinke (2020), with no floating-point residue for an attacker to read.
"""

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from casemate.errors import BadInput

_LARGEST = 2**62
# OpenDP sums the discrete Gaussian's tail term by term: seconds for a large σ, where the continuous
# one and a unit for rounding say the same.
_SMOOTH = 100
_lock = threading.Lock()


@lru_cache(maxsize=1)
def library() -> Any:
    """The parts of OpenDP that are used here, under its prelude's names.

    The prelude itself also imports scikit-learn and SciPy wherever they are installed, which takes
    seconds. OpenDP's proofs are contributed, not all vetted: the feature is named so.
    """
    from opendp import accuracy, combinators, domains, measurements, measures, metrics
    from opendp.mod import enable_features

    enable_features("contrib")
    parts = {**vars(metrics), **vars(measures), **vars(domains), **vars(accuracy)}
    return SimpleNamespace(**parts, m=measurements, c=combinators)


@lru_cache(maxsize=4096)
def epsilon_from_rho(rho: float, delta: float) -> float:
    """The ε of ρ-zCDP at δ > 0, by OpenDP's optimal conversion (Canonne and others 2020)."""
    dp = library()
    scale = math.sqrt(1 / (2 * rho))
    space = dp.atom_domain(T="i64"), dp.absolute_distance(T="i64")
    gaussian = dp.m.make_gaussian(*space, scale=scale)
    epsilon, _ = dp.c.make_fix_delta(dp.c.make_zCDP_to_approxDP(gaussian), delta).map(1)
    # The scale is a rounded float: its ρ may lie a hair below the one asked for.
    return float(epsilon) * (1 + 1e-12)


def laplace(values: Sequence[int], l1: int, epsilon: Fraction) -> list[int]:
    """``values`` with discrete Laplace noise, ε-DP for inputs at most ``l1`` apart in L1."""
    dp = library()
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l1_distance(T="i64")
    scale = laplace_scale(l1, epsilon)
    mechanism = _fit(lambda s: dp.m.make_laplace(*space, scale=s), scale, l1, epsilon)
    return list(mechanism(_bounded(values)))


def gaussian(values: Sequence[int], l2: float, rho: Fraction) -> list[int]:
    """``values`` with discrete Gaussian noise, ρ-zCDP for inputs at most ``l2`` apart in L2."""
    dp = library()
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="f64")
    distance = float(l2) if Fraction(float(l2)) >= l2 else math.nextafter(l2, math.inf)
    scale = gaussian_scale(distance, rho)
    mechanism = _fit(lambda s: dp.m.make_gaussian(*space, scale=s), scale, distance, rho)
    return list(mechanism(_bounded(values)))


def laplace_scale(l1: float, epsilon: Fraction) -> float:
    """b of the Laplace noise that makes ``l1`` apart ε-indistinguishable."""
    return float(l1 / epsilon) if isinstance(l1, int) else l1 / float(epsilon)


def gaussian_scale(l2: float, rho: Fraction) -> float:
    """σ of the Gaussian noise that makes ``l2`` apart ρ-zCDP."""
    return float(l2) / math.sqrt(2 * float(rho))


def laplace_bound(l1: int, epsilon: Fraction, alpha: float) -> float:
    """What the noise stays within, in absolute value, with probability 1 - ``alpha``."""
    return float(library().discrete_laplacian_scale_to_accuracy(laplace_scale(l1, epsilon), alpha))


def gaussian_bound(l2: float, rho: Fraction, alpha: float) -> float:
    """What the noise stays within, in absolute value, with probability 1 - ``alpha``."""
    scale = gaussian_scale(l2, rho)
    if scale < _SMOOTH:
        return float(library().discrete_gaussian_scale_to_accuracy(scale, alpha))
    return float(library().gaussian_scale_to_accuracy(scale, alpha)) + 1


def noisy_max(
    scores: Sequence[int],
    linf: int,
    amount: Fraction,
    *,
    concentrated: bool,
    smallest: bool = False,
) -> int:
    """The place of a largest (or smallest) score, chosen by the exponential mechanism.

    One person moves each score by at most ``linf``. ``amount`` is ρ where ``concentrated``, else ε.
    """
    dp = library()
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.linf_distance(T="i64")
    measure = dp.zero_concentrated_divergence() if concentrated else dp.max_divergence()
    mechanism = _fit(
        lambda s: dp.m.make_noisy_max(*space, measure, scale=s, negate=smallest),
        max_scale(linf, amount, concentrated=concentrated),
        linf,
        amount,
    )
    return int(mechanism(_bounded(scores)))


def max_scale(linf: int, amount: Fraction, *, concentrated: bool) -> float:
    """The scale of ``noisy_max``: the chosen score is within scale · ln(n/α) of the best."""
    return gaussian_scale(linf, amount) if concentrated else 2 * laplace_scale(linf, amount)


def thresholded(
    counts: Mapping[int, int], rows: int, amount: Fraction, delta: Fraction, *, concentrated: bool
) -> dict[int, int]:
    """Noisy counts of the groups that pass a threshold, so that rare groups stay unknown.

    One person has at most ``rows`` rows, in any groups. ``amount`` is ρ where ``concentrated``,
    else ε; the chance that a group of one person alone shows at all is held to ``delta``.
    """
    make = _threshold_maker(concentrated=concentrated)
    scale, threshold = _scale_and_threshold(rows, amount, delta, concentrated=concentrated)
    mechanism = make(scale, threshold)
    kept = mechanism({int(key): int(count) for key, count in counts.items()})
    return {int(key): int(count) for key, count in kept.items()}


def threshold_for(rows: int, amount: Fraction, delta: Fraction, *, concentrated: bool) -> int:
    """The least noisy count at which ``thresholded`` names a group."""
    return _scale_and_threshold(rows, amount, delta, concentrated=concentrated)[1]


def _threshold_maker(*, concentrated: bool) -> Callable[[float, int], Any]:
    dp = library()
    domain = dp.map_domain(dp.atom_domain(T="i64"), dp.atom_domain(T="i64"))
    inner = dp.absolute_distance(T="i64")
    space = domain, (dp.l02inf_distance if concentrated else dp.l01inf_distance)(inner)
    make = dp.m.make_gaussian_threshold if concentrated else dp.m.make_laplace_threshold
    return lambda scale, threshold: make(*space, scale=scale, threshold=threshold)


@lru_cache(maxsize=256)
def _scale_and_threshold(
    rows: int, amount: Fraction, delta: Fraction, *, concentrated: bool
) -> tuple[float, int]:
    """The noise, and the least threshold that holds to ``delta``: found once for error and answer."""
    make = _threshold_maker(concentrated=concentrated)
    scale = gaussian_scale(rows, amount) if concentrated else laplace_scale(rows, amount)
    distance = rows, rows, rows  # groups touched, the L1 or L2 norm, and the most in one group

    def fits(threshold: int) -> bool:
        return Fraction(make(scale, threshold).map(distance)[1]) <= delta

    while Fraction(make(scale, 10**9).map(distance)[0]) > amount:
        scale = _wider(scale)
    low, high = rows, rows + 1
    while not fits(high):
        low, high = high, high * 2
        if high > _LARGEST:
            raise BadInput("no threshold keeps rare groups unknown at so small a delta: allow more")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return scale, high


def _fit(make: Callable[[float], Any], scale: float, distance: float, amount: Fraction) -> Any:
    """A mechanism whose loss, by OpenDP's own map, is at most ``amount``: rounding goes our way."""
    mechanism = make(scale)
    while Fraction(mechanism.map(distance)) > amount:
        scale = _wider(scale)
        mechanism = make(scale)
    return mechanism


def _wider(scale: float) -> float:
    return scale * (1 + 1e-12)


def _bounded(values: Sequence[int]) -> list[int]:
    """Clamped to 62 bits, which brings no two inputs further apart, so that nothing wraps around."""
    return [max(-_LARGEST, min(_LARGEST, int(value))) for value in values]
