"""Somebody looks for an entry that the law keeps from the public through the evaluations that are of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from evidence_world import evaluation
from register_world import (
    AUDITOR,
    AUTHORITY,
    KEEPER,
    POLICE,
    STRANGER,
    WHOLE,
    entered,
    town,
)

from casemate.errors import NotAllowed, NotFound
from casemate.platform import Platform
from casemate.register.records import read_record

NOWHERE = "algorithm-aaaaaaaaaaaa"


def test_what_was_published_is_gone_with_the_entry(tmp_path: Path) -> None:
    with town(tmp_path / "home") as place:
        algorithm = entered(place, public=True)
        kept = place.record_evaluation(KEEPER, evaluation(), algorithm).id
        place.publish_evaluation(AUTHORITY, kept)
        assert place.evaluation(kept).algorithm == algorithm
        assert [one.id for one in place.published_evaluations()] == [kept]
        told = read_record({**WHOLE, **POLICE})
        place.revise_algorithm(KEEPER, algorithm, told, seen=1, reason="the police use it")
        assert place.published_evaluations() == []
        before = len(place.entries())
        for who in (None, STRANGER, AUDITOR):
            with pytest.raises(NotFound, match="there is no evaluation"):
                place.evaluation(kept, who)
            with pytest.raises(NotFound):
                place.evaluation_samples(kept, who)
        for act in ways_in(place, algorithm, kept):
            with pytest.raises(NotFound):
                act()
        assert place.evaluations(AUDITOR) == []
        assert len(place.entries()) == before, "a refusal on the ledger tells that there is one"
        for who in (KEEPER, AUTHORITY):
            assert place.evaluation(kept, who).is_public


def ways_in(place: Platform, algorithm: str, evaluation_id: str) -> list[Callable[[], Any]]:
    return [
        lambda: place.record_evaluation(STRANGER, evaluation(seed=2), algorithm),
        lambda: place.record_evaluation(STRANGER, evaluation(seed=2), NOWHERE),
        lambda: place.publish_evaluation(STRANGER, evaluation_id),
    ]


def test_before_its_entry_is_public_no_evaluation_is(tmp_path: Path) -> None:
    with town(tmp_path / "home") as place:
        algorithm = entered(place)
        kept = place.record_evaluation(KEEPER, evaluation(), algorithm).id
        for who in (KEEPER, AUTHORITY):
            with pytest.raises(NotAllowed, match="only where its algorithm's entry"):
                place.publish_evaluation(who, kept)
        place.publish_algorithm(KEEPER, algorithm, "everyone may see it")
        place.publish_evaluation(KEEPER, kept)
        place.withdraw_algorithm(KEEPER, algorithm, "it is to be looked at again")
        assert place.published_evaluations() == []
        with pytest.raises(NotAllowed):
            place.evaluation(kept)
