"""Is any act half-recorded? Every record held against the entries that should speak of it."""

from collections import Counter, defaultdict

from casemate.enclave import OutputState
from casemate.platform import Platform


def require_whole(platform: Platform) -> None:
    """Raise ``AssertionError`` where the ledger does not verify or a record and its entries differ."""
    report = platform.verify_ledger()
    assert report.ok, report.problems
    acts: dict[str, list[str]] = defaultdict(list)
    for entry in platform.entries():
        acts[entry.subject].append(entry.act)
    counted = Counter(act for of_one in acts.values() for act in of_one)
    with platform.store.read() as tx:
        accounts = platform.identity.accounts(tx)
        assert counted["account.added"] == len(accounts)
        versions = [one.version for one in platform.catalogue.list(tx, include_retired=True)]
        assert counted["dataset.published"] == sum(versions)
        for application in platform.applications.list(tx):
            events = platform.applications.timeline(tx, application.id)
            assert len(acts[application.id]) == len(events), application
        permits = platform.permits.list(tx)
        assert counted["permit.granted"] == len(permits)
        for permit in permits:
            assert acts[permit.id].count("permit.revoked") == (permit.revoked_at is not None)
        for run in platform.enclave.runs.list(tx):
            last = [act for act in acts[run.id] if act.startswith("run.")][-1]
            assert last == f"run.{'submitted' if run.state == 'queued' else run.state}", run
        outputs = platform.enclave.outputs.list(tx)
        assert counted["output.kept"] == len(outputs)
        for output in outputs:
            released = acts[output.id].count("output.released")
            assert released == (output.state is OutputState.released), output
