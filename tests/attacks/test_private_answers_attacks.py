"""Somebody wants answers that they have not paid for, or that are not theirs to have."""

import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from answers_world import (
    AUTHORITY,
    COLLEAGUE,
    DESCRIPTION,
    HOLDER,
    OUTSIDER,
    RESEARCHER,
    AnswersWorld,
    count,
    make_answers_world,
)
from conftest import MovableClock
from sqlalchemy import text

from casemate.enclave.budgets import BudgetRows, of_dataset, of_permit, opened, taken_up
from casemate.errors import BadInput, IntegrityFailure, NotAllowed, NotFound
from casemate.ledger import Ledger
from casemate.protection.privacy_loss import PrivacyLoss
from casemate.protection.privacy_loss.questions import read_question
from casemate.store import Store
from casemate.store.keys import Keyring

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def world(tmp_path: Path, clock: MovableClock) -> Iterator[AnswersWorld]:
    yield from make_answers_world(tmp_path, clock)


def refused(world: AnswersWorld, permit: str, message: str, **ask: Any) -> None:
    """The question is refused, nothing is charged, and the refusal is on the ledger."""
    before = world.spent(permit), len(world.acts("act.refused")), world.acts("privacy.charged")
    actor, question = ask.pop("actor", RESEARCHER), ask.pop("question", count())
    with pytest.raises(NotAllowed, match=message):
        world.platform.ask(actor, permit, question, **ask)
    after = world.spent(permit), len(world.acts("act.refused")), world.acts("privacy.charged")
    assert after == (before[0], before[1] + 1, before[2])


def test_nobody_is_answered_without_a_permit(world: AnswersWorld) -> None:
    with pytest.raises(NotFound):
        world.platform.ask(RESEARCHER, "permit-of-nobody", count())
    assert world.acts("privacy.charged") == []


def test_only_the_permits_people_are_answered(world: AnswersWorld) -> None:
    permit = world.permit()
    for stranger in (OUTSIDER, HOLDER, AUTHORITY):
        refused(world, permit, "permit.ask", actor=stranger)
    assert world.platform.ask(COLLEAGUE, permit, count()).value is not None


def test_no_answer_before_or_after_the_permit_is_in_force(
    world: AnswersWorld, clock: MovableClock
) -> None:
    permit = world.permit()
    clock.advance(days=-1)
    refused(world, permit, "not valid before")
    clock.advance(days=92)
    refused(world, permit, "expired at")
    clock.advance(days=-90)
    world.platform.revoke(AUTHORITY, permit, "misuse")
    refused(world, permit, "was revoked")


def test_other_variables_datasets_and_purposes_are_refused(world: AnswersWorld) -> None:
    permit = world.permit()
    total: dict[str, Any] = {"kind": "sum", "low": 0, "high": 1, "variable": "smoker"}
    refused(world, permit, "does not cover smoker", question=count() | total)
    refused(world, permit, "does not cover smoker", question=count(smoker=True))
    refused(world, permit, "does not cover dataset", question=count() | {"dataset": "others"})
    refused(world, permit, "does not cover dpv:PublicBenefit", purpose="dpv:PublicBenefit")
    refused(world, permit, "is prohibited", purpose="dpv:Marketing")
    grouped = {"kind": "grouped", "by": ["name"], "keys": [["Person 3"]]}
    refused(world, permit, "does not cover name", question=count() | grouped)


def test_what_is_given_as_a_pseudonym_is_not_asked_about(world: AnswersWorld) -> None:
    refused(world, world.permit(), "'pid' as a pseudonym only", question=count(pid=100_000))


def test_a_permit_without_a_budget_gives_no_answers(world: AnswersWorld) -> None:
    permit = world.permit(budget=None)
    with pytest.raises(NotAllowed, match="its authority set no budget"):
        world.platform.ask(RESEARCHER, permit, count())


def test_either_account_refuses_and_then_neither_is_charged(world: AnswersWorld) -> None:
    one, other = world.permit(budget="2"), world.permit(budget="2")
    refused(world, one, "the budget of permit-", question=count("2.5"))
    world.platform.ask(RESEARCHER, one, count("2"))
    refused(world, other, "the budget of people", question=count("1.5"))
    assert world.spent(other) == ("2", "0")


def test_differencing_by_filters_is_paid_for_each_time(world: AnswersWorld) -> None:
    permit = world.permit(budget="0.3")
    for question in (count(), count(sex="f"), count(sex="f", age=[20, 21])):
        world.platform.ask(RESEARCHER, permit, question)
    refused(world, permit, "is left of", question=count(sex="m"))


def test_the_same_question_again_is_the_same_answer_and_free(world: AnswersWorld) -> None:
    permit = world.permit(budget="0.1")
    first = world.platform.ask(RESEARCHER, permit, count(sex="f"))
    again = count(sex="f") | {"cost": {"amount": 0.10, "accounting": "epsilon", "delta": 0}}
    for person in (RESEARCHER, COLLEAGUE):
        assert world.platform.ask(person, permit, again) == first
    assert world.spent(permit) == ("1/10", "1/10")
    refused(world, permit, "is left of", question=count("0.05", sex="f"))


