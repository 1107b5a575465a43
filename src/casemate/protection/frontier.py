"""The frontier of risk and utility: what each k costs, so that a holder can choose."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from casemate.errors import BadInput
from casemate.protection.anonymise import anonymise
from casemate.protection.frames import open_frame
from casemate.protection.hierarchies import Hierarchy
from casemate.protection.models import KAnonymity

KS = (2, 3, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class Point:
    """The least loss at one ``k``, and the risk that is left; shares and risks are 0 to 1."""

    k: int
    loss: float
    suppressed_share: float
    highest_risk: float
    average_risk: float
    generalisation: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def frontier(
    table: Any,
    quasi_identifiers: Mapping[str, Hierarchy],
    ks: Sequence[int] = KS,
    *,
    suppression: float | str = 0.02,
) -> tuple[Point, ...]:
    """The best generalisation at each of ``ks``, in order; a k that cannot be reached has no point.

    Raises BadInput as ``anonymise`` does, if no k can be reached for another reason.
    """
    records = len(open_frame(table))
    points, refused = [], None
    for k in sorted(set(ks)):
        if k > records:
            break
        try:
            result = anonymise(
                table, quasi_identifiers, models=[KAnonymity(k)], suppression=suppression
            )
        except BadInput as error:
            refused = error
            break  # what k asks too much, every larger k does
        points.append(
            Point(
                k,
                result.loss,
                result.suppressed_share,
                result.risk.prosecutor_highest,
                result.risk.prosecutor_average,
                result.generalisation,
            )
        )
    if refused is not None and not points:
        raise refused
    return tuple(points)
