"""``casemate permit``."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from casemate.access import OutputRules, Permit, export_odrl, verify_jws
from casemate.cli.answers import (
    account_document,
    account_text,
    accounts_table,
    answer_document,
    answer_text,
    expected_document,
    expected_text,
)
from casemate.cli.common import (
    AsOption,
    Desk,
    HomeOption,
    JsonOption,
    Shown,
    command,
    exits,
    read_document,
    show,
    sign_in,
    table,
)
from casemate.clock import timestamp
from casemate.disclosure import DisclosureRules
from casemate.errors import BadInput
from casemate.home import default_root, open_home
from casemate.plain import plain
from casemate.platform import Platform

_SIGNED = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)
_ID = re.compile(r"permit-[a-z2-7]{12}")

app = typer.Typer(no_args_is_help=True)


@command(app, "list")
def list_(desk: Desk) -> Shown:
    """The permits you may read."""
    known = desk.platform.list_permits(desk.actor)
    rows: list[list[object]] = [
        [
            one.id, one.applicant, ", ".join(scope.dataset for scope in one.scopes), one.purpose,
            timestamp(one.valid_until), "revoked" if one.revoked_at else "",
        ]
        for one in known
    ]  # fmt: skip
    columns = ["Permit", "Applicant", "Datasets", "Purpose", "Until", ""]
    return Shown(known, table(columns, rows))


@command(app, "show")
def show_(desk: Desk, permit: Annotated[str, typer.Argument(help="The permit's id.")]) -> Shown:
    """One permit in full, with what noisy answers under it have cost and may still cost."""
    known = desk.platform.permit(desk.account, permit)
    accounts = desk.platform.privacy_accounts(desk.actor, permit) if desk.account else ()
    spent: list[list[object]] = [["privacy budget", account_text(one)] for one in accounts]
    rows: list[list[object]] = [
        ["applicant", known.applicant],
        ["people", ", ".join(sorted(known.people))],
        ["purpose", f"{known.purpose}: {known.purpose_text}"],
        *_scope_rows(known),
        ["from", timestamp(known.valid_from)],
        ["until", timestamp(known.valid_until)],
        ["output rules", _rules_of(known.output_rules)],
        ["lets out", ", ".join(known.output_rules.allowed_types)],
        *spent,
        ["conditions", "; ".join(known.conditions)],
        ["revoked", known.revoked_at and f"{timestamp(known.revoked_at)}: {known.revoke_reason}"],
    ]
    budget = {"privacy_accounts": [account_document(one) for one in accounts]}
    return Shown(plain(known) | budget, table(["", ""], rows))


@command(app, "codebook")
def codebook(desk: Desk, permit: Annotated[str, typer.Argument(help="The permit's id.")]) -> Shown:
    """For the permit's people: what each column of the protected data means."""
    books = desk.platform.codebook(desk.actor, permit)
    rows: list[list[object]] = [
        [book["dataset"], one["name"], one["type"], one["unit"], _words(one)]
        for book in books
        for one in book["variables"]
    ]
    return Shown(books, table(["Dataset", "Variable", "Type", "Unit", "Meaning"], rows))


@command(app, "certificate")
def certificate(
    desk: Desk, permit: Annotated[str, typer.Argument(help="The permit's id.")]
) -> Shown:
    """For the permit's people: recompute every claim that was made of the protected data."""
    checked = desk.platform.verify_protection(desk.actor, permit)
    certificates = [view.certificate for view in desk.platform.views(desk.actor, permit)]
    held = sum(len(one.holds) for one in checked)
    text = f"All {held} claims hold that can be recomputed from the protected data."
    return Shown({"verified": checked, "certificates": certificates}, text)


@command(app, "ask")
def ask(
    desk: Desk,
    permit: Annotated[str, typer.Argument(help="The permit's id.")],
    query: Annotated[Path, typer.Argument(help="The question with its cost, TOML or JSON.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show cost and expected error; spend nothing.")
    ] = False,
) -> Shown:
    """For the permit's people: a noisy answer about the raw data, paid from the privacy budget."""
    question = read_document(query)
    if dry_run:
        expected = desk.platform.expected_error(desk.actor, permit, question)
        return Shown(expected_document(expected), expected_text(expected))
    answer = desk.platform.ask(desk.actor, permit, question)
    return Shown(answer_document(answer), answer_text(answer))


@command(app, "budget")
def budget(desk: Desk, permit: Annotated[str, typer.Argument(help="The permit's id.")]) -> Shown:
    """What noisy answers under a permit may still cost: each dataset's account, and the permit's."""
    states = desk.platform.privacy_accounts(desk.actor, permit)
    if not states:
        return Shown([], f"{permit} gives no noisy answers: its authority set no budget.")
    return Shown([account_document(one) for one in states], accounts_table(states))