def test_another_permit_pays_for_the_same_question_and_gets_another_draw(
    world: AnswersWorld,
) -> None:
    one, other = world.permit(), world.permit()
    answers = {world.platform.ask(RESEARCHER, permit, count("0.01")).id for permit in (one, other)}
    assert len(answers) == 2
    assert world.spent(other) == ("1/50", "1/100")


def test_a_renewal_brings_no_new_budget(world: AnswersWorld) -> None:
    permit = world.permit(budget="0.1")
    first = world.platform.ask(RESEARCHER, permit, count())
    renewed = world.platform.renew(AUTHORITY, permit, 30, "more time").id
    assert world.platform.ask(RESEARCHER, renewed, count()) == first
    refused(world, renewed, "is left of", question=count(sex="f"))


def test_a_new_version_of_the_dataset_brings_no_new_budget(world: AnswersWorld) -> None:
    permit = world.permit(budget="3")
    world.platform.ask(RESEARCHER, permit, count("3"))
    source = world.root / "people.parquet"
    pl.read_parquet(source).with_columns(pl.col("weight") + 1).write_parquet(source)
    world.platform.publish(HOLDER, source, DESCRIPTION)
    refused(world, world.permit(), "the budget of people", question=count("0.01"))


def test_the_authority_gives_no_more_than_the_holder_allows(world: AnswersWorld) -> None:
    with pytest.raises(BadInput, match="more than its holder allows"):
        world.permit(budget="3.01")
    with pytest.raises(BadInput, match="more than its holder allows"):
        world.permit(budget="1", delta="1e-5")


def test_unknown_groups_come_by_the_threshold_alone(world: AnswersWorld) -> None:
    permit = world.permit()
    grouped: dict[str, Any] = {"kind": "grouped", "by": ["sex", "age"]}
    with pytest.raises(BadInput, match="either keys, or unknown_keys"):
        world.platform.ask(RESEARCHER, permit, count() | grouped)
    with pytest.raises(BadInput, match="delta above 0"):
        world.platform.ask(RESEARCHER, permit, count() | grouped | {"unknown_keys": True})
    cost = {"accounting": "epsilon", "amount": "1", "delta": "1e-6"}
    question = count() | grouped | {"unknown_keys": True, "cost": cost}
    answer = world.platform.ask(RESEARCHER, permit, question)
    assert answer.accuracy is not None
    assert int(answer.accuracy["threshold"]) > 10
    assert answer.value["rows"] == []  # 5 people a group: none passes


def test_a_misfit_tells_no_value_and_costs_nothing(world: AnswersWorld) -> None:
    permit = world.permit()
    for wrong in (
        count(age="thirty"),
        count(sex=1),
        count() | {"kind": "sum", "variable": "sex", "low": 0, "high": 1},
        count() | {"kind": "median"},
        count() | {"version": 2},
        count() | {"extra": 1},
        count("0"),
        count("nan"),
        count("1e400"),
        {**count(), "cost": {"accounting": "rho", "amount": "1"}},
    ):
        with pytest.raises(BadInput) as refusal:
            world.platform.ask(RESEARCHER, permit, wrong)
        assert "Person" not in str(refusal.value)
    assert world.acts("privacy.charged") == []


def test_a_question_of_a_retired_dataset_is_refused(world: AnswersWorld) -> None:
    permit = world.permit()
    world.platform.retire(HOLDER, "people", "over")
    with pytest.raises(NotAllowed, match="was retired"):
        world.platform.ask(RESEARCHER, permit, count())


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE privacy_account SET version = 1, document = (SELECT document FROM was)",
        "DELETE FROM privacy_account",
    ],
)
def test_an_account_that_was_set_back_is_found_out(world: AnswersWorld, tampering: str) -> None:
    permit = world.permit()
    with world.platform.store.engine.begin() as connection:
        connection.execute(text("CREATE TABLE was AS SELECT * FROM privacy_account"))
    world.platform.ask(RESEARCHER, permit, count())
    with world.platform.store.engine.begin() as connection:
        connection.execute(text("PRAGMA foreign_keys=OFF"))
        connection.execute(text("DELETE FROM privacy_spend"))
        connection.execute(text(tampering))
    with pytest.raises(IntegrityFailure, match="privacy/people"):
        world.platform.ask(RESEARCHER, permit, count(sex="f"))
    with pytest.raises(IntegrityFailure, match="privacy/people"):
        world.platform.privacy_accounts(RESEARCHER, permit)


def test_a_line_of_the_record_that_was_changed_is_found_out(world: AnswersWorld) -> None:
    permit = world.permit()
    world.platform.ask(RESEARCHER, permit, count())
    with world.platform.store.engine.begin() as connection:
        changed = "UPDATE privacy_spend SET document = replace(document, '1/10', '1/1000')"
        connection.execute(text(changed))
    with pytest.raises(IntegrityFailure, match="does not agree"):
        world.platform.privacy_accounts(RESEARCHER, permit)


