"""The command line: every command calls the platform and nothing below it.

Exit codes: 0 done, 2 bad input, 3 not allowed, 4 an integrity failure, 5 a part is missing here.
"""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from casemate.cli.common import AsOption, HomeOption, JsonOption, Shown, exits, one_line, show
from casemate.cli.later import Commands, Later

GROUPS = {
    "account": ("accounts:app", "People and their roles."),
    "organisation": ("accounts:organisations", "The organisations they work for."),
    "dataset": ("datasets:app", "Publish, find, retire datasets."),
    "catalogue": ("datasets:catalogue", "The catalogue as a whole."),
    "application": ("applications:app", "Ask for access."),
    "permit": ("permits:app", "What was granted, and its end."),
    "run": ("runs:app", "Programs in the enclave."),
    "enclave": ("enclave:app", "The sandbox itself, and what programs run on."),
    "output": ("outputs:app", "What came out, and what may leave."),
    "protect": ("protect:app", "Anonymise and pseudonymise files, with no home."),
    "knowledge": ("knowledge:app", "How well texts are found, with no home."),
    "register": ("register:app", "Records of AI systems and algorithms."),
    "model": ("models:app", "Which model an entry is about, and whether it may go out."),
    "evaluation": ("evaluations:app", "Evaluations of models, as evidence."),
    "law": ("law:app", "What the law says, on the day that is asked about."),
    "sandbox": ("sandboxes:app", "The regulatory sandbox of the AI Act."),
    "flagship": ("flagship:app", "The sectors that run on this, and a new one's folder."),
    "observatory": ("observatory:app", "Language models tried by suites, in place."),
    "ledger": ("ledgers:app", "The record of every act."),
    "keys": ("keys:app", "The master key, and the public keys that follow from it."),
    "token": ("tokens:app", "What programs sign in with."),
}
"""Where each group's commands are, and its help."""
DECIDE = ("applications:decide", "Decide on an application; approving signs the permit.")
"""Stands at the top level: it is what the authority does all day."""
ALONE = {
    "status": (
        "status:status",
        "Whether every part of the home does well, and what to do where not.",
    ),
    "classify": ("classify:app", "What the AI Act says of a system on a day; with no home."),
    "assess": (
        "assessing:assess",
        "Hold a system of the register against the law: what is shown, what is missing.",
    ),
    "assess-model": (
        "assess:app",
        "Try a model on people whose truth is known; with no home, unless it is to be kept.",
    ),
}
"""Commands that are no group."""


class Root(Commands):
    """The commands as a whole: a misspelt one is bad input too, and says so in one line."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        later = {
            name: Later(name, f"{__name__}.{place}", told)
            for name, (place, told) in {"decide": DECIDE, **GROUPS, **ALONE}.items()
        }
        self.commands = {"decide": later.pop("decide"), **self.commands, **later}

    def main(self, *words: Any, **options: Any) -> Any:
        """Run, and end the process; as any group does, but for what it prints of usage errors."""
        if not options.get("standalone_mode", True):
            return super().main(*words, **options)
        try:
            sys.exit(super().main(*words, **(options | {"standalone_mode": False})))
        except TyperException as error:
            if type(error).__name__ != "NoArgsIsHelpError":  # then the help was printed already
                print(one_line(f"Bad input: {error.format_message()}"), file=sys.stderr)
            sys.exit(error.exit_code)
        except typer.Abort:
            sys.exit(130)


app = typer.Typer(
    name="casemate",
    cls=Root,
    help="Permits, protection, sealed runs, checked outputs, one ledger.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # a traceback must not print data
)


@app.command()
def init(
    operator: Annotated[
        str, typer.Option(help="Name of the first account, an operator.")
    ] = "Operator",
    name: Annotated[
        str, typer.Option(help="This Casemate's name on ledger and permits.")
    ] = "casemate",
    database: Annotated[
        str | None, typer.Option(help="PostgreSQL URL, where SQLite in the home will not do.")
    ] = None,
    home: HomeOption = None,
    account: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a home: keys, database, ledger, and the first account."""
    with exits():
        from casemate.home import create_home, default_root
        from casemate.platform import Platform, open_database

        if database is not None:
            open_database(database).close()  # else a misspelt URL would stay in the new home
        made = create_home(home or default_root(), name=name, database=database)
        with Platform(made) as platform:
            first = platform.found(operator)
        data = {"home": str(made.root), "operator": first.id, "public": str(made.public)}
        show(
            Shown(data, f"Home {made.root} is ready. Its operator is {first.id}."), as_json=as_json
        )


@app.command()
def demo(
    sector: Annotated[
        str, typer.Argument(help="Whose demo: health, law, or another that `flagship list` names.")
    ] = "health",
    home: Annotated[Path, typer.Option("--home", help="The demo's home.")] = Path("casemate-demo"),
    texts: Annotated[
        Path | None,
        typer.Option(help="For law: a folder of real law to ask instead of the invented one."),
    ] = None,
    account: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take 1,629 real people's data through the whole flow, and attack the three laws; or ask the law."""
    with exits():
        match sector:
            case "law":
                from casemate.cli.demo_law import run_law_demo

                run_law_demo(home, texts, as_json=as_json)
            case "health":
                from casemate.cli.demo import run_demo

                run_demo(home, as_json=as_json)
            case _:
                from casemate.cli.demo_any import run_any_demo

                run_any_demo(sector, home, as_json=as_json)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 takes any that is free.")] = 8000,
    requests_a_minute: Annotated[
        int, typer.Option(min=1, help="The most requests that one caller may send in a minute.")
    ] = 600,
    behind_proxy: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESSES",
            help="Addresses or networks of proxies, comma between: their X-Forwarded-For and "
            "X-Forwarded-Proto are believed, nobody else's.",
        ),
    ] = None,
    invite: Annotated[
        bool,
        typer.Option("--invite", help="Invite everybody who can not sign in, and print the links."),
    ] = False,
    home: HomeOption = None,
    account: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer over HTTP, and do the home's runs, until interrupted."""
    with exits():
        from casemate.cli.serve import Serving
        from casemate.cli.serve import serve as serve_home
        from casemate.home import default_root

        def tell(serving: Serving) -> None:
            show(Shown(serving, serving.for_people()), as_json=as_json)
            sys.stdout.flush()

        root = home or default_root()
        serve_home(
            root,
            host,
            port,
            requests_a_minute=requests_a_minute,
            tell=tell,
            behind_proxy=behind_proxy,
            invite_as=account,
            invites=invite,
        )


def main() -> None:
    """The entry point of the ``casemate`` command."""
    app()