@command(app, "effect")
def effect(desk: Desk, permit: Annotated[str, typer.Argument(help="The permit's id.")]) -> Shown:
    """For the authority: what revoking a permit now would end; nothing is done."""
    found = desk.platform.revocation_effect(desk.actor, permit)
    rows: list[list[object]] = [
        ["in force", "yes" if found.in_force else "no"],
        ["people who lose access", ", ".join(found.people)],
        ["runs that stop", ", ".join(found.runs)],
        ["views that are sealed", ", ".join(found.views)],
        ["outputs that stay inside", ", ".join(found.outputs)],
        ["amendments that fall", ", ".join(found.amendments)],
    ]
    return Shown(found, table(["", ""], rows))


@command(app, "revoke")
def revoke(
    desk: Desk,
    permit: Annotated[str, typer.Argument(help="The permit's id.")],
    reason: Annotated[str, typer.Option(help="Why; it stays on record.")],
) -> Shown:
    """End a permit now: running work stops."""
    ended = desk.platform.revoke(desk.actor, permit, reason)
    return Shown(ended, f"{ended.id} is revoked; what it opened is sealed.")


@command(app, "renew")
def renew(
    desk: Desk,
    permit: Annotated[str, typer.Argument(help="The permit's id.")],
    days: Annotated[int, typer.Option(help="For how many days from now.")],
    reason: Annotated[str, typer.Option(help="Why; it stays on record.")],
) -> Shown:
    """Put a new permit on the same terms in the place of an old one."""
    made = desk.platform.renew(desk.actor, permit, days, reason)
    return Shown(
        made, f"{made.id} takes the place of {permit} until {timestamp(made.valid_until)}."
    )


@command(app, "export")
def export(
    desk: Desk,
    permit: Annotated[str, typer.Argument(help="The permit's id.")],
    form: Annotated[str, typer.Option("--format", help="jws (signed) or odrl (JSON-LD).")] = "jws",
) -> Shown:
    """A permit as its signed text, or as ODRL."""
    known = desk.platform.permit(desk.account, permit)
    if form == "jws":
        return Shown({"jws": known.jws}, known.jws)
    if form != "odrl":
        raise BadInput(f"--format is jws or odrl, not {form!r}")
    document = export_odrl(known)
    return Shown(document, json.dumps(document, ensure_ascii=False, indent=1))


@app.command()
def verify(
    permit: Annotated[str, typer.Argument(help="The signed text or its file, or a permit's id.")],
    key: Annotated[
        Path | None, typer.Option(help="The issuer's public key (JWK) (default: the home's).")
    ] = None,
    home: HomeOption = None,
    account: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a permit's signature; with a file and --key this needs no home, account or network."""
    with exits():
        claims = verify_jws(_signed_text(permit, home, account), _jwk(key, home))
        text = f"The signature holds: {claims.jti}, issued by {claims.iss} to {claims.sub}."
        show(Shown(claims, text), as_json=as_json)


def _words(variable: Mapping[str, Any]) -> str:
    label = variable["label"].get("en") or next(iter(variable["label"].values()), "")
    generalised = variable["generalised"]
    if variable["pseudonym"]:
        return f"{label} (a pseudonym of this permit's own)"
    if not generalised or generalised["level"] == 0:
        return str(label)
    labels = ", ".join(str(one["label"]) for one in generalised["labels"])
    return f"{label}: {labels}"


def _scope_rows(permit: Permit) -> list[list[object]]:
    return [
        [f"dataset {one.dataset}", f"version {one.version}: {', '.join(one.variables)}"]
        for one in permit.scopes
    ]


def _rules_of(rules: OutputRules) -> str:
    disclosure = rules.disclosure or DisclosureRules()
    return f"review {rules.review}, min_cell {rules.min_cell}, {disclosure.in_words()}"


def _signed_text(permit: str, home: Path | None, account: str | None) -> str:
    """Who brings the signed text may have it checked; who has the id alone must be let read it."""
    if _SIGNED.fullmatch(permit):
        return permit
    if not _ID.fullmatch(permit):
        return _read_signed(Path(permit))
    with Platform(open_home(home or default_root())) as platform:
        return platform.permit(sign_in(platform, account), permit).jws


def _read_signed(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError as failure:
        raise BadInput(
            f"{path} cannot be read ({failure.strerror}): give a file with the signed text, or a "
            "permit's id"
        ) from failure


def _jwk(key: Path | None, home: Path | None) -> dict[str, Any]:
    return read_document(key or open_home(home or default_root()).public / "permit-key.json")