def charge_once(url: str, gate: Any, taken: Any) -> None:
    """A process of its own: wait for the others, then charge both accounts a tenth."""
    store = Store(url)
    ledger = Ledger(Keyring(b"\x07" * 32).signing_key("ledger"))
    gate.wait()
    try:
        with store.transaction() as tx:
            rows = BudgetRows(tx, ledger, "acct-somebody")
            taken_up(rows, of_dataset("people")).spend(PrivacyLoss.epsilon("0.1"), "answer-x")
            own = opened(rows, of_permit("people", "permit-a"), PrivacyLoss.epsilon("0.7"))
            own.spend(PrivacyLoss.epsilon("0.1"), "answer-x")
    except NotAllowed:
        return
    with taken.get_lock():
        taken.value += 1


def test_fifty_processes_at_once_never_overspend(store: Store, ledger: Ledger) -> None:
    with store.transaction() as tx:
        opened(BudgetRows(tx, ledger, "acct-holder"), of_dataset("people"), PrivacyLoss.epsilon(2))
    store.engine.dispose()  # no connection is shared with a child
    fork = multiprocessing.get_context("fork")
    gate, taken = fork.Barrier(50), fork.Value("i", 0)
    url = store.url.render_as_string(hide_password=False)
    processes = [fork.Process(target=charge_once, args=(url, gate, taken)) for _ in range(50)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * 50
    assert taken.value == 7
    with store.read() as tx:
        rows = BudgetRows(tx, ledger, "nobody")
        for name in (of_dataset("people"), of_permit("people", "permit-a")):
            budget = taken_up(rows, name)
            assert budget.account.spent.amount == Fraction(7, 10)
            assert len(budget.record()) == 7
        assert len([one for one in ledger.entries(tx) if one.act == "privacy.charged"]) == 14


ASKER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from answers_world import RESEARCHER, count
from casemate.errors import NotAllowed
from casemate.home import open_home
from casemate.platform import Platform
root, permit, number = sys.argv[1:]
now = datetime(2026, 3, 2, 10, tzinfo=UTC)
with Platform(open_home(Path(root)), clock=lambda: now) as platform:
    def ask(age):
        try:
            return platform.ask(RESEARCHER, permit, count(age=age)).value
        except NotAllowed:
            return None
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(5) as pool:
        ages = range(20 + 5 * int(number), 25 + 5 * int(number))
        print(sum(one is not None for one in pool.map(ask, ages)))
"""


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_questions_from_several_processes_are_charged_one_by_one(
    database: str, tmp_path: Path, clock: MovableClock, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else None
    opened_world = make_answers_world(tmp_path, clock, url)
    made = next(opened_world)
    permit = made.permit(budget="0.6")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ASKER, str(tmp_path / "home"), permit, str(number)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=TESTS, text=True,
        )
        for number in range(2)
    ]  # fmt: skip
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    answered = [process.communicate("go\n", timeout=120)[0] for process in processes]
    assert sum(map(int, answered)) == 6
    assert made.spent(permit) == ("3/5", "3/5")
    assert len(made.acts("answer.released")) == 6
    assert made.platform.verify_ledger().ok
    next(opened_world, None)


def test_two_who_ask_the_same_at_once_pay_once_and_see_one_answer(world: AnswersWorld) -> None:
    permit = world.permit()
    answers = world.platform.enclave.answers
    asked = read_question(count(sex="f"))
    with world.platform.store.transaction() as tx:
        mine = answers.charge(tx, RESEARCHER, permit, asked)
    with world.platform.store.transaction() as tx:
        theirs = answers.charge(tx, COLLEAGUE, permit, asked)
    drawn = [answers.draw(one) for one in (mine, theirs)]
    with world.platform.store.transaction() as tx:
        first = answers.release(tx, RESEARCHER, mine, drawn[0])
    with world.platform.store.transaction() as tx:
        second = answers.release(tx, COLLEAGUE, theirs, drawn[1])
    assert first == second
    assert first.value == drawn[0].value
    assert world.acts("answer.") == ["answer.charged", "answer.released", "answer.fetched"]


def test_a_permit_that_ends_while_an_answer_is_drawn_releases_nothing(world: AnswersWorld) -> None:
    permit = world.permit()
    answers = world.platform.enclave.answers
    with world.platform.store.transaction() as tx:
        charged = answers.charge(tx, RESEARCHER, permit, read_question(count()))
    drawn = answers.draw(charged)
    world.platform.revoke(AUTHORITY, permit, "misuse")
    with pytest.raises(NotAllowed, match="revoked"), world.platform.store.transaction() as tx:
        answers.release(tx, RESEARCHER, charged, drawn)
    assert world.acts("answer.") == ["answer.charged"]


def test_what_was_asked_and_answered_is_sealed_in_the_database(world: AnswersWorld) -> None:
    permit = world.permit()
    answer = world.platform.ask(RESEARCHER, permit, count(sex="f", age=[77, 78]))
    with world.platform.store.engine.connect() as connection:
        (row,) = connection.execute(text("SELECT * FROM privacy_answer")).mappings()
    assert answer.question["where"] == {"sex": "f", "age": [77, 78]}
    assert b"sex" not in row["sealed_question"]
    assert str(answer.value).encode() != row["sealed_answer"]
