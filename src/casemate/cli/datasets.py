"""``casemate dataset`` and ``casemate catalogue``."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group

from casemate.catalogue import describe, in_language, load_description, read_source
from casemate.cli.answers import account_document, accounts_table
from casemate.cli.common import Desk, Shown, command, table, writing
from casemate.cli.files import names_in
from casemate.errors import BadInput
from casemate.plans import PlanMisfit
from casemate.platform import CatalogueForm
from casemate.previews import PREVIEW_ROWS
from casemate.protection import read_plan

Encoding = Annotated[
    str | None, typer.Option(help="Of a text file, where it cannot be told, such as cp1252.")
]
Delimiter = Annotated[str | None, typer.Option(help="Of a text file, where it cannot be told.")]

app = typer.Typer(no_args_is_help=True)
catalogue = typer.Typer(no_args_is_help=True)


@command(app, "publish")
def publish(
    desk: Desk,
    source: Annotated[str, typer.Argument(help="A file, or a database as URL#table.")],
    describe: Annotated[Path, typer.Option(help="The description, TOML or JSON.")],
    encoding: Encoding = None,
    delimiter: Delimiter = None,
) -> Shown:
    """Publish a dataset, or its next version."""
    made = desk.platform.publish(
        desk.actor, source, load_description(describe), encoding=encoding, delimiter=delimiter
    )
    unique = made.risk.get("uniques", 0)
    return Shown(
        made,
        f"{made.id} version {made.version} is published: {made.rows} rows, "
        f"{len(made.variables)} variables, quality {made.quality['overall']} of 100; "
        f"{unique} people are unique in the raw data.",
    )


@command(app, "describe")
def describe_(
    desk: Desk,
    source: Annotated[str, typer.Argument(help="A file, or a database as URL#table.")],
    dataset_id: Annotated[str, typer.Option("--id", help="The dataset's id to be.")] = "my-dataset",
    encoding: Encoding = None,
    delimiter: Delimiter = None,
) -> Shown:
    """Draft a description for you to correct: publishing needs every variable described."""
    table_read = read_source(source, encoding=encoding, delimiter=delimiter)
    drafted = describe(table_read.frame, table_read.hints, dataset_id=dataset_id)
    document = drafted.model_dump(mode="json", exclude_defaults=True)
    return Shown(document, json.dumps(document, ensure_ascii=False, indent=1))


@command(app, "assess")
def assess(
    desk: Desk,
    source: Annotated[str, typer.Argument(help="A file, or a database as URL#table.")],
    describe: Annotated[Path, typer.Option(help="The description, TOML or JSON.")],
) -> Shown:
    """What publishing a table would show of its quality and risk; nothing is recorded."""
    found = desk.platform.assess(desk.actor, source, load_description(describe))
    alone, share = found.risk.get("uniques", 0), float(found.risk.get("at_risk", 0))
    return Shown(
        found,
        f"{found.description.id}: {found.rows} rows, {len(found.columns)} variables, quality "
        f"{found.quality['overall']} of 100; {alone} people are unique in the raw data, "
        f"{share:.0%} are in groups under {found.description.rules.min_k}.",
    )


@command(app, "held")
def held(desk: Desk) -> Shown:
    """The datasets of your own organisation, those that were withdrawn among them."""
    known = desk.platform.held(desk.actor)
    rows: list[list[object]] = [
        [one.id, one.version, one.rows, one.access_right.value, one.state.value] for one in known
    ]
    return Shown(known, table(["Dataset", "Version", "Rows", "Access", "State"], rows))


@command(app, "list")
def list_(desk: Desk) -> Shown:
    """All datasets."""
    known = desk.platform.datasets()
    rows: list[list[object]] = [
        [one.id, one.version, one.holder, one.rows, one.access_right.value, one.state.value]
        for one in known
    ]
    return Shown(known, table(["Dataset", "Version", "Holder", "Rows", "Access", "State"], rows))


@command(app, "show")
def show_(
    desk: Desk,
    dataset: Annotated[str, typer.Argument(help="The dataset's id.")],
    version: Annotated[int | None, typer.Option(help="A version (default: the latest).")] = None,
) -> Shown:
    """What anyone may know of a dataset: everything but its data."""
    known = desk.platform.dataset(dataset, version)
    rows: list[list[object]] = [
        [
            one.name,
            one.type,
            one.role.value,
            one.unit,
            one.label.get("en", next(iter(one.label.values()))),
        ]
        for one in known.variables
    ]
    variables = table(["Variable", "Type", "Role", "Unit", "Meaning"], rows)
    least = known.rules
    rules = f"Figures that leave: min_cell {least.min_cell}, {least.disclosure.in_words()}."
    return Shown(known, Group(variables, "", rules))


@command(app, "check-plan")
def check_plan(
    desk: Desk,
    dataset: Annotated[str, typer.Argument(help="The dataset's id.")],
    plan: Annotated[Path, typer.Argument(help="The protection plan, TOML or JSON.")],
    variables: Annotated[
        str, typer.Option(help="Those asked for, with commas between (default: all not dropped).")
    ] = "",
) -> Shown:
    """Say whether a protection plan fits a dataset as it is described, and its holder's rules."""
    asked = names_in(variables) or None
    try:
        checked = desk.platform.check_plan(dataset, read_plan(plan).to_dict(), asked)
    except PlanMisfit as misfit:
        raise BadInput(f"{plan}: {misfit}") from misfit
    return Shown(checked, f"{plan} fits {dataset} as it is described, and its holder's rules.")


