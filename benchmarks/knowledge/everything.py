"""Retrieval on every set of questions under a folder of data, as the table that ``evaluate`` prints.

    python -m benchmarks.knowledge.everything --data ../shared/data/law [--where FOLDER] [--json]

Where a set is not there, it is named and left out: the data are not part of the project.
"""

import argparse
import subprocess
import sys
from pathlib import Path

SETS = (
    ("lu-law/articles.latest.fr.jsonl.gz", "lu-law/index-terms.dev.jsonl"),
    ("fr-labour/corpus.jsonl.gz", "fr-labour/questions.dev.jsonl"),
    ("eu-law/provisions.en-fr.jsonl.gz", "eu-law/crosslingual.jsonl"),
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--where", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    more = ["--where", str(given.where)] if given.where else []
    more += ["--json"] if given.json else []
    for corpus, questions in SETS:
        paths = given.data / corpus, given.data / questions
        print(f"== {questions}", flush=True)
        if not all(path.exists() for path in paths):
            print(f"left out: {given.data} does not hold it", flush=True)
            continue
        command = ["--corpus", str(paths[0]), "--questions", str(paths[1]), *more]
        called = [sys.executable, "-m", "casemate.cli", "knowledge", "evaluate", *command]
        subprocess.run(called, check=True)


if __name__ == "__main__":
    main()
