"""Attacks on a model, each beside what the same effort gives without it: a number alone means nothing.

- extraction (Tramèr et al. 2016): a copy trained on the model's answers, against one trained on the truth;
- membership and attribute inference: the enclave's, as before a model leaves (``model_attacks``);
- evasion: HopSkipJump (Chen, Jordan & Wainwright 2020) of the Adversarial Robustness Toolbox, which needs
  decisions alone, against random changes of the same size;
- poisoning: trained anew with some labels turned, against trained anew as it is.
"""

from collections.abc import Callable

from casemate.assurance.results import Figure, NotTested
from casemate.assurance.tabular.attacks_answers import extraction
from casemate.assurance.tabular.attacks_evasion import evasion
from casemate.assurance.tabular.attacks_people import attribute_inference, membership
from casemate.assurance.tabular.attacks_poisoning import poisoning
from casemate.assurance.tabular.trial import Trial

ATTACKS: tuple[tuple[str, Callable[[Trial], list[Figure] | str]], ...] = (
    ("extraction", extraction),
    ("membership inference", membership),
    ("attribute inference", attribute_inference),
    ("evasion", evasion),
    ("poisoning", poisoning),
)
"""Each gives its figures, or the reason why it cannot be tried."""


def attacks(trial: Trial) -> tuple[list[Figure], list[NotTested]]:
    """Every attack that the model and the data allow."""
    found: list[Figure] = []
    left_out = []
    for name, attack in ATTACKS:
        told = attack(trial)
        if isinstance(told, str):
            left_out.append(NotTested(name, told))
        else:
            found += told
    return found, left_out
