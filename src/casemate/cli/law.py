"""``casemate law``: collections of laws, and what they said on a day."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from casemate.cli import (
    law_answers,
    law_cases,
    law_citing,
    law_drafting,
    law_obligations,
    law_plain,
    law_translating,
)
from casemate.cli.common import Desk, Shown, command, table
from casemate.cli.law_options import Corpus, Day, Key, Known, Language, Work, progress
from casemate.clock import system_clock
from casemate.errors import BadInput
from casemate.flagships.law.evaluation import right_versions
from casemate.flagships.law.short_names import short_names
from casemate.flagships.law.sources import files_in, read_law
from casemate.knowledge.answers import Answer
from casemate.knowledge.documents import Standing, Stored
from casemate.knowledge.redline import redline as redline_of
from casemate.knowledge.searching import MOST_HITS, plain_excerpt
from casemate.register.law.cases import read_day

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """What the law says, on the day that is asked about."""


law_drafting.add_to(app)
law_answers.add_to(app)
law_citing.add_to(app)
law_cases.add_to(app)
law_obligations.add_to(app)
law_plain.add_to(app)
law_translating.add_to(app)


@command(app, "load")
def load(
    desk: Desk,
    folder: Annotated[Path, typer.Argument(help="A folder of laws, such as a dump of Legilux.")],
    corpus: Corpus = "law",
) -> Shown:
    """Load a folder of laws, or what has changed in it since."""
    files = files_in(folder)
    with progress("Reading") as hear:
        kept, loaded = desk.platform.load_corpus(desk.actor, corpus, folder, files, read_law, hear)
    data = {
        "corpus": kept,
        "files_read": loaded.read,
        "files_unchanged": loaded.unchanged,
        "new_texts": loaded.new_texts,
        "failed": loaded.failed,
        "problems": loaded.problems,
    }
    told = [
        f"{loaded.read} files were read, {loaded.unchanged} had not changed, "
        f"{len(loaded.failed)} could not be read.",
        f"{kept.name} holds {kept.works} works in {kept.versions} versions, "
        f"{kept.provisions} provisions of {kept.texts} distinct texts.",
        *(f"Not read: {one.where}: {one.what}" for one in loaded.failed),
        *(f"{one.where}: {one.what}" for one in loaded.problems[:_MOST_PROBLEMS]),
    ]
    more = len(loaded.problems) - _MOST_PROBLEMS
    return Shown(
        data, "\n".join([*told, *([f"… and {more} more of this kind"] if more > 0 else [])])
    )


_MOST_PROBLEMS = 10


@command(app, "index")
def index(desk: Desk, corpus: Corpus = "law") -> Shown:
    """Build the index in which answers are found, or what of it is new."""
    held = {one.work for one in desk.platform.works_of_corpus(corpus)}
    with progress("Indexing") as hear:
        digest = desk.platform.index_corpus(
            desk.actor, corpus, short_names(held), progress=lambda what, done, of: hear(done, of)
        )
    return Shown({"corpus": corpus, "index": digest}, f"{corpus} is indexed: {digest}.")


@command(app, "search")
def search(
    desk: Desk,
    words: Annotated[str, typer.Argument(help="Words of the law, or what they mean.")],
    lang: Language = "fr",
    on: Day = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST_HITS, help="The most provisions.")] = 10,
    corpus: Corpus = "law",
) -> Shown:
    """Provisions in force on a day that words mean, the best first; nothing is answered or refused."""
    day = read_day(on, "--on") or system_clock().date()
    found = desk.platform.search_corpus(corpus, words, lang, day, limit)
    rows: list[list[object]] = [
        [one.work, one.provision, one.language, one.valid_from or "", plain_excerpt(one.excerpt)]
        for one in found
    ]
    return Shown(list(found), table(["law", "provision", "language", "from", "excerpt"], rows))


@command(app, "ask")
def ask(
    desk: Desk,
    question: Annotated[str, typer.Argument(help="A question, in any of the four languages.")],
    lang: Language = "fr",
    on: Day = None,
    known: Known = None,
    quotes: Annotated[int, typer.Option(min=1, max=10, help="The most quotes.")] = 3,
    corpus: Corpus = "law",
) -> Shown:
    """What the law in force on a day answers: quotes with their sources, or a refusal."""
    answer = desk.platform.ask_corpus(
        corpus, question, lang, read_day(on, "--on") or system_clock().date(),
        known=read_day(known, "--known"), quotes=quotes,
    )  # fmt: skip
    return Shown(answer, answer_text(answer))


def answer_text(answer: Answer) -> Group:
    """An answer for people."""
    lines: list[Text] = []
    if answer.refusal:
        lines.append(Text(answer.refusal, "bold"))
        if not answer.near:
            lines += [Text(f"Nearest: {title}", "dim") for title in answer.nearest]
    for number, quote in enumerate((*answer.quotes, *answer.near), 1):
        where = " ".join(part for part in (quote.number or quote.provision, quote.heading) if part)
        until = f" until the day before {quote.valid_to}" if quote.valid_to else ""
        source = f"{quote.title} · from {quote.valid_from}{until} · sha256 {quote.digest[:16]}…"
        mark = "Near, not an answer: " if answer.near else f"{number}. "
        lines.append(Text(f"{mark}{where}", "bold"))
        lines.append(Text(f"«{quote.text}»"))
        if quote.why:
            lines.append(Text(f"Not in force: {quote.why}.", "bold"))
        lines.append(Text(f"— {source} · {quote.eli} · {quote.licence}", "dim"))
    if answer.instruments:
        titles = "; ".join(title for _, title in answer.instruments)
        lines.append(Text(f"Several laws come close. Name the one that you mean: {titles}"))
    return Group(*lines)


@command(app, "corpora")
def corpora(desk: Desk) -> Shown:
    """The collections of laws, with licences."""
    found = desk.platform.corpora()
    rows: list[list[object]] = [
        [
            one.name,
            one.works,
            one.versions,
            one.provisions,
            " ".join(one.languages),
            " ".join(one.licences),
        ]
        for one in found
    ]
    columns = ["collection", "works", "versions", "provisions", "languages", "licences"]
    return Shown(list(found), table(columns, rows))


@command(app, "works")
def works(desk: Desk, corpus: Corpus = "law") -> Shown:
    """Every law of a collection, with its newest version, which may be one to come."""
    found = desk.platform.works_of_corpus(corpus)
    rows: list[list[object]] = [
        [one.work, one.language, one.valid_from, one.title] for one in found
    ]
    return Shown(list(found), table(["work", "language", "newest from", "title"], rows))


@command(app, "versions")
def versions(desk: Desk, work: Work, corpus: Corpus = "law") -> Shown:
    """The versions of a law with their days, the oldest first."""
    found = desk.platform.versions_in_corpus(corpus, work)
    rows: list[list[object]] = [
        [one.language, one.valid_from or "", one.valid_to or "", one.known_from or "", one.title]
        for one in found
    ]
    return Shown(list(found), table(["language", "from", "to before", "published", "title"], rows))


@command(app, "show")
def show_(
    desk: Desk, work: Work, key: Key, on: Day = None, known: Known = None, lang: Language = "fr",
    corpus: Corpus = "law",
) -> Shown:  # fmt: skip
    """A provision as it was in force on a day, with its source."""
    day = read_day(on, "--on") or system_clock().date()
    standing = desk.platform.provision_on(
        corpus, work, key, lang, day, known=read_day(known, "--known")
    )
    return Shown({"on": day, "in_force": standing.in_force, **_document(standing)}, _text(standing))


@command(app, "history")
def history(
    desk: Desk, work: Work, key: Key, lang: Language = "fr", corpus: Corpus = "law"
) -> Shown:
    """How a provision read over time, each wording with its days."""
    states = desk.platform.provision_history(corpus, work, key, lang)
    rows: list[list[object]] = [
        [one.begins or "", one.ends or "", one.provision.digest[:12], one.provision.text[:80]]
        for one in states
    ]
    return Shown(list(states), table(["from", "to before", "digest", "text"], rows))


@command(app, "redline")
def redline(
    desk: Desk,
    work: Work,
    key: Key,
    before: Annotated[str, typer.Option("--from", help="The earlier day.")],
    after: Annotated[str, typer.Option("--to", help="The later day.")],
    lang: Language = "fr",
    corpus: Corpus = "law",
) -> Shown:
    """What changed in a provision between two days: [-deleted-] and {+inserted+} words."""
    first, second = (
        desk.platform.provision_on(corpus, work, key, lang, _required(name, told))
        for name, told in (("--from", before), ("--to", after))
    )
    old, new = (one.provision.text if one.provision else "" for one in (first, second))
    pieces = redline_of(old, new)
    shown = Text()
    for piece in pieces:
        marks = {
            "same": ("", "", ""),
            "deleted": ("[-", "-]", "red"),
            "inserted": ("{+", "+}", "green"),
        }
        left, right, colour = marks[piece.change]
        shown.append(f"{left}{piece.text}{right}", style=colour)
    data = {"from": _document(first), "to": _document(second), "pieces": pieces}
    return Shown(data, shown)


@command(app, "check-days")
def check_days(
    desk: Desk,
    questions: Annotated[Path, typer.Argument(help="Questions of a day, one JSON object a line.")],
    lang: Language = "fr",
    corpus: Corpus = "law",
) -> Shown:
    """How often the right version is found, over questions whose answer is known."""
    if not questions.is_file():
        raise BadInput(f"{questions} is no file")
    figures = right_versions(desk.platform, corpus, questions, lang)
    share = f"{figures.right} of {figures.questions} questions get the right version"
    return Shown(figures, "\n".join([f"{share}.", *(f"Wrong: {one}" for one in figures.wrong)]))


def _required(name: str, told: str) -> date:
    day = read_day(told, name)
    if day is None:
        raise BadInput(f"{name} needs a day such as 2026-01-31")
    return day


def _document(standing: Standing) -> dict[str, Any]:
    return {"version": standing.version, "provision": standing.provision, "why": standing.why}


def _text(standing: Standing) -> Group | str:
    found = standing.provision
    if found is None:
        return f"{standing.why[:1].upper()}{standing.why[1:]}."
    return Group(*([Text(f"Not in force: {standing.why}.", "bold")] if standing.why else []),
                 Text(found.text), Text(_source(found), "dim"))  # fmt: skip


def _source(found: Stored) -> str:
    version = found.version
    until = f" until the day before {version.valid_to}" if version.valid_to else ""
    parts = [
        version.title,
        f"version of {version.valid_from}{until}",
        found.eli or version.eli,
        f"sha256 {found.digest[:16]}…",
        f"{version.attribution} ({version.licence})" if version.licence else "",
    ]
    return "— " + " · ".join(part for part in parts if part)
