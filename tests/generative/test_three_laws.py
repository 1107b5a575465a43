"""Random people do random things in any order; after each, the three laws must hold.

Then the guards are taken out one by one, and the same machine must notice: a test that cannot fail
would prove nothing.
"""

from contextlib import contextmanager, suppress
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from three_laws import OTHER, PEOPLE, PURPOSE, SCRIPTS, VARIABLES, World

from casemate.access import Grant, Permits
from casemate.access.records import GRANT_SEAL
from casemate.enclave import Output
from casemate.enclave.checking import Checked, Checker
from casemate.enclave.checks import Reason, Verdict
from casemate.errors import CasemateError
from casemate.ledger import Ledger
from casemate.ledger.log import Act
from casemate.store import Store, mark_recorded

people = st.sampled_from(PEOPLE)
which = st.integers(0, 30)
QUICK = settings(
    deadline=None,
    max_examples=10,
    stateful_step_count=40,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)


class Ecosystem(RuleBasedStateMachine):
    """Every act, by everyone, in any order; what is refused is refused, what is done is judged."""

    world: World

    @initialize()
    def a_home(self) -> None:
        self.world = World()
        self.world.publish("acct-holder")
        self.world.apply("acct-rita", ["acct-rita", "acct-multi"], list(VARIABLES), 30)
        self.world.approve("acct-aline", self.world.applications[0], 0)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            try:
                self.world.judge_ledger()
            finally:
                self.world.close()

    def attempt(self, act: Any, *arguments: Any, fault: int | None) -> None:
        if fault is not None:
            self.world.with_fault(lambda: act(*arguments), fault)
            return
        with suppress(CasemateError):  # refused; the judges see whether it left anything behind
            act(*arguments)

    faults = st.none() | st.none() | st.none() | st.integers(0, 3)

    @rule(actor=people, fault=faults)
    def publish(self, actor: str, fault: int | None) -> None:
        self.attempt(self.world.publish, actor, fault=fault)

    @rule(
        actor=people,
        named=st.lists(people, max_size=2, unique=True),
        variables=st.lists(st.sampled_from(VARIABLES), max_size=4, unique=True),
        days=st.sampled_from([1, 30, 4000]),
        fault=faults,
    )
    def apply(
        self, actor: str, named: list[str], variables: list[str], days: int, fault: int | None
    ) -> None:
        self.attempt(self.world.apply, actor, named, variables, days, fault=fault)

    @rule(actor=people, at=which, start_in=st.sampled_from([-1, 0, 0, 2]), fault=faults)
    def approve(self, actor: str, at: int, start_in: int, fault: int | None) -> None:
        application = self.world.applications[at % len(self.world.applications)]
        self.attempt(self.world.approve, actor, application, start_in, fault=fault)

    @rule(actor=people, at=which, fault=faults)
    def revoke(self, actor: str, at: int, fault: int | None) -> None:
        permit = self.pick_permit(at)
        self.attempt(self.world.revoke, actor, permit, fault=fault)

    @rule(
        actor=st.sampled_from(["acct-rita", "acct-rita", "acct-multi", *PEOPLE]),
        at=which,
        purpose=st.sampled_from([PURPOSE, PURPOSE, PURPOSE, OTHER]),
        kind=st.sampled_from(sorted(SCRIPTS)),
        pause=st.sampled_from([0, 0, 0, 40]),
        fault=faults,
    )
    def run(
        self, actor: str, at: int, purpose: str, kind: str, pause: int, fault: int | None
    ) -> None:
        permit = self.pick_permit(at)
        self.attempt(self.world.run, actor, permit, purpose, kind, pause, fault=fault)

    @rule(
        actor=st.sampled_from(["acct-rita", "acct-rita", "acct-multi", *PEOPLE]),
        at=which,
        purpose=st.sampled_from([PURPOSE, PURPOSE, PURPOSE, OTHER]),
        variable=st.sampled_from(VARIABLES),
        cost=st.sampled_from(["0.1", "0.25", "0.5"]),
        fault=faults,
    )
    def ask(
        self, actor: str, at: int, purpose: str, variable: str, cost: str, fault: int | None
    ) -> None:
        permit = self.pick_permit(at)
        self.attempt(self.world.ask, actor, permit, purpose, variable, cost, fault=fault)

    @precondition(lambda self: self.world.outputs())
    @rule(actor=people, at=which, clear=st.sampled_from([True, True, False]), fault=faults)
    def review(self, actor: str, at: int, clear: bool, fault: int | None) -> None:
        output = self.pick_output(at)
        self.attempt(
            lambda: self.world.platform.review(actor, output.id, clear=clear, reason="seen"),
            fault=fault,
        )

    @precondition(lambda self: self.world.outputs())
    @rule(at=which)
    def clear_and_release(self, at: int) -> None:
        """The obliging checker, who lets go whatever the program lets go."""
        platform, output = self.world.platform, self.pick_output(at)
        self.attempt(
            lambda: platform.review("acct-checker", output.id, clear=True, reason="fine"),
            fault=None,
        )
        self.attempt(lambda: platform.release("acct-checker", output.id), fault=None)

    @precondition(lambda self: self.world.outputs())
    @rule(actor=people, at=which, fault=faults)
    def release(self, actor: str, at: int, fault: int | None) -> None:
        output = self.pick_output(at)
        self.attempt(lambda: self.world.platform.release(actor, output.id), fault=fault)

    @precondition(lambda self: self.world.outputs())
    @rule(actor=people, at=which)
    def fetch(self, actor: str, at: int) -> None:
        self.attempt(self.world.fetch, actor, self.pick_output(at), fault=None)

    @precondition(lambda self: self.world.runs)
    @rule(actor=people, at=which, fault=faults)
    def cancel(self, actor: str, at: int, fault: int | None) -> None:
        run = self.world.runs[at % len(self.world.runs)]
        self.attempt(lambda: self.world.platform.cancel(actor, run, "no"), fault=fault)

    @rule(hours=st.sampled_from([1, 12, 24 * 31]))
    def time_passes(self, hours: int) -> None:
        self.world.clock.advance(hours=hours)

    @rule(actor=people, sure=st.integers(0, 9))
    def retire(self, actor: str, sure: int) -> None:
        if sure == 0:
            self.attempt(self.world.retire, actor, fault=None)

    @invariant()
    def the_three_laws_hold(self) -> None:
        if hasattr(self, "world"):
            self.world.judge()

    def pick_permit(self, at: int) -> str:
        known = list(self.world.permits)
        return known[-1 - at % len(known)]

    def pick_output(self, at: int) -> Any:
        known = self.world.outputs()
        return known[at % len(known)]


