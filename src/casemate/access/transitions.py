"""The state machine of an application, as one table.

draft ──submit──▶ submitted ──approve──▶ approved (a permit)
                   │   ▲   └──refuse───▶ refused ──appeal──▶ appealed ──approve/refuse──▶
   mark_incomplete │   │ resubmit
   request_changes ▼   │
        incomplete, changes_requested          any open state ──withdraw──▶ withdrawn
"""

from collections.abc import Mapping

from casemate.access.procedure import Machine
from casemate.access.records import State

D, S, I, C = State.DRAFT, State.SUBMITTED, State.INCOMPLETE, State.CHANGES_REQUESTED  # noqa: E741
A, R, W, P = State.APPROVED, State.REFUSED, State.WITHDRAWN, State.APPEALED

TRANSITIONS: Mapping[str, Mapping[State, State]] = {
    "revise": {D: D, I: I, C: C},
    "submit": {D: S},
    "resubmit": {I: S, C: S},
    "withdraw": {D: W, S: W, I: W, C: W, P: W},
    "appeal": {R: P},
    "confirm_complete": {S: S},
    "mark_incomplete": {S: I},
    "request_changes": {S: C},
    "extend": {S: S, P: P},
    "approve": {S: A, P: A},
    "refuse": {S: R, I: R, C: R, P: R},
}
"""Every act, and where it leads from each state it is possible in. What is not here is refused."""

DECIDING = frozenset(
    {"confirm_complete", "mark_incomplete", "request_changes", "extend", "approve", "refuse"}
)
"""The acts that are the authority's, each with its reason."""

LEDGER_ACTS = {
    "revise": "application.revised",
    "submit": "application.submitted",
    "resubmit": "application.resubmitted",
    "withdraw": "application.withdrawn",
    "appeal": "application.appealed",
    "confirm_complete": "application.completeness_confirmed",
    "mark_incomplete": "application.marked_incomplete",
    "request_changes": "application.changes_requested",
    "extend": "application.extended",
    "approve": "application.approved",
    "refuse": "application.refused",
    "message": "application.message_added",
}

MACHINE = Machine(State, TRANSITIONS, DECIDING, LEDGER_ACTS)
