"""``casemate law case``: case files of the law, alerts on change, files to take out; and ``law watch``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from casemate.cli.common import Desk, Shown, command, printable, table, writing
from casemate.cli.law_options import Corpus, Day, Language
from casemate.clock import system_clock, timestamp
from casemate.errors import BadInput
from casemate.knowledge.casefiles import Alert, CaseFile
from casemate.knowledge.redline import redline
from casemate.register.law.cases import read_day

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """Case files: pinned provisions and quotes, saved searches, notes; private until shared."""


Case = Annotated[str, typer.Argument(help="The case file's id.")]


@command(app, "new")
def new(
    desk: Desk,
    title: Annotated[str, typer.Argument(help="What it is about.")],
    notes: Annotated[str, typer.Option(help="Notes to begin with.")] = "",
) -> Shown:
    """Begin a case file of your own."""
    made = desk.platform.open_case_file(desk.actor, title, notes)
    return Shown(made, f"{made.id} is open; nobody but you reads it until you share it.")


@command(app, "list")
def list_(desk: Desk) -> Shown:
    """Your case files and those that are shared with you."""
    found = desk.platform.case_files(desk.actor)
    rows: list[list[object]] = [
        [one.id, one.right, one.items, one.unseen, timestamp(one.changed_at), one.title]
        for one in found
    ]
    columns = ["Case file", "Right", "Items", "Unseen", "Changed", "Title"]
    return Shown(list(found), table(columns, rows))


@command(app, "show")
def show(desk: Desk, case: Case) -> Shown:
    """What is in a case file."""
    known = desk.platform.case_file(desk.actor, case)
    return Shown(known, _text(known))


@command(app, "pin")
def pin(
    desk: Desk,
    case: Case,
    work: Annotated[str, typer.Argument(help="The law; of a quote's answer, the question.")],
    key: Annotated[str | None, typer.Argument(help="The provision's id, such as art_1er.")] = None,
    quote: Annotated[
        int | None,
        typer.Option(min=1, max=10, help="Pin this quote of the answer to the question instead."),
    ] = None,
    on: Day = None,
    lang: Language = "fr",
    corpus: Corpus = "law",
) -> Shown:
    """Pin a provision as it stood on a day, or a quote of an answer with its receipt."""
    day = read_day(on, "--on") or system_clock().date()
    if quote is not None:
        done = desk.platform.pin_quote(desk.actor, case, corpus, work, lang, day, number=quote)
        return Shown(done, f"Pinned: «{printable(done.quotes[-1].quote.text)}»")
    if key is None:
        raise BadInput("name the provision to pin, such as art_1er, or a quote with --quote")
    done = desk.platform.pin_provision(desk.actor, case, corpus, work, key, lang, day)
    return Shown(done, f"Pinned: {done.pins[-1].number or key} as of {day}.")


@command(app, "note")
def note(
    desk: Desk,
    case: Case,
    text: Annotated[str | None, typer.Option(help="The notes from now on.")] = None,
    title: Annotated[str | None, typer.Option(help="The title from now on.")] = None,
) -> Shown:
    """Change the notes or the title of a case file."""
    known = desk.platform.case_file(desk.actor, case)
    done = desk.platform.describe_case_file(
        desk.actor, case, known.title if title is None else title,
        known.notes if text is None else text, seen=known.version,
    )  # fmt: skip
    return Shown(done, f"{case} is at version {done.version}.")


@command(app, "search")
def search(
    desk: Desk,
    case: Case,
    words: Annotated[str, typer.Argument(help="A question, or words.")],
    work: Annotated[
        list[str] | None, typer.Option(help="Only in this law; may be said again.")
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", help="In the texts of this day (default: of each day).")
    ] = None,
    lang: Language = "fr",
    corpus: Corpus = "law",
) -> Shown:
    """Save a search; alerts tell what is new in its first results."""
    done = desk.platform.save_search(
        desk.actor, case, corpus, words, lang, works=work or (), on=read_day(on, "--on")
    )
    return Shown(done, f"Saved: {printable(done.searches[-1].words)}")


@command(app, "take")
def take(
    desk: Desk,
    case: Case,
    item: Annotated[str, typer.Argument(help="The id of the pin, quote or search.")],
) -> Shown:
    """Take a pin, a quote or a search out of a case file."""
    done = desk.platform.take_from_case_file(desk.actor, case, item)
    return Shown(done, f"{item} is no longer in {case}.")


@command(app, "arrange")
def arrange(
    desk: Desk,
    case: Case,
    items: Annotated[list[str], typer.Argument(help="The ids of what is in it, in their order.")],
) -> Shown:
    """Put what is in a case file in an order; what is not named stays behind."""
    done = desk.platform.arrange_case_file(desk.actor, case, items)
    return Shown(done, _text(done))


@command(app, "share")
def share(
    desk: Desk,
    case: Case,
    party: Annotated[
        str, typer.Argument(help="An account of your organisation, or an organisation.")
    ],
    write: Annotated[bool, typer.Option("--write", help="To write, not only to read.")] = False,
    end: Annotated[bool, typer.Option("--end", help="Share it with them no longer.")] = False,
) -> Shown:
    """Share your case file with somebody, or no longer."""
    if end:
        done = desk.platform.end_case_file_share(desk.actor, case, party)
        return Shown(done, f"{case} is no longer shared with {party}.")
    right = "write" if write else "read"
    done = desk.platform.share_case_file(desk.actor, case, party, right)
    return Shown(done, f"{party} may {right} {case} from now on.")


@command(app, "alerts")
def alerts(
    desk: Desk,
    case: Case,
    seen: Annotated[bool, typer.Option("--seen", help="Mark all as seen by you.")] = False,
) -> Shown:
    """What has changed in the texts that a case file is about, with the words before and after."""
    found = desk.platform.case_file_alerts(desk.actor, case)
    if seen:
        desk.platform.mark_case_alerts_seen(desk.actor, case)
    shown = Group(*(_alert(one) for one in found)) if found else "Nothing has changed."
    return Shown(list(found), shown)


@command(app, "export")
def export(
    desk: Desk,
    case: Annotated[
        str | None, typer.Argument(help="The case file's id (default: all of yours, as JSON).")
    ] = None,
    form: Annotated[str, typer.Option(help="html, pdf, docx, md, json, csl, bib or ris.")] = "pdf",
    style: Annotated[str, typer.Option(help="luxembourg, eu or french.")] = "luxembourg",
    lang: Annotated[str, typer.Option("--lang", help="Language of the headings.")] = "fr",
    to: Annotated[
        Path | None, typer.Option(help="The file to write (default: beside you).")
    ] = None,
) -> Shown:
    """Write a case file as a document or as citations; without one, all that is kept of yours."""
    if case is None:
        return Shown(desk.platform.my_case_data(desk.actor), "Say --json: data are no text.")
    made = desk.platform.export_case_file(desk.actor, case, form, style=style, language=lang)
    path = to or Path(made.filename)
    with writing(path):
        path.write_bytes(made.content)
    data = {"file": path, "form": form, "style": style, "digest": made.digest}
    return Shown(data, f"{path}: {len(made.content):,} bytes, {made.digest}.")


@command(app, "delete")
def delete(
    desk: Desk,
    case: Case,
    yes: Annotated[
        bool, typer.Option("--yes", help="It cannot be brought back: say that you mean it.")
    ] = False,
) -> Shown:
    """Delete your case file with its alerts."""
    if not yes:
        raise BadInput(f"{case} cannot be brought back: say --yes to delete it")
    desk.platform.delete_case_file(desk.actor, case)
    return Shown({"deleted": case}, f"{case} is deleted.")


@command(app, "erase")
def erase(
    desk: Desk,
    closed: Annotated[str, typer.Argument(help="The id of an account that is closed.")],
) -> Shown:
    """For operators: delete, unread, all case files of an account that is closed."""
    count = desk.platform.erase_case_files_of(desk.actor, closed)
    return Shown({"account": closed, "deleted": count}, f"{count} case files are deleted.")


def watch(desk: Desk, corpus: Corpus = "law") -> Shown:
    """Look what changed in the laws, and tell every case file once; loading does it too."""
    count = desk.platform.watch_case_files(desk.actor, corpus)
    return Shown({"corpus": corpus, "looked_at": count}, f"{count} case files were looked at.")


def add_to(law: typer.Typer) -> None:
    """Put the commands among those of the law."""
    command(law, "watch")(watch)
    law.add_typer(app, name="case")


def _text(known: CaseFile) -> Group:
    lines = [_plain(known.title, "bold"), _plain(known.notes)]
    for pin in known.pins:
        where = f"{pin.number or pin.key}, {pin.title}, as of {pin.on}"
        lines.append(_plain(f"{pin.id}  {where} · sha256 {pin.digest[:16]}…"))
    for one in known.quotes:
        quote = one.quote
        lines.append(_plain(f"{one.id}  «{quote.text}» {quote.number}, as of {one.on}"))
    lines += [_plain(f"{one.id}  {one.words} ({one.on or 'each day'})") for one in known.searches]
    lines += [_plain(f"{one.party} may {one.right}", "dim") for one in known.shares]
    return Group(*(one for one in lines if one.plain))


def _alert(one: Alert) -> Text:
    days = [f"from {one.begins}"] * bool(one.begins) + [f"ends on {one.ends}"] * bool(one.ends)
    head = f"{one.kind.value}: {one.number or one.key}, {one.title} {' '.join(days)}\n"
    shown = _plain(head, "dim" if one.seen else "bold")
    for piece in redline(one.before, one.after) if one.before and one.after else ():
        left, right = {"same": ("", ""), "deleted": ("[-", "-]"), "inserted": ("{+", "+}")}[
            piece.change
        ]
        shown.append_text(_plain(f"{left}{piece.text}{right}"))
    return shown


def _plain(text: str, style: str = "") -> Text:
    """What people wrote, without what steers a terminal."""
    return Text(printable(text), style)
