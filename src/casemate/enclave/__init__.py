"""The enclave: protected views, sealed runs, checked outputs, and the only door out."""

from casemate.enclave.answers import AccountState, ExpectedAnswer, PrivateAnswer, budget_of
from casemate.enclave.limits import Limits
from casemate.enclave.outputs import Outputs
from casemate.enclave.records import (
    SYSTEM,
    Output,
    OutputKind,
    OutputState,
    ReleaseReceipt,
    Run,
    RunState,
    View,
)
from casemate.enclave.room import Enclave
from casemate.enclave.runs import Runs
from casemate.enclave.sweep import known_blobs, sweep_blobs
from casemate.enclave.views import Views
from casemate.enclave.workflow import Worker

__all__ = [
    "SYSTEM",
    "AccountState",
    "Enclave",
    "ExpectedAnswer",
    "Limits",
    "Output",
    "OutputKind",
    "OutputState",
    "Outputs",
    "PrivateAnswer",
    "ReleaseReceipt",
    "Run",
    "RunState",
    "Runs",
    "View",
    "Views",
    "Worker",
    "budget_of",
    "known_blobs",
    "sweep_blobs",
]
