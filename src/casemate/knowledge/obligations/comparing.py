"""What a company's duties are on one day and not on another, and which say something else."""

from dataclasses import dataclass
from typing import Literal

from casemate.knowledge.obligations.binding import CompanyDuty, Overview
from casemate.knowledge.redline import Piece, redline


@dataclass(frozen=True, slots=True)
class DutyChange:
    """A duty that began, ended or was reworded between two days; ``duty`` is as on the day that has it."""

    change: Literal["new", "gone", "changed"]
    duty: CompanyDuty
    pieces: tuple[Piece, ...]
    """Of a reworded one: from the first day's words to the second's, where both are in one language."""


def changes_between(first: Overview, second: Overview) -> list[DutyChange]:
    """What differs from the day of ``first`` to that of ``second``, the new ones first."""
    before = {one.id: one for one in first.duties}
    after = {one.id: one for one in second.duties}
    found = [DutyChange("new", one, ()) for name, one in after.items() if name not in before]
    found += [DutyChange("gone", one, ()) for name, one in before.items() if name not in after]
    for name, one in after.items():
        old = before.get(name)
        if old is not None and old.words != one.words:
            same = old.source.language == one.source.language
            found.append(
                DutyChange("changed", one, tuple(redline(old.quote, one.quote)) if same else ())
            )
    return found
