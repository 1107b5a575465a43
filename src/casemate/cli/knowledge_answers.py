"""``casemate knowledge answers``: how good answers are, on any files of questions. No home is opened."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casemate.cli.common import JsonOption, Shown, exits, show, table
from casemate.errors import BadInput
from casemate.register.law.cases import read_day

if TYPE_CHECKING:
    from casemate.knowledge.answers import Answers
    from casemate.knowledge.answers.measures import Asked
    from casemate.knowledge.documents import Document
    from casemate.knowledge.encoding import Encoder

_TOKENS = 160


def add_to(app: typer.Typer) -> None:
    """Put the command into ``casemate knowledge``."""
    app.command("answers")(answers)


def answers(
    corpus: Annotated[
        Path, typer.Option("--corpus", help="The provisions, one JSON object a line.")
    ],
    questions: Annotated[
        Path,
        typer.Option("--questions", help="Questions and the ids of what answers them, likewise."),
    ],
    on: Annotated[str, typer.Option("--on", help="The day asked about.")],
    most: Annotated[int, typer.Option(min=1, help="So many questions, the first ones.")] = 100,
    model: Annotated[
        str | None, typer.Option(help="A GGUF file or a packaged model that writes, too: smollm2.")
    ] = None,
    where: Annotated[
        Path | None, typer.Option(help="A folder for the index (default: in the user's cache).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Quotes that exist, versions, citations, refusals; a model's sentences that stand or do not."""
    with exits():
        day = read_day(on, "--on")
        assert day is not None
        show(_measured(corpus, questions, day, most, model, where), as_json=as_json)


def _measured(
    corpus: Path, questions: Path, on: date, most: int, model: str | None, where: Path | None
) -> Shown:
    from casemate.knowledge.answers import Answers
    from casemate.knowledge.answers.finding import IndexFinder, likeness_by
    from casemate.knowledge.answers.measures import measure
    from casemate.knowledge.documents import Library
    from casemate.knowledge.encoding import Encoder
    from casemate.knowledge.encoding.encoder import default_cache
    from casemate.knowledge.passaging import passages_of
    from casemate.knowledge.retrieval import KnowledgeIndex

    encoder = Encoder()
    with tempfile.TemporaryDirectory() as folder, Library(Path(folder) / "library") as library:
        if not corpus.is_file():
            raise BadInput(f"{corpus} is no file")
        library.load(corpus.parent, [corpus], _documents)
        passages = list(passages_of(library))
        built = where or default_cache().parent / "answers"
        finder = IndexFinder(KnowledgeIndex.build(passages, built, encoder), passages)
        asking = Answers(library, finder, likeness=likeness_by(encoder))
        asked = _asked(corpus, questions, on)[:most]
        figures: dict[str, Any] = asdict(measure(asking, library, asked))
        if model is not None:
            figures |= _writing(asking, asked, model, encoder)
    rows: list[list[object]] = [
        [name, round(value, 3) if isinstance(value, float) else value]
        for name, value in figures.items()
    ]
    return Shown(figures, table(["figure", "value"], rows))


def _documents(path: Path) -> Iterator[tuple[Document, Sequence[str]]]:
    from casemate.knowledge.documents.rows import documents_of_rows

    content = path.read_bytes()
    packed = content.startswith(b"\x1f\x8b")
    for one in documents_of_rows(gzip.decompress(content) if packed else content, path.name):
        yield one, ()


def _asked(corpus: Path, questions: Path, on: date) -> list[Asked]:
    """Each question with the provisions that answer it, as the library names them."""
    from casemate.knowledge.answers.measures import Asked
    from casemate.knowledge.retrieval.files import read_passages, read_tasks

    provisions = _provisions(corpus)
    tasks, _ = read_tasks(questions, read_passages(corpus))
    return [
        Asked(one.text, task.language, on, frozenset(provisions[known] for known in one.relevant))
        for task in tasks
        for one in task.questions
    ]


def _provisions(corpus: Path) -> Mapping[str, str]:
    """From the id of a row to its provision (``work#key``), as ``documents.rows`` names both."""
    from casemate.knowledge.jsonl import rows_in

    usual = corpus.name.partition(".")[0]
    return {
        str(row["id"]): f"{row.get('work') or row.get('celex') or usual}#"
        + str(row.get("anchor") or str(row["id"]).rpartition("#")[2]).strip()
        for _, row in rows_in(corpus)
        if "id" in row
    }


def _writing(
    answers: Answers, asked: Sequence[Asked], name: str, encoder: Encoder
) -> dict[str, Any]:
    """What a model makes of the quotes: sentences that stood by kind, and those that were left out."""
    from casemate.knowledge.answers.finding import likeness_by
    from casemate.knowledge.answers.support import Judge
    from casemate.knowledge.answers.telling import tell
    from casemate.knowledge.answers.written import DroppedSentence, Supported
    from casemate.knowledge.encoding.encoder import default_cache
    from casemate.knowledge.models import open_language_model
    from casemate.language.settings import LanguageSettings

    judge = Judge(likeness_by(encoder))
    events = []
    with closing(open_language_model(LanguageSettings(name), default_cache().parent)) as model:
        for one in asked:
            answer = answers.ask(one.question, one.language, one.on)
            events += list(tell(answer, model, judge, most=_TOKENS))
    stood = [one for one in events if isinstance(one, Supported)]
    dropped = [one for one in events if isinstance(one, DroppedSentence)]
    return {
        "model": name,
        "sentences_shown": len(stood),
        "of_them_words_of_the_law": sum(one.verbatim for one in stood),
        "sentences_left_out": len(dropped),
        "of_them_citing_what_is_not_there": sum(one.error for one in dropped),
        "unsupported_left_out": len(dropped) / max(1, len(dropped) + len(stood)),
    }
