"""What the walls cost: start-up of an empty script in the sandbox over the same Python bare; and a check.

Prints one JSON object, milliseconds: medians of 50 runs, taken in turn so that load falls on all alike.
``bare`` starts the interpreter with the options that the sandbox uses; ``bare_with_site`` as
``python -c pass`` does, which also reads the interpreter's own site-packages. CPU time is that of this
process and of its children together. The check is of a 14 x 5 table over 30,000 rows (acro 1.0.2 needs
301 ms for its crosstab of that size).

    python benchmarks/sandbox.py [--first-in-line]

On a machine that is busy with other things, root may ask for real-time turns (``--first-in-line``): then
what else runs does not stand between the steps of a start.
"""

import argparse
import json
import os
import resource
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


def timed_twice(act: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds by the clock, and of CPU."""
    usage = _cpu()
    wall = timed(act)
    return wall, (_cpu() - usage) * 1000


def _cpu() -> float:
    """Seconds of this process and of all its children that were waited for."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


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


def start_up() -> dict[str, float]:
    """Each act fifty times, in turn."""
    acts = {"sandbox": sandboxed, "bare": bare, "bare_with_site": bare_with_site}
    sandboxed()  # tries the walls, once a process
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in acts}
    for _ in range(RUNS):
        for name, act in acts.items():
            times[name].append(timed_twice(act))
    walls, cpu = (
        [
            behind[at] - bare[at]
            for behind, bare in zip(times["sandbox"], times["bare"], strict=True)
        ]
        for at in (0, 1)
    )
    medians = {
        f"{name}_ms": round(statistics.median(wall for wall, _ in taken), 1)
        for name, taken in times.items()
    }
    return {
        **medians,
        "walls_cost_ms": round(statistics.median(walls), 1),
        "walls_cost_least_ms": round(min(times["sandbox"])[0] - min(times["bare"])[0], 1),
        "walls_cost_cpu_ms": round(statistics.median(cpu), 1),
    }


def main() -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Measure what the walls cost.")
    parser.add_argument("--first-in-line", action="store_true", help="real-time turns, as root")
    if parser.parse_args().first_in_line:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
    figures = start_up()
    report = {
        **figures,
        "check_14x5_30000_rows_ms": round(check_milliseconds(), 1),
        "runs": RUNS,
        "load_average": round(os.getloadavg()[0], 2),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
