"""What a researcher may be told of a failure before the log has been checked: no value of anybody.

The full log may hold data (``KeyError: 'a patient's name'``), so that only three things are taken from
it: the exit code, an exception class from Python's own list, and a line number that their script has.
"""

import builtins
import re

_CLASSES = frozenset(
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException)
) | {"ModuleNotFoundError", "JSONDecodeError", "LinAlgError", "PerfectSeparationError"}
_LAST_LINE = re.compile(rb"^(?:[A-Za-z_][\w.]*\.)?([A-Za-z_]\w*)(?::|$)", re.ASCII)
_SIGNALS = {
    -4: "an illegal instruction",
    -6: "an abort",
    -7: "a bus error",
    -8: "an arithmetic fault",
    -9: "a kill",
    -11: "a segmentation fault",
    -15: "a request to end",
    -24: "its CPU-time limit",
    -25: "its file-size limit",
}


def exception_class(stderr: bytes) -> str | None:
    """The class named on the last line of a traceback, if Python or a known package defines it."""
    for line in reversed(stderr.rstrip().splitlines()[-200:]):
        if line[:1].isspace():  # we are inside the traceback's body: no last line above it counts
            return None
        if match := _LAST_LINE.match(line):
            name = match[1].decode()
            if name in _CLASSES:
                return name
    return None


def line_number(stderr: bytes, filename: str, lines: int) -> int | None:
    """The last line of the script named in a traceback; ``None`` where the script has no such line."""
    pattern = re.compile(
        rb'^  File "/in/' + re.escape(filename.encode()) + rb'", line (\d{1,7})', re.M
    )
    found = pattern.findall(stderr)
    number = int(found[-1]) if found else 0
    return number if 1 <= number <= lines else None


def safe_summary(exit_code: int, stderr: bytes, filename: str, script: bytes | None) -> str:
    """One sentence on how the job failed, safe to show without a check of its log."""
    if exit_code < 0:
        return f"the program was ended by {_SIGNALS.get(exit_code, 'a signal')} (exit code {exit_code})"
    kind = exception_class(stderr)
    line = line_number(stderr, filename, script.count(b"\n") + 1) if script is not None else None
    what = f"raised {kind}" if kind else "failed"
    where = f" at line {line} of {filename}" if line else ""
    return f"the program {what}{where} (exit code {exit_code})"
