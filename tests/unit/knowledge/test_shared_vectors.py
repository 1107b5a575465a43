"""Vectors in PostgreSQL: what is put there is found, by everybody, once; and what goes wrong is told."""

import hashlib
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sqlalchemy import create_engine, text

from casemate.errors import BadInput, IntegrityFailure, NotFound, Unavailable
from casemate.home import create_home, open_home
from casemate.knowledge.passages import Passage
from casemate.knowledge.retrieval import KnowledgeIndex, features, nearness
from casemate.knowledge.sharing import SharedVectors, kept
from casemate.language.vectors import read_vector_settings

Floats = NDArray[np.float32]
WORDS = "bail loyer chien chat hiver parc laisse mois capital contrat clause".split()  # noqa: SIM905 - reads better


class Drawn:
    """An encoder that draws a text's vector from its digest, and remembers which texts it was given."""

    def __init__(self, dimension: int = 16, name: str = "drawn") -> None:
        self.dimension = dimension
        self.digest = name
        self.encoded: list[str] = []
        self.before: Callable[[Sequence[str]], None] = lambda texts: None

    def query(self, text: str) -> Floats:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
        drawn = np.random.default_rng(seed).normal(size=self.dimension)
        return np.asarray(drawn / np.linalg.norm(drawn), np.float32)

    def passages(self, texts: Sequence[str]) -> Floats:
        self.before(texts)
        self.encoded += texts
        return np.stack([self.query(text) for text in texts])

    def stream(self, texts: Sequence[str]) -> Iterator[tuple[int, Floats]]:
        yield from enumerate(self.passages(texts))


def shared_at(url: str, search: str = "all") -> SharedVectors:
    found = read_vector_settings({"postgresql": url, "search": search}, {})
    assert found is not None
    return SharedVectors(found)


@pytest.fixture
def shared(pgvector_url: str) -> Iterator[SharedVectors]:
    opened = shared_at(pgvector_url)
    yield opened
    opened.close()


def corpus(count: int = 40) -> list[Passage]:
    """Passages of drawn words, some of several pieces, in two works, languages and wordings."""
    draw = np.random.default_rng(7)
    return [
        Passage(
            id=f"p{number}", language=("fr", "en")[number % 2], work=f"w{number % 4 // 2}",
            title=f"Loi {number % 4 // 2}", number=f"Art. {number}",
            text=". ".join(" ".join(draw.choice(WORDS, 30)) for _ in range(1 + number % 3 * 5)),
            valid_from=date(2000 + number % 9, 1, 1),
        )
        for number in range(count)
    ]  # fmt: skip


QUESTIONS = ("Combien dure le bail ?", "Loyer : quel mois ?", "chien parc", "article 4 de la Loi 1")


@pytest.mark.parametrize("search", ["all", "nearest"])
def test_what_is_found_is_what_is_found_in_memory(
    tmp_path: Path, pgvector_url: str, search: str
) -> None:
    encoder, shared = Drawn(), shared_at(pgvector_url, search)
    here = KnowledgeIndex.build(corpus(), tmp_path / "here", encoder)
    KnowledgeIndex.build(corpus(), tmp_path / "there", encoder, shared=shared)
    assert len(list((tmp_path / "there").rglob("vectors.*"))) == 0
    there = KnowledgeIndex(tmp_path / "there", encoder, shared=shared)
    for question in QUESTIONS:
        for day in (None, date(2004, 6, 1)):
            expected, found = (one.search(question, "fr", as_of=day) for one in (here, there))
            assert [one.id for one in found] == [one.id for one in expected]
            scores = [one.score for one in expected]
            assert [one.score for one in found] == pytest.approx(scores, abs=0.02)


def test_the_nearest_alone_bring_nearly_all_that_is_found(
    tmp_path: Path, pgvector_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearness, "_NEAREST", 40)
    monkeypatch.setattr(features, "_TOGETHER", 20)
    encoder = Drawn()
    here = KnowledgeIndex.build(corpus(300), tmp_path / "here", encoder)
    KnowledgeIndex.build(corpus(300), tmp_path / "there", encoder, shared=shared_at(pgvector_url))
    late = shared_at(pgvector_url, "nearest")  # the setting changed: the graph is drawn, no more
    there = KnowledgeIndex.build(corpus(300), tmp_path / "there", encoder, shared=late)
    assert any("_near" in one for one in tables(pgvector_url))
    same = []
    for question in QUESTIONS[:3]:
        for day in (None, date(2004, 6, 1), date(2000, 6, 1)):  # all, most and few are in force
            expected, found = (one.search(question, "fr", as_of=day) for one in (here, there))
            assert len(found) == 10
            same.append(len({one.id for one in expected} & {one.id for one in found}))
    assert np.mean(same) >= 9


