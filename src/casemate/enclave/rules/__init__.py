"""The disclosure rules, applied to supports that trusted code computed, never to a file's figures."""

from casemate.enclave.rules.apply import apply_rules, breaches_of
from casemate.enclave.rules.breaches import Breach

__all__ = ["Breach", "apply_rules", "breaches_of"]
