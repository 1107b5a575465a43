"""Differencing attacks, one of each kind: told everything it asks for the attacker knows; asking through
the memory of releases it does not. The full game is benchmarks/differencing_game.py."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from casemate.enclave.differencing import Memory, decide


def _game() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "differencing_game.py"
    spec = importlib.util.spec_from_file_location("differencing_game", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


game = _game()


@pytest.mark.parametrize("attacker", game.ATTACKERS, ids=lambda attacker: attacker.__name__)
def test_what_an_attacker_asks_for_tells_it_nothing(attacker: Any) -> None:
    data = game.made()
    attack = attacker(data, np.random.default_rng(11))
    told, checked, memory = game.Oracle(data.rows), game.Oracle(data.rows), Memory(data.rows)
    for wanted in filter(None, attack.tables):
        told.hears(wanted)
        if decide(memory, wanted, game.RULES).passes:
            memory.add(wanted)
            checked.hears(wanted)
    assert told.knows(attack), "the attack itself must work, or it shows nothing"
    assert not checked.knows(attack)


def test_ordinary_tables_leave_and_nothing_small_follows() -> None:
    data, draw = game.made(), np.random.default_rng(5)
    memory, oracle = Memory(data.rows), game.Oracle(data.rows)
    for _ in range(3):
        wanted = game.ordinary(data, draw)
        if decide(memory, wanted, game.RULES).passes:
            assert not oracle.finds(wanted, at_most=5)
            memory.add(wanted)
            oracle.hears(wanted)
    assert oracle.released
