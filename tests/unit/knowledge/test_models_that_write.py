"""A model that writes, wherever it runs: bounded, stopped when nobody reads, told in one sentence."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from language_world import require_small_model
from stub_model import StubModel, stub_model

from casemate.errors import BadInput, CasemateError, NotFound, Unavailable
from casemate.home import create_home
from casemate.knowledge.models import (
    ChatModel,
    Stop,
    Stopped,
    open_language_model,
    whole_text,
)
from casemate.language.settings import LanguageSettings, read_language_settings
from casemate.platform import Platform


def _open(server: StubModel, seconds: float = 5.0, at_once: int = 1) -> ChatModel:
    return ChatModel(server.url, "stub", key="sk-secret-of-mine", seconds=seconds, at_once=at_once)


def test_a_text_comes_in_pieces_and_is_asked_for_greedily() -> None:
    with stub_model(lambda system, prompt: f"{system} said, {prompt}.") as server:
        model = _open(server)
        pieces = list(model.write("Be brief", "hello é", most=32))
    assert "".join(pieces) == "Be brief said, hello é."
    assert len(pieces) > 1
    asked = server.asked[0]
    assert (asked["max_tokens"], asked["temperature"], asked["stream"]) == (32, 0, True)
    assert server.keys == ["Bearer sk-secret-of-mine"]
    assert "secret" not in repr(model.settings) + model.digest + model.name


def test_an_endpoint_that_does_not_stream_is_read_whole() -> None:
    with stub_model(way="whole") as server:
        assert whole_text(_open(server), "", "", most=4) == "Yes."


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("401", "does not take the key"),
        ("404", "status 404"),
        ("500", "status 500"),
        ("307", "status 307"),
        ("compressed", "compressed"),
        ("forever", "more than 1048576 bytes"),
        ("trickles", "more than 0.3 seconds"),
        ("data: {]\n\n", "no chat completion"),
        ("data: []\n\n", "no chat completion"),
        ('data: {"choices": [3]}\n\n', "no chat completion"),
        ('data: {"choices": [{"delta": {"content": 7}}]}\n\n', "no chat completion"),
        ('data: {"choices": [{"delta": {"content": "\\ud800"}}]}\n\n', "no chat completion"),
        ("data: " + "[" * 100_000 + "\n\n", "no chat completion"),
    ],
)
def test_what_an_endpoint_does_wrong_is_one_sentence(way: str, said: str) -> None:
    with stub_model(way=way) as server, pytest.raises(Unavailable, match=said) as told:
        whole_text(_open(server, seconds=0.3), "", "", most=4)
    assert "secret" not in str(told.value)


def test_who_stops_reading_stops_the_model() -> None:
    with (
        stub_model(lambda *_: "word " * 20_000, pause=0.005) as server,
        closing(_open(server)) as model,
    ):
        text = model.write("", "", most=4)
        next(text)
        text.close()  # type: ignore[attr-defined]  # a generator, which the type does not say
        assert server.hung_up.wait(5)
        assert server.sent < 1000
        server.says, server.pause = (lambda *_: "again"), 0
        assert whole_text(model, "", "", most=4) == "again"


@pytest.mark.parametrize("way", ["has begun", "is silent"])
def test_a_stop_from_elsewhere_ends_a_text_at_once(way: str) -> None:
    """Also before the first byte has come: the thread that waits is woken."""
    asked, go, stop = Event(), Event(), Stop()

    def says(*_: str) -> Iterator[str]:
        if way == "has begun":
            yield "Yes. "
        asked.set()
        go.wait(30)
        yield "No."

    with stub_model(says) as server, closing(_open(server, seconds=30)) as model:
        told: list[str] = []

        def read() -> None:
            try:
                told.extend(model.write("", "", most=4, stop=stop))
            except CasemateError as ended:
                told.append(type(ended).__name__)

        reader = Thread(target=read)
        reader.start()
        assert asked.wait(10)
        stop.set()
        reader.join(10)
        assert not reader.is_alive()
        assert told == (["Yes. "] if way == "has begun" else []) + ["Stopped"]
        go.set()
        with pytest.raises(Stopped):
            next(model.write("", "", most=4, stop=stop))
        assert len(server.asked) == 1, "what was stopped before is not asked"


def test_so_many_at_once_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("casemate.knowledge.models._WAIT", 0.05)
    with stub_model(lambda *_: "word " * 100) as server, closing(_open(server)) as model:
        first = model.write("", "", most=4)
        next(first)
        with pytest.raises(Unavailable, match="busy"):
            next(model.write("", "", most=4))


def test_nobody_there_is_one_sentence() -> None:
    with pytest.raises(Unavailable, match="could not be reached"):
        whole_text(ChatModel("http://127.0.0.1:9/v1", "stub"), "", "", most=4)


def test_a_file_writes_the_same_whatever_was_asked_before(tmp_path: Path) -> None:
    require_small_model()
    settings = LanguageSettings("smollm2", context=1024)
    with closing(open_language_model(settings, tmp_path)) as model:
        first = whole_text(model, "Answer shortly.", "Name a colour.", most=8)
        whole_text(model, "Answer shortly.", "Name a colour of the sky.", most=8)
        assert first
        assert whole_text(model, "Answer shortly.", "Name a colour.", most=8) == first
        assert model.digest.startswith("sha256:b179c952")
        with pytest.raises(Unavailable, match="status 400"):
            whole_text(model, "", "word " * 2000, most=8)


@pytest.mark.parametrize(
    ("settings", "kind", "said"),
    [
        (LanguageSettings("gpt-9"), NotFound, "no packaged model 'gpt-9'"),
        (LanguageSettings("/nowhere/a.gguf"), BadInput, "no model file"),
        (LanguageSettings("m", "http://127.0.0.1:9/v1", "NO_SUCH_KEY"), BadInput, "is not set"),
    ],
)
def test_a_model_that_is_not_there_is_said_not_to_be(
    settings: LanguageSettings, kind: type[CasemateError], said: str, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=said):
        open_language_model(settings, tmp_path)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "is a table"),
        ({}, "names no model"),
        ({"model": "m", "key": "sk-1"}, "unknown settings"),
        ({"model": "m", "key_env": "sk-1 234"}, "never a key"),
        ({"model": "m", "key_env": "KEY"}, "goes with an endpoint"),
        ({"model": "m", "endpoint": "http://elsewhere.example/v1"}, "over https only"),
        ({"model": "m", "endpoint": "https://u:p@elsewhere.example/v1"}, "no password"),
        ({"model": "m", "seconds": True}, "whole number from 1 to 3600"),
        ({"model": "m", "tokens": 10**9}, "whole number from 16 to 8192"),
        ({"model": "m\n"}, "text of up to"),
    ],
)
def test_settings_that_are_wrong_are_told(document: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=said):
        read_language_settings(document, tmp_path)


def test_a_home_has_the_model_that_its_settings_name_and_else_none(tmp_path: Path) -> None:
    with Platform(create_home(tmp_path / "home")) as platform:
        assert platform.language_model() is None
    settings = tmp_path / "home" / "casemate.toml"
    with stub_model() as server, settings.open("a", encoding="utf-8") as file:
        file.write(f'[language_model]\nendpoint = "{server.url}"\nmodel = "stub"\nseconds = 5\n')
        file.flush()
        with Platform(create_home(tmp_path / "home")) as platform:
            model = platform.language_model()
            assert model is not None
            assert model is platform.language_model()
            assert whole_text(model, "", "", most=4) == "Yes."
