"""The enclave: protected views, sealed runs, checked outputs, and the only door out."""

from casemate.enclave.answers import AccountState, ExpectedAnswer, PrivateAnswer, budget_of
from casemate.enclave.claims import CLAIM_SECONDS
from casemate.enclave.comparing import Comparison, Content
from casemate.enclave.differencing import WouldDisclose
from casemate.enclave.drafts import ProgramDraft, ProgramVersion
from casemate.enclave.environments import PackageSet
from casemate.enclave.following import Followed, RunEvent
from casemate.enclave.limits import Limits
from casemate.enclave.outputs import Outputs
from casemate.enclave.receipts import document as receipt_document
from casemate.enclave.records import (
    SYSTEM,
    Claim,
    Decision,
    Output,
    OutputKind,
    OutputState,
    QueueItem,
    ReleaseReceipt,
    Run,
    RunState,
    View,
)
from casemate.enclave.repair import Suggestion
from casemate.enclave.replay import Replay
from casemate.enclave.review_queue import queue as review_queue
from casemate.enclave.room import Enclave
from casemate.enclave.runs import Runs
from casemate.enclave.sweep import known_blobs, sweep_blobs
from casemate.enclave.views import Views
from casemate.enclave.workflow import Worker

__all__ = [
    "CLAIM_SECONDS",
    "SYSTEM",
    "AccountState",
    "Claim",
    "Comparison",
    "Content",
    "Decision",
    "Enclave",
    "ExpectedAnswer",
    "Followed",
    "Limits",
    "Output",
    "OutputKind",
    "OutputState",
    "Outputs",
    "PackageSet",
    "PrivateAnswer",
    "ProgramDraft",
    "ProgramVersion",
    "QueueItem",
    "ReleaseReceipt",
    "Replay",
    "Run",
    "RunEvent",
    "RunState",
    "Runs",
    "Suggestion",
    "View",
    "Views",
    "Worker",
    "WouldDisclose",
    "budget_of",
    "known_blobs",
    "receipt_document",
    "review_queue",
    "sweep_blobs",
]
