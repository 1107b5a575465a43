"""What Inspect AI finds of ours through the entry point ``inspect_ai``: the suites and the provider."""

from casemate.assurance.language.provider import casemate
from casemate.assurance.suites.tasks import suite

__all__ = ["casemate", "suite"]
