"""Vectors from a server over loopback: those of our own encoder come back the same, and what goes wrong is
told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from casemate.errors import BadInput, Unavailable
from casemate.knowledge.encoding import Encoder, TextEncoder
from casemate.knowledge.encoding.served import ServedEncoder
from casemate.knowledge.passages import Passage
from casemate.knowledge.retrieval import KnowledgeIndex
from casemate.language.embedding import EmbeddingSettings, read_embedding_settings

Says = Callable[[dict[str, Any]], tuple[int, bytes]]

TEXTS = ("Le bail dure un an.", "Le loyer est payé chaque mois.", "Le chien est tenu en laisse.")


@contextmanager
def server(says: Says) -> Iterator[tuple[str, list[str]]]:
    """Its address, and the keys that it was shown."""
    keys: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            keys.append(self.headers.get("authorization", ""))
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, content = says(asked)
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}/v1", keys
    finally:
        listening.shutdown()
        listening.server_close()


def serving(encoder: Encoder) -> Says:
    """Our own encoder as a server: it takes the prefixes off, since it puts them on itself."""

    def say(asked: dict[str, Any]) -> tuple[int, bytes]:
        vectors = [
            encoder.query(text.removeprefix("query: "))
            if text.startswith("query: ")
            else encoder.passages([text.removeprefix("passage: ")])[0]
            for text in asked["input"]
        ]
        rows = [{"index": n, "embedding": one.tolist()} for n, one in enumerate(vectors)]
        return 200, json.dumps({"data": rows[::-1], "model": asked["model"]}).encode()

    return say


def settings(address: str, **more: Any) -> EmbeddingSettings:
    given = {"endpoint": address, "model": "e5", "dimension": 384, "together": 2, **more}
    return read_embedding_settings(given)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return Encoder(tmp_path_factory.mktemp("encoder"))


def test_an_index_over_a_server_finds_the_same(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBEDDING_KEY", "secret")
    passages = [Passage(f"a#{n}", "fr", "a", "Code", text) for n, text in enumerate(TEXTS)]
    prefixes = {"query_prefix": "query: ", "passage_prefix": "passage: "}
    with server(serving(encoder)) as (address, keys):
        served = ServedEncoder(settings(address, key_env="EMBEDDING_KEY", **prefixes))
        there = KnowledgeIndex.build(passages, tmp_path / "there", served)
        here = KnowledgeIndex.build(passages, tmp_path / "here", encoder)
        assert there.digest != here.digest
        for question in ("Combien dure le bail ?", "Puis-je promener mon chien ?"):
            found, expected = (one.search(question, "fr") for one in (there, here))
            assert [one.id for one in found] == [one.id for one in expected]
            assert there.vector(question) @ here.vector(question) > 0.9999
        places = np.arange(len(TEXTS))
        vectors = [one.side("fr").nearness.means(places) for one in (there, here)]
        assert np.allclose(vectors[0], vectors[1], atol=1e-2)
        assert set(keys) == {"Bearer secret"}
    both: list[TextEncoder] = [served, encoder]
    assert {one.dimension for one in both} == {384}


def test_the_model_and_its_dimension_are_in_the_digest() -> None:
    kinds = [
        settings("http://127.0.0.1:9/v1", **more) for more in ({}, {"model": "b"}, {"dimension": 8})
    ]
    assert len({ServedEncoder(one).digest for one in kinds}) == 3


def answer(rows: object, status: int = 200) -> Says:
    return lambda asked: (status, json.dumps(rows).encode())


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (answer({}, 401), "does not take the key"),
        (answer({}, 500), "status 500"),
        (answer({"data": "no"}), "no list of vectors"),
        (answer({"data": [{"index": 0, "embedding": [1.0] * 5}]}), "vectors of 5 numbers"),
        (answer({"data": [{"index": 0, "embedding": ["nan"] * 384}]}), "no list of vectors"),
        (answer({"data": [{"index": 7, "embedding": [1.0] * 384}]}), "no list of vectors"),
        (lambda asked: (200, b"[" * 100_000), "more than so many"),
        (lambda asked: (302, b""), "status 302"),
    ],
)
def test_what_goes_wrong_is_told(says: Says, told: str) -> None:
    with server(says) as (address, _), pytest.raises(Unavailable, match=told):
        ServedEncoder(settings(address)).query("bail")


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(Unavailable, match="could not be reached"):
        ServedEncoder(settings("http://127.0.0.1:9/v1")).passages(["bail"])


def test_vectors_have_length_one_and_keep_their_places() -> None:
    rows = np.eye(8)[[3, 1, 2]] * 5

    def say(asked: dict[str, Any]) -> tuple[int, bytes]:
        held = [
            {"index": n, "embedding": rows[int(text)].tolist()}
            for n, text in enumerate(asked["input"])
        ]
        return 200, json.dumps({"data": held}).encode()

    with server(say) as (address, _):
        found = ServedEncoder(settings(address, dimension=8)).passages(["0", "1", "2"])
    assert np.array_equal(found, np.eye(8, dtype=np.float32)[[3, 1, 2]])


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "is a table"),
        ({"endpoint": "http://127.0.0.1:1", "model": "a"}, "no dimension"),
        ({"endpoint": "http://127.0.0.1:1", "model": "a", "dimension": True}, "whole number"),
        ({"endpoint": "http://example.org", "model": "a", "dimension": 8}, "http"),
        (
            {"endpoint": "http://127.0.0.1:1", "model": "a", "dimension": 8, "key_env": "s k"},
            "never a key",
        ),
        (
            {"endpoint": "http://127.0.0.1:1", "model": "a", "dimension": 8, "key": "s"},
            "unknown settings",
        ),
    ],
)
def test_bad_settings_are_told(document: object, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        read_embedding_settings(document)


def test_a_key_that_is_not_set_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(BadInput, match="NO_SUCH_KEY"):
        ServedEncoder(settings("http://127.0.0.1:9/v1", key_env="NO_SUCH_KEY"))
