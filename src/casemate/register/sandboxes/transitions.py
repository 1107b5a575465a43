"""The state machine of a participation in the regulatory sandbox, as one table.

draft ──submit──▶ submitted ──admit──▶ admitted ──start──▶ running ──conclude──▶ concluded
                   │   ▲   └─refuse─▶ refused  ▲            │  ▲ │ suspend            │ report
           ask_back▼   │ resubmit              └───replan───┘  │ ▼                    ▼
                 asked_back                             resume suspended           reported
                                                                                      ▲ report
          admitted, running, suspended ──terminate──▶ terminated ─────────────────────┘
          any state before the end ──withdraw──▶ withdrawn
"""

from collections.abc import Mapping

from casemate.access.procedure import Machine
from casemate.register.sandboxes.records import SandboxState as State

D, S, B, A = State.DRAFT, State.SUBMITTED, State.ASKED_BACK, State.ADMITTED
R, U, C, P = State.RUNNING, State.SUSPENDED, State.CONCLUDED, State.REPORTED
F, W, T = State.REFUSED, State.WITHDRAWN, State.TERMINATED

TRANSITIONS: Mapping[str, Mapping[State, State]] = {
    "revise": {D: D, B: B},
    "submit": {D: S},
    "resubmit": {B: S},
    "withdraw": {D: W, S: W, B: W, A: W, R: W, U: W},
    "ask_back": {S: B},
    "admit": {S: A},
    "refuse": {S: F, B: F},
    "replan": {A: A, R: A},
    "start": {A: R},
    "attach": {R: R},
    "incident": {R: R, U: U},
    "guide": {S: S, A: A, R: R, U: U, C: C},
    "suspend": {R: U},
    "resume": {U: R},
    "terminate": {A: T, R: T, U: T},
    "conclude": {R: C},
    "close": {R: C},
    "report": {C: P, T: P},
    "publish": {P: P},
}
"""Every act, and where it leads from each state it is possible in. What is not here is refused."""

DECIDING = frozenset(
    {
        "ask_back", "admit", "refuse", "replan", "guide", "suspend", "resume", "terminate", "report",
        "answer", "close",
    }
)  # fmt: skip
"""The acts that are the authority's. ``answer`` is a message of its own, ``close`` its way to conclude."""

LEDGER_ACTS = {
    "draft": "sandbox.drafted",
    "revise": "sandbox.revised",
    "submit": "sandbox.submitted",
    "resubmit": "sandbox.resubmitted",
    "withdraw": "sandbox.withdrawn",
    "ask_back": "sandbox.asked_back",
    "admit": "sandbox.admitted",
    "refuse": "sandbox.refused",
    "replan": "sandbox.plan_changed",
    "start": "sandbox.started",
    "attach": "sandbox.evidence_attached",
    "incident": "sandbox.incident_reported",
    "guide": "sandbox.guidance_given",
    "suspend": "sandbox.suspended",
    "resume": "sandbox.resumed",
    "terminate": "sandbox.terminated",
    "conclude": "sandbox.concluded",
    "close": "sandbox.closed",
    "report": "sandbox.exit_report_issued",
    "publish": "sandbox.publication_agreed",
    "message": "sandbox.message_added",
    "answer": "sandbox.message_answered",
}

MACHINE = Machine(State, TRANSITIONS, DECIDING, LEDGER_ACTS)
