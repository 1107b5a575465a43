"""``casemate law check`` and its neighbours: what a drafting office asks of a text."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from casemate.cli.common import (
    Desk,
    Shown,
    command,
    printable,
    read_document,
    show,
    table,
    writing,
)
from casemate.errors import BadInput, TooLarge
from casemate.knowledge.drafting import LARGEST_DRAFT, Report, Severity
from casemate.knowledge.drafting.amending.consolidating import Consolidated
from casemate.knowledge.drafting.printing import consolidated_bytes, table_bytes
from casemate.knowledge.drafting.transposing import Table
from casemate.knowledge.redline import redline
from casemate.register.law.cases import read_day

_COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.HINT: "dim"}
_LONGEST_QUOTE = 160


def add_to(app: typer.Typer) -> None:
    """Put the commands into ``casemate law``."""
    command(app, "check")(check)
    command(app, "consolidate")(consolidate)
    command(app, "transpose")(transpose)


def read_file(path: Path) -> bytes:
    """The bytes of a draft; raises ``BadInput`` or ``TooLarge`` before much is read."""
    if not path.is_file():
        raise BadInput(f"{path} is no file")
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_DRAFT + 1)
    except OSError as failure:
        raise BadInput(f"{path} cannot be read: {failure.strerror}") from failure
    if len(content) > LARGEST_DRAFT:
        raise TooLarge(f"{path} is larger than {LARGEST_DRAFT // 2**20} MiB: check it in parts")
    return content


def check(
    desk: Desk,
    file: Annotated[Path, typer.Argument(help="The draft: Akoma Ntoso, DOCX, PDF, HTML, text.")],
    enters_into_force: Annotated[
        str | None,
        typer.Option("--enters-into-force", help="The day, where the draft does not say it."),
    ] = None,
    published: Annotated[
        str | None, typer.Option(help="The day on which it is to be published.")
    ] = None,
    corpus: Annotated[
        str | None, typer.Option(help="Laws to hold it against: their references, what is alike.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with exit code 1 where there is an error.")
    ] = False,
) -> Shown:
    """What is amiss in a draft: structure, numbers, terms, references, days, style."""
    report = desk.platform.check_draft(
        desk.actor, read_file(file), file.name, corpus,
        begins=read_day(enters_into_force, "--enters-into-force"),
        published=read_day(published, "--published"),
    )  # fmt: skip
    shown = Shown(_document(report), _text(report))
    if strict and report.count(Severity.ERROR):
        show(shown, as_json=desk.as_json)
        raise typer.Exit(1)
    return shown


def _document(report: Report) -> dict[str, object]:
    """Without the draft's own text, which whoever asks has."""
    return {
        "name": report.name, "title": report.title, "language": report.language,
        "begins": report.begins, "unchecked": report.unchecked, "left_out": report.left_out,
        "findings": [
            {
                "kind": one.kind, "severity": one.severity, "key": one.key, "start": one.start,
                "end": one.end, "quote": one.quote, "what": one.what, "todo": one.todo,
                "evidence": one.evidence,
            }
            for one in report.findings
        ],
    }  # fmt: skip


def _text(report: Report) -> Group:
    names = {one.key: one.number or one.key for one in report.provisions}
    counted = ", ".join(f"{report.count(one)} {one.value}s" for one in Severity)
    lines = [Text(f"{report.title}: {counted}.", "bold")]
    for one in report.findings:
        quote = " ".join(one.quote.split())[:_LONGEST_QUOTE]
        lines.append(
            Text(f"\n{one.severity.upper()} {names.get(one.key, one.key)}", _COLOURS[one.severity])
        )
        lines.append(Text(printable(f"{one.what} {one.todo}")))
        lines.append(Text(printable(f"«{quote}»"), "dim"))
        lines += [
            Text(
                printable(f"— {source.number or source.key}, {source.title}: «{source.quote}»"),
                "dim",
            )
            for source in one.evidence
        ]
    lines += [Text(f"\nNot checked: {one}", "dim") for one in report.unchecked]
    lines += [
        Text(f"… and {count} more of {kind}", "dim") for kind, count in report.left_out.items()
    ]
    return Group(*lines)