@pytest.mark.slow
def test_the_three_laws_hold_whatever_people_do() -> None:
    run_state_machine_as_test(Ecosystem, settings=QUICK)


def grant_without_looking(
    permits: Permits, tx: Any, permit_id: str, *, dataset: str, variables: Any, **_: Any
) -> Grant:
    """The permit check, removed: whoever asks is given."""
    permit = permits.get(tx, permit_id)
    scope = next(scope for scope in permit.scopes if scope.dataset == dataset)
    return Grant(
        permit=permit_id,
        lineage=permit.lineage,
        person=None,
        purpose=None,
        scope=scope,
        output_rules=permit.output_rules,
        valid_until=permit.valid_until,
        granted_at=permit.issued_at,
        seal=GRANT_SEAL,
    )


def permit_check_removed() -> list[Any]:
    return [
        mock.patch.object(Permits, "require_in_force", grant_without_looking),
        mock.patch.object(Permits, "may_continue", return_value=True),
    ]


def output_check_skipped() -> list[Any]:
    def pass_unseen(self: Checker, _: Any, output: Output, *__: Any) -> Checked:
        with self._rooms.store.read() as tx:
            data = self._rooms.outputs.data(tx, output.id)
        return Checked(data, Verdict("pass", (Reason("none", "not looked at"),)))

    return [mock.patch.object(Checker, "_by_content", pass_unseen)]


def ledger_written_after_the_transaction() -> list[Any]:
    """Entries are queued and written in a transaction of their own once the act has committed."""
    queued: list[tuple[Ledger, list[Act]]] = []
    real_append, real_transaction = Ledger.append_many, Store.transaction

    def append_later(ledger: Ledger, tx: Any, acts: Any) -> Any:
        acts = list(acts)
        queued.append((ledger, acts))
        mark_recorded(tx, len(acts))
        return [type("Entry", (), {"index": -1, "time": "", "act": one.act})() for one in acts]

    def transaction(store: Store) -> Any:
        @contextmanager
        def two_transactions() -> Any:
            queued.clear()
            with real_transaction(store) as tx:
                yield tx
            late = list(queued)
            queued.clear()
            with real_transaction(store) as tx:
                for ledger, acts in late:
                    real_append(ledger, tx, acts)

        return two_transactions()

    return [
        mock.patch.object(Ledger, "append_many", append_later),
        mock.patch.object(Store, "transaction", transaction),
    ]


@pytest.mark.slow
@pytest.mark.timeout(900)  # the machine searches, then shrinks what it found
@pytest.mark.parametrize(
    ("mutation", "law"),
    [
        (permit_check_removed, "law 1"),
        (output_check_skipped, "law 2"),
        (ledger_written_after_the_transaction, "law 3"),
    ],
)
def test_the_machine_notices_when_a_guard_is_taken_out(mutation: Any, law: str) -> None:
    more = settings(
        QUICK, max_examples=60, derandomize=True, database=None, report_multiple_bugs=False
    )
    with pytest.raises(AssertionError, match=law):
        patches = mutation()
        for patch in patches:
            patch.start()
        try:
            run_state_machine_as_test(Ecosystem, settings=more)
        finally:
            for patch in patches:
                patch.stop()
