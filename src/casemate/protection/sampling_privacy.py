"""How private a random sample is whose small classes are suppressed: (ε, δ) from k, and k from them.

Li, Qardaji and Su, "On sampling, anonymization, and differential privacy or, k-anonymization meets
differential privacy", ASIACCS 2012, theorem 5: take each record with probability β, generalise by a
scheme that does not depend on the data, drop the classes of fewer than k. For ε >= -ln(1 - β) this is
(ε, δ)-differentially private for tables that one record more or less sets apart, with

    δ = max over n >= ceil(k/γ - 1) of  P(a binomial of n and β is above γ n),
    γ = (e^ε - 1 + β) / e^ε.

All rounding goes against us: γ is bounded on both sides in exact fractions, and the tails, which are
floats good to 12 digits, are raised by a billionth.
"""

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np

from casemate.errors import BadInput

ONE = 2**64
"""Records are drawn by 64 random bits each: β is a whole number of 2^-64."""

_MARGIN = 1 + 1e-9
_MOST_K = 10**7
_CHUNK = 1024


def exp_minus(epsilon: Fraction) -> tuple[Fraction, Fraction]:
    """A lower and an upper bound of e^-ε, within a relative 1e-50."""
    with localcontext() as context:
        context.prec = 80
        value = Fraction((-Decimal(epsilon.numerator) / Decimal(epsilon.denominator)).exp())
    room = Fraction(1, 10**50)
    return value * (1 - room), value * (1 + room)


def largest_sampling(epsilon: Fraction) -> Fraction:
    """The largest β of 64 bits with ε >= -ln(1 - β)."""
    _, high = exp_minus(epsilon)
    return Fraction(math.floor((1 - high) * ONE), ONE)


def sampling_delta(k: int, sampling: Fraction, epsilon: Fraction) -> float:
    """The theorem's δ for classes of at least ``k`` in a sample of the share ``sampling``.

    Raises BadInput for a sampling that ε does not allow: it must be at most 1 - e^-ε.
    """
    from scipy.stats import binom  # slow to import

    if not 0 < sampling <= largest_sampling(epsilon):
        raise BadInput(
            f"an epsilon of {float(epsilon):g} allows a sample of a share above 0 and up to "
            f"{float(largest_sampling(epsilon)):.6g}, not {float(sampling):g}"
        )
    low, high = (1 - (1 - sampling) * side for side in reversed(exp_minus(epsilon)))
    start = math.ceil(k / high - 1)
    beta, divergence = float(sampling), _divergence(float(low), float(sampling))
    found = 0.0
    while True:
        sizes = range(max(start, 1), start + _CHUNK)
        above = [math.floor(low * size) for size in sizes]
        found = max(found, float(np.max(binom.sf(above, list(sizes), beta))) * _MARGIN)
        start += _CHUNK
        # Chernoff: the tail at n is at most exp(-n divergence), and so at every later n
        if math.exp(-start * divergence * (1 - 1e-9)) <= found:
            return min(found, 1.0)


def _divergence(share: float, beta: float) -> float:
    """Kullback and Leibler's, from a coin that falls with ``share`` to one that falls with ``beta``."""
    rest = (1 - share) * math.log((1 - share) / (1 - beta)) if share < 1 else 0.0
    return share * math.log(share / beta) + rest


def smallest_class(epsilon: Fraction, delta: Fraction, sampling: Fraction) -> int:
    """The least k whose δ is at most ``delta``."""

    def holds(k: int) -> bool:
        return Fraction(sampling_delta(k, sampling, epsilon)) <= delta

    low, high = 0, 1
    while not holds(high):
        low, high = high, high * 2
        if high > _MOST_K:
            raise BadInput("no class size reaches so small an epsilon and delta: allow more")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
