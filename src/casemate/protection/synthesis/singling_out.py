"""Singling out: queries that match one synthetic record alone, tried on real ones.

The attacker guesses that a query which isolates one record in the synthetic table does so in the
source too: by one rare or extreme value, or by the values of a few columns together (Giomi and others
2023, section 4.1). Tables are compared with each distinct record once.

A query isolates more often among many records than among few, as long as it is rare. So the successes on a
control of another size are brought to the source's size: downwards exactly (a random sample's expectation
is hypergeometric), upwards by a negative binomial law, that is weights of queries spread as a gamma law
(Greenwood and Yule 1920; Good 1953), fitted to how many control records each query matches. The paper fits
a curve of Cohen and Nissim's instead, which on small controls is unstable; and anonymeter 1.1.0 fits it to
the number of queries where it means the number that isolate, so that its control rate comes out too low,
and its risk too high, wherever sizes differ.
"""

import math
from dataclasses import dataclass

import numpy as np

from casemate.protection.synthesis.attack_kernels import (
    ABOVE,
    AT_LEAST,
    AT_MOST,
    BELOW,
    EQUAL,
    MISSING,
    PRESENT,
    UNEQUAL,
    Codes,
    Floats,
    count_matches,
)
from casemate.protection.synthesis.attack_rates import Attack, Rate, attack, rate
from casemate.protection.synthesis.attack_tables import Tables

_BATCH = 1000
_ATTEMPTS = 1_000_000
_MANY = 20


@dataclass(frozen=True)
class Queries:
    """Conditions joined by and: one row a query."""

    columns: Codes
    signs: Codes
    wanted: Floats

    def __len__(self) -> int:
        return len(self.columns)

    def matches(self, table: Floats, most: int) -> Codes:
        """How many records of ``table`` each query matches, counted up to ``most``."""
        found = np.zeros(len(self), dtype=np.int64)
        across = np.ascontiguousarray(table.T)
        count_matches(across, self.columns, self.signs, self.wanted, most, found)
        return found

    def only(self, chosen: Codes) -> "Queries":
        """Some of the queries."""
        return Queries(self.columns[chosen], self.signs[chosen], self.wanted[chosen])


def singling_out(
    tables: Tables, rng: np.random.Generator, *, attacks: int, columns: int
) -> Attack | None:
    """The attack by ``columns`` values together; by single values where that is 1.

    None where no query isolates a synthetic record: then there is nothing to attack with.
    """
    source, control, synthetic = tables.distinct()
    if columns == 1:
        queries = _univariate(synthetic, tables.numeric, rng, attacks)
    else:
        queries = _multivariate(synthetic, tables.numeric, rng, attacks, columns)
    if not len(queries):
        return None
    chance = _random(synthetic, tables.numeric, rng, attacks, columns)
    worked = int((queries.matches(source, 2) == 1).sum())
    by_chance = int((chance.matches(source, 2) == 1).sum())
    name = "singling out, one column" if columns == 1 else f"singling out, {columns} columns"
    rates = (
        rate(worked, attacks),
        rate(by_chance, attacks),
        _control(queries, control, source, attacks),
    )
    return attack(name, *rates, attacks)


def _univariate(
    synthetic: Floats, numeric: tuple[bool, ...], rng: np.random.Generator, attacks: int
) -> Queries:
    """Values that one record alone has, the least and largest numbers, a lone missing value."""
    found: list[tuple[int, int, float]] = []
    for place, number in enumerate(numeric):
        values = synthetic[:, place]
        known = values[~np.isnan(values)]
        if len(known) == len(values) - 1:
            found.append((place, MISSING, 0.0))
        if number and len(known):
            found += [(place, AT_MOST, known.min()), (place, AT_LEAST, known.max())]
        rare, counts = np.unique(known, return_counts=True)
        found += [(place, EQUAL, value) for value in rare[counts == 1]]
    order = rng.permutation(len(found))
    shuffled = [found[at] for at in order]
    queries = Queries(
        np.array([[place] for place, _, _ in shuffled], dtype=np.int64).reshape(-1, 1),
        np.array([[sign] for _, sign, _ in shuffled], dtype=np.int64).reshape(-1, 1),
        np.array([[value] for _, _, value in shuffled], dtype=np.float64).reshape(-1, 1),
    )
    return queries.only(np.flatnonzero(queries.matches(synthetic, 2) == 1)[:attacks])


