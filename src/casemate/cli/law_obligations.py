"""``casemate law instruments``, ``obligations`` and their neighbours: what the law asks of a company."""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from casemate.cli.common import Desk, Shown, command, table, writing
from casemate.cli.law_options import Corpus, Day
from casemate.clock import system_clock
from casemate.errors import BadInput
from casemate.knowledge.obligations.binding import CompanyDuty, InstrumentState, Overview
from casemate.knowledge.obligations.exports import FORMS, NO_ADVICE
from casemate.knowledge.obligations.keeping import CompanyOverview, DutyStatus, StepForm
from casemate.register.law.cases import read_day

LARGEST_PROFILE = 2**20
_APPLIES = {True: "applies", False: "does not", None: "not known"}

profile_app = typer.Typer(no_args_is_help=True)
evidence_app = typer.Typer(no_args_is_help=True)


@profile_app.callback()
def profile_group() -> None:
    """What a company says of itself: kept for its own organisation."""


@evidence_app.callback()
def evidence_group() -> None:
    """What a company did about its duties."""


def add_to(app: typer.Typer) -> None:
    """Put the commands into ``casemate law``."""
    app.add_typer(profile_app, name="profile")
    app.add_typer(evidence_app, name="evidence")
    command(app, "instruments")(instruments)
    command(app, "obligations")(obligations)
    command(app, "export-obligations")(export_obligations)


File = Annotated[
    Path | None,
    typer.Option("--profile", help="A file (TOML) that tells of a company; nothing is kept of it."),
]
Kept = Annotated[str | None, typer.Option("--company", help="A profile that is kept, by its id.")]
Language = Annotated[str, typer.Option("--lang", help="Language of the quotes.")]
Only = Annotated[str, typer.Option("--instrument", help="One instrument alone, such as gdpr.")]


def instruments(
    desk: Desk, profile: File = None, company: Kept = None, on: Day = None, lang: Language = "fr",
    corpus: Corpus = "law",
) -> Shown:  # fmt: skip
    """Which instruments apply to a company, with the deciding article; without one, the questions."""
    if profile is None and company is None:
        return _questions(desk)
    found, _ = _found(desk, profile, company, corpus, _day(on), lang)
    return Shown(found.instruments, Group(*(_instrument(one) for one in found.instruments)))


def _questions(desk: Desk) -> Shown:
    known = desk.platform.instruments
    rows: list[list[object]] = [
        [one.name, ", ".join(one.values) or {"flag": "true, false", "number": "a number"}[one.kind],
         one.asks["en"], one.law]
        for one in known.facts.values()
    ]  # fmt: skip
    data = {"questions": list(known.facts.values()), "instruments": list(known.by_id)}
    text = Group(
        Text(f"Instruments: {', '.join(known.by_id)}. A profile answers these questions:"),
        table(["answer", "values", "question", "law"], rows),
    )
    return Shown(data, text)


def _instrument(one: InstrumentState) -> Text:
    text = Text(f"{one.instrument}: {_APPLIES[one.applies]}", "bold")
    for why in one.because:
        text.append(f"\n  {why.says}", "not bold")
        if why.quote:
            text.append(
                f"\n  «{_short(why.quote)}» {why.provision} {why.paragraph}", "not bold dim"
            )
    roles = ", ".join(
        name + ("" if known else " (not known)")
        for name, known in one.roles.items()
        if known is not False
    )
    if one.applies is not False and roles:
        text.append(f"\n  Roles: {roles}", "not bold")
    if one.questions:
        text.append(f"\n  Answer to decide: {', '.join(one.questions)}", "not bold yellow")
    if one.missing and one.applies is not False:
        text.append(f"\n  Its text is not read: {one.missing}", "not bold yellow")
    return text


def obligations(
    desk: Desk, profile: File = None, company: Kept = None, on: Day = None, lang: Language = "fr",
    role: Annotated[str, typer.Option(help="Duties of one role alone, such as deployer.")] = "",
    instrument: Only = "", corpus: Corpus = "law",
) -> Shown:  # fmt: skip
    """What a company must do on a day, each duty with its quote, and what is to come."""
    day = _day(on)
    found, kept = _found(desk, profile, company, corpus, day, lang)
    duties, coming = (
        [one for one in many if _wanted(one, role, instrument)]
        for many in (found.duties, found.coming)
    )
    status = kept.status if kept else {}
    data = {
        "on": day, "instruments": found.instruments, "duties": duties, "coming": coming,
        "status": {one.id: status[one.id] for one in (*duties, *coming) if one.id in status},
        "gone": kept.gone if kept else [], "unaddressed": found.unaddressed,
    }  # fmt: skip
    lines = [
        Text(
            f"{len(duties)} duties on {day}, {len(coming)} to come. {NO_ADVICE} "
            f"{found.unaddressed} sentences of duty name nobody and are not among them.\n"
        )
    ]
    lines += [_duty(one, status.get(one.id)) for one in duties]
    if coming:
        lines.append(Text("To come", "bold"))
        lines += [_duty(one, status.get(one.id)) for one in coming]
    return Shown(data, Group(*lines))


def _wanted(one: CompanyDuty, role: str, instrument: str) -> bool:
    return (not role or role in one.bearers) and (not instrument or instrument == one.instrument)


