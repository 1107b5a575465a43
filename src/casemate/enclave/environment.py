"""What a script runs on: the interpreter and the packages it can import, by name and version."""

import platform
import sysconfig
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.canonical import canonical_json, digest
from casemate.enclave.tables import EnvironmentRow


@lru_cache(maxsize=1)
def packages() -> dict[str, str]:
    """Name and version of each installed distribution, and of the interpreter as ``python``.

    Read from the names of the ``dist-info`` folders, which is the whole cost (milliseconds).
    """
    found = {"python": platform.python_version()}
    for folder in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for entry in Path(folder).glob("*.dist-info"):
            name, _, version = entry.name.removesuffix(".dist-info").partition("-")
            found[name.lower().replace("_", "-")] = version
    return dict(sorted(found.items()))


def record_environment(tx: Session) -> str:
    """The digest of this process's environment, whose list of packages is kept once."""
    listed = packages()
    name = digest(canonical_json(listed))
    if tx.get(EnvironmentRow, name) is None:
        with suppress(IntegrityError), tx.begin_nested():  # another worker may write it just now
            tx.add(EnvironmentRow(digest=name, packages=listed))
    return name


def environment(tx: Session, name: str) -> dict[str, str] | None:
    """The packages of the environment with digest ``name``, or ``None`` where it is unknown."""
    row = tx.get(EnvironmentRow, name)
    return None if row is None else dict(row.packages)
