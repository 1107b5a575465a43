"""The AI regulatory sandbox (AI Act Art. 57): an algorithm of the register, tried before the authority.

Read ``transitions`` for the procedure, ``forms`` for what is asked, ``keeping`` for how it is done.
"""

from casemate.register.sandboxes.completeness import gaps
from casemate.register.sandboxes.conditions import CONDITIONS, Condition
from casemate.register.sandboxes.evidence import Measured
from casemate.register.sandboxes.forms import (
    ExitWords,
    IncidentForm,
    Kind,
    PersonalData,
    PlannedTest,
    RealWorldTest,
    SandboxForm,
    SandboxPlan,
    Size,
)
from casemate.register.sandboxes.keeping import Sandboxes
from casemate.register.sandboxes.records import (
    Dossier,
    Evidence,
    Incident,
    Participation,
    Publication,
    SandboxDecision,
    SandboxEvent,
    SandboxItem,
    SandboxState,
)
from casemate.register.sandboxes.reports import ExitReport
from casemate.register.sandboxes.transitions import TRANSITIONS

__all__ = [
    "CONDITIONS",
    "TRANSITIONS",
    "Condition",
    "Dossier",
    "Evidence",
    "ExitReport",
    "ExitWords",
    "Incident",
    "IncidentForm",
    "Kind",
    "Measured",
    "Participation",
    "PersonalData",
    "PlannedTest",
    "Publication",
    "RealWorldTest",
    "SandboxDecision",
    "SandboxEvent",
    "SandboxForm",
    "SandboxItem",
    "SandboxPlan",
    "SandboxState",
    "Sandboxes",
    "Size",
    "gaps",
]
