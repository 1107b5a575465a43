"""What a query costs in privacy: (ε, δ) or zero-concentrated (ρ, δ), kept as exact fractions.

Fractions, because an account adds many small amounts: ten times 0.1 must be 1, no more and no less,
and what is stored is text that reads back as the same number.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Self

from casemate.errors import BadInput
from casemate.protection.privacy_loss.opendp import epsilon_from_rho
from casemate.protection.values import FARTHEST

Amount = int | float | str | Decimal | Fraction
_HALVINGS = 40


class Accounting(StrEnum):
    """How losses add up: pure and approximate differential privacy, or zero-concentrated."""

    EPSILON = "epsilon"
    RHO = "rho"


@dataclass(frozen=True)
class PrivacyLoss:
    """An amount of ε or ρ, and a δ: make one with ``PrivacyLoss.epsilon(1)`` or ``.rho(0.01)``.

    ``rho`` with a δ is δ-approximate ρ-zCDP (Bun and Steinke 2016, section 8). The accounting
    chooses the noise as well: Laplace for ε, Gaussian for ρ.
    """

    accounting: Accounting
    amount: Fraction
    delta: Fraction = Fraction(0)

    @classmethod
    def epsilon(cls, amount: Amount, delta: Amount = 0) -> Self:
        """(ε, δ)-differential privacy. Raises BadInput unless ε > 0 and 0 <= δ < 1."""
        return cls(Accounting.EPSILON, _positive(amount, "epsilon"), _delta(delta))

    @classmethod
    def rho(cls, amount: Amount, delta: Amount = 0) -> Self:
        """ρ-zCDP, or δ-approximate ρ-zCDP. Raises BadInput unless ρ > 0 and 0 <= δ < 1."""
        return cls(Accounting.RHO, _positive(amount, "rho"), _delta(delta))

    @classmethod
    def rho_within(cls, epsilon: Amount, delta: Amount) -> Self:
        """The largest ρ-zCDP, to a relative 1e-9, that OpenDP converts to at most (ε, δ)."""
        most, small = _positive(epsilon, "epsilon"), _delta(delta)
        if not small:
            raise BadInput(
                "zero-concentrated privacy within (epsilon, delta) needs a delta above 0"
            )
        low, high = Fraction(0), most
        while epsilon_from_rho(float(high), float(small)) <= most:
            low, high = high, high * 2
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            fits = epsilon_from_rho(float(middle), float(small)) <= most
            low, high = (middle, high) if fits else (low, middle)
            if high - low < high * Fraction(1, 10**9):
                break
        return cls(Accounting.RHO, Fraction(float(low)))

    def __add__(self, other: Self) -> Self:
        """Both spent: losses of one accounting add up; for two accountings see ``under``."""
        if other.accounting is not self.accounting:
            raise BadInput("losses of two accountings do not add up: bring both under one")
        return replace(self, amount=self.amount + other.amount, delta=self.delta + other.delta)

    def under(self, accounting: Accounting) -> Self:
        """The same loss in another accounting: ε-DP is ε²/2-zCDP (Bun and Steinke 2016, 1.4).

        Raises BadInput for an (ε, δ) with δ under zCDP, and for a ρ under (ε, δ): those conversions
        do not compose, so an account of that kind cannot take them.
        """
        if accounting is self.accounting:
            return self
        if accounting is Accounting.RHO and not self.delta:
            return replace(self, accounting=accounting, amount=self.amount**2 / 2)
        raise BadInput(
            f"a loss in {self.accounting} cannot be charged to an account in {accounting}: "
            f"state the query's loss in {accounting}"
        )

    def split(self, parts: int) -> Self:
        """One of ``parts`` equal shares; they add up to the whole exactly."""
        return replace(self, amount=self.amount / parts, delta=self.delta / parts)

    def without_delta(self) -> Self:
        """The same amount, with δ = 0."""
        return replace(self, delta=Fraction(0))

    def covers(self, other: Self) -> bool:
        """Whether ``other``, of the same accounting, is no more than this."""
        return other.amount <= self.amount and other.delta <= self.delta

    def as_epsilon(self, delta: Amount) -> float:
        """The ε of this loss at a total ``delta`` (OpenDP's conversion; it includes this δ)."""
        left = _delta(delta) - self.delta
        if left < 0:
            raise BadInput(
                f"this loss has a delta of {float(self.delta):g} already, above the one asked"
            )
        if self.accounting is Accounting.EPSILON or not self.amount:
            return float(self.amount)
        if not left:
            raise BadInput("the epsilon of a zero-concentrated loss needs a delta above its own")
        return epsilon_from_rho(float(self.amount), float(left))

    def to_dict(self) -> dict[str, str]:
        """Text only, exact: for a plan, a ledger or a store."""
        return {
            "accounting": self.accounting.value,
            "amount": str(self.amount),
            "delta": str(self.delta),
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Self:
        """The inverse of ``to_dict``; an amount of 0 is allowed: nothing spent so far."""
        try:
            amount, delta = Fraction(document["amount"]), Fraction(document["delta"])
            accounting = Accounting(document["accounting"])
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise BadInput(f"this is no privacy loss: {error}") from None
        if amount < 0 or not 0 <= delta < 1:
            raise BadInput("a privacy loss is not negative, and its delta is below 1")
        return cls(accounting, amount, delta)

    def __str__(self) -> str:
        sign = "ε" if self.accounting is Accounting.EPSILON else "ρ"
        tail = f", δ = {float(self.delta):g}" if self.delta else ""
        return f"{sign} = {float(self.amount):g}{tail}"


def exact(value: Amount, what: str) -> Fraction:
    """``value`` as it is written: 0.1 is a tenth, not the float nearest to it."""
    try:
        if isinstance(value, bool):
            raise TypeError("a truth value")
        if isinstance(value, Fraction):
            return Fraction(value)
        text = str(value)
        _, has_exponent, exponent = text.lower().partition("e")
        if has_exponent and abs(int(exponent)) > FARTHEST:  # spelled out, it would fill the memory
            raise ValueError("its exponent is out of all bounds")
        return Fraction(text)
    except (TypeError, ValueError, ZeroDivisionError):
        raise BadInput(f"{what} is a finite number, not {value!r}") from None


def _positive(value: Amount, what: str) -> Fraction:
    number = exact(value, what)
    if not 0 < number <= 10**6 or float(number) < 1e-12:
        raise BadInput(f"{what} lies between 1e-12 and 1e6, not {value!r}")
    return number


def _delta(value: Amount) -> Fraction:
    number = exact(value, "delta")
    if not 0 <= number < 1:
        raise BadInput(f"delta is a probability below 1, not {value!r}")
    return number
