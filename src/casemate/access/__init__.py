"""Access: applications, decisions, permits. Approval is the permit, and the permit is the capability.

Read ``applications`` for how a permit comes to be, ``permits`` for what it opens and when it ends.
"""

from casemate.access import purposes, tables
from casemate.access.applications import Applications
from casemate.access.claims import PermitClaims, key_id, public_jwk, verify_jws
from casemate.access.completeness import Gap, gaps, require_complete
from casemate.access.deadlines import Regime
from casemate.access.forms import (
    ApplicationForm,
    ApplicationKind,
    DatasetRequest,
    EnclaveSize,
    Ethics,
    LegalBasis,
    Purpose,
    StudyPeriod,
    VariableRequest,
)
from casemate.access.odrl import export as export_odrl
from casemate.access.output_types import OUTPUT_TYPES, USUAL_TYPES
from casemate.access.permits import EVERYONE, FOREVER, Permits
from casemate.access.policies import Policies, Resource
from casemate.access.records import (
    Application,
    ApplicationEvent,
    Assessment,
    Grant,
    Offer,
    OfferRules,
    OutputRules,
    Permit,
    PermitTerms,
    Scope,
    State,
)
from casemate.access.transitions import TRANSITIONS

__all__ = [
    "EVERYONE",
    "FOREVER",
    "OUTPUT_TYPES",
    "TRANSITIONS",
    "USUAL_TYPES",
    "Application",
    "ApplicationEvent",
    "ApplicationForm",
    "ApplicationKind",
    "Applications",
    "Assessment",
    "DatasetRequest",
    "EnclaveSize",
    "Ethics",
    "Gap",
    "Grant",
    "LegalBasis",
    "Offer",
    "OfferRules",
    "OutputRules",
    "Permit",
    "PermitClaims",
    "PermitTerms",
    "Permits",
    "Policies",
    "Purpose",
    "Regime",
    "Resource",
    "Scope",
    "State",
    "StudyPeriod",
    "VariableRequest",
    "export_odrl",
    "gaps",
    "key_id",
    "public_jwk",
    "purposes",
    "require_complete",
    "tables",
    "verify_jws",
]
