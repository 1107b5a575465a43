"""Protection: pseudonyms, k-anonymity, risk and information loss, on any data frame, with no platform.

result = anonymise(
    table,
    quasi_identifiers={"age": intervals(5, 10, 20), "sex": suppressible()},
    models=[KAnonymity(5)],
    suppression=0.02,
)
result.table, result.generalisation, result.suppressed, result.loss, result.risk
"""

from casemate.protection.anonymise import Result, anonymise
from casemate.protection.apply import (
    Protected,
    ProtectionReport,
    apply_plan,
    table_digest,
    without_floats,
)
from casemate.protection.checks import check_k_anonymity, smallest_class
from casemate.protection.closeness import BetaLikeness, DeltaDisclosure, TCloseness
from casemate.protection.codebook import CodebookEntry, LabelRecord
from casemate.protection.diversity import (
    DistinctLDiversity,
    EntropyLDiversity,
    RecursiveCLDiversity,
)
from casemate.protection.hierarchies import (
    Hierarchy,
    Meaning,
    from_csv,
    groups,
    hierarchy_from_dict,
    intervals,
    ordered,
    suppressible,
)
from casemate.protection.measures import (
    Ambiguity,
    AverageClassSize,
    Discernibility,
    KLDivergence,
    Loss,
    Measure,
    NonUniformEntropy,
    Precision,
)
from casemate.protection.models import KAnonymity, PrivacyModel
from casemate.protection.plan import Plan
from casemate.protection.proposal import propose_plan
from casemate.protection.pseudonyms import Pseudonymiser
from casemate.protection.risk import Risk, reidentification_risk
from casemate.protection.search import Budget, Progress

__all__ = [
    "Ambiguity",
    "AverageClassSize",
    "BetaLikeness",
    "Budget",
    "CodebookEntry",
    "DeltaDisclosure",
    "Discernibility",
    "DistinctLDiversity",
    "EntropyLDiversity",
    "Hierarchy",
    "KAnonymity",
    "KLDivergence",
    "LabelRecord",
    "Loss",
    "Meaning",
    "Measure",
    "NonUniformEntropy",
    "Plan",
    "Precision",
    "PrivacyModel",
    "Progress",
    "Protected",
    "ProtectionReport",
    "Pseudonymiser",
    "RecursiveCLDiversity",
    "Result",
    "Risk",
    "TCloseness",
    "anonymise",
    "apply_plan",
    "check_k_anonymity",
    "from_csv",
    "groups",
    "hierarchy_from_dict",
    "intervals",
    "ordered",
    "propose_plan",
    "reidentification_risk",
    "smallest_class",
    "suppressible",
    "table_digest",
    "without_floats",
]
