"""From what a user names to a model that answers: a packaged one, a GGUF file, or an endpoint."""

import os
from dataclasses import dataclass
from pathlib import Path

from casemate.assurance.language.models import LanguageModel
from casemate.errors import BadInput
from casemate.language.packaged import PACKAGED, packaged


@dataclass(frozen=True)
class Named:
    """What a user says: ``model`` is a packaged one's name, a file, or an endpoint's name for its model."""

    model: str
    endpoint: str | None = None
    key_variable: str | None = None
    connections: int = 1
    threads: int = 1
    seconds: float = 120.0


def open_model(named: Named, cache: Path) -> LanguageModel:
    """The model, ready; close it. ``cache`` is where packaged parts are put together."""
    if named.endpoint is not None:
        return _endpoint(named, named.endpoint)
    if named.key_variable is not None:
        raise BadInput("a key goes with an endpoint: add --endpoint")
    from casemate.assurance.language.local import local_model, packaged_model

    if any(one.name == named.model for one in PACKAGED):
        return packaged_model(packaged(named.model), cache, threads=named.threads)
    path = Path(named.model)
    if path.suffix == ".gguf" or path.is_file():
        return local_model(path, threads=named.threads)
    packaged(named.model)  # says which there are
    raise AssertionError("a name that is not known raises")


def _endpoint(named: Named, url: str) -> LanguageModel:
    from casemate.assurance.language.endpoint import Endpoint, Limits
    from casemate.language.keys import key_from

    key = None if named.key_variable is None else key_from(named.key_variable)
    return Endpoint(
        url,
        named.model,
        key=key,
        connections=named.connections,
        limits=Limits(seconds=named.seconds),
    )


def work_folder() -> Path:
    """Where journals and assembled models are, of this user: ``$XDG_STATE_HOME`` (freedesktop.org)."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "casemate" / "observatory"