@command(app, "budget")
def budget(desk: Desk, dataset: Annotated[str, typer.Argument(help="The dataset's id.")]) -> Shown:
    """For its holder: what noisy answers about a dataset have cost, under all permits together."""
    state = desk.platform.privacy_account(desk.actor, dataset)
    if state is None:
        return Shown([], f"{dataset} has no privacy budget: noisy answers about it are not given.")
    return Shown([account_document(state)], accounts_table([state]))


@command(app, "search")
def search(
    desk: Desk,
    words: Annotated[list[str], typer.Argument(help="What to look for.")],
    theme: Annotated[list[str] | None, typer.Option(help="Only this theme, such as HEAL.")] = None,
    holder: Annotated[list[str] | None, typer.Option(help="Only this organisation's.")] = None,
    access_right: Annotated[
        list[str] | None, typer.Option(help="public, restricted or non_public.")
    ] = None,
    regime: Annotated[list[str] | None, typer.Option(help="dga, ehds or gdpr.")] = None,
    newest: Annotated[bool, typer.Option(help="The newest first, not the best.")] = False,
    limit: Annotated[int, typer.Option(help="Hits to show.")] = 20,
) -> Shown:
    """Find datasets, best first. A filter that is given several times lets any of its values do."""
    page = desk.platform.search(
        " ".join(words),
        theme=theme,
        holder=holder,
        access_right=access_right,
        regime=regime,
        sort="newest" if newest else "best",
        limit=limit,
    )
    rows: list[list[object]] = [
        [
            hit.id,
            hit.holder,
            hit.access_right.value,
            hit.titles.get("en", next(iter(hit.titles.values()))),
        ]
        for hit in page.hits
    ]
    return Shown(page, table(["Dataset", "Holder", "Access", "Title"], rows))


@command(app, "lineage")
def lineage(desk: Desk, dataset: Annotated[str, typer.Argument(help="The dataset's id.")]) -> Shown:
    """The versions of a dataset, what each changed, and in numbers what was made of it."""
    told = desk.platform.lineage(dataset)
    rows: list[list[object]] = [
        [
            one.version,
            one.published_at.date(),
            one.rows,
            one.rows_more,
            ", ".join([*(f"+{name}" for name in one.added), *(f"-{name}" for name in one.removed)]),
            ", ".join(one.redefined),
            one.quality,
        ]
        for one in told.versions
    ]
    uses = told.uses
    made = (
        f"Of it: {uses.permits} permits, {uses.permits_in_force} in force; {uses.views} views, "
        f"{uses.runs} runs, {uses.released} results released."
    )
    heads = ["Version", "Published", "Rows", "More", "Variables", "Redefined", "Quality"]
    return Shown(told, Group(table(heads, rows), "", made))


