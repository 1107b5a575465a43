"""A threshold on the share of the population that is unique, as a super-population model estimates it.

The estimates and their sources are in ``risk_population``; ARX has the same model under the name of
population uniqueness.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from casemate.errors import BadInput, IntegrityFailure
from casemate.protection.base_models import (
    Finished,
    IdentityModel,
    Number,
    exact,
    hold,
    probability,
    require_whole,
)
from casemate.protection.checks import classes_of_table, sizes_of_classes
from casemate.protection.classes import Classes, Flags, Judge, SensitiveColumn
from casemate.protection.ladders import Codes
from casemate.protection.risk_population import ClassSizes, PopulationModel, estimated_share
from casemate.protection.values import plain


@dataclass(frozen=True)
class PopulationUniqueness(IdentityModel):
    """At most ``share`` of the population is unique, as ``estimator`` says from the table that leaves.

    The table is taken for a simple random sample: either of ``people`` people, or of as many as make
    the records that leave the ``sampling_fraction`` of them. Where a node does not meet the share,
    or the estimator has no solution on its classes, all its unique records are suppressed: then
    nobody is expected to be unique. The estimate may rise or fall from a node to a finer one, so it
    lets the search drop no node: the optimum is as sure as ever, and takes longer.
    """

    share: Number
    estimator: str = PopulationModel.DANKAR.value
    sampling_fraction: Number = None
    people: int | None = None
    kind = "population-uniqueness"
    of_table = True

    def __post_init__(self) -> None:
        share = exact(self.share, "the share of population uniques")
        if not 0 <= share < 1:
            raise BadInput(f"the share of population uniques is 0 to below 1, not {plain(share)}")
        hold(self, "share", share)
        known = [model.value for model in PopulationModel]
        if self.estimator not in known:
            raise BadInput(f"there is no population model {self.estimator!r}: {', '.join(known)}")
        hold(self, "estimator", PopulationModel(self.estimator).value)
        if (self.sampling_fraction is None) == (self.people is None):
            raise BadInput("give either the sampling fraction or the size of the population")
        if self.people is not None:
            require_whole(self.people, "the size of the population")
        else:
            fraction = probability(self.sampling_fraction, "the sampling fraction")
            hold(self, "sampling_fraction", fraction)

    def describe(self) -> str:
        return f"at most {plain(self.share)} of the population unique ({self.estimator})"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return _UniquenessJudge(self)

    def require(self, finished: Finished) -> None:
        found = sizes_of_classes(classes_of_table(finished.table, finished.quasi_identifiers))
        if not self.met_by(found):
            raise IntegrityFailure(f"the table does not have {self.describe()}")

    def met_by(self, sizes: ClassSizes) -> bool:
        """Whether a table with classes of these sizes meets the share, as the estimator says."""
        if not sizes or sizes[0][0] > 1:
            return True
        records = sum(size * many for size, many in sizes)
        people = self.people or round(records / self.sampling_fraction)
        share = estimated_share(sizes, PopulationModel(self.estimator), people)
        return share is not None and share <= float(self.share)


@dataclass(frozen=True)
class _UniquenessJudge:
    model: PopulationUniqueness

    def violated(self, classes: Classes) -> Flags:
        sizes, many = np.unique(classes.sizes, return_counts=True)
        met = self.model.met_by(list(zip(sizes.tolist(), many.tolist(), strict=True)))
        found: Flags = np.zeros(len(classes.sizes), dtype=bool) if met else classes.sizes == 1
        return found

    def fewest(self, classes: Classes, violated: Flags) -> Codes:
        records = int(classes.sizes.sum())
        if self.model.people is not None and self.model.people < records:
            raise BadInput(
                f"a population of {self.model.people} cannot hold a sample of {records} records"
            )
        return np.zeros_like(classes.sizes)
