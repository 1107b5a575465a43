"""The three risks of anonymised data, measured on synthetic records by attack.

Singling out, linkability and inference are the risks that the Article 29 Working Party's opinion
05/2014 names; the attacks and their measure are those of Giomi, Boenisch, Wehmeyer and Tasnádi (2023),
written anew. Low risk proves nothing beyond these attackers; what protects is differential privacy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from casemate.errors import BadInput
from casemate.protection.synthesis.attack_rates import Attack


@dataclass(frozen=True)
class SynthesisRisks:
    """What the attacks found. An attack that could not be mounted (no query isolates any synthetic
    record) is absent. ``worst``: the largest risk among those better than chance."""

    attacks: tuple[Attack, ...]
    records: tuple[int, int, int]

    @property
    def worst(self) -> float:
        """0 where no attack did better than chance."""
        return max((one.risk for one in self.attacks if one.informative), default=0.0)

    def to_dict(self) -> dict[str, Any]:
        """The figures as a document; it holds floats."""
        return {
            "records": dict(zip(("source", "control", "synthetic"), self.records, strict=True)),
            "worst": self.worst,
            "attacks": [one.to_dict() for one in self.attacks],
        }


def synthesis_risks(
    source: Any,
    control: Any,
    synthetic: Any,
    *,
    columns: Sequence[str] | None = None,
    secrets: Sequence[str] | None = None,
    halves: tuple[Sequence[str], Sequence[str]] | None = None,
    attacks: int = 500,
    query_columns: int = 3,
    neighbours: int = 1,
    seed: int | None = None,
) -> SynthesisRisks:
    """Attack ``synthetic``, made of ``source``, and compare with ``control`` records of the same
    population that took no part.

    ``columns``: those attacked, else all of ``synthetic``. ``secrets``: columns to be inferred from
    all others, else each. ``halves``: the two sides to be linked, else every other column.
    ``query_columns``: how many columns a singling-out query joins. ``seed``: for a report that can be
    made again. Raises BadInput for tables of fewer than ten records, or columns that are not there.
    """
    from casemate.protection.synthesis.attack_tables import tables_of
    from casemate.protection.synthesis.neighbour_attacks import inference, linkability
    from casemate.protection.synthesis.singling_out import singling_out

    if attacks < 1 or query_columns < 2 or neighbours < 1:
        raise BadInput("give at least 1 attack and 1 neighbour, and queries of 2 columns or more")
    rng = np.random.default_rng(seed)
    tables = tables_of(source, control, synthetic, columns)
    names = tables.columns
    found = [singling_out(tables, rng, attacks=attacks, columns=1)]
    if len(names) > 1:
        found.append(singling_out(tables, rng, attacks=attacks, columns=query_columns))
        scaled = tables.scaled()
        sides = halves or (names[0::2], names[1::2])
        found.append(linkability(scaled, sides, rng, attacks=attacks, neighbours=neighbours))
        for secret in names if secrets is None else secrets:
            known = [name for name in names if name != secret]
            found.append(inference(scaled, secret, known, rng, attacks=attacks))
    records = len(tables.source), len(tables.control), len(tables.synthetic)
    return SynthesisRisks(tuple(one for one in found if one is not None), records)