@command(app, "similar")
def similar(
    desk: Desk,
    dataset: Annotated[str, typer.Argument(help="The dataset's id.")],
    limit: Annotated[int, typer.Option(help="Datasets to show.", min=1, max=20)] = 5,
) -> Shown:
    """Datasets that are like one, the likest first."""
    hits = desk.platform.similar(dataset, limit)
    rows: list[list[object]] = [[hit.id, hit.holder, in_language(hit.titles, "en")] for hit in hits]
    return Shown(hits, table(["Dataset", "Holder", "Title"], rows))


@command(app, "cite")
def cite(
    desk: Desk,
    dataset: Annotated[str, typer.Argument(help="The dataset's id.")],
    form: Annotated[str, typer.Option("--format", help="text, bibtex or csl.")] = "text",
    base: Annotated[
        str, typer.Option(help="The address that the dataset is found under.")
    ] = "https://casemate.example/",
    language: Annotated[str, typer.Option(help="Of the title, such as fr.")] = "en",
) -> Shown:
    """How a dataset is cited."""
    cited = desk.platform.cite(dataset, base, language)
    written = {
        "text": cited.text,
        "bibtex": cited.bibtex.rstrip(),
        "csl": json.dumps(cited.csl, ensure_ascii=False, indent=1),
    }
    if form not in written:
        raise BadInput(f"--format is one of {', '.join(written)}, not {form!r}")
    return Shown(cited, written[form])


@command(app, "preview")
def preview(
    desk: Desk,
    dataset: Annotated[str, typer.Argument(help="The dataset's id.")],
    rows: Annotated[int, typer.Option(help="Rows to show.")] = PREVIEW_ROWS,
) -> Shown:
    """The first rows of open data; of other data nobody is shown any."""
    seen = desk.platform.preview(desk.account, dataset, rows)
    return Shown(seen, table(list(seen.columns), [list(row) for row in seen.rows]))


@command(app, "retire")
def retire(
    desk: Desk,
    dataset: Annotated[str, typer.Argument(help="The dataset's id.")],
    reason: Annotated[str, typer.Option(help="Why; it stays on record.")],
) -> Shown:
    """Withdraw a dataset and destroy its keys: nobody reads it again."""
    gone = desk.platform.retire(desk.actor, dataset, reason)
    return Shown(gone, f"{gone.id} is retired and its keys are destroyed.")


@command(catalogue, "export")
def export(
    desk: Desk,
    dataset: Annotated[str | None, typer.Option(help="Only this one.")] = None,
    form: Annotated[str, typer.Option("--format", help="turtle or json-ld.")] = "turtle",
    base: Annotated[
        str, typer.Option(help="The address that the catalogue's IRIs start with.")
    ] = "https://casemate.example/",
    output: Annotated[Path | None, typer.Option(help="A file (default: standard output).")] = None,
) -> Shown:
    """The whole catalogue, or one dataset of it, as DCAT-AP 3."""
    if form not in ("turtle", "json-ld"):
        raise BadInput(f"--format is turtle or json-ld, not {form!r}")
    written: CatalogueForm = "turtle" if form == "turtle" else "json-ld"
    if dataset is None:
        text = desk.platform.export_catalogue(base, written)
    else:
        text = desk.platform.export_dataset(dataset, base.rstrip("/"), written)
    if output is None:
        return Shown({"format": form, "document": text}, text)
    with writing(output):
        output.write_text(text, encoding="utf-8")
    return Shown({"format": form, "file": str(output)}, f"The catalogue is in {output}.")
