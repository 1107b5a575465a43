"""Linkability and inference: what the nearest synthetic record tells (Giomi and others 2023, 4.2, 4.3).

* Linkability: the attacker holds two halves of a person's columns, in two places, and links them where
  both have the same nearest synthetic record.
* Inference: the attacker knows all columns of a person but one, and guesses that one from the nearest
  synthetic record.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from casemate.protection.synthesis.attack_kernels import Codes, Floats, nearest_records
from casemate.protection.synthesis.attack_rates import Attack, attack, rate
from casemate.protection.synthesis.attack_tables import Tables

_TOLERANCE = 0.05


def linkability(
    tables: Tables,
    halves: tuple[Sequence[str], Sequence[str]],
    rng: np.random.Generator,
    *,
    attacks: int,
    neighbours: int,
) -> Attack:
    """Link two halves of records by their ``neighbours`` nearest synthetic records; ``tables`` are
    scaled. By chance two sets of so many records have one in common."""
    sides = [tables.places(half) for half in halves]
    tried = min(attacks, len(tables.source), len(tables.control))
    many = min(neighbours, len(tables.synthetic))

    def linked(records: Floats) -> int:
        targets = records[rng.permutation(len(records))[:tried]]
        one, other = (_nearest(tables, targets, side, rng, many) for side in sides)
        return int((one[:, :, None] == other[:, None, :]).any(axis=(1, 2)).sum())

    guesses = [rng.random((tried, many)) * len(tables.synthetic) for _ in range(2)]
    one, other = (guess.astype(np.int64) for guess in guesses)
    by_chance = int((one[:, :, None] == other[:, None, :]).any(axis=(1, 2)).sum())
    rates = (
        rate(linked(tables.source), tried),
        rate(by_chance, tried),
        rate(linked(tables.control), tried),
    )
    return attack("linkability", *rates, tried)


def inference(
    tables: Tables, secret: str, known: Sequence[str], rng: np.random.Generator, *, attacks: int
) -> Attack:
    """Guess ``secret`` from the ``known`` columns; ``tables`` are scaled. A number that takes many
    values counts as guessed within 5 % of the guess, any other value where it is equal."""
    place, columns = int(tables.places([secret])[0]), tables.places(known)
    values = tables.synthetic[:, place]
    close = tables.numeric[place] and len(np.unique(values)) > len(values) // 10

    def guessed(records: Floats) -> tuple[int, int]:
        targets = records[rng.permutation(len(records))[:attacks]]
        rows = _nearest(tables, targets, columns, rng, 1)[:, 0]
        return int(_right(values[rows], targets[:, place], close).sum()), len(targets)

    tried = min(attacks, len(tables.source))
    targets = tables.source[rng.permutation(len(tables.source))[:tried]]
    naive = values[rng.integers(0, len(values), tried)]
    by_chance = int(_right(naive, targets[:, place], close).sum())
    rates = (
        rate(*guessed(tables.source)),
        rate(by_chance, tried),
        rate(*guessed(tables.control)),
    )
    return attack(f"inference of {secret}", *rates, tried)


def _nearest(
    tables: Tables, targets: Floats, columns: Codes, rng: np.random.Generator, many: int
) -> Codes:
    found = np.zeros((len(targets), many), dtype=np.int64)
    starts = rng.integers(0, len(tables.synthetic), len(targets))
    numeric = np.asarray(tables.numeric, dtype=np.int64)[columns]
    rows = (np.ascontiguousarray(t[:, columns]) for t in (targets, tables.synthetic))
    nearest_records(*rows, numeric, starts, many, found)
    return found


def _right(guesses: Floats, truths: Floats, close: bool) -> npt.NDArray[np.bool_]:
    gap = np.abs(guesses - truths)
    right: npt.NDArray[np.bool_] = gap <= (_TOLERANCE * np.abs(guesses) if close else 0.0)
    return right | (np.isnan(guesses) & np.isnan(truths))
