"""What a model's file is, and what the scanners say of it; nothing is loaded, all is read in the sandbox.

Two scanners of others (fickling, picklescan) and our own reading look at a pickle: one alone missed
``builtins.__import__``, the other calls a clean scikit-learn model likely unsafe. So none of them clears a
pickle; it is carried out in the sandbox whatever they say.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from casemate.assurance.tabular.models import read_model
from casemate.canonical import digest
from casemate.errors import BadInput

_READ = ("onnx", "safetensors", "gguf", "pickle")


@dataclass(frozen=True)
class Scanned:
    """A model's file: its kind by its content, what holds it back, and what each scanner found."""

    name: str
    kind: str
    digest: str
    size: int
    runs_code: bool
    problems: tuple[str, ...]
    scans: tuple[dict[str, Any], ...]
    operators: tuple[str, ...]
    parameters: int


def scan(path: Path) -> Scanned:
    """Look at the model in ``path``. Raises ``BadInput`` where it is none, or cannot be read as one."""
    from casemate.enclave.formats.facts import HostileKind
    from casemate.enclave.formats.inspection import Uninspectable, inspect_hostile
    from casemate.enclave.formats.kinds import kind_of

    data = read_model(path)
    sniffed = kind_of(path.name, data)
    if sniffed.kind not in _READ or sniffed.kind not in get_args(HostileKind):
        raise BadInput(f"{path.name} is no model's file: it is {sniffed.what}")
    try:
        facts = inspect_hostile(data, cast(HostileKind, sniffed.kind))
    except Uninspectable as problem:
        raise BadInput(f"{path.name} cannot be read as {sniffed.kind}: {problem}") from None
    return Scanned(
        path.name,
        sniffed.kind,
        digest(data),
        len(data),
        sniffed.kind == "pickle",
        facts.problems,
        tuple(one.model_dump(mode="json") for one in facts.scans),
        facts.operators,
        sum(_size(one.shape) for one in facts.tensors),
    )


def _size(shape: tuple[int, ...]) -> int:
    found = 1
    for side in shape:
        found *= side
    return found
