"""Protection: pseudonyms, k-anonymity, risk and information loss, on any data frame, with no platform.

result = anonymise(
    table,
    quasi_identifiers={"age": intervals(5, 10, 20), "sex": suppressible()},
    models=[KAnonymity(5)],
    suppression=0.02,
)
result.table, result.generalisation, result.suppressed, result.loss, result.risk
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from casemate.protection.aggregation import (
        AggregateReport,
        AggregateTable,
        Audit,
        Feasibility,
        PTable,
        Rules,
        SuppressedCell,
        aggregate,
        aggregate_linked,
        audit,
    )
    from casemate.protection.anonymise import Result, anonymise
    from casemate.protection.apply import (
        Protected,
        ProtectionReport,
        apply_plan,
        table_digest,
        without_floats,
    )
    from casemate.protection.attacker import (
        AverageRisk,
        HighestRisk,
        JournalistRecordsAtRisk,
        JournalistRisk,
        KMap,
        MarketerRisk,
        Population,
        RecordsAtRisk,
    )
    from casemate.protection.attribute_disclosure import AttributeDisclosure, attribute_disclosure
    from casemate.protection.certificate import (
        Verified,
        certify,
        certify_frames,
        read_certificate,
        verify,
    )
    from casemate.protection.check_characters import check_character_holds, with_check_characters
    from casemate.protection.checks import check_k_anonymity, smallest_class
    from casemate.protection.closeness import BetaLikeness, DeltaDisclosure, TCloseness
    from casemate.protection.codebook import CodebookEntry, LabelRecord
    from casemate.protection.contents import content_digest
    from casemate.protection.date_shift import DateShifter
    from casemate.protection.diversity import (
        DistinctLDiversity,
        EntropyLDiversity,
        RecursiveCLDiversity,
    )
    from casemate.protection.files import scan_table, write_table
    from casemate.protection.format_preserving import FormatPreserving
    from casemate.protection.frontier import Point, frontier
    from casemate.protection.hierarchies import (
        Hierarchy,
        Meaning,
        dates,
        from_csv,
        from_table,
        groups,
        hierarchy_from_dict,
        intervals,
        masking,
        ordered,
        prefixes,
        suppressible,
        top_bottom,
    )
    from casemate.protection.html import report_html, risk_html
    from casemate.protection.identifier_scan import (
        IdentifierFinding,
        IdentifierKind,
        scan_identifiers,
    )
    from casemate.protection.key_shares import KeyShare
    from casemate.protection.measures import (
        Ambiguity,
        AverageClassSize,
        Discernibility,
        KLDivergence,
        Loss,
        Measure,
        NonUniformEntropy,
        Precision,
        measure_from_dict,
    )
    from casemate.protection.models import KAnonymity, PrivacyModel
    from casemate.protection.name_matching import (
        Matches,
        MatchModel,
        NameAgreement,
        NamesKMap,
        PersonColumns,
        match_people,
        names_k_map,
        same_person_ids,
    )
    from casemate.protection.plan import Plan
    from casemate.protection.plan_files import read_plan
    from casemate.protection.presence import DeltaPresence
    from casemate.protection.privacy_loss import (
        BudgetStore,
        Clipped,
        Count,
        Grouped,
        Histogram,
        Mean,
        NoneOf,
        PrivacyBudget,
        PrivacyLoss,
        PrivateTable,
        Quantile,
        Range,
        Sum,
    )
    from casemate.protection.profitability import Payout, Profitability
    from casemate.protection.proposal import propose_plan
    from casemate.protection.protected_files import (
        ProtectedFile,
        anonymise_file,
        pseudonymise_file,
        risk_of_file,
    )
    from casemate.protection.pseudonym_links import (
        SealedLinkage,
        Side,
        open_linkage,
        relink,
        seal_linkage,
    )
    from casemate.protection.pseudonym_policies import (
        PseudonymDomain,
        Pseudonymised,
        PseudonymPolicy,
        PseudonymRecord,
        new_secret,
    )
    from casemate.protection.pseudonym_recovery import ReversiblePseudonymiser, recover
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
    from casemate.protection.risk_profile import RiskProfile, risk_profile
    from casemate.protection.safe_files import safepub_file
    from casemate.protection.safe_harbor import SafeHarborFinding, safe_harbor
    from casemate.protection.safepub import DifferentialPrivacy, SafePublication, safepub
    from casemate.protection.search import Budget, Progress
    from casemate.protection.special_uniques import MinimalUnique, SpecialUniques, special_uniques
    from casemate.protection.stream_windows import WindowReport
    from casemate.protection.streams import StreamProtector
    from casemate.protection.synthesis import (
        AttackReport,
        Bins,
        Categories,
        Downstream,
        SynthesisQuality,
        SynthesisRisks,
        Synthetic,
        downstream_model,
        inferred_domain,
        observed_domain,
        read_domain,
        synthesis_attack,
        synthesis_noise,
        synthesis_quality,
        synthesis_risks,
        synthesise,
    )
    from casemate.protection.transformations import (
        Extremes,
        LocalResult,
        Microaggregated,
        Sampling,
        code_extremes,
        draw_sample,
        microaggregate,
        round_numbers,
    )
    from casemate.protection.uniqueness import PopulationUniqueness
    from casemate.protection.utility import ClassificationUtility, classification_utility

__all__ = [
    "AggregateReport",
    "AggregateTable",
    "Ambiguity",
    "AttackReport",
    "AttributeDisclosure",
    "Audit",
    "AverageClassSize",
    "AverageRisk",
    "BetaLikeness",
    "Bins",
    "Budget",
    "BudgetStore",
    "Categories",
    "ClassificationUtility",
    "Clipped",
    "CodebookEntry",
    "Count",
    "DateShifter",
    "DeltaDisclosure",
    "DeltaPresence",
    "DifferentialPrivacy",
    "Discernibility",
    "DistinctLDiversity",
    "Distinguishing",
    "Downstream",
    "EntropyLDiversity",
    "Extremes",
    "Feasibility",
    "FormatPreserving",
    "Grouped",
    "Hierarchy",
    "HighestRisk",
    "Histogram",
    "IdentifierFinding",
    "IdentifierKind",
    "JournalistRecordsAtRisk",
    "JournalistRisk",
    "KAnonymity",
    "KLDivergence",
    "KMap",
    "KeyShare",
    "LabelRecord",
    "LocalResult",
    "Loss",
    "MarketerRisk",
    "MatchModel",
    "Matches",
    "Mean",
    "Meaning",
    "Measure",
    "Microaggregated",
    "MinimalUnique",
    "NameAgreement",
    "NamesKMap",
    "NonUniformEntropy",
    "NoneOf",
    "PTable",
    "Payout",
    "PersonColumns",
    "Plan",
    "Point",
    "Population",
    "PopulationModel",
    "PopulationRisk",
    "PopulationUniqueness",
    "PopulationUniques",
    "Precision",
    "PrivacyBudget",
    "PrivacyLoss",
    "PrivacyModel",
    "PrivateTable",
    "Profitability",
    "Progress",
    "Protected",
    "ProtectedFile",
    "ProtectionReport",
    "PseudonymDomain",
    "PseudonymPolicy",
    "PseudonymRecord",
    "Pseudonymised",
    "Pseudonymiser",
    "Quantile",
    "Range",
    "RecordsAtRisk",
    "RecursiveCLDiversity",
    "Result",
    "ReversiblePseudonymiser",
    "Risk",
    "RiskAtThreshold",
    "RiskProfile",
    "Rules",
    "SafeHarborFinding",
    "SafePublication",
    "Sampling",
    "SealedLinkage",
    "Side",
    "SpecialUniques",
    "StreamProtector",
    "Sum",
    "SuppressedCell",
    "SynthesisQuality",
    "SynthesisRisks",
    "Synthetic",
    "TCloseness",
    "Verified",
    "WindowReport",
    "aggregate",
    "aggregate_linked",
    "anonymise",
    "anonymise_file",
    "apply_plan",
    "at_thresholds",
    "attribute_disclosure",
    "audit",
    "certify",
    "certify_frames",
    "check_character_holds",
    "check_k_anonymity",
    "classification_utility",
    "code_extremes",
    "content_digest",
    "dates",
    "distinguishing",
    "downstream_model",
    "draw_sample",
    "from_csv",
    "from_table",
    "frontier",
    "greedy_key",
    "groups",
    "hierarchy_from_dict",
    "inferred_domain",
    "intervals",
    "masking",
    "match_people",
    "measure_from_dict",
    "microaggregate",
    "minimal_keys",
    "names_k_map",
    "new_secret",
    "observed_domain",
    "open_linkage",
    "ordered",
    "population_risk",
    "population_uniques",
    "prefixes",
    "propose_plan",
    "pseudonymise_file",
    "read_certificate",
    "read_domain",
    "read_plan",
    "recover",
    "reidentification_risk",
    "relink",
    "report_html",
    "risk_html",
    "risk_of_file",
    "risk_profile",
    "round_numbers",
    "safe_harbor",
    "safepub",
    "safepub_file",
    "same_person_ids",
    "scan_identifiers",
    "scan_table",
    "seal_linkage",
    "smallest_class",
    "special_uniques",
    "suppressible",
    "synthesis_attack",
    "synthesis_noise",
    "synthesis_quality",
    "synthesis_risks",
    "synthesise",
    "table_digest",
    "top_bottom",
    "uniques_of_sizes",
    "verify",
    "with_check_characters",
    "with_record_risk",
    "without_floats",
    "write_table",
]

# a part is loaded when it is first asked for, with what it needs: a search needs no solver
_HOMES = {
    "aggregation": (
        "AggregateReport AggregateTable Audit Feasibility PTable Rules SuppressedCell aggregate "
        "aggregate_linked audit"
    ),
    "anonymise": "Result anonymise",
    "apply": "Protected ProtectionReport apply_plan table_digest without_floats",
    "attacker": (
        "AverageRisk HighestRisk JournalistRecordsAtRisk JournalistRisk KMap MarketerRisk "
        "Population RecordsAtRisk"
    ),
    "attribute_disclosure": "AttributeDisclosure attribute_disclosure",
    "certificate": "Verified certify certify_frames read_certificate verify",
    "check_characters": "check_character_holds with_check_characters",
    "checks": "check_k_anonymity smallest_class",
    "closeness": "BetaLikeness DeltaDisclosure TCloseness",
    "codebook": "CodebookEntry LabelRecord",
    "contents": "content_digest",
    "date_shift": "DateShifter",
    "diversity": "DistinctLDiversity EntropyLDiversity RecursiveCLDiversity",
    "files": "scan_table write_table",
    "format_preserving": "FormatPreserving",
    "frontier": "Point frontier",
    "hierarchies": (
        "Hierarchy Meaning dates from_csv from_table groups hierarchy_from_dict intervals masking "
        "ordered prefixes suppressible top_bottom"
    ),
    "html": "report_html risk_html",
    "identifier_scan": "IdentifierFinding IdentifierKind scan_identifiers",
    "key_shares": "KeyShare",
    "measures": (
        "Ambiguity AverageClassSize Discernibility KLDivergence Loss Measure NonUniformEntropy "
        "Precision measure_from_dict"
    ),
    "models": "KAnonymity PrivacyModel",
    "name_matching": (
        "Matches MatchModel NameAgreement NamesKMap PersonColumns match_people names_k_map "
        "same_person_ids"
    ),
    "plan": "Plan",
    "plan_files": "read_plan",
    "presence": "DeltaPresence",
    "privacy_loss": (
        "BudgetStore Clipped Count Grouped Histogram Mean NoneOf PrivacyBudget PrivacyLoss "
        "PrivateTable Quantile Range Sum"
    ),
    "profitability": "Payout Profitability",
    "proposal": "propose_plan",
    "protected_files": "ProtectedFile anonymise_file pseudonymise_file risk_of_file",
    "pseudonym_links": "SealedLinkage Side open_linkage relink seal_linkage",
    "pseudonym_policies": (
        "PseudonymDomain Pseudonymised PseudonymPolicy PseudonymRecord new_secret"
    ),
    "pseudonym_recovery": "ReversiblePseudonymiser recover",
    "pseudonyms": "Pseudonymiser",
    "quasi_identifiers": "Distinguishing distinguishing greedy_key minimal_keys",
    "risk": (
        "PopulationRisk Risk RiskAtThreshold at_thresholds population_risk reidentification_risk "
        "with_record_risk"
    ),
    "risk_population": "PopulationModel PopulationUniques population_uniques uniques_of_sizes",
    "risk_profile": "RiskProfile risk_profile",
    "safe_harbor": "SafeHarborFinding safe_harbor",
    "safe_files": "safepub_file",
    "safepub": "DifferentialPrivacy SafePublication safepub",
    "search": "Budget Progress",
    "special_uniques": "MinimalUnique SpecialUniques special_uniques",
    "stream_windows": "WindowReport",
    "streams": "StreamProtector",
    "synthesis": (
        "AttackReport Bins Categories Downstream SynthesisQuality SynthesisRisks Synthetic "
        "downstream_model inferred_domain observed_domain read_domain synthesis_attack "
        "synthesis_noise synthesis_quality synthesis_risks synthesise"
    ),
    "transformations": (
        "Extremes LocalResult Microaggregated Sampling code_extremes draw_sample microaggregate "
        "round_numbers"
    ),
    "uniqueness": "PopulationUniqueness",
    "utility": "ClassificationUtility classification_utility",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


class _Face(ModuleType):
    """Where a part has the name of its module, the part is meant: ``anonymise`` is the function."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (isinstance(value, ModuleType) and name in _HOME_OF):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Face


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
