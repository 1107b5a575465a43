"""One set of questions, as ``casemate knowledge evaluate --json`` measures it; ``--borrow`` gives passages
without a vector that of another, in a folder for the while.

    python -m benchmarks.knowledge.one_set --corpus FILE --questions FILE --where FOLDER [--borrow]
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.knowledge.borrowing import Borrowing
from casemate.cli.knowledge import evaluated
from casemate.knowledge.encoding import Encoder
from casemate.plain import plain


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser()
    for name in ("--corpus", "--questions", "--where"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--borrow", action="store_true")
    given = parser.parse_args()
    encoder = Encoder()
    if not given.borrow:
        document = evaluated(given.corpus, given.questions, given.where, encoder).data
        print(json.dumps(plain(document)))
        return
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "vectors.sqlite"
        if (given.where / "vectors.sqlite").exists():
            shutil.copy(given.where / "vectors.sqlite", kept)
        borrowing = Borrowing(encoder, kept)
        found: Any = evaluated(given.corpus, given.questions, Path(folder), borrowing).data
        print(json.dumps({**plain(found), "borrowed": borrowing.borrowed}))


if __name__ == "__main__":
    main()
