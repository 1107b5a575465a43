"""``casemate law plain`` and ``casemate law glossary``: the law in plain words, and what its terms mean."""

from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from casemate.cli.common import Desk, Shown, command, table
from casemate.cli.law_options import Corpus, Day, Known, Language
from casemate.clock import system_clock
from casemate.knowledge.glossary import Glossary
from casemate.knowledge.plain.telling import PlainProvision, PlainRow
from casemate.readability import Reading
from casemate.register.law.cases import read_day

_LONGEST_MEANING = 160


def add_to(app: typer.Typer) -> None:
    """Put the commands into ``casemate law``."""
    command(app, "plain")(plain)
    command(app, "glossary")(glossary)


def plain(
    desk: Desk,
    work: Annotated[str, typer.Argument(help="The law, as `law works` names it.")],
    key: Annotated[str, typer.Argument(help="The provision's id, such as art_1er.")],
    on: Day = None,
    known: Known = None,
    lang: Language = "fr",
    by_model: Annotated[
        bool, typer.Option("--by-model", help="Let the home's language model propose first.")
    ] = False,
    corpus: Corpus = "law",
) -> Shown:
    """A provision in plain words, sentence by sentence beside its own."""
    day = read_day(on, "--on") or system_clock().date()
    since = read_day(known, "--known")
    if by_model:
        found = desk.platform.plain_provision_by_model(
            desk.actor, corpus, work, key, lang, day, known=since
        )
    else:
        found = desk.platform.plain_provision(corpus, work, key, lang, day, known=since)
    return Shown(found, _told(found))


def glossary(
    desk: Desk,
    work: Annotated[
        str | None, typer.Argument(help="The law; without one, all laws of the collection.")
    ] = None,
    term: Annotated[str, typer.Option(help="Only terms with these words (all laws).")] = "",
    on: Day = None,
    known: Known = None,
    lang: Language = "fr",
    corpus: Corpus = "law",
) -> Shown:
    """The terms that a law defines, each with the words that say what it means."""
    if work is None:
        found = desk.platform.glossary_of_corpus(corpus, lang, term=term)
    else:
        day = read_day(on, "--on") or system_clock().date()
        since = read_day(known, "--known")
        found = desk.platform.glossary_of_work(corpus, work, lang, day, known=since)
    return Shown(found, _listed(found))


def _told(found: PlainProvision) -> Group | str:
    if not found.rows:
        return f"{found.why[:1].upper()}{found.why[1:]}."
    lines = [Text(f"Not in force: {found.why}.", "bold")] if found.why else []
    for row in found.rows:
        lines += list(_row(row))
    for entry in found.glossary:
        lines.append(Text(f"{entry.term}: {entry.text} — {entry.number or entry.key}", "dim"))
    if found.by_machine:
        lines.append(Text(f"Sentences marked ⚙ were worded by a machine ({found.model}).", "bold"))
    lines.append(Text(f"Read: {_read(found.before)} → {_read(found.after)}", "bold"))
    lines.append(Text("Only the original is the law.", "dim"))
    return Group(*lines)


def _row(row: PlainRow) -> list[Text]:
    shown = [Text(row.original, "dim")]
    if row.by == "original":
        why = {"not_the_same": " (the check found a change: it stays)"}.get(row.why, "")
        return [*shown, *([Text(f"  ={why}", "yellow")] if why else [])]
    machine = "⚙ " if row.by == "model" else ""
    shown += [Text(f"  {machine}{line}", "bold") for line in row.lines]
    return [*shown, *(Text(f"    {note.number}: {note.text}") for note in row.notes)]


def _read(reading: Reading | None) -> str:
    figures = reading.figures if reading else ()
    return ", ".join(f"{one.name} {one.value:g}" for one in figures) or "no words"


def _listed(found: Glossary) -> Group:
    rows: list[list[object]] = [
        [one.term, one.text[:_LONGEST_MEANING], one.work, one.number or one.key]
        for one in found.entries
    ]
    shown = table(["term", "meaning", "law", "where"], rows)
    return Group(shown, Text(f"{len(found.entries)} of {found.total} terms"))
