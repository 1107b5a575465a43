"""Attacks on a model before it leaves: does it tell who it was trained on, or what they are?

Membership inference and attribute inference are run on the trusted side, against the rows that the model
was trained on and rows that it never saw. Their scores and settings go on the record.
"""

from casemate.enclave.model_attacks.attack import AttackReport, ModelRules, attack
from casemate.enclave.model_attacks.card import BadCard, ModelCard, card_from_json
from casemate.enclave.model_attacks.coefficients import Coefficients, coefficients_from_json
from casemate.enclave.model_attacks.scores import Score

__all__ = [
    "AttackReport",
    "BadCard",
    "Coefficients",
    "ModelCard",
    "ModelRules",
    "Score",
    "attack",
    "card_from_json",
    "coefficients_from_json",
]
