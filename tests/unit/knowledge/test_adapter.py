"""Vectors of questions, moved to where answers lie."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from casemate.errors import IntegrityFailure
from casemate.knowledge.encoding import DIMENSION
from casemate.knowledge.encoding.weights import shipped_weights
from casemate.knowledge.retrieval import adapter as adapters
from casemate.knowledge.retrieval.adapter import adapter_for
from casemate.knowledge.retrieval.adapting import Answered, learn_adapter
from casemate.knowledge.retrieval.nearness import Vectors


def drawn(count: int, wide: int, seed: int) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(count, wide)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_the_shipped_one_moves_questions_and_leaves_their_length() -> None:
    questions = drawn(5, DIMENSION, 1)
    moved = adapter_for(f"{shipped_weights().digest}-float32", DIMENSION).moved(questions)
    assert np.allclose(np.linalg.norm(moved, axis=1), 1, atol=1e-5)
    assert np.abs(moved - questions).max() > 0.01
    one = adapter_for(f"{shipped_weights().digest}-mixed", DIMENSION).moved(questions[2])
    assert np.allclose(one, moved[2], atol=1e-6)


def test_another_encoders_questions_stay_where_they_are() -> None:
    questions = drawn(5, 16, 2)
    assert np.allclose(adapter_for("served-0123", 16).moved(questions), questions, atol=1e-6)


def test_what_is_learnt_holds_for_questions_that_were_not_learnt_from() -> None:
    """Questions that are their answers turned by one rotation: the map is to turn them back."""
    passages = drawn(600, 24, 3)
    turn = np.linalg.qr(np.random.default_rng(4).normal(size=(24, 24)))[0].astype(np.float32)
    questions = passages[:400] @ turn
    known = Answered(questions[:300], [[one] for one in range(300)], passages)
    adapter = learn_adapter([known])

    def right(rows: Vectors) -> float:
        return float(np.mean((rows @ passages.T).argmax(axis=1) == np.arange(300, 400)))

    assert right(questions[300:]) < 0.1
    assert right(adapter.moved(questions[300:])) > 0.8


def test_a_broken_file_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / adapters.SHIPPED).write_bytes(b"PK\x03\x04 and no more")
    monkeypatch.setattr(resources, "files", lambda _: tmp_path)
    adapters._shipped.cache_clear()
    try:
        with pytest.raises(IntegrityFailure, match=r"adapter\.npz cannot be read"):
            adapter_for("any", 8)
    finally:
        adapters._shipped.cache_clear()