def _multivariate(
    synthetic: Floats, numeric: tuple[bool, ...], rng: np.random.Generator, attacks: int, many: int
) -> Queries:
    """Values of random records in random columns, kept where they isolate a synthetic record."""
    many = min(many, synthetic.shape[1])
    middle = np.array([_median(column) for column in synthetic.T])
    seen: set[bytes] = set()
    kept: list[Queries] = []
    for _ in range(_ATTEMPTS // _BATCH):
        columns = np.sort(_columns(rng, synthetic.shape[1], many, _BATCH), axis=1)
        rows = rng.integers(0, len(synthetic), _BATCH)
        wanted = synthetic[rows[:, None], columns]
        signs = np.where(wanted > middle[columns], AT_LEAST, AT_MOST)
        signs[~np.asarray(numeric)[columns]] = EQUAL
        signs[np.isnan(wanted)] = MISSING
        batch = Queries(columns, signs.astype(np.int64), np.nan_to_num(wanted))
        for at in np.flatnonzero(batch.matches(synthetic, 2) == 1):
            one = batch.only(np.array([at]))
            text = one.columns.tobytes() + one.signs.tobytes() + one.wanted.tobytes()
            if text not in seen:
                seen.add(text)
                kept.append(one)
        if len(kept) >= attacks:
            break
    return _joined(kept[:attacks], many)


def _random(
    synthetic: Floats, numeric: tuple[bool, ...], rng: np.random.Generator, attacks: int, many: int
) -> Queries:
    """Guesses by somebody who knows only what values there are."""
    many = min(many, synthetic.shape[1])
    columns = _columns(rng, synthetic.shape[1], many, attacks)
    values = [np.unique(column, equal_nan=True) for column in synthetic.T]
    wanted = np.vectorize(lambda place: rng.choice(values[place]), otypes=[float])(columns)
    for_numbers = rng.choice([EQUAL, UNEQUAL, ABOVE, BELOW, AT_LEAST, AT_MOST], columns.shape)
    for_others = rng.choice([EQUAL, UNEQUAL], columns.shape)
    signs = np.where(np.asarray(numeric)[columns], for_numbers, for_others)
    signs = np.where(np.isnan(wanted), np.where(signs == EQUAL, MISSING, PRESENT), signs)
    return Queries(columns, signs.astype(np.int64), np.nan_to_num(wanted))


def _control(queries: Queries, control: Floats, source: Floats, attacks: int) -> Rate:
    """The rate of queries that isolate a control record, if there were as many as in the source."""
    counts = queries.matches(control, len(control))
    alone = rate(int((counts == 1).sum()), attacks)
    growth = growth_of_isolation(counts, len(control), len(source))
    return Rate(min(alone.value * growth, 1 - 1 / attacks), alone.error * growth)


def growth_of_isolation(counts: Codes, whole: int, size: int) -> float:
    """By what factor more queries isolate one of ``size`` records, when among ``whole`` records of the
    same population they match ``counts``. 1 where no query isolates any."""
    alone = float((counts == 1).sum())
    if size == whole or not alone:
        return 1.0
    if size < whole:
        from scipy.stats import hypergeom

        return float(np.sum(hypergeom.pmf(1, whole, counts, size))) / alone
    shape, mean = _gamma_of(counts)
    return float(_isolated(shape, mean * size / whole) / _isolated(shape, mean))


def _isolated(shape: float, mean: float) -> float:
    """The negative binomial's probability of 1, by logarithms."""
    return math.exp(
        math.log(shape) + shape * math.log(shape / (shape + mean)) + math.log(mean / (shape + mean))
    )


def _gamma_of(counts: Codes) -> tuple[float, float]:
    """Shape and mean of the negative binomial law nearest to ``counts`` (greatest likelihood); counts
    of 20 and more tell only that they are so many, lest few frequent queries shape the law."""
    from scipy.optimize import minimize
    from scipy.stats import nbinom

    times = np.bincount(np.minimum(counts, _MANY), minlength=_MANY + 1)

    def unlikely(logs: Floats) -> float:
        shape, mean = np.exp(np.clip(logs, -12, 12))
        law = nbinom(shape, shape / (shape + mean))
        chances = np.append(law.pmf(np.arange(_MANY)), law.sf(_MANY - 1))
        return float(-(times * np.log(chances.clip(1e-300))).sum())

    found = minimize(unlikely, [0.0, 0.0], method="Nelder-Mead")
    shape, mean = np.exp(np.clip(found.x, -12, 12))
    return float(shape), float(mean)


def _columns(rng: np.random.Generator, whole: int, many: int, times: int) -> Codes:
    """``times`` choices of ``many`` different columns."""
    return rng.random((times, whole)).argsort(axis=1)[:, :many].astype(np.int64)


def _median(column: Floats) -> float:
    known = column[~np.isnan(column)]
    return float(np.median(known)) if len(known) else 0.0


def _joined(queries: list[Queries], many: int) -> Queries:
    if not queries:
        nothing = np.zeros((0, many), dtype=np.int64)
        return Queries(nothing, nothing, np.zeros((0, many)))
    return Queries(
        np.concatenate([one.columns for one in queries]),
        np.concatenate([one.signs for one in queries]),
        np.concatenate([one.wanted for one in queries]),
    )
