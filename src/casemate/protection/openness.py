"""How open labels leave what was collected: 0 for the value itself, 1 for any value of the domain.

A label that covers m of the d lines of its hierarchy leaves log m of log d bits open, every value it
covers being as likely; a record's openness is the sum over quasi-identifiers over the sum of all.
ARX measures the information loss of a record so (its entropy-based information loss).
"""

import numpy as np

from casemate.protection.ladders import Floats, Ladder
from casemate.protection.tuples import Node, Tuples


def openness_of_labels(ladders: tuple[Ladder, ...], at: int, level: int) -> Floats:
    """What each label of one quasi-identifier at ``level`` adds to the openness of a record."""
    everything = sum(float(np.log(ladder.lines)) for ladder in ladders)
    covered = np.maximum(ladders[at].shares[level] * ladders[at].lines, 1.0)
    return np.asarray(np.log(covered) / (everything or 1.0))


def openness_of_tuples(tuples: Tuples, node: Node) -> Floats:
    """The openness of each tuple's records at ``node``."""
    found = np.zeros(len(tuples.counts))
    for at, level in enumerate(node):
        found += openness_of_labels(tuples.ladders, at, level)[tuples.column(at, level)]
    return found
