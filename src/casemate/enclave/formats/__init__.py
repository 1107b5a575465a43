"""What leaves without a recipe: files told by content, parsed in sandboxes of their own, judged.

    verdict = judge_format(output, context, card)

Nothing passes here: what is not refused goes to a person, with the evidence a machine could find.
"""

from casemate.enclave.formats.facts import Facts, Scan, Tensor
from casemate.enclave.formats.inspection import Uninspectable, inspect_hostile
from casemate.enclave.formats.judge import judge_format, pair_cards
from casemate.enclave.formats.kinds import Sniffed, kind_of

__all__ = [
    "Facts",
    "Scan",
    "Sniffed",
    "Tensor",
    "Uninspectable",
    "inspect_hostile",
    "judge_format",
    "kind_of",
    "pair_cards",
]
