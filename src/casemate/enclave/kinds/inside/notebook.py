"""Inside the sandbox: the code cells of a notebook, one after the other, as one program.

No kernel and no server: those speak through sockets. What a cell prints, and the value of its last
line, are kept in an executed copy in /out under the notebook's own name; that copy is free text and is
checked as such. An error ends the run, as in any program, with the cell's own lines in the log.
"""

import ast
import contextlib
import io
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

SHOWN = 65536  # characters kept of what one cell printed


def main(text: str, filename: str) -> None:
    """Run every code cell of the notebook ``text`` and write the executed copy to /out/``filename``."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    document = json.loads(text)
    names: dict[str, Any] = {"__name__": "__main__"}
    number = 0
    for cell in document["cells"]:
        if cell["cell_type"] != "code":
            continue
        number += 1
        cell["execution_count"] = number
        cell["outputs"] = run_cell("".join(cell["source"]), number, names)
    executed = json.dumps(document, ensure_ascii=False, indent=1)
    Path("/out", filename).write_text(executed, encoding="utf-8")


def run_cell(source: str, number: int, names: dict[str, Any]) -> list[dict[str, Any]]:
    """What one cell gives, in the notebook's own form: one stream of text, one value."""
    body = ast.parse(source, f"<cell {number}>")
    last = body.body[-1] if body.body and isinstance(body.body[-1], ast.Expr) else None
    if last is not None:
        body.body.pop()
    printed, value = io.StringIO(), None
    try:
        with contextlib.redirect_stdout(printed):
            names["display"] = print
            exec(compile(body, f"<cell {number}>", "exec"), names)  # noqa: S102 - it is what we are for
            if last is not None:
                expression = compile(ast.Expression(last.value), f"<cell {number}>", "eval")
                value = eval(expression, names)  # noqa: S307
    except Exception as error:  # noqa: BLE001 - shown without our own lines, and the run ends
        own = error.__traceback__ and error.__traceback__.tb_next
        traceback.print_exception(type(error), error, own)
        sys.exit(1)
    return outputs(printed.getvalue(), value, number)


def outputs(printed: str, value: object, number: int) -> list[dict[str, Any]]:
    """The text and the value as entries of a notebook."""
    found: list[dict[str, Any]] = []
    if printed:
        found.append({"output_type": "stream", "name": "stdout", "text": printed[:SHOWN]})
    if value is not None:
        found.append(
            {
                "output_type": "execute_result",
                "execution_count": number,
                "metadata": {},
                "data": {"text/plain": repr(value)[:SHOWN]},
            }
        )
    return found
