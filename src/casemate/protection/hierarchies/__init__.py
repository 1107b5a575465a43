"""Generalisation hierarchies: how the values of one quasi-identifier become coarser, level by level.

Level 0 is the value as collected; each further level maps it to a label that covers more values; in
all but read-in hierarchies the last level is ``*``. A hierarchy is held as ARX holds it: one *line*
for each value of the domain, with its label at every level. The share of a label is the number of
lines it covers over the number of lines; the measure of information loss is built on it.

The domain is what the hierarchy declares (groups, ordered, read-in lines, intervals with
``domain``), and where it declares none the distinct values present in the data. A null is a value
of its own, one more line: it stays null at every level until the last, unless a group names it.
"""

from casemate.protection.hierarchies.bands import Intervals, Suppressible, intervals, suppressible
from casemate.protection.hierarchies.base import (
    TOP,
    Hierarchy,
    Key,
    Line,
    Meaning,
    require_monotone,
)
from casemate.protection.hierarchies.categories import Groups, Ordered, groups, ordered
from casemate.protection.hierarchies.codes import Masking, Prefixes, masking, prefixes
from casemate.protection.hierarchies.dates import UNITS, Dates, dates
from casemate.protection.hierarchies.documents import hierarchy_from_dict
from casemate.protection.hierarchies.extremes import TopBottom, top_bottom
from casemate.protection.hierarchies.written import Lines, from_csv, from_table

__all__ = [
    "TOP",
    "UNITS",
    "Dates",
    "Groups",
    "Hierarchy",
    "Intervals",
    "Key",
    "Line",
    "Lines",
    "Masking",
    "Meaning",
    "Ordered",
    "Prefixes",
    "Suppressible",
    "TopBottom",
    "dates",
    "from_csv",
    "from_table",
    "groups",
    "hierarchy_from_dict",
    "intervals",
    "masking",
    "ordered",
    "prefixes",
    "require_monotone",
    "suppressible",
    "top_bottom",
]
