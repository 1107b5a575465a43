"""The server of vectors that a home's settings name: ``[embedding]`` in ``casemate.toml``.

[embedding]
endpoint = "https://models.example.lu/v1"   # OpenAI's protocol; http on this machine alone
model = "multilingual-e5-large"             # the server's name for it
dimension = 1024                            # numbers in one of its vectors
key_env = "EMBEDDING_KEY"                   # the variable that holds the key, where it wants one
query_prefix = "query: "                    # what this model wants before a question (default: nothing)
passage_prefix = "passage: "                # and before a passage
together = 64                               # texts in one request
seconds = 30                                # the most that one request may take
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casemate.errors import BadInput
from casemate.language.address import require_address

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_TEXT = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_TEXTS = ("endpoint", "model", "key_env", "query_prefix", "passage_prefix")
_BOUNDS = {"dimension": (8, 8192), "together": (1, 1024), "seconds": (1, 600)}


@dataclass(frozen=True)
class EmbeddingSettings:
    """Which server makes vectors, of which model, and its bounds."""

    endpoint: str
    model: str
    dimension: int
    key_env: str | None = None
    query_prefix: str = ""
    passage_prefix: str = ""
    together: int = 64
    seconds: int = 30


def read_embedding_settings(document: Any) -> EmbeddingSettings:
    """What ``[embedding]`` says. Raises ``BadInput``."""
    if not isinstance(document, Mapping):
        raise BadInput("the settings' embedding is a table: write [embedding]")
    if unknown := set(document) - {*_TEXTS, *_BOUNDS}:
        raise BadInput(f"[embedding] has unknown settings {sorted(unknown)}")
    for needed in ("endpoint", "model", "dimension"):
        if needed not in document:
            raise BadInput(
                f"[embedding] has no {needed}: the server's address, model and dimension"
            )
    told: dict[str, Any] = {name: _checked(name, value) for name, value in document.items()}
    if told.get("key_env") is not None and not _VARIABLE.fullmatch(told["key_env"]):
        raise BadInput("[embedding] key_env names an environment variable, never a key itself")
    return EmbeddingSettings(**told | {"endpoint": require_address(told["endpoint"])})


def _checked(name: str, value: Any) -> str | int:
    if name in _BOUNDS:
        low, high = _BOUNDS[name]
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise BadInput(f"[embedding] {name} is a whole number from {low} to {high}")
    if isinstance(value, str) and _TEXT.fullmatch(value):
        return value
    raise BadInput(f"[embedding] {name} is a text of up to 200 characters")