def test_an_index_without_the_setting_stays_as_it_was(
    tmp_path: Path, shared: SharedVectors
) -> None:
    encoder = Drawn()
    before = KnowledgeIndex.build(corpus(), tmp_path, encoder)
    assert not (tmp_path / "holder").exists()
    again = KnowledgeIndex(tmp_path, encoder, shared=shared)
    assert again.digest == before.digest
    assert again.search("bail", "fr") == before.search("bail", "fr")
    moved = KnowledgeIndex.build(corpus(), tmp_path, Drawn(), shared=shared)
    assert moved.digest != before.digest
    with pytest.raises(BadInput, match=r"set \[vectors\], or build the index again"):
        KnowledgeIndex(tmp_path, encoder)


def test_vectors_made_before_are_taken_over(tmp_path: Path, shared: SharedVectors) -> None:
    first, second = Drawn(), Drawn()
    KnowledgeIndex.build(corpus(), tmp_path, first)
    KnowledgeIndex.build(corpus(), tmp_path, second, shared=shared)
    assert len(first.encoded) > 40
    assert second.encoded == []


def test_another_machine_encodes_nothing(tmp_path: Path, pgvector_url: str) -> None:
    encoders = Drawn(), Drawn()
    built = [
        KnowledgeIndex.build(corpus(), tmp_path / str(number), one, shared=shared_at(pgvector_url))
        for number, one in enumerate(encoders)
    ]
    assert built[0].digest == built[1].digest
    assert encoders[1].encoded == []
    assert built[0].search("bail", "fr") == built[1].search("bail", "fr")


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(asked=st.lists(st.lists(st.text(max_size=8), max_size=12), max_size=4))
def test_what_was_put_is_found_and_each_text_encoded_once(
    shared: SharedVectors, asked: list[list[str]]
) -> None:
    encoder = Drawn(8, uuid4().hex)
    for texts in asked:
        rows = shared.vectors(texts, encoder)
        expected = [encoder.query(one).astype(np.float16) for one in texts]
        assert np.array_equal(rows, np.array(expected).reshape(len(texts), 8))
    assert sorted(encoder.encoded) == sorted({text for texts in asked for text in texts})


