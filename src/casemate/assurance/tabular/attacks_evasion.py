"""Evasion: how little of a person's numbers has to change for the decision to turn."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from casemate.assurance.results import Figure, figure
from casemate.assurance.statistics import mcnemar, wilson
from casemate.assurance.tabular.answers import Flags
from casemate.assurance.tabular.trial import Codes, Matrix, Trial

REACH = 0.5
"""Standard deviations by which each number may change for a decision to count as turned."""
_PEOPLE, _FAR = 25, 20.0
_EFFORT: dict[str, Any] = {
    "norm": 2,
    "max_iter": 5,
    "max_eval": 200,
    "init_eval": 20,
    "init_size": 20,
    "batch_size": 256,
}


def evasion(trial: Trial) -> list[Figure] | str:
    """The share of decisions that turn within ``REACH`` in every number, by attack and by chance."""
    if not trial.model.at_hand:
        return "the model runs in the sandbox, and the attack asks it thousands of times"
    places = np.random.default_rng(trial.seed).permutation(trial.places)[:_PEOPLE]
    codes = Codes.of(trial.table.part(trial.places))
    every = codes.encode()
    numbers = every[np.searchsorted(trial.places, places)]
    free = [one for one in codes.numeric if np.ptp(every[:, one]) > 0]
    if not free or len(places) < 2 or len(np.unique(trial.said.decided[trial.places])) < 2:
        return "no feature is a number that varies, or the model decides alike for everybody"
    space = _Space(trial, codes, numbers, free, every[:, free].std(axis=0, keepdims=True))
    before = space.decided(np.zeros((len(numbers), len(free))))
    moved = _hop_skip_jump(space, trial, every, before)
    turned = (space.decided(moved) != before) & (np.abs(moved).max(axis=1) <= REACH)
    draw = np.random.default_rng(trial.seed)
    by_chance = np.asarray(draw.uniform(-REACH, REACH, moved.shape), dtype=np.float64)
    chance = space.decided(by_chance) != before
    level = trial.settings.level
    compared = mcnemar(turned, chance, level=level)
    return [
        figure(
            "evasion",
            f"decisions turned within {REACH:g} standard deviations",
            wilson(int(turned.sum()), len(turned), level=level),
            baseline=float(chance.mean()),
            baseline_of="random changes of the same size",
            p_value=compared.p_value,
            verdict="easier than by chance"
            if compared.difference.low > 0
            else "no more than by chance",
            settings={"attack": "HopSkipJump", "people": len(turned), "numbers": len(free)},
        )
    ]


class _Space:
    """The people as the attack sees them: changes of their numbers, in standard deviations."""

    def __init__(
        self, trial: Trial, codes: Codes, numbers: Matrix, free: list[int], spread: Matrix
    ) -> None:
        self.trial, self.codes, self.numbers = trial, codes, numbers
        self.free, self.spread = free, spread

    def decided(self, changes: Matrix, person: int | None = None) -> Flags:
        """What is decided after ``changes`` of everybody, or of one person many times."""
        rows = (
            self.numbers if person is None else np.repeat(self.numbers[[person]], len(changes), 0)
        )
        given = rows.copy()
        given[:, self.free] += changes * self.spread
        return self.trial.model.says(self.codes.decode(given)).decided


def _hop_skip_jump(space: _Space, trial: Trial, every: Matrix, before: Flags) -> Matrix:
    """The change that turns each person's decision, as small as the attack finds it.

    It starts from the numbers of somebody of whom the model decides otherwise; where that does not turn
    this person's decision, nothing is found for them.
    """
    with _quiet(trial.seed):
        from art.attacks.evasion import HopSkipJump  # type: ignore[import-untyped]
        from art.estimators.classification import (  # type: ignore[import-untyped]
            BlackBoxClassifier,
        )

        found = np.zeros((len(before), len(space.free)))
        for person in range(len(before)):
            others = every[trial.said.decided[trial.places] != before[person]][:200, space.free]
            starts = (others - space.numbers[person, space.free]) / space.spread
            turning = starts[space.decided(starts, person) != before[person]]
            if not len(turning):
                continue

            def predict(changes: Matrix, person: int = person) -> Matrix:
                told = space.decided(np.nan_to_num(changes), person)
                return np.stack([~told, told], axis=1).astype(np.float64)

            box = BlackBoxClassifier(predict, (len(space.free),), 2, clip_values=(-_FAR, _FAR))
            attack = HopSkipJump(box, verbose=False, **_EFFORT)
            nearest = turning[np.argmin(np.abs(turning).max(axis=1))]
            origin = np.zeros((1, len(space.free)), dtype=np.float32)
            found[person] = attack.generate(origin, x_adv_init=nearest[None].astype(np.float32))[0]
    return np.nan_to_num(found)


@contextmanager
def _quiet(seed: int) -> Iterator[None]:
    """The toolbox draws from numpy's global generator and warns of frameworks that it would like."""
    state, loud = np.random.get_state(), logging.root.manager.disable
    np.random.seed(seed)
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(state)
        logging.disable(loud)
