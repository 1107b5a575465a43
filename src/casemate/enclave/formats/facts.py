"""What a parser may say of a file: bounded in number, length and kind, whoever wrote it.

The parser ran on hostile bytes and may be theirs by now. Its facts are therefore read as strictly as a
document from outside, and can only hold a file back: no fact lets a file pass without a person.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

MAX_BYTES = 256 * 1024
HostileKind = Literal[
    "onnx", "safetensors", "gguf", "pickle", "parquet", "arrow", "png", "jpeg", "svg", "notebook"
]
Words = Annotated[StrictStr, Field(max_length=300)]
Count = Annotated[StrictInt, Field(ge=0, lt=2**63)]


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Tensor(_Fact):
    """One array of a model: its name, type and shape."""

    name: Words
    type: Annotated[StrictStr, Field(max_length=24)]
    shape: Annotated[tuple[Count, ...], Field(max_length=8)]


class Scan(_Fact):
    """What one scanner of pickles said: ``clean``, ``found`` something, could not run, or failed."""

    scanner: Annotated[StrictStr, Field(max_length=40)]
    state: Literal["clean", "found", "missing", "failed"]
    findings: Annotated[tuple[Words, ...], Field(max_length=40)] = ()
    looked: Count = 0
    """The streams that it came to the end of."""


class Facts(_Fact):
    """The facts of one file. ``problems`` refuse it; all the rest is for the checker's eyes.

    ``counts`` are sizes in bytes, pixels, rows or elements, by name.
    """

    problems: Annotated[tuple[Words, ...], Field(max_length=40)] = ()
    notes: Annotated[tuple[Words, ...], Field(max_length=40)] = ()
    texts: Annotated[tuple[Words, ...], Field(max_length=100)] = ()
    operators: Annotated[
        tuple[Annotated[StrictStr, Field(max_length=80)], ...], Field(max_length=200)
    ] = ()
    tensors: Annotated[tuple[Tensor, ...], Field(max_length=1000)] = ()
    columns: Annotated[tuple[Words, ...], Field(max_length=500)] = ()
    scans: Annotated[tuple[Scan, ...], Field(max_length=4)] = ()
    counts: Annotated[
        dict[Annotated[StrictStr, Field(max_length=40)], Count], Field(max_length=40)
    ] = {}


def facts_from_bytes(data: bytes) -> Facts:
    """The facts in ``data``; raises ``ValueError`` where they are not bounded as they must be."""
    if len(data) > MAX_BYTES:
        raise ValueError("the parser said too much")
    try:
        return Facts.model_validate_json(data)
    except ValidationError as problem:
        raise ValueError(f"the parser's facts have {problem.error_count()} errors") from None
