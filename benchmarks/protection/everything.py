"""Every figure on protection, from the scripts that measure them: `make bench-protection`.

    python -m benchmarks.protection.everything [FOLDER] [--rows 100000000] [--output DIR] [--quick] [--json]

Prints the table of cases against ARX, the run at scale, differential privacy, pseudonyms, synthesis and
protected tables, each with the load average at its start: far above 0, its times say little. Writes
`protection.json` with all that the scripts printed, and `cases.svg`, to DIR (default:
.benchmarks/protection). `--quick` runs fewer repeats, for a look. A script that is not there or fails is
said to be so, and the exit code is 1.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.protection import cases, chart, scale

HERE = Path(__file__).resolve().parent
BENCHMARKS = HERE.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=cases.SHARED)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--output", type=Path, default=Path(".benchmarks/protection"))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    report: dict[str, Any] = {"machine": machine()}
    for name, script, words in scripts(options):
        report[name] = run(script, words)
        if not options.json:
            print(as_text(name, report[name]), flush=True)
    (options.output / "protection.json").write_text(json.dumps(report, indent=1) + "\n")
    if isinstance(report["cases"].get("figures"), list):
        drawn = chart.chart(chart.ratios_of(report["cases"]["figures"]))
        (options.output / "cases.svg").write_text(drawn, encoding="utf-8")
    if options.json:
        print(json.dumps(report, indent=1))
    else:
        print(f"everything is in {options.output / 'protection.json'}, the chart beside it")
    sys.exit(any("failed" in part for part in report.values()))


def machine() -> dict[str, Any]:
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "python": platform.python_version(),
        "processor": platform.machine(),
    }


def scripts(options: argparse.Namespace) -> list[tuple[str, Path, list[str]]]:
    """What is run, by name: the script and its words."""
    folder = str(options.folder)
    repeat = "1" if options.quick else "5"
    rows = str(min(options.rows, 1_000_000) if options.quick else options.rows)
    return [
        ("cases", HERE / "cases.py", [folder, "--repeat", repeat]),
        ("scale", HERE / "scale.py", ["--rows", rows]),
        (
            "differential privacy",
            BENCHMARKS / "differential_privacy.py",
            ["--repeat", repeat],
        ),
        ("pseudonyms", BENCHMARKS / "pseudonyms.py", ["--repeat", repeat]),
        (
            "synthesis",
            BENCHMARKS / "synthesis.py",
            [str(options.folder / "adult"), "--runs", "1" if options.quick else "5"],
        ),
        ("protected tables", BENCHMARKS / "aggregation.py", ["--repeat", repeat]),
    ]


def run(script: Path, words: list[str]) -> dict[str, Any]:
    """What a script measured, and the load it began under."""
    load = round(os.getloadavg()[0], 2)
    if not script.is_file():
        return {"load_average": load, "failed": f"there is no {script.name}"}
    if "--json" in script.read_text(encoding="utf-8"):
        words = [*words, "--json"]
    done = subprocess.run(
        [sys.executable, str(script), *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = next(iter(done.stderr.strip().splitlines()[-1:]), "")
        return {
            "load_average": load,
            "failed": f"{script.name} ended with {done.returncode}: {last}",
        }
    return {"load_average": load, "figures": json.loads(done.stdout)}


def as_text(name: str, part: dict[str, Any]) -> str:
    """A heading, and the figures for people."""
    head = f"\n== {name}, load average {part['load_average']} at its start"
    if "failed" in part:
        return f"{head}\n{part['failed']}"
    if name == "cases":
        lines = [cases.as_line(row) for row in part["figures"]]
        same = sum(row["same_optimum"] for row in part["figures"])
        faster = sum(row["warm_ms"] < row["arx_ms"] for row in part["figures"])
        last = f"same optimum in {same} of {len(lines)} cases, faster than ARX warm in {faster}"
        return "\n".join([head, cases.HEADING, *lines, last])
    if name in LINES:
        return "\n".join([head, *LINES[name](part["figures"])])
    return "\n".join([head, *flat(part["figures"])])


def privacy_lines(figures: dict[str, Any]) -> list[str]:
    """A line a question: the milliseconds that privacy adds to a plain aggregate, where that is asked."""
    settings = [key for key, one in figures.items() if isinstance(one, dict)]
    widths = [max(len(key), 12) for key in settings]
    names = " ".join(f"{key:>{width}}" for key, width in zip(settings, widths, strict=True))
    lines = [f"{figures['rows']} rows; ms added, by the clock", f"{'question':26} {names}"]
    for question in figures[settings[0]]:
        held = [figures[key][question] for key in settings]
        added = [one.get("added_ms", one.get("added_first")) for one in held]
        told = " ".join(f"{ms:{width}.1f}" for ms, width in zip(added, widths, strict=True))
        lines.append(f"{question:26} {told}")
    return lines


LINES = {"scale": scale.as_lines, "differential privacy": privacy_lines}


def flat(figures: Any, above: str = "") -> list[str]:
    """A line for each figure, its path before it; lists of more than eight are counted."""
    if isinstance(figures, dict):
        return [line for key, one in figures.items() for line in flat(one, f"{above}{key} / ")]
    if isinstance(figures, list) and (len(figures) > 8 or any(map(_nested, figures))):
        return [f"{above[:-3]}: {len(figures)} entries"]
    return [f"{above[:-3]}: {figures}"]


def _nested(value: Any) -> bool:
    return isinstance(value, dict | list)


if __name__ == "__main__":
    main()
