"""The chart of the cases: our time over ARX's, case by case, on a logarithmic scale.

    python benchmarks/protection/cases.py --json > cases.json
    python benchmarks/protection/chart.py cases.json chart.svg [--json]

1 is ARX's own time; a point left of it is faster. One point is the warm call, the other a new process
with imports and the reading of files. `--json` prints the ratios that are drawn.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from casemate.charts import draw

CALL, PROCESS = "whole call, warm", "new process, files read"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    ratios = ratios_of(json.loads(options.cases.read_text()))
    options.output.write_text(chart(ratios), encoding="utf-8")
    print(json.dumps(ratios, indent=1) if options.json else f"the chart is in {options.output}")


def ratios_of(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Our time over ARX's for each case, warm and as a new process."""
    found = []
    for case in cases:
        label = (
            f"{case['set']}  {case['models']}  {100 * case['suppression_limit']:g} %  "
            f"{case['measure']}"
        )
        for what, ours, theirs in (
            (CALL, case["warm_ms"], case["arx_ms"]),
            (PROCESS, case["process_ms"], case["arx_process_ms"]),
        ):
            found.append({"case": label, "what": what, "ratio": ours / theirs})
    return found


def chart(ratios: list[dict[str, Any]]) -> str:
    """The ratios as points, and a line where both are equally fast."""
    told = "; ".join(f"{one['case']}, {one['what']}: {one['ratio']:.2f}" for one in ratios)
    x = {"type": "quantitative", "scale": {"type": "log"}, "title": "our time over ARX's"}
    y = {"field": "case", "type": "nominal", "sort": None, "title": None}
    points = {
        "mark": {"type": "point", "filled": True, "size": 60},
        "encoding": {
            "x": {"field": "ratio", **x},
            "y": {**y, "axis": {"labelLimit": 340}},
            "color": {"field": "what", "sort": None},
            "shape": {"field": "what", "sort": None},
        },
    }
    even = {
        "data": {"values": [{"at": 1}]},
        "mark": {"type": "rule", "strokeDash": [4, 4]},
        "encoding": {"x": {"field": "at", **x}},
    }
    return draw(
        {"data": {"values": ratios}, "width": 460, "layer": [points, even]},
        alternative=f"Our time over ARX's by case; below 1 we are faster. {told}",
    )


if __name__ == "__main__":
    main()
