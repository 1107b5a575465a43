"""``response ~ a + C(sex) + age^2 + a:b + a*b`` read into typed terms; nothing in it is evaluated."""

import re

from casemate.analysis.recipes import BadRecipe, Factor, Term

_NAME = r"(?:[A-Za-z]|_[A-Za-z0-9.-])[A-Za-z0-9_.-]{0,62}"
_FACTOR = re.compile(rf"(?:C\((?P<category>{_NAME})\)|(?P<number>{_NAME})(?:\^(?P<power>[1-4]))?)")


def read_formula(formula: str) -> tuple[str, tuple[Term, ...]]:
    """The response and the terms. Raises BadRecipe for what it does not know.

    ``C(x)`` is a category, ``x^2`` a power up to 4, ``a:b`` an interaction, ``a*b`` both main effects
    and their interaction. There is an intercept always.
    """
    left, tilde, right = formula.partition("~")
    response = left.strip()
    if not tilde or not re.fullmatch(_NAME, response):
        raise BadRecipe("a formula is written 'response ~ term + term'")
    return response, read_terms(right)


def read_terms(sum_of: str) -> tuple[Term, ...]:
    """The terms alone, as they stand on the right of a formula; raises as ``read_formula``."""
    terms: list[Term] = []
    for text in sum_of.split("+"):
        factors = [part.strip() for part in text.split("*")]
        if len(factors) > 2:
            raise BadRecipe("a product 'a*b' has two factors: write out the terms of a longer one")
        terms += [_term(part) for part in factors]
        if len(factors) == 2:
            terms.append(_term(":".join(factors)))
    return tuple(dict.fromkeys(terms))


def _term(text: str) -> Term:
    factors = tuple(_factor(part.strip()) for part in text.split(":"))
    if len(factors) > 4:
        raise BadRecipe("a term has at most four factors")
    return Term(factors=factors)


def _factor(text: str) -> Factor:
    match = _FACTOR.fullmatch(text)
    if match is None:
        raise BadRecipe(f"{text!r} is no term: write x, C(x), x^2, or a product with ':'")
    if category := match["category"]:
        return Factor(name=category, categorical=True)
    return Factor(name=match["number"], power=int(match["power"] or 1))