def _duty(one: CompanyDuty, status: DutyStatus | None) -> Text:
    since = f"since {one.since}" if one.since else "from a day that is not told"
    text = Text(
        f"{one.id}  {', '.join(one.bearers) or 'anybody'}, {one.kind.value}, {since}", "bold"
    )
    text.append(f"\n  «{_short(one.quote, 400)}»", "not bold")
    if one.deadlines:
        text.append(f"\n  Time: {'; '.join(told.words for told in one.deadlines)}", "not bold")
    if one.sanctions:
        fines = dict.fromkeys(fine.provision for fine in one.sanctions)
        text.append(f"\n  Sanction: {', '.join(fines)}", "not bold")
    if one.open_questions:
        text.append(f"\n  Answer to decide: {', '.join(one.open_questions)}", "not bold yellow")
    if status is not None:
        again = "; its words have changed: look again" if status.again else ""
        text.append(f"\n  Status: {status.state.value}{again}", "not bold")
    source = one.source
    version = f"version of {source.version}, sha256 {source.digest[:16]}…"
    text.append(f"\n  — {source.work} {source.provision} {one.where}, {version}\n", "not bold dim")
    return text


def export_obligations(
    desk: Desk,
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    form: Annotated[str, typer.Option(help=f"One of {', '.join(FORMS)}.")] = "oscal",
    profile: File = None,
    company: Kept = None,
    on: Day = None,
    lang: Language = "fr",
    corpus: Corpus = "law",
) -> Shown:
    """Write a company's duties as OSCAL, LegalRuleML, CSV, Markdown or DOCX."""
    day = _day(on)
    if company is not None and profile is None:
        content = desk.platform.export_obligations(desk.actor, company, corpus, day, lang, form)
    else:
        document = _read(_one(profile, company))
        content = desk.platform.export_obligations_of(corpus, document, day, lang, form)
    with writing(file):
        file.write_bytes(content)
    return Shown({"file": file, "form": form, "bytes": len(content)}, f"{file}: {form}.")


@command(profile_app, "new")
def new(desk: Desk, file: Annotated[Path, typer.Argument(help="The profile (TOML).")]) -> Shown:
    """Keep a profile of one's own organisation."""
    kept = desk.platform.add_company(desk.actor, _read(file))
    return Shown(kept, f"{kept.profile} is kept, version {kept.version}.")


@command(profile_app, "set")
def set_(
    desk: Desk,
    company: Annotated[str, typer.Argument(help="The profile's id.")],
    file: Annotated[Path, typer.Argument(help="The profile (TOML) as it is now.")],
    seen: Annotated[int, typer.Option(min=1, help="The version that was looked at.")],
) -> Shown:
    """Keep the next version of a profile."""
    kept = desk.platform.change_company(desk.actor, company, _read(file), seen=seen)
    return Shown(kept, f"{kept.profile} is at version {kept.version}.")


@command(profile_app, "show")
def show_(
    desk: Desk,
    company: Annotated[str | None, typer.Argument(help="The profile's id; none: all.")] = None,
) -> Shown:
    """A profile, or those of one's own organisation."""
    if company is not None:
        kept = desk.platform.company(desk.actor, company)
        answers = kept.document["answers"]
        rows: list[list[object]] = [[name, str(value)] for name, value in answers.items()]
        rows += [[f"system {one['name']}", str(one["facts"])] for one in kept.document["systems"]]
        return Shown(kept, table([str(kept.document["name"]), f"version {kept.version}"], rows))
    found = desk.platform.companies(desk.actor)
    listed: list[list[object]] = [[one.profile, one.version, one.document["name"]] for one in found]
    return Shown(list(found), table(["profile", "version", "name"], listed))


@command(evidence_app, "add")
def add_evidence(
    desk: Desk,
    company: Annotated[str, typer.Argument(help="The profile's id.")],
    duty: Annotated[str, typer.Argument(help="The duty's id, as `law obligations` tells it.")],
    state: Annotated[str, typer.Option(help="open, evidence, done or not_applicable.")] = "evidence",
    kind: Annotated[
        str, typer.Option(help="algorithm, evaluation, document, file, url or text.")
    ] = "text",
    reference: Annotated[str, typer.Option(help="What the evidence is.")] = "",
    note: Annotated[str, typer.Option(help="A word on it.")] = "",
    on: Day = None,
    lang: Language = "fr",
    corpus: Corpus = "law",
) -> Shown:  # fmt: skip
    """Say how it stands with a duty, and what that rests on."""
    step = desk.platform.note_on_duty(
        desk.actor, company, corpus, StepForm(duty, state, kind, reference, note), on=_day(on),
        language=lang,
    )  # fmt: skip
    return Shown(step, f"{step.duty}: {step.state.value}.")


def _found(
    desk: Desk, profile: Path | None, company: str | None, corpus: str, on: date, lang: str
) -> tuple[Overview, CompanyOverview | None]:
    """What binds the company of a file, or one that is kept with how it stands."""
    if company is not None and profile is None:
        kept = desk.platform.company_obligations(desk.actor, company, corpus, on, lang)
        return kept.overview, kept
    document = _read(_one(profile, company))
    return desk.platform.obligations_of(corpus, document, on, lang), None


def _one(profile: Path | None, company: str | None) -> Path:
    if profile is None or company is not None:
        raise BadInput("name one company: `--profile FILE`, or `--company ID` for one that is kept")
    return profile


def _read(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise BadInput(f"{path} is no file")
    if path.stat().st_size > LARGEST_PROFILE:
        raise BadInput(f"{path} is larger than a profile is: 1 MiB at most")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise BadInput(f"{path} is no TOML: {failure}") from failure


def _day(told: str | None) -> date:
    return read_day(told, "--on") or system_clock().date()


def _short(words: str, most: int = 200) -> str:
    plain = " ".join(words.split())
    return plain if len(plain) <= most else f"{plain[:most]}…"
