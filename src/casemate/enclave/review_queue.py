"""The queue of the output checkers: what awaits people, oldest first."""

from datetime import timedelta
from typing import Literal

from sqlalchemy.orm import Session

from casemate.access import Permits
from casemate.enclave.outputs import Outputs
from casemate.enclave.recipes import ReleaseMemory
from casemate.enclave.records import Output, OutputState, QueueItem
from casemate.enclave.runs import Runs

DUE_DAYS = 5
"""From the check to a person's decision. The house's own term: no law sets one."""


def queue(
    tx: Session, outputs: Outputs, runs: Runs, permits: Permits, memory: ReleaseMemory
) -> tuple[QueueItem, ...]:
    """Every checked output that a person has not ended yet, for all checkers together."""
    waiting = [
        output
        for state in (OutputState.held, OutputState.cleared)
        for output in outputs.list(tx, state=state)
        if output.checked_at is not None
    ]
    items = [_item(tx, output, outputs, runs, permits, memory) for output in waiting]
    return tuple(sorted(items, key=lambda item: (item.since, item.output.id)))


def _item(
    tx: Session,
    output: Output,
    outputs: Outputs,
    runs: Runs,
    permits: Permits,
    memory: ReleaseMemory,
) -> QueueItem:
    assert output.checked_at is not None
    run = runs.get(tx, output.run)
    permit = permits.get(tx, run.permit)
    four_eyes = permit.output_rules.asks_for_two(output.ending)
    return QueueItem(
        output=output,
        permit=permit.id,
        datasets=tuple(sorted({scope.dataset for scope in permit.scopes})),
        awaits=_awaits(output),
        since=output.checked_at,
        due=output.checked_at + timedelta(days=DUE_DAYS),
        four_eyes=four_eyes,
        claim=outputs.claims.of(tx, output.id),
        unread=len(memory.opaque(tx, run)),
    )


def _awaits(output: Output) -> Literal["a decision", "a second decision", "release"]:
    if output.state is OutputState.cleared:
        return "release"
    return "a second decision" if output.cleared_by else "a decision"
