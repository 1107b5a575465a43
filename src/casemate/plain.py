"""Records as plain JSON values: what ``--json`` prints and the API sends."""

import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from casemate.canonical import digest
from casemate.clock import timestamp


def plain(value: Any) -> Any:
    """``value`` as JSON knows it: records as objects, moments and days as ISO 8601, sets in order."""
    if hasattr(value, "to_dict"):
        return plain(value.to_dict())
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return {
            name: plain(getattr(value, name))
            for name in value.__dataclass_fields__
            if not name.startswith("_") and not isinstance(getattr(value, name), bytes)
        }
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    return value


def as_json(value: Any) -> bytes:
    """``value`` as the API sends it, byte for byte."""
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def tag_of(value: Any) -> str:
    """The entity tag of ``value`` as it is sent today: two who have the same tag saw the same record."""
    return tag_of_json(as_json(value))


def tag_of_json(text: bytes) -> str:
    """The entity tag of a record that is sent as ``text``."""
    return f'"{digest(text).removeprefix("sha256:")[:32]}"'
