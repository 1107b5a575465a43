"""The attacker: how far from its true value can a suppressed cell be believed to lie?

Of a pattern of suppression the attacker knows every published cell and every equation. For the
deviations z of the hidden cells from their values this is the linear programme

    max z_p   with   M z = 0   and   -below·x <= z <= above·x

x being 1 for a suppressed cell. Its dual gives, for a cell that is not protected, an inequality that
every pattern must meet which protects it (Fischetti & Salazar-González, Management Science 47, 2001).
"""

from dataclasses import dataclass

import numpy as np

from casemate.protection.aggregation.rules import Layer
from casemate.protection.aggregation.solver import INFINITY, Floats, Program
from casemate.protection.aggregation.system import System

# what an attacker may take a cell to be at most, in multiples of the largest cell
_KNOWN_CEILING = 10.0
TOLERANCE = 1e-7


@dataclass(frozen=True)
class Cut:
    """``coefficients``·x >= 1 for every pattern that protects."""

    coefficients: Floats


class Attacker:
    """The programmes of one layer, over the cells that are not empty."""

    def __init__(self, system: System, layer: Layer) -> None:
        self.system, self.layer = system, layer
        needed = np.maximum(np.maximum(layer.up, layer.down), layer.width)
        positive = needed[needed > 0]
        self.scale = float(np.median(positive)) if len(positive) else 1.0
        ceiling = _KNOWN_CEILING * (float(np.abs(layer.values).max(initial=0)) + needed.max())
        self.above = (ceiling - layer.values) / self.scale
        floor = layer.floor if np.isfinite(layer.floor) else -ceiling
        self.below = np.maximum(layer.values - floor, 0) / self.scale
        self.up, self.down = layer.up / self.scale, layer.down / self.scale
        self.width = np.maximum(layer.width / self.scale, self.up + self.down)
        zeros = np.zeros(system.cells)
        self._program = Program(zeros, zeros)
        nothing = np.zeros(system.rows)
        self._program.add_rows(nothing, nothing, system.starts, system.indices, system.values)
        self._rise, self._fall = zeros.copy(), zeros.copy()
        self._known_rise, self._known_fall = zeros.copy(), zeros.copy()

    def knows(self, rise: Floats, fall: Floats) -> None:
        """How far each cell is known to move, in the layer's units, in every pattern from now on."""
        self._known_rise, self._known_fall = rise / self.scale, fall / self.scale

    def cuts(self, pattern: Floats, *, first_only: bool = False) -> list[Cut]:
        """What ``pattern`` (whole or, for a relaxation, in parts) fails to protect; [] if nothing."""
        self.face(pattern)
        found: list[Cut] = []
        for target in self.layer.targets:
            found += self._cuts_for(int(target))
            if found and first_only:
                return found
        return found

    def face(self, pattern: Floats, *, wider: bool = False) -> None:
        """Attack ``pattern`` from now on; of a ``wider`` one than before, what was seen still holds."""
        self._program.set_bounds(-self.below * pattern, self.above * pattern)
        if not wider:
            self._rise[:] = self._known_rise
            self._fall[:] = self._known_fall

    def protected(self, target: int, seconds: float = INFINITY) -> bool:
        """Whether the pattern faced is shown, in ``seconds`` a programme, to protect ``target``."""
        return self._reached(target) or not self._cuts_for(target, seconds)

    def saw(self, deviations: Floats) -> None:
        """Take note of a point that agrees with the pattern."""
        np.maximum(self._rise, deviations, out=self._rise)
        np.maximum(self._fall, -deviations, out=self._fall)

    def _cuts_for(self, target: int, seconds: float = INFINITY) -> list[Cut]:
        up, down, width = self.up[target], self.down[target], self.width[target]
        if self._reached(target):
            return []
        found: list[Cut] = []
        rise = self._bound(target, 1.0, seconds)
        if _short(self._rise[target], up):
            found.append(_cut(rise, up))
        if self._reached(target):
            return found
        fall = self._bound(target, -1.0, seconds)
        if _short(self._fall[target], down):
            found.append(_cut(fall, down))
        if not found and _short(self._rise[target] + self._fall[target], width):
            found.append(_cut(rise + fall, width))
        return found

    def _reached(self, target: int) -> bool:
        """Whether the points seen for other cells already show that this one is protected."""
        rise, fall = self._rise[target], self._fall[target]
        return not (
            _short(rise, self.up[target])
            or _short(fall, self.down[target])
            or _short(rise + fall, self.width[target])
        )

    def _bound(self, target: int, sign: float, seconds: float) -> Floats:
        """Solve for one end of ``target``; the weight of each cell in the bound that it proves."""
        self._program.set_cost(target, -sign)
        deviations = self._program.solve(seconds).values
        multipliers = self._program.row_duals()
        self._program.set_cost(target, 0.0)
        if deviations is not None:
            self.saw(deviations)
        slope = -self.system.transposed_times(multipliers)
        slope[target] -= sign
        slope[np.abs(slope) < 1e-9] = 0
        return np.where(slope > 0, slope * self.below, -slope * self.above)


def _short(reached: float, needed: float) -> bool:
    return bool(reached < needed * (1 - TOLERANCE) - 1e-9)


def _cut(weights: Floats, needed: float) -> Cut:
    # a weight beyond what is needed can be cut down to it: x is 0 or 1
    return Cut(np.minimum(weights / needed, 1.0))
