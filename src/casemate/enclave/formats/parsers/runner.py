"""What a parsing sandbox runs: one parser on one file, its facts into /out.

``/in/job.json`` names the parser and what to do. Whatever goes wrong in a parser is a fact as well: the
file cannot be read as what it says it is.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    sys.path.insert(0, "/in")
    job = json.loads(Path("/in/job.json").read_bytes())
    parser = importlib.import_module(job["parser"])
    data = Path("/in/file").read_bytes()
    try:
        facts = _work(job, parser, data)
    except MemoryError:
        raise
    except Exception as problem:  # noqa: BLE001  (the sandbox is the wall; each failure is a finding)
        said = str(problem) if type(problem) is ValueError else type(problem).__name__
        facts = {"problems": [f"malformed: {said}"[:200]]}
    Path("/out/facts.json").write_text(json.dumps(facts))


def _work(job: dict[str, Any], parser: Any, data: bytes) -> dict[str, Any]:
    if job["task"] == "facts":
        return dict(parser.facts(data))
    import numpy as np

    people = np.frombuffer(Path("/in/people").read_bytes(), dtype="<f8").reshape(job["shape"])
    if job["task"] == "memory":
        checker = importlib.import_module("memory")
        return dict(checker.facts(parser.arrays(data), people, job["columns"], job["known"]))
    carrier = importlib.import_module(job["carrier"])
    if job["task"] == "leaves":
        return {"counts": {"smallest_leaf": int(carrier.smallest_leaf(parser.model(data), people))}}
    said = carrier.evaluate(parser.model(data), people, job.get("terms"))
    predictions = np.ascontiguousarray(said, dtype="<f8")
    Path("/out/predictions").write_bytes(predictions.tobytes())
    return {"counts": {"rows": predictions.shape[0], "columns": predictions.shape[1]}}


if __name__ == "__main__":
    main()
