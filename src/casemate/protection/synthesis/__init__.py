"""Synthetic data: records drawn from noisy marginals on a tree, and reports on what they are worth.

domain = {"age": Bins((15, 25, 35, 50, 65, 95)), "sex": Categories(("Female", "Male"))}
made = synthesise(table, domain, PrivacyLoss.epsilon(1, "1e-9"), budget)
synthesis_quality(table, made.table, domain).two_way_mean
"""

from casemate.protection.synthesis.attack_rates import Attack
from casemate.protection.synthesis.attacks import AttackReport, synthesis_attack
from casemate.protection.synthesis.domain_files import (
    domain_from_dict,
    domain_to_dict,
    inferred_domain,
    read_domain,
)
from casemate.protection.synthesis.domains import Bins, Categories, Domain, observed_domain
from casemate.protection.synthesis.downstream import Downstream, downstream_model
from casemate.protection.synthesis.mechanism import (
    ExpectedNoise,
    Synthetic,
    synthesis_noise,
    synthesise,
)
from casemate.protection.synthesis.quality import SynthesisQuality, synthesis_quality
from casemate.protection.synthesis.report import synthesis_html, synthesis_report
from casemate.protection.synthesis.risks import SynthesisRisks, synthesis_risks

__all__ = [
    "Attack",
    "AttackReport",
    "Bins",
    "Categories",
    "Domain",
    "Downstream",
    "ExpectedNoise",
    "SynthesisQuality",
    "SynthesisRisks",
    "Synthetic",
    "domain_from_dict",
    "domain_to_dict",
    "downstream_model",
    "inferred_domain",
    "observed_domain",
    "read_domain",
    "synthesis_attack",
    "synthesis_html",
    "synthesis_noise",
    "synthesis_quality",
    "synthesis_report",
    "synthesis_risks",
    "synthesise",
]
