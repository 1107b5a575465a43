"""A notebook: what its cells printed, drawn together as lines, and what else it carries.

Tables in HTML become a line for each row, so that what was printed can be compared with people. What runs
when a notebook is opened is refused. Source: https://nbformat.readthedocs.io.
"""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

_MAX_CELLS, _MAX_TEXT = 1000, 4 << 20
_RUNS = re.compile(r"<\s*(?:script|iframe|object|embed)\b|javascript:|\son\w+\s*=", re.IGNORECASE)
_ROW = re.compile(r"</\s*tr\s*>", re.IGNORECASE)
_CELL = re.compile(r"</\s*t[dh]\s*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")


def facts(data: bytes) -> dict[str, Any]:
    book = json.loads(data)
    if not isinstance(book, dict) or not isinstance(book.get("cells"), list):
        raise ValueError("it holds no cells")
    if len(book["cells"]) > _MAX_CELLS:
        raise ValueError(f"it has more than {_MAX_CELLS} cells")
    held: Counter[str] = Counter()
    lines: list[str] = []
    for cell in book["cells"]:
        held["cells"] += 1
        held["attachments"] += len(cell.get("attachments") or {})
        lines += ["", _joined(cell.get("source"))]
        for output in cell.get("outputs") or []:
            lines += _output(output, held)
    text = "\n".join(lines)
    if len(text) > _MAX_TEXT:
        raise ValueError("it holds more text than anybody reads")
    beside = sorted(set(book.get("metadata") or {}) - {"kernelspec", "language_info"})
    Path("/out/text").write_text(text, errors="replace")
    return {
        "notes": [
            *(f"{count} {what}" for what, count in sorted(held.items()) if count),
            *([f"{len(beside)} metadata that no notebook needs"] if beside else []),
        ],
        "counts": {what: count for what, count in held.items() if count},
    }


def _output(output: dict[str, Any], held: Counter[str]) -> list[str]:
    held["outputs"] += 1
    found = [_joined(output.get("text")), "\n".join(map(str, output.get("traceback") or []))]
    for kind, content in (output.get("data") or {}).items():
        text = _joined(content) if not isinstance(content, dict) else json.dumps(content)
        if "javascript" in kind or "widget" in kind:
            raise ValueError("it holds programs that run when it is opened")
        if kind.startswith("image/"):
            held["pictures"] += 1
        elif kind in ("text/html", "image/svg+xml", "text/markdown", "text/latex"):
            if _RUNS.search(text):
                raise ValueError("it holds programs that run when it is opened")
            found.append(_without_tags(text))
        else:
            found.append(text)
    return found


def _without_tags(text: str) -> str:
    """A table's rows as lines, its cells apart."""
    flat = re.sub(r"\s+", " ", text)
    return _TAG.sub(" ", _CELL.sub(" , ", _ROW.sub("\n", flat)))


def _joined(text: Any) -> str:
    return "".join(map(str, text)) if isinstance(text, list) else str(text or "")
