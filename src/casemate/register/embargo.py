"""Who may know of an entry: the section of the EU database that its system is registered in.

By AI Act Art. 49(4), high-risk systems of Annex III points 1, 6 and 7 in law enforcement, migration,
asylum and border control are registered in a section that is not public, also where their provider holds
them exempt (Art. 49(2)); by Art. 49(5) those of point 2, critical infrastructure, nationally.
``casemate.register.law`` is asked. What is not told counts as what would keep the entry from the public.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from casemate.register.law import classify, read_facts
from casemate.register.records import Record

HIDDEN_AREAS = ("law_enforcement", "migration")
"""Points 6 and 7 are about nothing else; a biometric system whose area is not told may be of one."""
AREA_COUNTS = ("1(a)", "1(b)", "1(c)")
"""The points of which only the area of use tells whether they are public."""


class Section(StrEnum):
    """Where a system is registered."""

    PUBLIC = "public"
    NON_PUBLIC = "non_public"
    """Read by the authority and the entry's own organisation (Art. 49(4))."""
    NATIONAL = "national"
    """Registered nationally, out of the public database (Art. 49(5))."""


@dataclass(frozen=True)
class Standing:
    """The section of an entry, and the provision that puts it there."""

    section: Section
    article: str
    says: str

    @property
    def is_public(self) -> bool:
        """Whether the law lets the public see it, once it is published."""
        return self.section is Section.PUBLIC


PUBLIC = Standing(Section.PUBLIC, "71(4)", "the information in the EU database is public")


def standing(record: Record, day: date) -> Standing:
    """The section of ``record`` by the law in force on ``day``."""
    area = record.told.get("area_of_use")
    found = [_of_point(point, area, day) for point in record.told.get("annex_iii_points", ())]
    hidden = [one for one in found if not one.is_public]
    return min(hidden, key=lambda one: one.section is not Section.NON_PUBLIC, default=PUBLIC)


@cache
def _of_point(point: str, area: str | None, day: date) -> Standing:
    areas = (area,) if area and point in AREA_COUNTS else HIDDEN_AREAS
    for one in areas:
        facts = read_facts({"role": "provider", "annexIII_area": point, "sector": one}, closed=True)
        for article in classify(facts, day).also:
            if article.startswith("49(4)"):
                return Standing(
                    Section.NON_PUBLIC, "49(4)",
                    "biometrics, law enforcement, migration, asylum and border control are registered "
                    "in a section that is not public",
                )  # fmt: skip
            if article.startswith("49(5)"):
                return Standing(
                    Section.NATIONAL, "49(5)", "critical infrastructure is registered nationally"
                )
    return PUBLIC
