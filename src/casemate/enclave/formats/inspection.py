"""Hostile bytes are parsed in a sandbox of their own: the same walls as a job's, small limits.

A file that crashes, stalls or exhausts its parser takes nothing with it but that sandbox, and is refused
for it. What comes back is read as a claim (``facts``).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from casemate.enclave import sandbox
from casemate.enclave.formats.facts import Facts, HostileKind, facts_from_bytes
from casemate.enclave.limits import MIB, Limits
from casemate.enclave.model_attacks.scores import Matrix

LIMITS = Limits(
    memory_bytes=768 * MIB,
    cpu_seconds=20,
    wall_seconds=30.0,
    processes=16,
    open_files=64,
    output_bytes=48 * MIB,
    tmp_bytes=4 * MIB,
    files=50,
    log_bytes=16 * 1024,
)
_PARSERS: Mapping[HostileKind, str] = {
    "onnx": "onnx_file",
    "safetensors": "safetensors_file",
    "gguf": "gguf_file",
    "pickle": "pickle_scan",
    "parquet": "columnar",
    "arrow": "columnar",
    "png": "png_image",
    "jpeg": "jpeg_image",
    "svg": "svg_drawing",
    "notebook": "notebook_file",
}
_BESIDE: Mapping[str, tuple[str, ...]] = {"onnx_file": ("wire_format",)}
"""What lies beside a parser in its sandbox."""
_CARRIERS: Mapping[HostileKind, str] = {"onnx": "onnx_operators", "safetensors": "layers"}
"""What carries a model out."""


class Uninspectable(Exception):
    """The parser did not come to an end with facts; the message says how it ended, without content."""


@dataclass(frozen=True)
class Inspection:
    """Facts of a file, and what else the parser wrote: a cleaned image, a model's predictions."""

    facts: Facts
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def inspect_hostile(data: bytes, kind: HostileKind) -> Facts:
    """What ``data`` is, taken as ``kind``. Raises ``Uninspectable`` where its parser did not survive it."""
    return inspect_file(data, kind).facts


def inspect_file(data: bytes, kind: HostileKind) -> Inspection:
    """As ``inspect_hostile``, with the files that the parser wrote."""
    return _parse(data, kind, {"task": "facts"})


def look_for_people(
    data: bytes, kind: HostileKind, people: Matrix, columns: list[str], known: int
) -> Facts:
    """Whether the arrays of a model hold rows of ``people`` (see ``parsers.memory``).

    ``known`` is the number of people, which an array with a row for each of them gives away.
    """
    job = {"task": "memory", "columns": columns, "known": known}
    return _parse(data, kind, job, people).facts


def smallest_leaf(data: bytes, people: Matrix) -> int | None:
    """The fewest people of ``people`` who share a leaf of a model's trees; ``None`` without trees."""
    found = _parse(data, "onnx", {"task": "leaves"}, people).facts
    if found.problems:
        raise Uninspectable(found.problems[0])
    return found.counts.get("smallest_leaf") or None


def predictions(
    data: bytes, rows: Matrix, kind: HostileKind = "onnx", terms: list[dict[str, Any]] | None = None
) -> Matrix:
    """What the model in ``data`` says of each of ``rows``: a column, or one for each class.

    ``terms`` are the layers of a model in safetensors. Raises ``Uninspectable`` where it does not say
    something finite of each.
    """
    done = _parse(data, kind, {"task": "evaluate", "terms": terms}, rows)
    if done.facts.problems:
        raise Uninspectable(done.facts.problems[0])
    said = np.frombuffer(done.files.get("predictions", b""), dtype="<f8")
    columns = done.facts.counts.get("columns", 0)
    if not 1 <= columns <= 100 or said.size != len(rows) * columns or not np.isfinite(said).all():
        raise Uninspectable("the model does not say something finite of each row")
    return said.reshape(len(rows), columns)


def _parse(
    data: bytes, kind: HostileKind, job: dict[str, Any], people: Matrix | None = None
) -> Inspection:
    name, carrier = _PARSERS[kind], _CARRIERS.get(kind)
    modules = [name, *_BESIDE.get(name, ())]
    if people is not None:
        modules += ["memory", *([carrier] if carrier else [])]
    inputs = {"file": data, **{f"{one}.py": _source(one) for one in modules}}
    if people is not None:
        job = {**job, "shape": list(people.shape)}
        inputs["people"] = np.ascontiguousarray(people, dtype="<f8").tobytes()
    inputs["job.json"] = json.dumps({**job, "parser": name, "carrier": carrier}).encode()
    work = sandbox.Job(script=_source("runner"), filename="runner.py", inputs=inputs, limits=LIMITS)
    ended = sandbox.run(work, should_stop=lambda: None)
    if ended.ended != "finished":
        raise Uninspectable(f"its parser was ended: {_how(ended)}")
    files = {output.name: output.data for output in ended.outputs}
    try:
        facts = facts_from_bytes(files.pop("facts.json", b""))
    except ValueError as problem:
        raise Uninspectable(str(problem)) from None
    return Inspection(facts, files)


def _how(ended: sandbox.SandboxResult) -> str:
    """How the parser ended, in words of ours alone: its own could quote the file."""
    return "it failed or crashed" if ended.ended == "failed" else str(ended.ended)


@cache
def _source(name: str) -> bytes:
    return (Path(__file__).parent / "parsers" / f"{name}.py").read_bytes()
