"""What a data user gets who asks, and what everybody sees of it."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from answers_world import (
    AUTHORITY,
    DESCRIPTION,
    HOLDER,
    PLAN,
    RESEARCHER,
    AnswersWorld,
    count,
    make_answers_world,
)
from conftest import MovableClock
from enclave_world import people

from casemate.errors import BadInput, Conflict, NotAllowed
from casemate.protection.privacy_loss import PrivacyLoss

PLENTY = {"accounting": "epsilon", "amount": "400000"}
"""So much that there is no noise to speak of."""


@pytest.fixture
def world(tmp_path: Path, clock: MovableClock) -> Iterator[AnswersWorld]:
    yield from make_answers_world(tmp_path, clock)


@pytest.fixture
def generous(tmp_path: Path, clock: MovableClock) -> Iterator[AnswersWorld]:
    """A world whose holder knows no fear."""
    world = AnswersWorld(tmp_path, clock)
    world.publish(privacy={"accounting": "epsilon", "amount": "1000000", "delta": "0.5"})
    yield world
    world.platform.close()


def test_every_kind_of_question_is_answered(generous: AnswersWorld) -> None:
    permit, everybody = generous.permit(budget="1000000", delta="0.1"), people()
    base = count() | {"cost": PLENTY | {"amount": "10000"}}
    weights = {"variable": "weight", "low": 50, "high": 99}

    def ask(**question: Any) -> Any:
        return generous.platform.ask(RESEARCHER, permit, base | question).value

    assert ask() == 300
    assert (
        ask(where={"sex": "f", "age": [20, 21]})
        == everybody.filter(pl.col("sex") == "f", pl.col("age").is_in([20, 21])).height
    )
    assert ask(kind="sum", **weights) == pytest.approx(everybody["weight"].sum(), rel=1e-3)
    assert ask(kind="mean", **weights) == pytest.approx(everybody["weight"].mean(), rel=1e-3)
    thirds = {"variable": "weight", "level": 0.5, "candidates": [55, 65, 75, 85]}
    assert ask(kind="quantile", **thirds) == 75
    bins = ask(kind="histogram", variable="age", edges=[20, 40, 80])
    assert bins == {
        "columns": ["from", "to", "count"],
        "rows": [[20.0, 40.0, 100], [40.0, 80.0, 200]],
    }
    by_sex = {"by": ["sex"], "keys": [["f"], ["m"], ["x"]]}
    rows = ask(kind="grouped", **by_sex)["rows"]
    assert rows == [["f", 150], ["m", 150], ["x", 0]]
    unknown = ask(
        kind="grouped", by=["sex"], unknown_keys=True, values=weights,
        cost={"accounting": "epsilon", "amount": "10000", "delta": "0.01"},
    )  # fmt: skip
    assert [row[:2] for row in unknown["rows"]] == [["f", 150], ["m", 150]]


def test_looking_at_the_price_spends_nothing_and_says_what_is_left(world: AnswersWorld) -> None:
    permit = world.permit()
    before = world.acts("")
    expected = world.platform.expected_error(RESEARCHER, permit, count("0.1"))
    assert world.acts("") == before
    assert expected.accuracy == {"bound": "30.4448", "unit": "rows", "confidence": "0.95"}
    assert [one.remaining.amount for one in expected.accounts] == [3, 1]
    assert not expected.answered
    answer = world.platform.ask(RESEARCHER, permit, count("0.1"))
    assert answer.accuracy == expected.accuracy
    assert world.platform.expected_error(RESEARCHER, permit, count("0.1")).answered


def test_the_ledger_tells_cost_and_accuracy_and_neither_question_nor_answer(
    world: AnswersWorld,
) -> None:
    world.platform.ask(RESEARCHER, world.permit(), count(sex="f"))
    charged, released = (one for one in world.platform.entries() if one.act.startswith("answer."))
    assert charged.detail["cost"] == PrivacyLoss.epsilon("0.1").to_dict()
    assert charged.detail["variables"] == ["sex"]
    assert released.detail["accuracy"]["unit"] == "rows"
    for entry in (charged, released):
        assert "value" not in entry.detail
        assert "where" not in json.dumps(entry.detail)


def test_a_means_error_is_announced_where_the_number_of_rows_is_known(world: AnswersWorld) -> None:
    permit = world.permit()
    mean = count("0.5") | {"kind": "mean", "variable": "weight", "low": 40, "high": 140}
    told = world.platform.expected_error(RESEARCHER, permit, mean).accuracy
    assert told is not None
    assert told["rows_assumed"] == "300"  # the catalogue's, which is public
    some = mean | {"where": {"sex": "f"}}
    assert world.platform.expected_error(RESEARCHER, permit, some).accuracy is None
    guessed = world.platform.expected_error(RESEARCHER, permit, some | {"expected_rows": 150})
    assert guessed.accuracy is not None
    assert float(guessed.accuracy["bound"]) > float(told["bound"])


def test_rows_of_one_person_beyond_the_holders_number_do_not_count(
    tmp_path: Path, clock: MovableClock
) -> None:
    world = AnswersWorld(tmp_path, clock)
    table = tmp_path / "visits.parquet"
    pl.concat([people(), people().head(100)]).write_parquet(table)  # 100 came twice
    privacy = {"accounting": "epsilon", "amount": "1000000", "rows_per_person": 1}
    world.platform.publish(HOLDER, table, DESCRIPTION | {"privacy": privacy, "person": "pid"})
    asked = count() | {"cost": PLENTY}
    answer = world.platform.ask(RESEARCHER, world.permit(budget="500000", delta="0"), asked)
    assert answer.value == 300
    narrow = world.permit(budget="500000", delta="0", variables=("age", "sex"))
    with pytest.raises(NotAllowed, match="does not cover pid"):
        world.platform.ask(RESEARCHER, narrow, asked)
    world.platform.close()


def test_a_holder_may_change_the_limit_with_a_new_version_and_never_the_accounting(
    world: AnswersWorld,
) -> None:
    permit = world.permit()
    world.platform.ask(RESEARCHER, permit, count())
    newer = world.root / "newer.parquet"
    people().with_columns(pl.col("weight") + 1).write_parquet(newer)
    zero = {"accounting": "rho", "amount": "1"}
    with pytest.raises(Conflict, match="keep the accounting"):
        world.platform.publish(HOLDER, newer, DESCRIPTION | {"privacy": zero})
    less = {"accounting": "epsilon", "amount": "0.15", "delta": "1e-6"}
    world.platform.publish(HOLDER, newer, DESCRIPTION | {"privacy": less})
    assert "privacy.limit_changed" in world.acts("privacy.")
    with pytest.raises(NotAllowed, match="the budget of people"):
        world.platform.ask(RESEARCHER, permit, count(sex="f"))
    account = world.platform.privacy_account(HOLDER, "people")
    assert account is not None
    assert (str(account.limit.amount), str(account.spent.amount)) == ("3/20", "1/10")


def test_a_zero_concentrated_account_takes_questions_in_either_accounting(
    tmp_path: Path, clock: MovableClock
) -> None:
    world = AnswersWorld(tmp_path, clock)
    world.publish(privacy={"accounting": "rho", "amount": "0.5", "delta": "1e-6"})
    permit = world.platform.approve(
        AUTHORITY, world.apply(), "fine", plans={"people": PLAN},
        budgets={"people": PrivacyLoss.rho("0.1")},
    ).id  # fmt: skip
    world.platform.ask(RESEARCHER, permit, count("0.1"))  # 0.1 of epsilon is 0.005 of rho
    rho = {"accounting": "rho", "amount": "0.01"}
    world.platform.ask(RESEARCHER, permit, count() | {"cost": rho})
    assert world.spent(permit) == ("3/200", "3/200")
    world.platform.close()


def test_a_permit_without_a_budget_is_signed_as_before_budgets_existed(
    world: AnswersWorld,
) -> None:
    def claims(permit: str) -> Any:
        body = world.platform.permit(RESEARCHER, permit).jws.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))

    assert "budget" not in claims(world.permit(budget=None))["scopes"][0]
    signed = claims(world.permit(budget="0.5", delta="0"))["scopes"][0]["budget"]
    assert signed == {"accounting": "epsilon", "amount": "1/2", "delta": "0"}


def test_a_budget_needs_a_dataset_that_has_one(tmp_path: Path, clock: MovableClock) -> None:
    world = AnswersWorld(tmp_path, clock)
    world.publish(privacy=None)
    with pytest.raises(BadInput, match="its holder allows no noisy answers"):
        world.permit()
    assert world.platform.privacy_accounts(RESEARCHER, world.permit(budget=None)) == ()
    assert world.platform.privacy_account(HOLDER, "people") is None
    world.platform.close()
