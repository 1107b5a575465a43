"""Build an environment: pip into a folder of its own, from a lock file that fixes every byte by hash.

pip runs with ``--require-hashes`` and takes wheels only, so that nothing of what is installed runs on
the operator's machine: no ``setup.py``, no build back-end. Modules are compiled here, without dates, so
that the same lock gives the same digest and no run pays for compiling.
"""

import compileall
import io
import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from casemate.enclave.walls import PACKAGES
from casemate.errors import BadInput, Unavailable

LOCK_BYTES = 4 * 2**20
_BUILD_SECONDS = 1800
# Read by an interpreter as it starts: they would act on every program of a run before the program does.
_HOOKS = ("sitecustomize", "usercustomize")


@dataclass(frozen=True)
class Built:
    """A folder that was filled. ``left_out``: files that were not kept because they run unasked."""

    folder: Path
    packages: dict[str, str]
    left_out: tuple[str, ...]


@contextmanager
def build_python(lock: bytes, below: Path, wheels: Path | None = None) -> Iterator[Built]:
    """The packages of ``lock`` in a new folder below ``below``, which is removed unless it was moved.

    ``wheels`` is a folder of wheel files; with it pip asks no index. Raises ``BadInput`` for a lock
    that pip refuses (a requirement without a hash, a hash that does not hold), or a package that
    brings a hook of the interpreter's start; ``Unavailable`` where pip is missing.
    """
    if not lock.strip() or len(lock) > LOCK_BYTES:
        raise BadInput(f"the lock file is empty or larger than {LOCK_BYTES} bytes")
    if wheels is not None and not wheels.is_dir():
        raise BadInput(f"--wheels {wheels} is no folder")
    with _workshop(below) as shop:
        folder, locked = shop / "packages", shop / "requirements.txt"
        folder.mkdir()
        locked.write_bytes(lock)
        _pip(locked, folder, wheels)
        yield _finished(folder)


@contextmanager
def take_library(library: Path, below: Path) -> Iterator[Built]:
    """A copy of an R library that the operator installed; its packages as their DESCRIPTION files say."""
    if not library.is_dir():
        raise BadInput(f"--library {library} is no folder")
    with _workshop(below) as shop:
        folder = shop / "packages"
        shutil.copytree(library, folder, symlinks=True)
        _open_to_readers(folder)
        packages = dict(_described(path) for path in sorted(folder.glob("*/DESCRIPTION")))
        if not packages:
            raise BadInput(f"--library {library} holds no R package (a folder with a DESCRIPTION)")
        yield Built(folder, packages, ())


@contextmanager
def _workshop(below: Path) -> Iterator[Path]:
    below.mkdir(mode=0o755, parents=True, exist_ok=True)
    shop = below / f".building-{os.getpid()}-{os.urandom(4).hex()}"
    shop.mkdir(mode=0o700)
    try:
        yield shop
    finally:
        shutil.rmtree(shop, ignore_errors=True)


def _pip(lock: Path, folder: Path, wheels: Path | None) -> None:
    source = [] if wheels is None else ["--no-index", "--find-links", str(wheels.absolute())]
    words = [
        *(sys.executable, "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:"),
        *("--no-compile", "--no-input", "--no-cache-dir", "--disable-pip-version-check", "--quiet"),
        *("--target", str(folder), "--requirement", str(lock), *source),
    ]
    try:
        done = subprocess.run(  # noqa: S603
            words,
            capture_output=True,
            text=True,
            timeout=_BUILD_SECONDS,
            check=False,
            cwd=lock.parent,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(
            f"pip took longer than {_BUILD_SECONDS} s: is the index reachable?"
        ) from None
    if "No module named pip" in done.stderr:
        raise Unavailable(
            "building an environment needs pip beside Casemate: install the package pip"
        )
    if done.returncode:
        raise BadInput(f"pip refuses the lock file: {_complaint(done.stderr)}")


def _complaint(said: str) -> str:
    """The first errors of pip, in one line; a lock file's text is quoted, never data."""
    errors = [
        line.removeprefix("ERROR: ") for line in said.splitlines() if line.startswith("ERROR")
    ]
    return " ".join(" ".join(errors or said.splitlines()[-1:]).split())[:1000]


def _finished(folder: Path) -> Built:
    hooks = [one for name in _HOOKS for one in folder.glob(f"{name}*") if _is_module(one, name)]
    if hooks:
        raise BadInput(
            f"a package of the lock file brings {hooks[0].name}, which would run unasked before every "
            "program: leave that package out"
        )
    left_out = sorted(path.name for path in folder.glob("*.pth"))
    for name in left_out:
        (folder / name).unlink()
    for cache in folder.rglob("__pycache__"):
        shutil.rmtree(cache)
    shutil.rmtree(folder / "bin", ignore_errors=True)  # scripts with the path of our interpreter
    _forget_this_machine(folder)
    _compile(folder)
    _open_to_readers(folder)
    return Built(folder, _packages(folder), tuple(left_out))


def _is_module(path: Path, name: str) -> bool:
    return path.name.partition(".")[0] == name


def _forget_this_machine(folder: Path) -> None:
    """Remove what pip notes of where and how it installed: it differs between equal builds."""
    for note in ("direct_url.json", "REQUESTED", "RECORD", "INSTALLER"):
        for path in folder.glob(f"*.dist-info/{note}"):
            path.unlink()


def _compile(folder: Path) -> None:
    with redirect_stdout(io.StringIO()):
        compileall.compile_dir(  # what does not compile (templates, other versions) stays as it is
            folder, quiet=2, stripdir=str(folder), prependdir=PACKAGES, workers=1,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )  # fmt: skip


def _open_to_readers(folder: Path) -> None:
    """Modes that say only what is read and what is run: the job's user is nobody we know."""
    for parent, _, files in os.walk(folder):
        Path(parent).chmod(0o755)
        for name in files:
            path = Path(parent, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _packages(folder: Path) -> dict[str, str]:
    found = {}
    for entry in folder.glob("*.dist-info"):
        name, _, version = entry.name.removesuffix(".dist-info").partition("-")
        found[name.lower().replace("_", "-")] = version
    return dict(sorted(found.items()))


def _described(path: Path) -> tuple[str, str]:
    version = ""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("Version:"):
            version = line.partition(":")[2].strip()
    return path.parent.name, version
