"""How often the version of the day is found, over questions whose answer is known; prints JSON.

python -m benchmarks.knowledge.versions FOLDER QUESTIONS
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from casemate.flagships.law.evaluation import DayQuestion, read_day_questions
from casemate.flagships.law.sources import files_in, read_law
from casemate.knowledge.documents import Library


def main() -> None:
    """Load, ask, print."""
    folder, questions = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as place, Library(Path(place) / "library.sqlite") as library:
        started = time.perf_counter()
        library.load(folder, files_in(folder), read_law)
        loaded = time.perf_counter() - started
        asked = list(read_day_questions(questions))
        right = sum(_is_right(library, one) for one in asked)
    print(json.dumps({"questions": len(asked), "right": right, "load_seconds": round(loaded, 1)}))


def _is_right(library: Library, one: DayQuestion) -> bool:
    standing = library.at(library.work(one.work), one.article, "fr", one.day)
    begun = None if standing.version is None else standing.version.valid_from
    told = None if begun is None else begun.isoformat()
    return told == one.version and (standing.provision is not None) == one.exists


if __name__ == "__main__":
    main()
