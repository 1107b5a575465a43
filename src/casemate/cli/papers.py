"""``casemate register document`` and ``answer``: documents that the law asks for, and their answers."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from casemate.acts.papers import MadeDocument
from casemate.cli.common import Desk, JsonOption, Shown, command, exits, read_document, show, table
from casemate.cli.protect.progress import stage
from casemate.errors import BadInput
from casemate.papers import FORMATS, LANGUAGES
from casemate.register.documents import KINDS, document_kind, questions, read_questionnaire
from casemate.register.documents.keeping import KeptAnswers
from casemate.register.law.cases import read_day

app = typer.Typer()
Algorithm = Annotated[str, typer.Argument(help="The algorithm's id.")]
ALL = "all"


@command(app, "answer")
def answer(
    desk: Desk,
    algorithm: Algorithm,
    file: Annotated[
        Path | None, typer.Argument(help="The answers, as TOML or JSON; without: those kept.")
    ] = None,
    seen: Annotated[int, typer.Option(help="The version that you changed; 0: the first.")] = 0,
) -> Shown:
    """Keep, or show, the answers that documents ask for beside the record of an algorithm."""
    if file is None:
        kept = desk.platform.answers_for_documents(desk.actor, algorithm)
    else:
        given = read_questionnaire(read_document(file))
        kept = desk.platform.answer_for_documents(desk.actor, algorithm, given, seen=seen)
    told = len(kept.questionnaire.answers)
    text = (
        f"{algorithm} has no answers yet; casemate register questions lists what is asked."
        if not kept.version
        else f"The answers on {algorithm} are at version {kept.version}: {told} texts, "
        f"{len(kept.questionnaire.facts)} facts, {len(kept.questionnaire.impacts)} impacts."
    )
    return Shown(_answers(kept), text)


def _answers(kept: KeptAnswers) -> dict[str, Any]:
    return {
        "algorithm": kept.algorithm,
        "version": kept.version,
        "digest": kept.digest,
        "kept_by": kept.kept_by,
        "kept_at": kept.kept_at,
        **kept.questionnaire.document(),
    }


@app.command("questions")
def list_questions(
    kind: Annotated[str | None, typer.Option(help="Of one document.")] = None,
    language: Annotated[str, typer.Option("--lang", help="en, fr, de or lb.")] = "en",
    as_json: JsonOption = False,
) -> None:
    """Every question that a document asks, and what answers it by itself; with no home."""
    with exits():
        if language not in LANGUAGES:
            raise BadInput(f"documents are written in {', '.join(LANGUAGES)}, not {language!r}")
        wanted = None if kind is None else document_kind(kind).name
        data = [
            {
                "key": key,
                "asks": one.asks[language],
                "law": one.law,
                "from": list(one.sources),
                "documents": list(asked),
            }
            for key, (one, asked) in questions().items()
            if wanted is None or wanted in asked
        ]
        rows: list[list[object]] = [
            [one["key"], one["asks"], ", ".join(one["from"]), one["law"]] for one in data
        ]
        show(Shown(data, table(["Answer", "What", "Filled from", "Law"], rows)), as_json=as_json)


@command(app, "document")
def document(
    desk: Desk,
    algorithm: Algorithm,
    output: Annotated[Path, typer.Option(help="The file; for --kind all, the folder.")],
    kind: Annotated[str, typer.Option(help=f"{', '.join(KINDS)}, or all.")] = ALL,
    form: Annotated[str, typer.Option("--format", help=", ".join(FORMATS) + ".")] = "html",
    language: Annotated[str, typer.Option("--lang", help=", ".join(LANGUAGES) + ".")] = "en",
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The day whose law counts (default: today).")
    ] = None,
) -> Shown:
    """Write a document that the law asks for, filled from what is known; what is missing is marked."""
    day = read_day(as_of, "--as-of")
    kinds = KINDS if kind == ALL else (document_kind(kind).name,)
    made: list[tuple[MadeDocument, Path]] = []
    for place, one in enumerate(kinds, 1):
        if kind == ALL:
            stage(f"{one} ({place} of {len(kinds)})")
        paper = _made(desk, algorithm, one, form, language, day)
        made.append((paper, _written(paper, output, folder=kind == ALL)))
    rows: list[list[object]] = [
        [one.kind, one.told, len(one.gaps), one.digest, str(path)] for one, path in made
    ]
    titles = ["Document", "Told", "Missing", "Digest", "File"]
    return Shown([_document(one, path) for one, path in made], table(titles, rows))


def _made(
    desk: Any, algorithm: str, kind: str, form: str, language: str, day: date | None
) -> MadeDocument:
    made: MadeDocument = desk.platform.make_document(
        desk.actor, algorithm, kind, form=form, language=language, as_of=day
    )
    return made


def _written(paper: MadeDocument, output: Path, *, folder: bool) -> Path:
    path = output / f"{paper.kind}.{paper.form}" if folder else output
    try:
        if folder:
            output.mkdir(parents=True, exist_ok=True)
        path.write_bytes(paper.content)
    except OSError as failure:
        raise BadInput(f"{path} cannot be written: {failure.strerror}") from failure
    return path


def _document(paper: MadeDocument, path: Path) -> dict[str, Any]:
    return {
        "algorithm": paper.algorithm,
        "kind": paper.kind,
        "format": paper.form,
        "language": paper.language,
        "as_of": paper.as_of.isoformat(),
        "record_version": paper.record_version,
        "answers_version": paper.answers_version,
        "told": paper.told,
        "gaps": list(paper.gaps),
        "digest": paper.digest,
        "file": str(path),
    }
