"""How well an attack does: rates with Wilson's interval, and what it gains over those unseen.

Giomi, Boenisch, Wehmeyer and Tasnádi (2023), "A unified framework for quantifying privacy risk in
synthetic data", PoPETs 2023(2): each attack is tried on records that were used, on control records
that were not, and by chance; the risk is the gain over the control, r = (attack - control) /
(1 - control), cut off at 0 and 1.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

from casemate.errors import BadInput

_Z = 1.959963984540054


@dataclass(frozen=True)
class Rate:
    """A share of successes as Wilson (1927) estimates it, and the half-width of its 95 % interval."""

    value: float
    error: float


@dataclass(frozen=True)
class Attack:
    """One attack's outcome.

    * ``attacks``: how many were tried on the source; ``success``: the share that worked.
    * ``baseline``: the share that worked by chance. An attack no better than it has learnt nothing,
      and its risk proves nothing: ``informative`` is false.
    * ``control``: the share that worked on records which took no part.
    * ``risk``, ``risk_low``, ``risk_high``: the gain over the control, with a 95 % interval.
    """

    name: str
    attacks: int
    success: Rate
    baseline: Rate
    control: Rate
    risk: float
    risk_low: float
    risk_high: float

    @property
    def informative(self) -> bool:
        """Whether the attack did better than chance."""
        return self.success.value > self.baseline.value

    def to_dict(self) -> dict[str, Any]:
        """The figures as a document; it holds floats."""
        return {**asdict(self), "informative": self.informative}


def rate(successes: float, trials: int) -> Rate:
    """Wilson's score interval: its middle and half its width. ``successes`` may be corrected for
    size, and so be no whole number."""
    if trials < 1:
        raise BadInput("an attack that was not tried has no rate")
    whole = trials + _Z * _Z
    spread = successes * (trials - successes) / trials + _Z * _Z / 4
    return Rate((successes + _Z * _Z / 2) / whole, _Z / whole * math.sqrt(max(0.0, spread)))


def attack(name: str, success: Rate, baseline: Rate, control: Rate, attacks: int) -> Attack:
    """The outcome with its risk; the interval is propagated to first order from both rates'."""
    room = 1 - control.value
    risk = (success.value - control.value) / room
    error = math.hypot(success.error / room, control.error * (success.value - 1) / room**2)
    low, middle, high = (min(1.0, max(0.0, x)) for x in (risk - error, risk, risk + error))
    return Attack(name, attacks, success, baseline, control, middle, low, high)