def consolidate(
    desk: Desk,
    file: Annotated[Path, typer.Argument(help="The amending text.")],
    work: Annotated[
        str | None, typer.Option(help="The law that is changed (default: the one it names).")
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", help="The day whose version is changed (default: today).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to: .xml (Akoma Ntoso), .json, .html, .pdf, .docx.")
    ] = None,
    corpus: Annotated[str, typer.Option(help="The collection of laws.")] = "law",
) -> Shown:
    """The law that an amending text changes, as it then reads; what is not certain is listed."""
    done = desk.platform.consolidate(
        desk.actor, read_file(file), file.name, corpus, work=work, on=read_day(on, "--on")
    )
    if out is not None:
        with writing(out):
            out.write_bytes(consolidated_bytes(done, out.suffix.lower().lstrip(".")))
    return Shown(done, _consolidated_text(done))


def _consolidated_text(done: Consolidated) -> Group:
    applied = done.applied
    lines = [
        Text(
            printable(
                f"{done.title}, version of {done.version_from}: {len(applied.changes)} instructions "
                f"carried out, {len(applied.failed)} could not be, {len(applied.unread)} not read, "
                f"{len(applied.pending)} take effect later, {len(applied.elsewhere)} on other laws."
            ),
            "bold",
        )
    ]
    for change in applied.changes:
        lines.append(
            Text(
                printable(
                    f"\n{change.number or change.key}: {_short(change.operation.instruction)}"
                ),
                "bold",
            )
        )
        lines.append(_redline(change.before, change.after))
    for failed in applied.failed:
        lines.append(
            Text(printable(f"\nNOT CARRIED OUT {_short(failed.operation.instruction)}"), "bold red")
        )
        lines.append(Text(printable(f"{failed.why}.")))
    for unread in applied.unread:
        lines.append(Text(printable(f"\nNOT READ {_short(unread.instruction)}"), "bold red"))
        lines.append(Text(printable(f"{unread.why}.")))
    return Group(*lines)


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _LONGEST_QUOTE else line[:_LONGEST_QUOTE] + " …"


_SIGNS = {"same": ("", "", ""), "deleted": ("[-", "-]", "red"), "inserted": ("{+", "+}", "green")}


def _redline(before: str, after: str) -> Text:
    shown = Text()
    for one in redline(before, after):
        left, right, colour = _SIGNS[one.change]
        shown.append(printable(f"{left}{one.text}{right}"), style=colour)
    return shown


def transpose(
    desk: Desk,
    directive: Annotated[str, typer.Argument(help="The directive, as `law works` names it.")],
    act: Annotated[str, typer.Argument(help="The act that transposes it: a work, or a file.")],
    on: Annotated[
        str | None, typer.Option("--on", help="The day whose versions count (default: today).")
    ] = None,
    decisions: Annotated[
        Path | None, typer.Option(help="What people decided on rows (TOML or JSON).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to: .csv, .json, .html, .pdf, .docx.")
    ] = None,
    language: Annotated[
        str, typer.Option("--lang", help="Language of the table's own words.")
    ] = "en",
    corpus: Annotated[str, typer.Option(help="The collection of laws.")] = "law",
) -> Shown:
    """Each paragraph of a directive beside what transposes it, and what has no counterpart."""
    file = Path(act)
    given: dict[str, Any] = {"act": act}
    if file.is_file():
        given = {"content": read_file(file), "name": file.name}
    table_ = desk.platform.transpose(
        desk.actor, corpus, directive, **given, on=read_day(on, "--on"),
        decisions=read_document(decisions) if decisions else None,
    )  # fmt: skip
    if out is not None:
        content = table_bytes(
            table_, out.suffix.lower().lstrip("."), language, desk.platform.clock()
        )
        with writing(out):
            out.write_bytes(content)
    return Shown(table_, _table_text(table_))


def _table_text(given: Table) -> Group:
    rows: list[list[object]] = []
    for row in given.rows:
        names = ", ".join(f"{one.name} ({one.score:.2f})" for one in row.by)
        rows.append([row.name, _short(row.quote), names or "no counterpart", row.how, row.note])
    found = sum(bool(row.by) for row in given.rows)
    told = (
        f"{found} of {len(given.rows)} paragraphs have a counterpart; "
        f"{len(given.beyond)} of the act go beyond the directive."
    )
    return Group(table(["directive", "its words", "act", "by", "note"], rows), Text(told, "bold"))
