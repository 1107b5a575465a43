"""What a home's settings say on answers and the language model that may write them (``casemate.toml``).

[language_model]
endpoint = "https://models.example.lu/v1"   # OpenAI's protocol; http on this machine alone
model = "mistral-small"                     # the endpoint's name for it; or, without an endpoint,
                                            # a GGUF file, or a packaged model such as smollm2
key_env = "MODEL_KEY"                       # the variable that holds the key, where it wants one
seconds = 60                                # the most that one text may take
tokens = 400                                # the most tokens of one text
at_once = 2                                 # texts that are written at a time
context = 4096                              # of a file: tokens of prompt and text together
threads = 1                                 # of a file
across_languages = false                    # whether sentences in another language than their quote's stand

[answers]
receipts_on_ledger = false                  # whether digests of answers' receipts are recorded
strictness = "usual"                        # how surely a provision answers: "lenient", "usual", "strict"
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from casemate.errors import BadInput
from casemate.language.address import require_address

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_MODEL = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_BOUNDS = {
    "seconds": (1, 3600),
    "tokens": (16, 8192),
    "at_once": (1, 64),
    "context": (512, 131072),
    "threads": (1, 256),
}
_ACROSS = "across_languages"
_TEXTS = {"endpoint", "model", "key_env"}


Strictness = Literal["lenient", "usual", "strict"]
"""How surely a provision must answer to be quoted as an answer."""


@dataclass(frozen=True)
class LanguageSettings:
    """Which model writes, and its bounds; ``endpoint`` is ``None`` for a file or a packaged model."""

    model: str
    endpoint: str | None = None
    key_env: str | None = None
    seconds: int = 60
    tokens: int = 400
    at_once: int = 1
    context: int = 4096
    threads: int = 1
    across_languages: bool = False
    """Whether sentences in another language than their quote's may stand: who does what to whom is not
    told across languages by what is measured here."""


@dataclass(frozen=True)
class AnswerSettings:
    """What becomes of answers. ``receipts_on_ledger``: the digest of each one's receipt is recorded.
    ``strictness``: what does not stand out so far is shown as near, and not as an answer."""

    receipts_on_ledger: bool = False
    strictness: Strictness = "usual"


def read_answer_settings(document: Any) -> AnswerSettings:
    """What ``[answers]`` says. Raises ``BadInput``."""
    known = {"receipts_on_ledger", "strictness"}
    if not isinstance(document, Mapping) or set(document) - known:
        raise BadInput("the settings' [answers] is a table with receipts_on_ledger and strictness")
    flag = _flag("receipts_on_ledger", document.get("receipts_on_ledger", False))
    return AnswerSettings(flag, _strictness(document.get("strictness", "usual")))


def read_language_settings(document: Any, root: Path) -> LanguageSettings:
    """What ``[language_model]`` says; a file is named from ``root``. Raises ``BadInput``."""
    if not isinstance(document, Mapping):
        raise BadInput("the settings' language_model is a table: write [language_model]")
    if unknown := set(document) - _TEXTS - set(_BOUNDS) - {_ACROSS}:
        raise BadInput(f"[language_model] has unknown settings {sorted(unknown)}")
    texts = {name: _text(name, document[name]) for name in _TEXTS & set(document)}
    if "model" not in texts:
        raise BadInput('[language_model] names no model: write model = "…"')
    if (key := texts.get("key_env")) is not None and not _VARIABLE.fullmatch(key):
        raise BadInput("[language_model] key_env names an environment variable, never a key itself")
    numbers: dict[str, Any] = {
        name: _number(name, document[name]) for name in set(_BOUNDS) & set(document)
    }
    numbers[_ACROSS] = _flag(_ACROSS, document.get(_ACROSS, False))
    endpoint = texts.get("endpoint")
    if endpoint is None:
        if key is not None:
            raise BadInput("[language_model] a key goes with an endpoint: add endpoint")
        return replace(LanguageSettings(_located(texts["model"], root)), **numbers)
    return replace(LanguageSettings(texts["model"], require_address(endpoint), key), **numbers)


def _located(model: str, root: Path) -> str:
    return str(root / model) if model.endswith(".gguf") else model


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not _MODEL.fullmatch(value):
        raise BadInput(f"[language_model] {name} is a text of up to 200 characters")
    return value


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadInput(f"{name} is true or false")
    return value


def _strictness(value: Any) -> Strictness:
    for one in get_args(Strictness):
        if value == one:
            known: Strictness = one
            return known
    raise BadInput(
        f"[answers] strictness is one of {', '.join(get_args(Strictness))}, not {value!r}"
    )


def _number(name: str, value: Any) -> int:
    low, high = _BOUNDS[name]
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadInput(f"[language_model] {name} is a whole number from {low} to {high}")
    return value
