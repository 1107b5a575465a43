"""Synthetic data: records drawn from noisy marginals on a tree, and reports on what they are worth.

domain = {"age": Bins((15, 25, 35, 50, 65, 95)), "sex": Categories(("Female", "Male"))}
made = synthesise(table, domain, PrivacyLoss.epsilon(1, "1e-9"), budget)
synthesis_quality(table, made.table, domain).two_way_mean
"""

from casemate.protection.synthesis.attack_rates import Attack
from casemate.protection.synthesis.attacks import AttackReport, synthesis_attack
from casemate.protection.synthesis.domains import Bins, Categories, Domain, observed_domain
from casemate.protection.synthesis.mechanism import (
    ExpectedNoise,
    Synthetic,
    synthesis_noise,
    synthesise,
)
from casemate.protection.synthesis.quality import SynthesisQuality, synthesis_quality
from casemate.protection.synthesis.risks import SynthesisRisks, synthesis_risks

__all__ = [
    "Attack",
    "AttackReport",
    "Bins",
    "Categories",
    "Domain",
    "ExpectedNoise",
    "SynthesisQuality",
    "SynthesisRisks",
    "Synthetic",
    "observed_domain",
    "synthesis_attack",
    "synthesis_noise",
    "synthesis_quality",
    "synthesis_risks",
    "synthesise",
]
