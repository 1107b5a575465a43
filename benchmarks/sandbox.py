"""What the walls cost: start-up of an empty script in the sandbox over the same Python bare; and a check.

Prints one JSON object, milliseconds: medians of 50 runs, taken in turn so that load falls on all alike.
``bare`` starts the interpreter with the options that the sandbox uses; ``bare_with_site`` as
``python -c pass`` does, which also reads the interpreter's own site-packages. The check is of a 14 x 5
table over 30,000 rows (acro 1.0.2 needs 301 ms for its crosstab of that size).
"""

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable

import polars as pl

from casemate.canonical import digest
from casemate.enclave import checks, sandbox, walls
from casemate.enclave.collect import CollectedFile

RUNS = 50


def sandboxed() -> None:
    job = sandbox.Job(script=b"pass")
    assert sandbox.run(job, should_stop=lambda: None).ended == "finished"


def bare() -> None:
    subprocess.run([walls.interpreter(), "-s", "-S", "-P", "-c", "pass"], check=True)


def bare_with_site() -> None:
    subprocess.run([walls.interpreter(), "-c", "pass"], check=True)


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def check_milliseconds() -> float:
    frame = pl.DataFrame(
        {
            "occupation": [n % 14 for n in range(30_000)],
            "race": [n // 14 % 5 for n in range(30_000)],
        }
    )
    table = frame.group_by("occupation", "race").len("count").sort("occupation", "race")
    data = table.write_csv().encode()
    output, context = (
        CollectedFile("table.csv", data, digest(data)),
        checks.CheckContext({"a": frame}),
    )
    assert checks.check(output, context).decision == "pass"
    return statistics.median(timed(lambda: checks.check(output, context)) for _ in range(RUNS))


def main() -> None:
    acts = {"sandbox": sandboxed, "bare": bare, "bare_with_site": bare_with_site}
    sandboxed()  # tries the walls, once a process
    times: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(RUNS):
        for name, act in acts.items():
            times[name].append(timed(act))
    medians = {f"{name}_ms": round(statistics.median(taken), 1) for name, taken in times.items()}
    over_bare = [one - two for one, two in zip(times["sandbox"], times["bare"], strict=True)]
    report = {
        **medians,
        "walls_cost_ms": round(statistics.median(over_bare), 1),
        "walls_cost_least_ms": round(min(times["sandbox"]) - min(times["bare"]), 1),
        "check_14x5_30000_rows_ms": round(check_milliseconds(), 1),
        "runs": RUNS,
        "load_average": round(os.getloadavg()[0], 2),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
