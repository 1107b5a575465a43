"""What a job sees of Casemate: the package ``casemate.analysis``, and nothing else of ours.

It goes into the sandbox as one file in memory, so that no folder of the host has to be reachable for
the job's user, and no other code lies beside it. Modules are compiled here, once: the interpreter is the
same. Their text is there too, for tracebacks and for whoever wants to read it.
"""

import importlib.util
import io
import marshal
import zipfile
from functools import cache
from pathlib import Path

import casemate.analysis
from casemate.canonical import digest

PLACE = "/casemate.zip"
_UNCHECKED = (1).to_bytes(4, "little")  # a module that carries no date and is not looked up again


@cache
def archive() -> bytes:
    """The package as a zip file for ``zipimport``; the same bytes for the same source."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as whole:
        _add(whole, "casemate/__init__", b"")
        (folder,) = casemate.analysis.__path__
        for path in sorted(Path(folder).rglob("*.py")):
            inside = path.relative_to(folder).with_suffix("")
            _add(whole, f"casemate/analysis/{inside}", path.read_bytes())
    return buffer.getvalue()


def digest_of_archive() -> str:
    """The ``sha256:<hex>`` of the package, for a run's record."""
    return digest(archive())


def _add(whole: zipfile.ZipFile, module: str, source: bytes) -> None:
    code = compile(source, f"{PLACE}/{module}.py", "exec", dont_inherit=True)
    compiled = importlib.util.MAGIC_NUMBER + _UNCHECKED + bytes(8) + marshal.dumps(code)
    for name, data in ((f"{module}.py", source), (f"{module}.pyc", compiled)):
        whole.writestr(zipfile.ZipInfo(name), data)
