"""Endpoints that hang, send garbage, never end, change, limit, refuse: each told for what it is."""

import re

import pytest
from hostile_model import HostileServer, hostile

from casemate.assurance.language.endpoint import Endpoint, Limits, ModelChanged
from casemate.assurance.language.models import Sampling
from casemate.assurance.suites import Ask, question
from casemate.errors import BadInput, CasemateError, NotFound, Unavailable
from casemate.language.keys import Key, key_from

_QUICK = Limits(seconds=0.4, most_bytes=65_536, tries=2, longest_pause=60)
_GREEDY = Sampling()


def _open(server: HostileServer, way: str, pauses: list[float] | None = None) -> Endpoint:
    waited = [] if pauses is None else pauses
    return Endpoint(
        server.url, way, key=Key("sk-secret-of-mine"), limits=_QUICK, sleep=waited.append
    )


@pytest.mark.parametrize(
    ("way", "kind", "said"),
    [
        ("hangs", Unavailable, "did not answer in 0.4 seconds, 2 times in a row"),
        ("trickles", Unavailable, "did not answer in 0.4 seconds, 2 times|could not be reached"),
        ("forever", Unavailable, "more than 65536 bytes"),
        ("garbage", Unavailable, "no chat completion"),
        ("page", Unavailable, "no chat completion"),
        ("deep", Unavailable, "no chat completion|more than 65536 bytes"),
        ("negative", Unavailable, "no chat completion"),
        ("empty", Unavailable, "no chat completion"),
        ("surrogate", Unavailable, "no chat completion"),
        ("compressed", Unavailable, "compressed"),
        ("breaks", Unavailable, "could not be reached, or broke off, 2 times"),
        ("limits-for-ever", Unavailable, "limits its rate, 2 times in a row"),
        ("forbids", BadInput, "does not take the key"),
        ("leaks", BadInput, "refuses what is asked"),
        ("redirects", BadInput, "sends elsewhere"),
        ("missing", NotFound, "has no model 'missing'"),
    ],
)
def test_what_an_endpoint_does_wrong_is_one_sentence(
    way: str, kind: type[CasemateError], said: str
) -> None:
    with hostile() as server, pytest.raises(kind, match=said) as told:
        _open(server, way)
    assert "secret" not in str(told.value)
    assert len(str(told.value)) < 300


def test_a_good_endpoint_answers_and_its_key_goes_into_the_header_only() -> None:
    with hostile() as server:
        model = _open(server, "good")
        reply = model.reply(question("Which?"), 4, _GREEDY)
        assert (reply.text, reply.stopped, reply.tokens_in, reply.tokens_out) == ("A", "stop", 5, 1)
        assert model.identity() == model.card.digest
        assert model.card.repeatable
        assert set(server.keys) == {"Bearer sk-secret-of-mine"}
        assert "secret" not in repr((model.card, server.asked, vars(model).keys(), Key("secret")))
        model.close()


def test_a_model_that_says_it_is_another_is_caught_with_that_answer() -> None:
    with hostile() as server:
        server.after = 7  # the six of the two rounds of probes, and one
        model = _open(server, "renames")
        model.reply(question("One"), 4, _GREEDY)
        with pytest.raises(ModelChanged, match=r"first it said 'hostile-1' \('fp-1'\), now .*fp-2"):
            model.reply(question("Two"), 4, _GREEDY)
        model.close()


def test_a_model_that_is_swapped_under_its_name_is_caught_by_the_probes() -> None:
    with hostile() as server:
        server.after = 7
        model = _open(server, "swaps")
        model.reply(question("One"), 4, _GREEDY)
        assert model.identity() != model.card.digest
        model.close()


def test_where_probes_do_not_repeat_the_card_says_so() -> None:
    with hostile() as server:
        model = _open(server, "random")
        assert not model.card.repeatable
        assert model.card.settings["probes repeat"] is False
        assert model.identity() == model.card.digest
        model.close()


def test_a_limit_of_rate_is_waited_for_as_long_as_it_says_but_not_for_ever() -> None:
    pauses: list[float] = []
    with hostile() as server:
        limits = Limits(seconds=5, tries=4, longest_pause=60)
        Endpoint(server.url, "limits", limits=limits, sleep=pauses.append).close()
        assert set(pauses) == {7.0}
    longest: list[float] = []
    with hostile() as server, pytest.raises(Unavailable):
        _open(server, "limits-for-ever", longest)
    assert longest == [1.0]  # what it says is out of reason, so the first pause of our own


@pytest.mark.parametrize(
    ("way", "text"), [("refuses", "I cannot help with that."), ("filters", "")]
)
def test_a_refusal_is_a_reply_of_its_own_kind(way: str, text: str) -> None:
    with hostile() as server:
        model = _open(server, way)
        reply = model.reply(question("Which?"), 4, _GREEDY)
        assert (reply.text, reply.stopped) == (text, "content_filter")
        model.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://x/v1", "base of an API"),
        ("http://example.org/v1", "over https only"),
        ("http://127.0.0.1.example.org/v1", "over https only"),
        ("https://user:pw@example.org/v1", "no password"),
        ("https://example.org/v1?key=1", "no password, query"),
    ],
)
def test_an_address_that_holds_a_secret_or_goes_in_the_clear_is_refused(
    url: str, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        Endpoint(url, "m")


def test_a_key_comes_from_the_environment_and_its_errors_do_not_show_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MODEL_KEY", "sk-1")
    assert key_from("MODEL_KEY").secret == "sk-1"
    monkeypatch.setenv("MODEL_KEY", "sk-1\r\nx-evil: 1")
    for given in ("MODEL_KEY", "sk-abc-123", "NOT_SET_ANYWHERE"):
        with pytest.raises(BadInput) as told:
            key_from(given)
        assert not re.search("sk-abc|evil", str(told.value))


def test_log_likelihoods_are_not_asked_of_an_endpoint() -> None:
    with hostile() as server:
        model = _open(server, "good")
        with pytest.raises(BadInput, match="need a local model"):
            model.reply(Ask(text="The", options=("a", "b")), 1, _GREEDY)
        model.close()
