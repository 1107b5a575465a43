"""From a program and its inputs to a job of the sandbox."""

import json
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path, PurePosixPath

import polars as pl

from casemate.enclave.evaluating import OUTPUT
from casemate.enclave.kinds.checking import kind_of
from casemate.enclave.limits import Limits
from casemate.enclave.sandbox import Job
from casemate.errors import Unavailable

_RUNNERS = {"notebook": "notebook.py", "sql": "sql.py", "request": "request.py"}


def job_of(
    program: bytes,
    filename: str,
    inputs: Mapping[str, bytes],
    limits: Limits,
    packages: Path | None = None,
) -> Job:
    """The job that ``program`` is; raises ``Unavailable`` for R where there is no Rscript."""
    kind = kind_of(filename)
    if kind == "python":
        return Job(
            script=program, filename=filename, inputs=inputs, limits=limits, packages=packages
        )
    if kind == "r":
        return _r(program, filename, inputs, limits, packages)
    script = _runner(_RUNNERS[kind]) + _literals(program, filename)
    name = f"run_{kind}.py"
    return Job(script=script, filename=name, inputs=inputs, limits=limits, packages=packages)


def text_of(program: bytes, filename: str) -> bytes:
    """The text whose words an output's name may be made of: the program, and what its kind fixes."""
    fixed = {
        "notebook": filename.encode(),
        "sql": b"result.csv",
        "evaluation": OUTPUT.encode(),
    }
    return program + fixed.get(kind_of(filename), b"")


def rscript() -> str | None:
    """Rscript as a job finds it, or ``None``."""
    return shutil.which("Rscript", path="/usr/bin:/bin")


def _r(
    program: bytes,
    filename: str,
    inputs: Mapping[str, bytes],
    limits: Limits,
    packages: Path | None,
) -> Job:
    if rscript() is None:
        raise Unavailable(
            "R is not installed here: there is no Rscript in /usr/bin (Debian package r-base-core)"
        )
    library = {} if packages is None else {"R_LIBS": "/packages"}
    return Job(
        command=("Rscript", "--vanilla", f"/in/{filename}"),
        inputs={**inputs, **_as_csv(inputs), filename: program},
        environment=library,
        limits=limits,
        packages=packages,
    )


def _as_csv(inputs: Mapping[str, bytes]) -> dict[str, bytes]:
    """The inputs once more as CSV: R by itself reads no Parquet. Views are made by our own code."""
    return {
        str(PurePosixPath(name).with_suffix(".csv")): pl.read_parquet(data).write_csv().encode()
        for name, data in inputs.items()
        if name.endswith(".parquet")
    }


@cache
def _runner(name: str) -> bytes:
    return (Path(__file__).parent / "inside" / name).read_bytes()


def _literals(program: bytes, filename: str) -> bytes:
    """The call that ends a runner. A JSON text in ASCII is a Python literal as well."""
    text = program.decode("utf-8")
    return f"\nmain({_literal(text)}, {json.dumps(filename)})\n".encode()


def _literal(text: str) -> str:
    """``text`` line by line, so that each name in it stands in the script as it was written."""
    lines = text.splitlines(keepends=True)
    return "(" + "\n".join(repr(line) for line in lines) + ")"
