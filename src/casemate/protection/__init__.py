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
from casemate.protection.identifier_scan import (
    IdentifierFinding,
    IdentifierKind,
    scan_identifiers,
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
from casemate.protection.quasi_identifiers import (
    Distinguishing,
    distinguishing,
    greedy_key,
    minimal_keys,
)
from casemate.protection.risk import (
    PopulationRisk,
    Risk,
    RiskAtThreshold,
    at_thresholds,
    population_risk,
    reidentification_risk,
    with_record_risk,
)
from casemate.protection.risk_population import (
    PopulationModel,
    PopulationUniques,
    population_uniques,
    uniques_of_sizes,
)
from casemate.protection.safe_harbor import SafeHarborFinding, safe_harbor
from casemate.protection.search import Budget, Progress
from casemate.protection.special_uniques import MinimalUnique, SpecialUniques, special_uniques

__all__ = [
    "Ambiguity",
    "AverageClassSize",
    "BetaLikeness",
    "Budget",
    "CodebookEntry",
    "DeltaDisclosure",
    "Discernibility",
    "DistinctLDiversity",
    "Distinguishing",
    "EntropyLDiversity",
    "Hierarchy",
    "IdentifierFinding",
    "IdentifierKind",
    "KAnonymity",
    "KLDivergence",
    "LabelRecord",
    "Loss",
    "Meaning",
    "Measure",
    "MinimalUnique",
    "NonUniformEntropy",
    "Plan",
    "PopulationModel",
    "PopulationRisk",
    "PopulationUniques",
    "Precision",
    "PrivacyModel",
    "Progress",
    "Protected",
    "ProtectionReport",
    "Pseudonymiser",
    "RecursiveCLDiversity",
    "Result",
    "Risk",
    "RiskAtThreshold",
    "SafeHarborFinding",
    "SpecialUniques",
    "TCloseness",
    "anonymise",
    "apply_plan",
    "at_thresholds",
    "check_k_anonymity",
    "distinguishing",
    "from_csv",
    "greedy_key",
    "groups",
    "hierarchy_from_dict",
    "intervals",
    "minimal_keys",
    "ordered",
    "population_risk",
    "population_uniques",
    "propose_plan",
    "reidentification_risk",
    "safe_harbor",
    "scan_identifiers",
    "smallest_class",
    "special_uniques",
    "suppressible",
    "table_digest",
    "uniques_of_sizes",
    "with_record_risk",
    "without_floats",
]
