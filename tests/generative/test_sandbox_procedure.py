"""Random people do random things with participations in any order; the procedure holds after each.

The table is written here a second time on purpose, so that a change of the machine has to be made twice.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conftest import MovableClock
from evidence_world import evaluation
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sandbox_world import WORDS, document, incident, personal_data, plan

from casemate.errors import CasemateError
from casemate.flagships.health import story
from casemate.home import create_home
from casemate.platform import Platform
from casemate.register.records import read_record
from casemate.register.sandboxes import TRANSITIONS

ALLOWED = {
    "revise": "draft>draft asked_back>asked_back",
    "submit": "draft>submitted",
    "resubmit": "asked_back>submitted",
    "withdraw": "draft>withdrawn submitted>withdrawn asked_back>withdrawn admitted>withdrawn "
    "running>withdrawn suspended>withdrawn",
    "ask_back": "submitted>asked_back",
    "admit": "submitted>admitted",
    "refuse": "submitted>refused asked_back>refused",
    "replan": "admitted>admitted running>admitted",
    "start": "admitted>running",
    "attach": "running>running",
    "incident": "running>running suspended>suspended",
    "guide": "submitted>submitted admitted>admitted running>running suspended>suspended "
    "concluded>concluded",
    "suspend": "running>suspended",
    "resume": "suspended>running",
    "terminate": "admitted>terminated running>terminated suspended>terminated",
    "conclude": "running>concluded",
    "close": "running>concluded",
    "report": "concluded>reported terminated>reported",
    "publish": "reported>reported",
}
MACHINE = {
    (act, pair.split(">")[0]): pair.split(">")[1]
    for act, pairs in ALLOWED.items()
    for pair in pairs.split()
}
OURS, OTHERS, OFFICERS = "acct-researcher", ("acct-holder", "acct-checker"), ("acct-authority",)
BOTH = "acct-both"
"""A colleague of the participant's who sits at the authority too."""
PEOPLE = (OURS, *OTHERS, *OFFICERS, BOTH)
AUTHORITYS = frozenset(
    [
        "ask_back",
        "admit",
        "refuse",
        "replan",
        "guide",
        "suspend",
        "resume",
        "terminate",
        "close",
        "report",
    ]
)
ENDS = frozenset({"refuse", "withdraw", "terminate"})
TEST = {
    "key": "accuracy", "suite": "casemate-tabular", "check": "performance", "measure": "accuracy",
    "threshold": "0.9",
}  # fmt: skip


def test_the_table_is_the_one_a_lawyer_reads() -> None:
    there = {
        (act, before.value): after.value
        for act, steps in TRANSITIONS.items()
        for before, after in steps.items()
    }
    assert there == MACHINE