def test_builders_at_once_share_the_work(
    pgvector_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_TOGETHER", 4)
    texts = [f"text {number}" for number in range(22)]
    at_work, go_on = threading.Event(), threading.Event()
    slow, quick = Drawn(), Drawn()

    def wait(_: Sequence[str]) -> None:
        at_work.set()
        assert go_on.wait(60)

    slow.before = wait
    rows: dict[str, Any] = {}
    other = threading.Thread(
        target=lambda: rows.update(slow=shared_at(pgvector_url).vectors(texts, slow))
    )
    other.start()
    assert at_work.wait(60)

    def told(done: int, of: int) -> None:
        if done == of - 4:  # all but what the other one is at
            go_on.set()

    rows["quick"] = shared_at(pgvector_url).vectors(texts, quick, told)
    other.join(60)
    assert slow.encoded == texts[:4]
    assert quick.encoded == texts[4:]
    assert np.array_equal(rows["slow"], rows["quick"])


_KILLED = """
import os, signal, sys
sys.path[:0] = [sys.argv[1]]
from pathlib import Path
from test_shared_vectors import Drawn, corpus, shared_at
from casemate.knowledge.retrieval import KnowledgeIndex
from casemate.knowledge.sharing import kept, sides
encoder, shared = Drawn(), shared_at(sys.argv[2])
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[3] == "encoding":
    kept._TOGETHER = 4
    encoder.before = lambda _: die() if len(encoder.encoded) == 8 else None
    shared.vectors([f"text {n}" for n in range(22)], encoder)
else:
    written = iter(range(5))
    vector = sides.HalfVector
    sides.HalfVector = lambda row: vector(row) if next(written, None) is not None else die()
    KnowledgeIndex.build(corpus(), Path(sys.argv[4]), encoder, shared=shared)
"""


def killed(url: str, at: str, where: Path) -> None:
    words = [sys.executable, "-c", _KILLED, str(Path(__file__).parent), url, at, str(where)]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL


def test_a_builder_that_is_killed_loses_only_what_it_was_at(
    tmp_path: Path, pgvector_url: str, shared: SharedVectors
) -> None:
    killed(pgvector_url, "encoding", tmp_path)
    encoder = Drawn()
    shared.vectors([f"text {number}" for number in range(22)], encoder)
    assert sorted(encoder.encoded) == sorted(f"text {number}" for number in range(8, 22))


def test_a_side_is_placed_whole_or_not_at_all(
    tmp_path: Path, pgvector_url: str, shared: SharedVectors
) -> None:
    killed(pgvector_url, "placing", tmp_path / "killed")
    with pytest.raises(NotFound, match="holds no index"):
        KnowledgeIndex(tmp_path / "killed", Drawn(), shared=shared)
    assert tables(pgvector_url) == []
    again = Drawn()
    index = KnowledgeIndex.build(corpus(), tmp_path / "killed", again, shared=shared)
    assert {one.id for one in index.search("bail", "fr", languages=["fr"])} <= {
        one.id for one in corpus()
    }
    whole = Drawn()
    KnowledgeIndex.build(corpus(), tmp_path / "other", whole)
    assert 0 < len(again.encoded) < len(whole.encoded)


def count(url: str, table: str) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT count(*) FROM casemate_vectors.{table}"))
        number = int(found.scalar_one())
    engine.dispose()
    return number


def tables(url: str) -> list[str]:
    """The tables of sides, and the graphs over them."""
    engine = create_engine(url)
    ask = "SELECT relname FROM pg_class WHERE relname ~ '^side_[0-9a-f]{32}_[a-z]{2}(_near)?$' ORDER BY 1"
    with engine.connect() as connection:
        found = [str(one) for one in connection.execute(text(ask)).scalars()]
    engine.dispose()
    return found


def test_an_index_that_no_folder_holds_is_removed(
    tmp_path: Path, pgvector_url: str, shared: SharedVectors
) -> None:
    def build(folder: str, passages: list[Passage]) -> KnowledgeIndex:
        return KnowledgeIndex.build(passages, tmp_path / folder, Drawn(), shared=shared)

    build("one", corpus())
    old = build("two", corpus())
    build("one", corpus()[:9])
    assert count(pgvector_url, "sides") == 4
    assert old.search("bail", "fr")
    build("two", corpus()[:9])
    assert count(pgvector_url, "sides") == len(tables(pgvector_url)) == 2
    with pytest.raises(Unavailable, match="ask again, or run `law index`"):
        old.search("bail", "fr")


def test_vectors_that_were_removed_are_told_and_placed_again(
    tmp_path: Path, pgvector_url: str, shared: SharedVectors
) -> None:
    before = KnowledgeIndex.build(corpus(), tmp_path, Drawn(), shared=shared)
    expected = before.search("bail", "fr")
    engine = create_engine(pgvector_url)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE casemate_vectors.sides"))
        for table in tables(pgvector_url):
            connection.execute(text(f"DROP TABLE casemate_vectors.{table}"))
    engine.dispose()
    with pytest.raises(Unavailable, match="has no vectors of this index"):
        KnowledgeIndex(tmp_path, Drawn(), shared=shared).search("bail", "fr")
    again = Drawn()
    KnowledgeIndex.build(corpus(), tmp_path, again, shared=shared)
    assert before.search("bail", "fr") == expected  # who had it open asks on
    assert again.encoded == []


def test_vectors_of_another_length_or_encoder_are_not_taken_for_ours(
    shared: SharedVectors,
) -> None:
    first = shared.vectors(["bail"], Drawn(8, "a"))
    assert not np.array_equal(first[0, :8], shared.vectors(["bail"], Drawn(16, "b"))[0, :8])
    with pytest.raises(IntegrityFailure, match="a vector of 8 numbers where the encoder makes 16"):
        shared.vectors(["bail"], Drawn(16, "a"))
    with pytest.raises(BadInput, match="at most 4,000 numbers"):
        shared.vectors(["bail"], Drawn(5000))


def test_a_database_that_is_not_there_stops_a_build(tmp_path: Path) -> None:
    encoder = Drawn()
    away = shared_at("postgresql://ada:s3cret@127.0.0.1:9/vectors")
    with pytest.raises(Unavailable, match="could not be reached") as told:
        KnowledgeIndex.build(corpus(), tmp_path, encoder, shared=away)
    said = f"{told.value} {told.value!r} {told.value.__cause__!r}"
    assert not any(one in said for one in ("ada", "s3cret", "127.0.0.1"))
    assert encoder.encoded == []
    with pytest.raises(NotFound):
        KnowledgeIndex(tmp_path, encoder, shared=away)


def test_a_database_without_pgvector_says_what_to_do(plain_url: str) -> None:
    with pytest.raises(
        Unavailable, match=r"administers it installs .* runs CREATE EXTENSION vector"
    ):
        shared_at(plain_url).vectors(["bail"], Drawn())


def test_a_user_who_may_not_make_the_schema_is_told(pgvector_url: str) -> None:
    engine = create_engine(pgvector_url)
    with engine.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS reader"))
        connection.execute(text("CREATE ROLE reader LOGIN"))
    reader = pgvector_url.replace("postgres@", "reader@")
    with pytest.raises(Unavailable, match="CREATE SCHEMA casemate_vectors AUTHORIZATION"):
        shared_at(reader).vectors(["bail"], Drawn())
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA casemate_vectors AUTHORIZATION reader"))
    assert shared_at(reader).vectors(["bail"], Drawn()).shape == (1, 16)
    with engine.begin() as connection:
        connection.execute(text("DROP OWNED BY reader CASCADE"))
        connection.execute(text("DROP ROLE reader"))
    engine.dispose()


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "are a table"),
        ({}, "no postgresql"),
        ({"postgresql": "postgresql://a:s3cret@h/d", "password": "s3cret"}, "unknown settings"),
        ({"postgresql": "sqlite:///s3cret"}, "none of PostgreSQL"),
        ({"postgresql": "postgresql://a:s3@cret:x@h/d"}, "none of PostgreSQL"),
        ({"postgresql": "postgresql://a:s3cret@h"}, "none of PostgreSQL"),
        ({"postgresql": 5}, "none of PostgreSQL"),
        ({"postgresql": "postgresql://a:s3cret@h/d", "search": "some"}, '"all" or "nearest"'),
    ],
)
def test_bad_settings_are_told_without_their_secrets(document: object, told: str) -> None:
    with pytest.raises(BadInput, match=told) as failure:
        read_vector_settings(document, {})
    assert "s3" not in repr(failure.value)
    assert failure.value.__cause__ is None


