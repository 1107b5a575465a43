"""A model tried in place: what is handed in to have it done, and what trusted code gives back.

A request names a model (an output that lies sealed here, a file that comes with it, or a rule as an
expression) and the columns of the permit's view that it is tried on. No program of the data user meets the
records: trusted code reads them, the model itself is carried out in the sandbox, and what leaves is a
document of figures that goes through the output check. The room ``assurance`` knows how; it lies above this
one, so that it is handed in as an ``Evaluator``.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from casemate.errors import BadInput

ENDING = ".evaluate"
OUTPUT = "evaluation.json"
MOST_COLUMNS = 200
_KEYS = {
    "algorithm", "model", "data", "target", "positive", "features", "protected", "threshold", "seed",
}  # fmt: skip
_MODELS = {"output", "file", "rule"}


@dataclass(frozen=True)
class ModelBytes:
    """A model as it is opened: a file's name and its content, or a rule as JSON under ``rule.json``."""

    name: str
    data: bytes


@dataclass(frozen=True)
class EvaluationRequest:
    """What is to be tried on what. ``model`` has one of ``output`` (an id), ``file`` (``name`` and
    ``base64``), or ``rule`` (an expression of ``casemate.analysis``: true where it decides for)."""

    model: Mapping[str, Any]
    target: str
    data: str | None = None
    """The dataset, where the permit opens several."""
    positive: str | None = None
    features: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    threshold: float = 0.5
    seed: int = 20_261_130
    algorithm: str | None = None
    """The register's entry that it becomes evidence on."""

    @property
    def output(self) -> str | None:
        """The sealed output that holds the model, where one does."""
        return self.model.get("output")

    def carried(self) -> ModelBytes | None:
        """The model that came with the request; ``None`` where it lies sealed here."""
        if "rule" in self.model:
            text = json.dumps(self.model["rule"], sort_keys=True, separators=(",", ":"))
            return ModelBytes("rule.json", text.encode())
        if "file" in self.model:
            one = self.model["file"]
            return ModelBytes(one["name"], base64.b64decode(one["base64"]))
        return None

    def input_of(self, names: list[str]) -> str:
        """Which of a run's inputs it is tried on."""
        if self.data is None and len(names) == 1:
            return names[0]
        if self.data in names:
            return str(self.data)
        raise BadInput(f"say which dataset of the permit the model is tried on: {', '.join(names)}")


@dataclass(frozen=True)
class Evaluated:
    """The document, and by whom its figures are: rows of the view, a set for each count told."""

    document: bytes
    people: tuple["np.ndarray[Any, np.dtype[np.int64]]", ...]


Evaluator = Callable[[EvaluationRequest, pl.DataFrame, str, ModelBytes, int], Evaluated]
"""From a request, the view's rows, their digest, the model, and the least number of people in a cell."""


def read_request(text: bytes, filename: str = "request") -> EvaluationRequest:
    """The request in ``text``; raises ``BadInput`` saying what it lacks."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as failure:
        raise BadInput(f"{filename} is no JSON: {failure}") from None
    if not isinstance(told, dict) or not {"model", "target"} <= told.keys() <= _KEYS:
        raise BadInput(f"{filename} asks for an evaluation by model, target, and {_listed()}")
    request = EvaluationRequest(
        model=_model(told["model"]),
        target=_word(told, "target"),
        data=told.get("data") and _word(told, "data"),
        positive=told.get("positive") and _word(told, "positive"),
        features=_words(told, "features"),
        protected=_words(told, "protected"),
        threshold=_share(told.get("threshold", 0.5)),
        seed=_seed(told.get("seed", 20_261_130)),
        algorithm=told.get("algorithm") and _word(told, "algorithm"),
    )
    request.carried()
    return request


def _listed() -> str:
    return ", ".join(sorted(_KEYS - {"model", "target"}))


def _model(told: Any) -> Mapping[str, Any]:
    if not isinstance(told, dict) or len(told) != 1 or not told.keys() <= _MODELS:
        raise BadInput("the model is one of: an output's id, a file, a rule")
    if "output" in told and not isinstance(told["output"], str):
        raise BadInput("a model that lies here is named by its output's id")
    if "file" in told:
        _require_file(told["file"])
    if "rule" in told and not isinstance(told["rule"], dict):
        raise BadInput("a rule is an expression: a table with `op`")
    return told


def _require_file(told: Any) -> None:
    named = isinstance(told, dict) and told.keys() == {"name", "base64"}
    if not named or not all(isinstance(one, str) for one in told.values()):
        raise BadInput("a model's file has a name and its content in base64")
    try:
        base64.b64decode(told["base64"], validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("the model's content is not base64") from None


def _word(told: Mapping[str, Any], name: str) -> str:
    if not isinstance(told[name], str) or not 0 < len(told[name]) <= 200:
        raise BadInput(f"{name} is a text of 200 characters at most")
    return str(told[name])


def _words(told: Mapping[str, Any], name: str) -> tuple[str, ...]:
    listed = told.get(name, [])
    if not isinstance(listed, list) or len(listed) > MOST_COLUMNS:
        raise BadInput(f"{name} is a list of columns, of {MOST_COLUMNS} at most")
    return tuple(_word({name: one}, name) for one in listed)


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise BadInput("threshold is a number from 0 to 1")
    return float(value)


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**32:
        raise BadInput("seed is a whole number from 0 to 4294967295")
    return value