class Procedure(RuleBasedStateMachine):
    """One participation after the other; what is refused leaves no trace but the refusal."""

    @initialize()
    def a_home(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        home = create_home(Path(self.folder.name) / "home", name="casemate")
        self.clock = MovableClock()
        self.clock.advance(days=200)
        self.platform = Platform(home, clock=self.clock)
        self.platform.found("Operator")
        story.gather_the_cast(self.platform)
        own = self.platform.whoami(OURS).organisation
        roles = ["authority", "data_user"]
        self.platform.add_account("acct-operator", "Both", own, roles, account_id=BOTH)
        record = read_record({"name": "Sorter"})
        self.algorithm = self.platform.record_algorithm(OURS, record).algorithm
        self.sandbox, self.state = "", "none"
        self.seeds = 0
        self.begin()

    def teardown(self) -> None:
        if hasattr(self, "platform"):
            try:
                assert self.platform.verify_ledger().ok
            finally:
                self.platform.close()
                self.folder.cleanup()

    def begin(self) -> None:
        form = document(self.algorithm, plan=plan(tests=[TEST]))
        self.sandbox = self.platform.apply_for_sandbox(OURS, form).id
        self.state = "draft"

    @rule()
    def another(self) -> None:
        if self.state in ("refused", "withdrawn", "reported"):
            self.begin()

    @rule(at=st.integers(0, 30))
    def go_on(self, at: int) -> None:
        """Something that is possible, by whoever may: else most would be refused, and little be seen."""
        acts = [act for act, state in MACHINE if state == self.state and act not in ENDS]
        if acts:
            act = sorted(acts)[at % len(acts)]
            before = self.state
            self.attempt(OFFICERS[0] if act in AUTHORITYS else OURS, act, data=False)
            assert self.state == MACHINE[act, before]

    @rule(actor=st.sampled_from(PEOPLE), act=st.sampled_from(sorted(ALLOWED)), data=st.booleans())
    def anything(self, actor: str, act: str, data: bool) -> None:
        """Anything, by anybody. ``data``: with a permit that there is not, where a form is sent."""
        self.attempt(actor, act, data=data)

    def attempt(self, actor: str, act: str, *, data: bool) -> None:
        entries = len(self.told())
        try:
            self.do(actor, act, data=data)
        except CasemateError:
            assert len(self.told()) == entries, f"{act} was refused and left an entry"
            return
        taken = {"submit": "resubmit"}.get(act) if self.state == "asked_back" else act
        taken = "submit" if act == "resubmit" and self.state == "draft" else taken or act
        if act == "conclude" and actor in OFFICERS:
            taken = "close"
        if act == "close" and actor == OURS:
            taken = "conclude"
        assert (taken, self.state) in MACHINE, f"{act} was done while {self.state}"
        assert (taken in AUTHORITYS) is (actor in OFFICERS), f"{actor} did {taken}"
        self.state = MACHINE[taken, self.state]
        assert len(self.told()) == entries + 1

    def do(self, actor: str, act: str, *, data: bool) -> None:
        place, sandbox = self.platform, self.sandbox
        more: dict[str, Any] = {"personal_data": personal_data("permit-none")} if data else {}
        form = document(self.algorithm, plan=plan(tests=[TEST]), risks="All.", **more)
        days = 91 + len(self.told())
        acts: dict[str, Callable[[], object]] = {
            "revise": lambda: place.revise_participation(
                actor, sandbox, document(self.algorithm, plan=plan(tests=[TEST]), risks="More.")
            ),
            "submit": lambda: place.submit_participation(actor, sandbox, form),
            "resubmit": lambda: place.submit_participation(actor, sandbox, form),
            "withdraw": lambda: place.withdraw_participation(actor, sandbox),
            "admit": lambda: place.admit_participation(actor, sandbox, "new"),
            "replan": lambda: place.change_sandbox_plan(
                actor, sandbox, plan(tests=[TEST], duration_days=days), "longer"
            ),
            "start": lambda: place.start_participation(
                actor, sandbox, place.participation(actor, sandbox).plan_version
            ),
            "attach": lambda: place.attach_evidence(actor, sandbox, "accuracy", self.measured()),
            "incident": lambda: place.report_incident(actor, sandbox, incident(self.clock())),
            "conclude": lambda: place.conclude_participation(actor, sandbox, "done"),
            "close": lambda: place.conclude_participation(actor, sandbox, "done"),
            "report": lambda: place.issue_exit_report(actor, sandbox, WORDS),
            "publish": lambda: place.publish_exit_report(actor, sandbox),
        }
        decide = lambda: place.decide_participation(actor, sandbox, act, "reason")  # type: ignore[arg-type]  # noqa: E731 - one of the decisions
        acts.get(act, decide)()

    def measured(self) -> str:
        self.seeds += 1
        told = evaluation(seed=self.seeds)
        return self.platform.record_evaluation(OURS, told, self.algorithm).id

    def told(self) -> list[str]:
        with self.platform.store.read() as tx:
            return [one.act for one in self.platform.ledger.entries(tx, subject=self.sandbox)]

    @invariant()
    def it_stands_where_it_should(self) -> None:
        if hasattr(self, "sandbox"):
            known = self.platform.participation(OURS, self.sandbox)
            assert known.state == self.state
            assert (known.plan is not None) is (known.plan_version > 0)
            dossier = self.platform.participation_dossier(OURS, self.sandbox)
            assert all(one.met is False for one in dossier.evidence)  # 0.8125 is not 0.9
            assert not self.platform.sandbox_publications() or known.state == "reported"


TestProcedure = Procedure.TestCase
TestProcedure.settings = settings(
    deadline=None,
    max_examples=6,
    stateful_step_count=45,
    suppress_health_check=list(HealthCheck),
)
