"""Every suite keeps its contract: what it promises of itself, samples that repeat, judgements apart."""

from pathlib import Path

import pytest
from suites_world import write_sets

from casemate.assurance.suites import Answer, Outcome, Reply, data, digest, names, suite
from casemate.errors import BadInput, NotFound


@pytest.fixture(autouse=True)
def public_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The public sets that some suites read, small and ours, in a folder of the user's."""
    monkeypatch.setenv(data.VARIABLE, str(write_sets(tmp_path / "sets")))


@pytest.mark.parametrize("name", names())
def test_a_suite_says_what_it_is_and_draws_the_same_samples_again(name: str) -> None:
    one = suite(name)
    about = one.about
    assert about.name == name
    assert about.version
    assert about.licence
    assert about.source
    assert len(about.method) > 60
    for language in about.languages:
        few, more = one.samples(language, limit=3), one.samples(language, limit=6)
        assert few == more[: len(few)], "those of a lower limit are among those of a higher"
        assert digest(more) == digest(one.samples(language, limit=6))
        assert len({sample.id for sample in more}) == len(more)
        asks = [ask for sample in more for ask in sample.asks]
        assert all(bool(ask.options) == about.log_likelihoods for ask in asks)


def test_a_language_or_suite_that_is_not_there_is_named() -> None:
    with pytest.raises(BadInput, match="is in en, fr, de, lb, not in 'es'"):
        suite("basics").samples("es")
    with pytest.raises(NotFound, match="there is no suite 'nothing'"):
        suite("nothing")
    with pytest.raises(BadInput, match="from 1, not 0"):
        suite("basics").samples("en", limit=0)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("{right}", Outcome.FINE),
        ("({right}) because", Outcome.FINE),
        ("Answer: **{right}**", Outcome.FINE),
        ("{wrong}.", Outcome.WRONG),
        ("I'm sorry, but I cannot answer.", Outcome.REFUSED),
        ("A cat is an animal", Outcome.WRONG),  # a letter that stands alone is taken as the answer
        ("Because it is so", Outcome.MALFORMED),
        ("", Outcome.MALFORMED),
    ],
)
def test_the_four_outcomes_are_kept_apart(said: str, outcome: Outcome) -> None:
    basics = suite("basics")
    (sample,) = (one for one in basics.samples("en") if one.target == "B" and one.id == _first_b())
    text = said.format(right="B", wrong="C")
    assert basics.score(Answer((Reply(text),)), sample).outcome is outcome


def test_a_suite_runs_in_inspect_alone(tmp_path: Path) -> None:
    import inspect_ai
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    said = [ModelOutput.from_content("mock", "B") for _ in range(4)]
    for one in said:
        one.usage = ModelUsage(input_tokens=1, output_tokens=1)
    model = get_model("mockllm/model", custom_outputs=said)
    (log,) = inspect_ai.eval(
        suite("basics").as_inspect_task("en", limit=4),
        model=model,
        display="none",
        log_dir=str(tmp_path),
    )
    assert log.status == "success", log.error
    right = sum(one.target == "B" for one in suite("basics").samples("en", limit=4))
    assert log.results is not None
    assert log.eval.metadata is not None
    found = {one.name: one.metrics["mean"].value for one in log.results.scores}
    assert found == {"fine": right / 4, "wrong": 1 - right / 4, "refused": 0, "malformed": 0}
    assert log.eval.metadata["samples"] == digest(suite("basics").samples("en", limit=4))


def _first_b() -> str:
    return next(one.id for one in suite("basics").samples("en") if one.target == "B")
