"""Attacks that run and get little: each with the outcome that it must have, as root and as a user."""

import pytest
from attacks.attack_runs import seen_as_nobody, seen_of, why_not_as_nobody
from attacks.bounded_attacks import BOUNDED, LIMITS
from attacks.checker_attacks import missing_tests


@pytest.mark.parametrize("attack", BOUNDED)
def test_attack_has_the_outcome_that_it_must_have(attack: str) -> None:
    bounded = BOUNDED[attack]
    seen = seen_of(bounded.program.encode(), LIMITS)
    assert bounded.outcome(seen), seen
    if bounded.then is not None:
        after = seen_of(bounded.then.encode(), LIMITS)
        assert after.ended == "finished", after


@pytest.mark.slow
def test_attacks_have_the_same_outcome_for_an_ordinary_user() -> None:
    if reason := why_not_as_nobody():
        pytest.skip(reason)
    scripts = {name: one.program.encode() for name, one in BOUNDED.items()}
    scripts |= {f"{n}, then": one.then.encode() for n, one in BOUNDED.items() if one.then}
    seen = seen_as_nobody(scripts, LIMITS)
    assert {name: seen[name] for name, one in BOUNDED.items() if not one.outcome(seen[name])} == {}
    assert all(seen[f"{name}, then"].ended == "finished" for name in BOUNDED if BOUNDED[name].then)


def test_the_table_of_attacks_names_tests_that_exist() -> None:
    assert missing_tests() == []
