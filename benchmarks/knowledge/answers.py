"""How good the law's answers are, on the demo's questions and texts; prints JSON.

    python -m benchmarks.knowledge.answers

Each question that has an answer is asked with and without it in the texts: whether quotes exist and are of
the right version, F1 of citations and of refusals.
"""

import json
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

import casemate.flagships.law
from casemate.flagships.law.questions import INVENTED
from casemate.flagships.law.sources import files_in, read_law
from casemate.knowledge.answers import Answers
from casemate.knowledge.answers.finding import IndexFinder, likeness_by
from casemate.knowledge.answers.measures import Asked, measure
from casemate.knowledge.documents import Library
from casemate.knowledge.encoding import Encoder
from casemate.knowledge.passaging import passages_of
from casemate.knowledge.retrieval import KnowledgeIndex
from casemate.plain import plain


def main() -> None:
    """Load, index, ask, print."""
    encoder = Encoder()
    with (
        tempfile.TemporaryDirectory() as folder,
        as_file(files(casemate.flagships.law).joinpath("sample")) as sample,
        Library(Path(folder) / "library.sqlite") as library,
    ):
        library.load(sample, files_in(sample), read_law)
        (work,) = library.works()
        passages = list(passages_of(library))
        index = KnowledgeIndex.build(passages, Path(folder) / "index", encoder)
        answers = Answers(library, IndexFinder(index, passages), likeness=likeness_by(encoder))
        asked = [
            Asked(one.text, one.language, one.on, frozenset({f"{work}#{one.answer}"}))
            for one in INVENTED
            if one.answer
        ]
        print(json.dumps(plain(measure(answers, library, asked)), indent=1))


if __name__ == "__main__":
    main()
