"""Models carried out in the enclave's sandbox: what comes back is a claim, and read as one."""

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from casemate.assurance.tabular.answers import Said, written
from casemate.errors import BadInput

_MOST_FACTS = 64 * 1024


def onnx(data: bytes, rows: pl.DataFrame) -> Any:
    """What an ONNX model says of each row, by the enclave's reader."""
    from casemate.enclave.formats.inspection import Uninspectable, predictions

    texts = [one.name for one in rows.get_columns() if not _is_number(one)]
    if texts:
        raise BadInput(
            f"the column {texts[0]!r} is text, and an ONNX model reads numbers: encode it, or name the "
            "features that the model reads"
        )
    numbers = rows.select(pl.all().cast(pl.Float64).fill_null(float("nan"))).to_numpy()
    try:
        said = predictions(data, np.ascontiguousarray(numbers))
    except Uninspectable as problem:
        raise BadInput(f"the ONNX model cannot be tried: {problem}") from None
    if said.shape[1] > 2:
        raise BadInput(f"the model tells {said.shape[1]} classes apart: only two can be assessed")
    return said


def pickled(data: bytes, rows: pl.DataFrame, positive: str) -> Said:
    """What a pickled scikit-learn classifier says of each row; it is loaded inside and nowhere else."""
    from casemate.enclave import sandbox
    from casemate.enclave.limits import Limits

    buffer = io.BytesIO()
    rows.write_ipc(buffer, compression="uncompressed", compat_level=pl.CompatLevel.oldest())
    job = sandbox.Job(
        script=_program(),
        filename="answer.py",
        inputs={"model": data, "rows": buffer.getvalue()},
        environment={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        limits=Limits(cpu_seconds=300, wall_seconds=600.0),
    )
    ended = sandbox.run(job, should_stop=lambda: None)
    if ended.ended != "finished":
        raise BadInput(
            f"the model was ended in the sandbox ({ended.ended}): it could not be loaded, or what it "
            "needs is not there"
        )
    files = {one.name: one.data for one in ended.outputs}
    return _read(files, rows.height, positive)


def _read(files: dict[str, bytes], rows: int, positive: str) -> Said:
    """The answers, held against what was asked. Raises ``BadInput`` where they are not such."""
    facts = _facts(files.get("facts.json", b""))
    if "problem" in facts:
        named = f": {facts['missing']!r}"[:120] if "missing" in facts else ""
        raise BadInput(f"the model cannot be tried: {str(facts['problem'])[:120]}{named}")
    classes, columns = facts.get("classes"), facts.get("columns")
    if not isinstance(classes, list) or not 2 <= len(classes) <= 1000:
        raise BadInput("the model tells no classes apart")
    names = [written(one) for one in classes]
    if positive not in names:
        raise BadInput(f"the model knows no class {positive!r}: {', '.join(names[:6])[:120]}")
    answers = np.frombuffer(files.get("answers", b""), dtype="<f8")
    if columns not in (1, 1 + len(classes)) or answers.size != rows * columns:
        raise BadInput("the model does not answer for each row")
    table, place = answers.reshape(columns, rows), names.index(positive)
    if not np.isfinite(table).all() or (columns > 1 and not _are_shares(table[1:])):
        raise BadInput("the model's answers are no classes and no probabilities")
    scores = None if columns == 1 else np.array(table[1 + place])
    return Said(table[0] == place, scores)


def _facts(data: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(data[:_MOST_FACTS])
    except (ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict):
        raise BadInput("the model left no answers")
    return facts


def _are_shares(table: Any) -> bool:
    return bool((table >= -1e-6).all() and (table <= 1 + 1e-6).all())


def _is_number(column: pl.Series) -> bool:
    return column.dtype.is_numeric() or column.dtype == pl.Boolean


@cache
def _program() -> bytes:
    return (Path(__file__).parent / "inside" / "answer.py").read_bytes()
