"""A home: the folder that holds one Casemate, and the few lines of settings it needs.

casemate.toml     name; the database's URL where it is not the embedded one; address and providers of
                  the portal's sign-in, where it has any (``casemate.providers``); the language model
                  that writes, where there is one (``casemate.language.settings``); servers of vectors and
                  the database that shares them (``casemate.language.embedding``, ``vectors``)
casemate.db       records and ledger (SQLite), unless a URL says otherwise
runs.db           the state of durable runs (DBOS)
vault/            encrypted tables, scripts and outputs
keys/master.key   mode 0600, unless the environment brings the key
public/           what anyone may have: the keys that check the ledger and the permits
"""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from casemate.errors import BadInput, NotFound
from casemate.language.embedding import EmbeddingSettings, read_embedding_settings
from casemate.language.settings import (
    AnswerSettings,
    LanguageSettings,
    read_answer_settings,
    read_language_settings,
)
from casemate.language.vectors import VectorSettings, read_vector_settings
from casemate.providers import Provider, check_address, read_providers
from casemate.store.keys import create_key_file

SETTINGS = "casemate.toml"
_KNOWN = (
    "name",
    "database",
    "address",
    "oidc",
    "language_model",
    "embedding",
    "vectors",
    "answers",
)


@dataclass(frozen=True)
class Home:
    """Where one Casemate lives. ``database`` and ``runs`` are SQLAlchemy URLs."""

    root: Path
    name: str
    database: str
    runs: str
    address: str | None = None
    """Where browsers find the portal, where it is not this machine alone."""
    providers: tuple[Provider, ...] = ()
    """The OpenID providers that people may sign in with."""
    language_model: LanguageSettings | None = None
    """The language model that may write, where the operator named one."""
    embedding: EmbeddingSettings | None = None
    """The server that makes vectors of texts, where it is not this machine."""
    vectors: VectorSettings | None = None
    """The database that keeps vectors for several, where the operator named one."""
    answers: AnswerSettings = field(default_factory=AnswerSettings)

    @property
    def vault(self) -> Path:
        """Folder of encrypted files."""
        return self.root / "vault"

    @property
    def knowledge(self) -> Path:
        """Folder of collections of texts."""
        return self.root / "knowledge"

    @property
    def master_key(self) -> Path:
        """File of the master key, read only where the environment gives none."""
        return self.root / "keys" / "master.key"

    @property
    def public(self) -> Path:
        """Folder of public keys."""
        return self.root / "public"


def create_home(root: Path, *, name: str = "casemate", database: str | None = None) -> Home:
    """Make a home at ``root``, or finish making one that a crash left half-made.

    Raises ``BadInput`` where ``root`` holds other things, or a Casemate of other settings.
    """
    settings = root / SETTINGS
    if settings.exists():
        home = open_home(root)
        if database is not None and database != home.database:
            raise BadInput(
                f"{root} is a Casemate home already, with the database {_hide(home.database)}"
            )
        return home
    if root.exists() and not root.is_dir():
        raise BadInput(f"{root} is a file: name a new or empty folder for the home")
    if root.exists() and any(
        entry.name not in {"keys", SETTINGS + ".new"} for entry in root.iterdir()
    ):
        raise BadInput(f"{root} is not empty and is no Casemate home: name a new or empty folder")
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    if "CASEMATE_MASTER_KEY" not in os.environ and "CASEMATE_MASTER_KEY_COMMAND" not in os.environ:
        create_key_file(root / "keys" / "master.key")
    lines = [f"name = {json.dumps(name)}"]
    if database is not None:
        lines.append(f"database = {json.dumps(database)}")
    fresh = root / (SETTINGS + ".new")
    fresh.write_text("\n".join(lines) + "\n", encoding="utf-8")
    fresh.chmod(0o600)  # a database URL may hold a password
    fresh.replace(settings)
    return open_home(root)


def open_home(root: Path, *, environ: Mapping[str, str] = os.environ) -> Home:
    """The home at ``root``; ``CASEMATE_DATABASE`` overrides the database that its settings name."""
    settings = root / SETTINGS
    if not settings.is_file():
        raise NotFound(f"{root} is no Casemate home: run `casemate init --home {root}`")
    try:
        values = tomllib.loads(settings.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise BadInput(f"{settings} is not readable as TOML: {failure}") from failure
    if unknown := set(values) - set(_KNOWN):
        raise BadInput(
            f"{settings} has unknown settings {sorted(unknown)}; known are {', '.join(_KNOWN)}"
        )
    root = root.resolve()
    given = environ.get("CASEMATE_DATABASE") or values.get("database")
    return Home(
        root=root,
        name=str(values.get("name", "casemate")),
        database=given or f"sqlite:///{root / 'casemate.db'}",
        runs=given or f"sqlite:///{root / 'runs.db'}",
        address=None if "address" not in values else check_address(values["address"]),
        providers=read_providers(values.get("oidc", []), root),
        language_model=_language_model(values, root),
        embedding=read_embedding_settings(values["embedding"]) if "embedding" in values else None,
        vectors=read_vector_settings(values.get("vectors"), environ),
        answers=read_answer_settings(values.get("answers", {})),
    )


def _language_model(values: Mapping[str, Any], root: Path) -> LanguageSettings | None:
    found = values.get("language_model")
    return None if found is None else read_language_settings(found, root)


def default_root(environ: Mapping[str, str] = os.environ) -> Path:
    """``CASEMATE_HOME``, or ``casemate`` in the user's data folder (XDG base directories)."""
    if given := environ.get("CASEMATE_HOME"):
        return Path(given)
    data = environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "casemate"


def _hide(url: str) -> str:
    from sqlalchemy.engine import make_url

    return make_url(url).render_as_string(hide_password=True)
