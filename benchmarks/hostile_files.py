"""Crafted and harmless files before the judge of formats: does trusted code survive, and who is held?

    python benchmarks/hostile_files.py [mutations of each format] [seed]

Mutates a valid file of each format (bytes changed, cut, doubled, lengths set to their ends, parts of two
files put together) and has each judged. Trusted code survives where every file gets a verdict and none
passes. Then judges harmless texts (this project's pages among them), drawings and pictures: none should be
refused. Prints JSON: verdicts by format, the slowest judgement in seconds of wall time, what failed, and
the harmless that were refused. Run with 2,000 for a whole night's worth; 50 takes some minutes.
"""

import io
import json
import os
import pickle
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import format_files as made

from casemate.enclave.formats import judge_format

PAGES = Path(__file__).parents[1] / "docs"
ENDS = (0, 1, 0x7F, 0x80, 0xFF)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    load = round(os.getloadavg()[0], 1)
    hostile = {}
    for name, data in valid().items():
        hostile[name] = fuzzed(name, data, count, seed)
        print(
            name, hostile[name]["verdicts"], file=sys.stderr, flush=True
        )  # a night may be cut short
    print(json.dumps({"load": load, "mutations": hostile, "harmless": harmless_held()}, indent=2))


def valid() -> dict[str, bytes]:
    """A valid file of each format, by name."""
    pixels = np.random.default_rng(1).integers(0, 256, (12, 9, 3))
    weights = np.random.default_rng(2).normal(size=(4, 5))
    sheet, packed = io.BytesIO(), io.BytesIO()
    pl.DataFrame({"group": ["a", "b"], "count": [120, 240]}).write_parquet(sheet)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>" * 50)
        archive.writestr("archive/data.pkl", pickle.dumps([1, 2]))
    return {
        "a.png": made.png(pixels, extra=[(b"tEXt", b"Software\0tests")], method=1),
        "a.jpg": made.jpeg(b"a comment"),
        "a.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><g><text x="1">Figure</text></g></svg>',
        "a.onnx": made.onnx_logistic(0.5, [1.0, 2.0, 3.0, 4.0, 5.0]),
        "a.safetensors": made.safetensors({"w": weights, "b": weights[0]}, {"by": "tests"}),
        "a.gguf": made.gguf({"w": weights}, {"general.name": "tests"}),
        "a.parquet": sheet.getvalue(),
        "a.xlsx": packed.getvalue(),
        "a.pkl": pickle.dumps({"a": [1, 2, 3]}),
        "a.ipynb": notebook("n = 1200"),
    }


def notebook(text: str) -> bytes:
    """A notebook of one cell that printed ``text``."""
    output = {"output_type": "stream", "name": "stdout", "text": [text]}
    cell = {"cell_type": "code", "source": ["print(n)"], "outputs": [output], "metadata": {}}
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    ).encode()


def fuzzed(name: str, data: bytes, count: int, seed: int) -> dict[str, Any]:
    """What became of ``count`` mutations of ``data``."""
    draw, context = np.random.default_rng(seed), made.context(made.adults(300))
    decisions: Counter[str] = Counter()
    failures: list[str] = []
    slowest = 0.0
    for _ in range(count):
        begun = time.perf_counter()
        try:
            verdict = judge_format(made.file(name, mutated(data, draw)), context, made.card())
            decisions["others recompute it" if verdict is None else verdict.decision] += 1
        except Exception as failure:  # noqa: BLE001  (that there is none is what is shown)
            failures.append(type(failure).__name__)
        slowest = max(slowest, time.perf_counter() - begun)
    return {
        "verdicts": dict(decisions),
        "passed": decisions["pass"],
        "failures of trusted code": Counter(failures),
        "slowest": round(slowest, 2),
    }


def mutated(data: bytes, draw: np.random.Generator) -> bytes:
    """One to four changes of ``data``."""
    found = bytearray(data)
    for _ in range(int(draw.integers(1, 5))):
        if not found:
            break
        at, way = int(draw.integers(len(found))), int(draw.integers(6))
        if way == 0:
            found[at] = int(draw.integers(256))
        elif way == 1:
            found[at] = ENDS[int(draw.integers(len(ENDS)))]
        elif way == 2:
            del found[at : at + int(draw.integers(1, 40))]
        elif way == 3:
            found[at:at] = found[at : at + int(draw.integers(1, 200))] * int(draw.integers(1, 50))
        elif way == 4:
            found[at : at + 8] = int(draw.integers(2**63)).to_bytes(8, "little")
        else:
            found += draw.bytes(int(draw.integers(1, 60)))
    return bytes(found)


def harmless() -> dict[str, bytes]:
    """Files that researchers want to take along, of which none tells of anybody."""
    words = (
        "We fitted a logistic regression of income on age, education and hours (n = 1,200). The odds\n"
        "ratio of education was 1.31 (95 % CI 1.24 to 1.39, p < 0.001); see doi:10.1000/182.\n"
    )
    table = "| Group | Count | Share |\n|---|---|---|\n| women | 590 | 49.2 % |\n| men | 610 | 50.8 % |\n"
    tex = "\\begin{tabular}{lrr}\nwomen & 590 & 49.2 \\\\\nmen & 610 & 50.8 \\\\\n\\end{tabular}\n"
    bars = "".join(f'<rect x="{20 * n}" width="18" height="{n * 7 + 3}"/>' for n in range(12))
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 120"><g>{bars}</g></svg>'
    digest = "The data's digest is sha256:" + "0123456789abcdef" * 4 + ".\n"
    code = "import polars as pl\n\nframe = pl.read_parquet('/in/adults.parquet')\nprint(frame.height)\n"
    log = "".join(
        f"epoch {n}: loss {0.7 - n / 100:.4f}, accuracy {0.5 + n / 80:.4f}\n" for n in range(30)
    )
    greek = "Der Koeffizient β ist 0,42; γ wurde nicht geschätzt. L'écart-type σ était 1,7.\n"
    pixels = np.zeros((40, 60, 3), dtype=np.uint8)
    pixels[10:30, 5:50] = (31, 119, 180)
    return {
        "note.txt": words.encode(),
        "note.md": (words + table).encode(),
        "table.tex": tex.encode(),
        "digest.md": digest.encode(),
        "program.txt": code.encode(),
        "training.log": log.encode(),
        "greek.txt": greek.encode(),
        "plot.svg": svg.encode(),
        "plot.png": made.png(pixels),
        "run.ipynb": notebook(words),
        **{path.name: path.read_bytes() for path in sorted(PAGES.glob("*.md"))},
    }


def harmless_held() -> dict[str, Any]:
    """Of the harmless files: the verdicts, and why one was refused."""
    context = made.context()
    found = {
        name: judge_format(made.file(name, data), context) for name, data in harmless().items()
    }
    refused = {
        name: [reason.rule for reason in one.reasons]
        for name, one in found.items()
        if one is not None and one.decision == "refuse"
    }
    return {"files": len(found), "refused": refused}


if __name__ == "__main__":
    main()
