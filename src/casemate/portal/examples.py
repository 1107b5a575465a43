"""Examples in the API's description: what was really said, recorded on a walk through every operation.

A reader learns more from an answer than from its schema. None is written by hand, so none can be wrong:
``tests/portal/api_tour.py`` records them, and its test holds each against its schema.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("examples.json")


@dataclass(frozen=True)
class Example:
    """One exchange: the JSON that was sent and the JSON that came, where they were JSON."""

    request: Any = None
    response: Any = None

    def document(self) -> dict[str, Any]:
        """As it is kept."""
        kept = {"request": self.request, "response": self.response}
        return {name: value for name, value in kept.items() if value is not None}


@cache
def examples() -> dict[str, Example]:
    """By operation, as ``POST /api/v1/runs``."""
    return {
        operation: Example(**said)
        for operation, said in json.loads(FILE.read_text(encoding="utf-8")).items()
    }


def add_examples(document: dict[str, Any]) -> None:
    """Put into an OpenAPI ``document`` what was said of each of its operations."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            said = examples().get(f"{method.upper()} {path}")
            if said is None:
                continue
            if said.request is not None and "requestBody" in operation:
                _put(operation["requestBody"], said.request)
            for status, answer in operation["responses"].items():
                if status.startswith("2") and said.response is not None:
                    _put(answer, said.response)


def _put(described: dict[str, Any], example: Any) -> None:
    for media, content in described.get("content", {}).items():
        if media == "application/json":
            content["example"] = example