def test_the_settings_of_a_home_and_the_environment_name_the_database(tmp_path: Path) -> None:
    create_home(tmp_path / "home")
    file = tmp_path / "home" / "casemate.toml"
    assert open_home(tmp_path / "home", environ={}).vectors is None
    file.write_text(f'{file.read_text()}[vectors]\npostgresql = "postgresql://a:s3cret@db.lu/d"\n')
    home = open_home(tmp_path / "home", environ={})
    assert home.vectors is not None
    assert "s3cret" not in repr(home)
    assert "sslmode=require" in home.vectors.url
    for url, encrypted in (
        ("postgresql:///d", False),
        ("postgresql:///d?host=/run/postgresql", False),
        ("postgresql://localhost/d", False),
        ("postgresql:///d?host=/run/postgresql,db.lu", True),
        ("postgresql:///d?hostaddr=192.0.2.7", True),
    ):
        read = read_vector_settings({"postgresql": url}, {})
        assert read is not None
        assert ("sslmode=require" in read.url) == encrypted, url
    plain = read_vector_settings({"postgresql": "postgresql://h/d?sslmode=disable"}, {})
    assert plain is not None
    assert "sslmode=disable" in plain.url
    given = open_home(tmp_path / "home", environ={"CASEMATE_VECTORS": "postgresql://b@[::1]/e"})
    assert given.vectors is not None
    assert given.vectors.url == "postgresql+psycopg://b@[::1]/e?connect_timeout=10"
