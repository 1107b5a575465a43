"""``casemate law``: who cites whom, and which act changed what."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType

from casemate.cli.common import Desk, Shown, command, table, writing
from casemate.cli.law_options import Corpus, Key, Work, progress
from casemate.errors import BadInput
from casemate.knowledge.citing import Amendment, Neighbourhood, Page, to_dot, to_svg
from casemate.knowledge.documents.library import State
from casemate.plain import as_json
from casemate.register.law.cases import read_day

Day = Annotated[str | None, typer.Option("--on", help="As cited on this day (default: ever).")]
OneKey = Annotated[str | None, typer.Argument(help="The provision's id; without it the whole law.")]
After = Annotated[int, typer.Option(min=0, help="Begin after this many.")]
Most = Annotated[int, typer.Option(min=1, max=5000, help="The most that are shown.")]
Tongue = Annotated[str | None, typer.Option("--lang", help="Language of the text.")]


def add_to(app: typer.Typer) -> None:
    """Put the commands into ``casemate law``."""
    command(app, "link")(link)
    command(app, "cites")(cites)
    command(app, "cited-by")(cited_by)
    command(app, "amendments")(amendments)
    command(app, "timeline")(timeline)
    command(app, "graph")(graph)


def link(desk: Desk, corpus: Corpus = "law") -> Shown:
    """Read who cites whom in a collection, or what of it is new."""
    with progress("Reading references") as hear:
        state = desk.platform.link_corpus(desk.actor, corpus, hear)
    return Shown(
        state,
        f"{state.texts} distinct texts cite {state.references} times; "
        f"{state.resolved} times what they cite is here.",
    )


def cites(
    desk: Desk, work: Work, key: OneKey = None, on: Day = None, after: After = 0, most: Most = 100,
    corpus: Corpus = "law",
) -> Shown:  # fmt: skip
    """What a law, or one provision of it, cites: on a day, or ever."""
    day = read_day(on, "--on")
    page = desk.platform.citations_of(corpus, work, key, on=day, after=after, most=most)
    rows: list[list[object]] = [
        [one.key, one.to_key, one.to_work, one.why or "here", _short(one.words)]
        for one in page.citations
    ]
    return Shown(_document(page), _told(page, ["in", "cites", "of", "held", "words"], rows))


def cited_by(
    desk: Desk, work: Work, key: OneKey = None, on: Day = None, after: After = 0, most: Most = 100,
    corpus: Corpus = "law",
) -> Shown:  # fmt: skip
    """Who cites a provision, or a law from outside: on a day, or ever."""
    day = read_day(on, "--on")
    page = desk.platform.cited_by(corpus, work, key, on=day, after=after, most=most)
    rows: list[list[object]] = [
        [one.work, one.key, one.begins or "", one.ends or "", _short(one.quote)]
        for one in page.citations
    ]
    return Shown(
        _document(page), _told(page, ["law", "provision", "from", "to before", "quote"], rows)
    )


def _document(page: Page) -> dict[str, Any]:
    return {"citations": list(page.citations), "total": page.total, "after": page.after}


def _told(page: Page, columns: list[str], rows: list[list[object]]) -> RenderableType:
    more = "" if page.after is None else f" More: --after {page.after}."
    return Group(table(columns, rows), f"{page.total} in all.{more}")


def amendments(
    desk: Desk,
    work: Work,
    key: OneKey = None,
    by: Annotated[bool, typer.Option("--by", help="What this law changes in others.")] = False,
    lang: Tongue = None,
    corpus: Corpus = "law",
) -> Shown:
    """Which acts changed a law or a provision, or what a law changes in others."""
    if by and key is not None:
        raise BadInput("--by tells what a whole law changes: leave the provision out")
    found = (
        desk.platform.amendments_by(corpus, work)
        if by
        else desk.platform.amendments_of(corpus, work, key, lang)
    )
    columns = ["law", "provision", "from", "what", "by", "told by"]
    return Shown(list(found), table(columns, [_row(one) for one in found]))


def _row(one: Amendment) -> list[object]:
    by = " ".join(part for part in (one.by or "not told", one.by_key) if part)
    return [one.work, one.key, one.day or "", one.what, by, ", ".join(one.evidence)]


def timeline(
    desk: Desk, work: Work, key: Key, lang: Tongue = None, corpus: Corpus = "law"
) -> Shown:
    """A provision over time: each wording with its days and the acts that changed it."""
    platform = desk.platform
    tongue = lang or platform.versions_in_corpus(corpus, work)[-1].language
    states = platform.provision_history(corpus, work, key, tongue)
    changes = platform.amendments_of(corpus, work, key, tongue)
    rows: list[list[object]] = [
        [
            number,
            one.begins or "",
            one.ends or "",
            ", ".join(_acts(one, changes)),
            len(one.provision.text),
        ]
        for number, one in enumerate(states, 1)
    ]
    data = [_wording(one, _acts(one, changes)) for one in states]
    return Shown(data, table(["wording", "from", "to before", "changed by", "characters"], rows))


def _acts(state: State, changes: Sequence[Amendment]) -> list[str]:
    return [one.by for one in changes if one.by and one.day is not None and one.day == state.begins]


def _wording(state: State, acts: list[str]) -> dict[str, Any]:
    return {
        "begins": state.begins,
        "ends": state.ends,
        "digest": state.provision.digest,
        "by": acts,
    }


def graph(
    desk: Desk,
    work: Work,
    key: OneKey = None,
    out: Annotated[Path | None, typer.Option(help="A file: .svg, .json or .dot.")] = None,
    on: Day = None,
    steps: Annotated[int, typer.Option(min=1, max=2, help="How far around.")] = 1,
    corpus: Corpus = "law",
) -> Shown:
    """What cites a law or a provision and what it cites, drawn."""
    day = read_day(on, "--on")
    found = desk.platform.citation_graph(corpus, work, key, on=day, steps=steps)
    told = f"{len(found.nodes)} nodes, {len(found.links)} ties."
    if out is not None:
        drawn = _drawn(out, found, f"{work} {key or ''}".strip())
        with writing(out):
            out.write_text(drawn, encoding="utf-8")
        told = f"{told} Written to {out}."
    return Shown(found, told)


def _drawn(out: Path, found: Neighbourhood, label: str) -> str:
    if out.suffix == ".svg":
        return to_svg(found, label, standalone=True)
    if out.suffix == ".dot":
        return to_dot(found)
    if out.suffix == ".json":
        return as_json(found).decode()
    raise BadInput(f"--out {out}: the name ends in .svg, .json or .dot")


def _short(text: str) -> str:
    told = " ".join(text.split())
    return told if len(told) <= 90 else f"{told[:89]}…"
