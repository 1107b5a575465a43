"""``casemate law translate``, ``terms`` and ``memory``: laws in another language."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from casemate.cli.common import Desk, Shown, command, printable, table, writing
from casemate.cli.law_options import Corpus, Day, Key, Work, progress
from casemate.clock import system_clock
from casemate.errors import BadInput
from casemate.knowledge.translation import Line, Origin, Translation
from casemate.knowledge.translation.keeping import KeptMemory
from casemate.knowledge.translation.tmx import LARGEST
from casemate.register.law.cases import read_day

memory_app = typer.Typer(no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Put the commands into ``casemate law``."""
    command(app, "translate")(translate)
    command(app, "translate-text")(translate_text)
    command(app, "translators")(translators)
    command(app, "terms")(terms)
    app.add_typer(memory_app, name="memory", help="What was translated before.")


From = Annotated[str, typer.Option("--from", help="The language that it is in.")]
To = Annotated[str, typer.Option("--to", help="The language that it is wanted in.")]
Machine = Annotated[bool, typer.Option(help="Whether a machine translates what nothing else does.")]
STALE = (
    "The texts have changed since the translation memory was built, so that newer wordings may be "
    "missing in it: build it anew with `law memory build`."
)
_BADGES = {
    "official": "official",
    "memory": "memory",
    "near": "memory, much like it",
    "machine": "MADE BY A MACHINE",
    "untranslated": "not translated",
}


def translate(
    desk: Desk, work: Work, key: Key, source: From, target: To, on: Day = None,
    corpus: Corpus = "law", machine: Machine = True,
) -> Shown:  # fmt: skip
    """A provision in another language: official where it is, else from the memory, else by a machine."""
    day = read_day(on, "--on") or system_clock().date()
    found = desk.platform.translate_provision(
        corpus, work, key, source, target, day, machine=machine
    )
    return Shown(found, _told(found))


def translate_text(
    desk: Desk,
    text: Annotated[str, typer.Argument(help="The text, or the name of a text file with --file.")],
    source: From,
    target: To,
    corpus: Corpus = "law",
    machine: Machine = True,
    file: Annotated[bool, typer.Option("--file", help="TEXT names a file.")] = False,
) -> Shown:
    """A text of your own, by the memory of a collection and by machines. Nothing of it is kept."""
    given = _read(Path(text)).decode(errors="replace") if file else text
    found = desk.platform.translate_text(desk.actor, corpus, given, source, target, machine=machine)
    return Shown(found, _told(found))


def translators(desk: Desk) -> Shown:
    """The machines that translate here: models in the home's folder ``translators``, the language model."""
    found = desk.platform.translators()
    rows: list[list[object]] = [[one.name, one.digest] for one in found]
    data = [{"name": one.name, "digest": one.digest} for one in found]
    return Shown(data, table(["machine", "digest"], rows))


def terms(
    desk: Desk,
    source: From,
    target: To,
    text: Annotated[str, typer.Argument(help="Words that a term must have.")] = "",
    corpus: Corpus = "law",
    tbx: Annotated[
        Path | None,
        typer.Option(help="Write every term of the two languages to this file, as TBX."),
    ] = None,
) -> Shown:
    """Terms in two languages, each with how it was found and the provisions that show it."""
    if tbx is not None:
        content = desk.platform.export_terms(corpus, source, target)
        with writing(tbx):
            tbx.write_bytes(content)
        told = f"The terms are in {tbx}. {_stale(desk, corpus)}".rstrip()
        return Shown({"file": tbx, "bytes": len(content)}, told)
    found = desk.platform.terms_of_corpus(corpus, source, target, text)
    rows: list[list[object]] = [
        [one.source, one.target, one.kind, one.count, f"{one.score:g}",
         "; ".join(f"{each.work} {each.key}" for each in one.evidence[:2])]
        for one in found
    ]  # fmt: skip
    columns = [source, target, "how", "times", "score", "shown by"]
    stale = [Text(told, "bold")] if (told := _stale(desk, corpus)) else []
    return Shown(list(found), Group(*stale, table(columns, rows)))


