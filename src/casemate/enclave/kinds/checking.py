"""What may be handed in: a name that says its kind, text that can be one."""

import json
import re
from typing import Any, Literal

from casemate.analysis import BadRecipe, recipe_from_json
from casemate.enclave.evaluating import ENDING, read_request
from casemate.errors import BadInput

Kind = Literal["python", "notebook", "r", "sql", "request", "evaluation"]

PROGRAM_BYTES = 1024 * 1024
EVALUATION_BYTES = 32 * 1024 * 1024
"""A request to try a model may bring the model with it."""
ENDINGS: dict[str, Kind] = {
    ".py": "python",
    ".ipynb": "notebook",
    ".r": "r",
    ".sql": "sql",
    ".json": "request",
    ENDING: "evaluation",
}
_FILENAME = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]{0,99})(\.[A-Za-z]+)")


def kind_of(filename: str) -> Kind:
    """The kind of work that ``filename`` says it is; raises ``BadInput`` where it says none."""
    named = _FILENAME.fullmatch(filename)
    kind = ENDINGS.get(named[2].lower()) if named and len(filename) <= 100 else None
    if kind is None:
        raise BadInput(
            f"the script's name {filename[:120]!r} will not do: letters, digits, '_', '-' and '.', ending "
            "in .py, .ipynb, .R, .sql, .json or .evaluate, at most 100 characters"
        )
    return kind


def meets_rows(filename: str) -> bool:
    """Whether a program of the data user meets the records; requests are carried out by our own code."""
    return kind_of(filename) not in ("request", "evaluation")


def check_program(program: bytes, filename: str) -> Kind:
    """Its kind; raises ``BadInput`` where ``program`` cannot be one, saying why."""
    kind = kind_of(filename)
    if not program.strip():
        raise BadInput(f"{filename} is empty: there is nothing to run")
    most = EVALUATION_BYTES if kind == "evaluation" else PROGRAM_BYTES
    if len(program) > most:
        raise BadInput(f"{filename} has {len(program)} bytes; a script has at most {most}")
    try:
        text = program.decode("utf-8")
    except UnicodeDecodeError as failure:
        raise BadInput(f"{filename} is not UTF-8 text (byte {failure.start})") from failure
    if kind == "notebook":
        cells_of(text, filename)
    if kind == "request":
        _request(text, filename)
    if kind == "evaluation":
        read_request(program, filename)
    return kind


def cells_of(text: str, filename: str) -> list[str]:
    """The code cells of a notebook (format 4), in order. Raises ``BadInput`` naming the cell."""
    try:
        document: Any = json.loads(text)
        language = document.get("metadata", {}).get("kernelspec", {}).get("language", "python")
        cells = [cell for cell in document["cells"] if cell["cell_type"] == "code"]
        sources = ["".join(cell["source"]) for cell in cells]
        version = int(document["nbformat"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as failure:
        raise BadInput(
            f"{filename} is no notebook of format 4: {type(failure).__name__}"
        ) from failure
    if version != 4 or str(language).lower() != "python":
        raise BadInput(
            f"{filename} is a notebook of format {version} in {str(language)[:40]}; what runs is format 4 "
            "in Python"
        )
    if not any(source.strip() for source in sources):
        raise BadInput(f"{filename} has no code cell: there is nothing to run")
    for number, source in enumerate(sources, start=1):
        for line in source.splitlines():
            if line.startswith(("%", "!")):
                raise BadInput(
                    f"cell {number} of {filename} has the line {line[:60]!r}: commands of IPython do not "
                    "run here, write Python"
                )
    return sources


def _request(text: str, filename: str) -> None:
    try:
        recipe_from_json(text.encode())
    except BadRecipe as failure:
        raise BadInput(f"{filename} is no data request: {failure}") from failure
