"""The codebook: what each label of a protected table means, so that an analyst can compute with it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from casemate.protection.hierarchies import Hierarchy, Key, Meaning


@dataclass(frozen=True)
class LabelRecord:
    """One label and its meaning; a band has decimal ``lower``, ``upper`` and ``midpoint`` as text.

    A band holds ``lower <= value < upper``. An open band (top or bottom coding) has no midpoint.
    """

    label: Key
    meaning: Meaning


@dataclass(frozen=True)
class CodebookEntry:
    """One quasi-identifier: the ``level`` chosen of 0 (as collected) to ``highest``, and its labels.

    Only labels that the protected table holds are listed: another would tell of a suppressed record.
    With a ``class_value`` (the mean of each class, say) there are no labels.
    """

    variable: str
    level: int
    highest: int
    labels: tuple[LabelRecord, ...]
    class_value: str | None = None

    def midpoints(self) -> dict[str, float]:
        """The midpoint of each closed band, by label."""
        return {
            str(record.label): float(record.meaning.midpoint)
            for record in self.labels
            if record.meaning.midpoint is not None
        }

    def to_dict(self) -> dict[str, Any]:
        """The entry as a JSON document without floats."""
        document: dict[str, Any] = {
            "variable": self.variable,
            "level": self.level,
            "highest": self.highest,
            "labels": [{"label": record.label, **asdict(record.meaning)} for record in self.labels],
        }
        return document | ({"class_value": self.class_value} if self.class_value else {})


def codebook_entry(
    variable: str, hierarchy: Hierarchy, level: int, highest: int, labels: Iterable[Key]
) -> CodebookEntry:
    """The entry of ``variable`` at ``level`` for the ``labels`` present."""
    records = (LabelRecord(label, hierarchy.meaning(label, level)) for label in labels)
    return CodebookEntry(variable, level, highest, tuple(sorted(records, key=_order)))


def _order(record: LabelRecord) -> tuple[bool, bool, float, str]:
    meaning = record.meaning
    bound = meaning.lower or meaning.upper
    open_below = meaning.lower is None and meaning.upper is not None
    place = 0.0 if bound is None else float(bound)
    return (record.label is None, not open_below, place, str(record.label))


def codebook_of_levels(
    variable: str,
    hierarchy: Hierarchy,
    highest: int,
    labels: Mapping[int, Iterable[Key]],
) -> CodebookEntry:
    """The entry of a ``variable`` that is at several levels in one table (local recoding).

    ``labels`` present by level; ``level`` of the entry is the highest in use. A label that two levels
    share means what it means at the lower one.
    """
    meanings: dict[Key, Meaning] = {}
    for level, present in sorted(labels.items()):
        for label in present:
            meanings.setdefault(label, hierarchy.meaning(label, level))
    records = [LabelRecord(label, meaning) for label, meaning in meanings.items()]
    return CodebookEntry(
        variable, max(labels, default=0), highest, tuple(sorted(records, key=_order))
    )