@command(memory_app, "build")
def build(desk: Desk, corpus: Corpus = "law") -> Shown:
    """Align what the collection holds in two languages, or what of it is new, and draw its terms."""
    with progress("Aligning") as hear:
        kept = desk.platform.build_memory(desk.actor, corpus, lambda done: hear(done, done))
    return Shown(kept, _kept(kept))


@command(memory_app, "show")
def show_(desk: Desk, corpus: Corpus = "law") -> Shown:
    """What the memory of a collection holds."""
    kept = desk.platform.memory_of_corpus(corpus)
    return Shown(kept, _kept(kept) if kept else f"{corpus} has no translation memory yet.")


@command(memory_app, "export")
def export(
    desk: Desk,
    file: Annotated[Path, typer.Argument(help="The file to write, as TMX 1.4b.")],
    source: From,
    target: To,
    corpus: Corpus = "law",
) -> Shown:
    """Write the pairs of two languages to a file that translators' tools read."""
    content = desk.platform.export_memory(corpus, source, target)
    with writing(file):
        file.write_bytes(content)
    told = f"The memory is in {file}. {_stale(desk, corpus)}".rstrip()
    return Shown({"file": file, "bytes": len(content)}, told)


@command(memory_app, "import")
def import_(
    desk: Desk,
    file: Annotated[Path, typer.Argument(help="A TMX file.")],
    corpus: Corpus = "law",
) -> Shown:
    """Take the pairs of a TMX file into a collection's memory; each says which file brought it."""
    kept = desk.platform.import_memory(desk.actor, corpus, _read(file), file.name)
    return Shown(kept, _kept(kept))


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST:
            raise BadInput(f"{file} has more than {LARGEST} bytes")
        return file.read_bytes()
    except OSError as failure:
        raise BadInput(f"{file} cannot be read: {failure.strerror}") from failure


def _kept(kept: KeptMemory) -> str:
    told = (
        f"{kept.corpus} remembers {kept.units} pairs of sentences, {kept.brought} of them "
        f"brought by files, and {kept.terms} terms."
    )
    return f"{told}\n{STALE}" if kept.stale else told


def _stale(desk: Desk, corpus: str) -> str:
    """What is to be known of what comes out of a collection's memory; empty where it is up to date."""
    kept = desk.platform.memory_of_corpus(corpus)
    return STALE if kept is not None and kept.stale else ""


def _told(found: Translation) -> Group:
    lines = [Text(STALE, "bold")] if found.memory_is_stale else []
    if found.ai_generated:
        lines.append(Text("Sentences that a machine translated are marked.", "bold"))
    for one in found.lines:
        lines += _line(one)
    return Group(*lines)


def _line(one: Line) -> list[Text]:
    badge = _BADGES[one.how] + (f", {one.like:.0%}" if one.how == "near" else "")
    made = f" ({one.made_by})" if one.made_by else ""
    mark = f"{one.mark} " if one.mark else ""
    lines = [
        Text(printable(f"{mark}{one.source}"), "dim"),
        Text(printable(f"  [{badge}{made}] {mark}{one.text}")),
    ]
    if one.difference:
        lines.append(Text(printable(f"  differs: {_difference(one)}"), "dim"))
    if one.origin is not None:
        lines.append(Text(printable(f"  — {_origin(one.origin)}"), "dim"))
    if one.why:
        lines.append(Text(printable(f"  {one.why}"), "dim"))
    return lines + [Text(printable(f"  Check: {each}"), "bold") for each in one.objections]


def _difference(one: Line) -> str:
    signs = {"same": "{}", "deleted": "[-{}-]", "inserted": "{{+{}+}}"}
    return "".join(signs[piece.change].format(piece.text) for piece in one.difference)


def _origin(origin: Origin) -> str:
    if origin.brought:
        told = f" (from {origin.work} {origin.key})" if origin.work else ""
        return f"brought by {origin.brought}{told}"
    parts = (origin.title, origin.key, f"version of {origin.version}", origin.eli, origin.licence)
    return " · ".join(part for part in parts if part)
