"""A hypothetical clinic: 300 invented people, everybody who acts, a hand on the command line. No test.

Names, numbers and measures are made so that none of them can occur anywhere by chance: whoever finds
one in a file of the home has found personal data.
"""

import csv
import io
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import sqlalchemy as sa
from typer.main import get_command

from casemate.cli import app
from casemate.home import open_home

PEOPLE = 300
OPERATOR, HOLDER, OTHER_HOLDER = "acct-operator", "acct-holder", "acct-other-holder"
SAID = ("--describe", "Counts visits.", "--no-ai")
"""What the researcher says of each program, for the register."""
RESEARCHER, OUTSIDER = "acct-researcher", "acct-outsider"
AUTHORITY, COLLEAGUE = "acct-authority", "acct-colleague"
CHECKER, AUDITOR = "acct-checker", "acct-auditor"
CAST = {  # account: name, organisation, role
    HOLDER: ("Hanna Holder", "org-clinic", "data_holder"),
    OTHER_HOLDER: ("Otto Other", "org-laboratory", "data_holder"),
    RESEARCHER: ("Rita Researcher", "org-university", "data_user"),
    OUTSIDER: ("Oscar Outsider", "org-university", "data_user"),
    AUTHORITY: ("Aline Authority", "org-access-body", "authority"),
    COLLEAGUE: ("Carla Colleague", "org-access-body", "authority"),
    CHECKER: ("Chris Checker", "org-access-body", "output_checker"),
    AUDITOR: ("Anouk Auditor", "org-access-body", "auditor"),
}
ORGANISATIONS = ("Clinic", "Laboratory", "University", "Access Body")
HARMLESS = {"account.signed_in", "account.sign_in_failed", "act.refused"}
CASEMATE = Path(sys.executable).with_name("casemate")
_SETTINGS = ("HOME", "ACCOUNT", "PASSWORD", "DATABASE", "MASTER_KEY", "MASTER_KEY_COMMAND")
_QUIET = ("COLUMNS", *(f"CASEMATE_{name}" for name in _SETTINGS))


@dataclass(frozen=True)
class Person:
    """One row of the clinic's table; nobody is like this."""

    patient: str
    name: str
    birth_year: int
    sex: str
    commune: str
    diagnosis: str
    marker: float
    """The measure: five digits before the point and five after it, all of them chance."""


@cache
def people() -> tuple[Person, ...]:
    """The same 300 invented people at every call."""
    chance = random.Random("a clinic that does not exist")
    syllables = [a + b for a in "bdgklmnprstvz" for b in ("ax", "eph", "ouq", "yrn", "ivk")]
    found = []
    for row in range(PEOPLE):
        first, last = ("".join(chance.choices(syllables, k=3)).title() for _ in range(2))
        found.append(
            Person(
                patient=f"QZ{chance.randrange(10**8):08d}-{row:03d}",
                name=f"{first} {last}",
                birth_year=1940 + chance.randrange(60),
                sex=chance.choice(("female", "male")),
                commune=chance.choice(("Ahlen", "Berg", "Cents")),
                diagnosis=chance.choice(("none", "asthma", "diabetes")),
                marker=chance.randrange(10**9, 10**10) / 10**5,
            )
        )
    return tuple(found)


DESCRIPTION = """
id = "clinic"
title = { en = "Clinic visits", fr = "Visites de la clinique" }
description = { en = "One row a patient of a clinic that does not exist: asthma, diabetes and a marker." }
themes = ["HEAL"]
access_right = "non_public"
regime = "ehds"
allowed_purposes = ["dpv:ScientificResearch"]

[rules]
min_k = 5
min_cell = 10
max_suppression = "0.05"
max_days = 365

[variables]
patient = { label = { en = "Patient number" }, role = "direct_identifier" }
name = { label = { en = "Name" }, role = "direct_identifier" }
birth_year = { label = { en = "Year of birth" }, role = "quasi_identifier", unit = "year" }
sex = { label = { en = "Sex" }, role = "quasi_identifier" }
commune = { label = { en = "Commune" }, role = "quasi_identifier" }
diagnosis = { label = { en = "Main diagnosis" }, role = "sensitive" }
marker = { label = { en = "Marker in blood" }, role = "other", unit = "mmol/l" }
"""

PLAN = """
suppression = "0.05"
models = [{ model = "k-anonymity", k = 5 }]
pseudonymise = ["patient"]

[quasi_identifiers]
sex = { kind = "suppressible" }
commune = { kind = "suppressible" }
birth_year = { kind = "intervals", widths = [10, 20], anchor = 1940 }
"""

FORM = """
title = "Asthma and the marker"
applicant_role = "principal investigator"
method = "Means of the marker by diagnosis and sex"
outputs = ["a table of counts and means, by diagnosis"]
people = ["acct-researcher"]
duration_days = 90

[purpose]
term = "dpv:ScientificResearch"
description = "Whether people with asthma have a higher marker."

[legal_basis]
article_6 = "e"
article_9 = "j"

[[datasets]]
dataset = "clinic"
population = "all patients"
variables = [
  { name = "patient", necessity = "to count people once", as_pseudonym = true },
  { name = "birth_year", necessity = "results by age" },
  { name = "sex", necessity = "results by sex" },
  { name = "commune", necessity = "results by place" },
  { name = "diagnosis", necessity = "the exposure" },
  { name = "marker", necessity = "the outcome" },
]
"""

SCRIPT = """
import pandas as pd

people = pd.read_parquet("/in/clinic.parquet")
by_diagnosis = people.groupby("diagnosis", observed=True)["marker"]
table = by_diagnosis.agg(count="count", mean="mean").round(1).reset_index()
table.to_csv("/out/by_diagnosis.csv", index=False)
cells = people.groupby(["birth_year", "sex", "commune", "diagnosis"], observed=True).size()
cells.rename("count").reset_index().to_csv("/out/in_detail.csv", index=False)
print("two tables are written")
"""


@dataclass(frozen=True)
class Said:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output; fails where there is anything else."""
        return json.loads(self.out, parse_constant=_refuse)

    @property
    def is_one_line(self) -> bool:
        """Whether it said its error in one line, and nothing on standard output."""
        return self.out == "" and self.err.endswith("\n") and self.err.count("\n") == 1


def speak(words: Sequence[str], *, feed: str = "", **environment: str) -> Said:
    """Run ``casemate WORDS`` in this process, with ``feed`` on standard input; what is raised is raised.

    As Typer's own runner, but the commands are put together once and not at every call.
    """
    out, err = (
        io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors=errors, newline="")
        for errors in ("strict", "backslashreplace")
    )
    code = 0
    with (
        mock.patch.dict(os.environ, environment),
        mock.patch.object(sys, "stdin", io.StringIO(feed)),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        for name in set(_QUIET) - set(environment):
            os.environ.pop(name, None)
        try:
            _commands().main(list(words), prog_name="casemate")
        except SystemExit as end:
            code = int(end.code or 0)
    return Said(code, _written(out), _written(err))


@cache
def _commands() -> Any:
    return get_command(app)


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


@dataclass(frozen=True)
class Clinic:
    """One home in ``folder``/home, the clinic's documents beside it, and the ids of what is in it."""

    folder: Path
    database: str | None = None
    spoken: set[tuple[str, ...]] = field(default_factory=set, compare=False)
    """The commands that were asked for JSON and gave it."""

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def say(self, *words: str | Path, by: str | None = None, feed: str | None = None) -> Said:
        """Run ``casemate WORDS --home HOME [--as BY]`` in this process."""
        return speak(self.words(words, by), feed=feed or "")

    def ask(self, *words: str | Path, by: str | None = None) -> Any:
        """The JSON document that a command answers; fails unless it is all that it prints."""
        said = self.say(*words, "--json", by=by)
        assert said.code == 0, said
        assert said.err == "", said
        self.spoken.update(leaf for leaf in leaf_commands() if leaf == words[: len(leaf)])
        return said.json

    def start(self, *words: str | Path, by: str | None = None) -> "subprocess.Popen[str]":
        """Run the installed ``casemate`` in a process of its own."""
        environment = {name: value for name, value in os.environ.items() if name not in _QUIET}
        return subprocess.Popen(
            [CASEMATE, *self.words(words, by)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
            cwd=self.folder,
        )  # fmt: skip

    def words(self, words: Sequence[str | Path], by: str | None) -> list[str]:
        """The whole command line after `casemate`."""
        return [*map(str, words), "--home", str(self.home), *(("--as", by) if by else ())]

    def file(self, name: str, content: str | bytes) -> Path:
        """A file beside the home."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def write_documents(self) -> None:
        """The clinic's table, description, plan, form and script."""
        fields = list(Person.__dataclass_fields__)
        with (self.folder / "clinic.csv").open("w", newline="", encoding="utf-8") as stream:
            rows = csv.writer(stream)
            rows.writerow(fields)
            rows.writerows([getattr(one, field) for field in fields] for one in people())
        for name, text in (
            ("clinic.toml", DESCRIPTION), ("plan.toml", PLAN), ("form.toml", FORM), ("means.py", SCRIPT)
        ):  # fmt: skip
            self.file(name, text)

    # ── the steps of the flow, each by its own account ───────────────────────────────────────────

    def found(self) -> None:
        """A home with its cast."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.write_documents()
        at = ("--database", self.database) if self.database else ()
        self.ask("init", "--operator", "Operator", "--name", "clinic.example", *at)
        for name in ORGANISATIONS:
            self.ask("organisation", "add", name, by=OPERATOR)
        for account, (name, organisation, role) in CAST.items():
            self.ask(
                "account", "add", name, "--organisation", organisation, "--role", role,
                "--id", account, by=OPERATOR,
            )  # fmt: skip

    def publish(self) -> Any:
        """The clinic publishes its table."""
        table, description = self.folder / "clinic.csv", self.folder / "clinic.toml"
        return self.ask("dataset", "publish", table, "--describe", description, by=HOLDER)

    def apply(self) -> str:
        """The id of the researcher's application."""
        made = self.ask("application", "submit", self.folder / "form.toml", by=RESEARCHER)
        return str(made["id"])

    def approve(self, application: str, *options: str) -> str:
        """The id of the permit."""
        made = self.ask(
            "decide", application, "approve", "--plan", f"clinic={self.folder / 'plan.toml'}",
            "--reason", "necessary and proportionate", *options, by=AUTHORITY,
        )  # fmt: skip
        return str(made["id"])

    def run(self, permit: str, script: str = "means.py", *options: str) -> Any:
        """A run of the researcher's, ended."""
        return self.ask(
            "run", "submit", "--permit", permit, "--script", self.folder / script, *options,
            *SAID, by=RESEARCHER,
        )  # fmt: skip

    def outputs(self, run: str) -> dict[str, Any]:
        """What a run left, by name, as the checker sees it listed."""
        listed = self.ask("output", "list", "--run", run, by=CHECKER)
        return {one["name"]: one for one in listed}

    def only(self, *listing: str, by: str) -> str:
        """The id of the one record that a list command shows."""
        (one,) = self.ask(*listing, "list", by=by)
        return str(one["id"])

    # ── looking behind the program's back ────────────────────────────────────────────────────────

    def tables(self) -> dict[str, list[str]]:
        """Every row of every table of the database, as text, in order."""
        with self._engine() as engine, engine.connect() as connection:
            names = sa.inspect(connection).get_table_names()
            return {name: _rows(connection, name) for name in sorted(names)}

    def records(self) -> dict[str, list[str]]:
        """The tables without the ledger's own, which also remember refusals."""
        return {name: rows for name, rows in self.tables().items() if not _is_ledger(name)}

    def vault(self) -> set[str]:
        """The names of the vault's files, half-written ones included."""
        return {path.name for path in (self.home / "vault").glob("*")}

    def query(self, statement: str) -> list[Any]:
        """The first column of what the database answers."""
        with self._engine() as engine, engine.connect() as connection:
            return list(connection.scalars(sa.text(statement)))

    def until(self, happened: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until ``happened``; fails after ``seconds``."""
        give_up = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < give_up, "it did not happen in time"
            time.sleep(0.05)

    def behind_the_back(self, statement: str) -> None:
        """Change the database without the program; fails where nothing was changed."""
        with self._engine() as engine, engine.begin() as connection:
            assert connection.execute(sa.text(statement)).rowcount > 0

    @contextmanager
    def _engine(self) -> Iterator[sa.Engine]:
        engine = sa.create_engine(open_home(self.home).database)
        yield engine
        engine.dispose()

    def verifies(self) -> bool:
        """Whether the ledger holds, as the command says."""
        return bool(self.ask("ledger", "verify", by=AUDITOR)["ok"])

    def acts(self) -> list[str]:
        """Every act on the ledger, in order."""
        bodies = self.query('SELECT body FROM ledger_entry ORDER BY "index"')
        return [json.loads(body)["act"] for body in bodies]

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Fail unless records and vault are afterwards what they were and the ledger holds.

        On the ledger nothing may be new but that somebody came in, or was refused.
        """
        records, files, acts = self.records(), self.vault(), self.acts()
        yield
        assert self.records() == records
        assert self.vault() == files
        assert set(self.acts()[len(acts) :]) <= HARMLESS
        assert self.verifies()


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def copy_of(clinic: Clinic, folder: Path) -> Clinic:
    """The same home somewhere else: nothing in it knows where it is."""
    shutil.copytree(clinic.folder, folder, dirs_exist_ok=True)
    return Clinic(folder)


def _rows(connection: sa.Connection, table: str) -> list[str]:
    rows = connection.execute(sa.text(f'SELECT * FROM "{table}"')).mappings()
    return sorted(str(_printed(row)) for row in rows)


def _printed(row: Mapping[Any, Any]) -> dict[str, str]:
    return {str(name): repr(value) for name, value in row.items()}


def _is_ledger(table: str) -> bool:
    return table.startswith("ledger")


@cache
def leaf_commands() -> tuple[tuple[str, ...], ...]:
    """Every command there is, as its words."""
    return tuple(leaves(_commands()))


def of_the_platform() -> tuple[tuple[str, ...], ...]:
    """The commands that act in a home; those of ``protect`` and ``classify``, the sandbox alone, and
    whoever checks a record of an algorithm, a receipt with a key, tries a language model, or looks which
    there are, and whoever begins a flagship, need none."""
    alone = {("enclave", "exec"), ("enclave", "doctor"), ("output", "verify")}
    alone |= {("register", "check"), ("register", "fields"), ("register", "questions")}
    alone |= {("observatory", one) for one in ("run", "models", "suites")}
    alone |= {("flagship", "list"), ("flagship", "new")}
    on_files = {"protect", "classify", "assess-model", "knowledge"}
    return tuple(
        words for words in leaf_commands() if words[0] not in on_files and words not in alone
    )


def leaves(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of each command below ``command``."""
    if not hasattr(command, "commands"):
        yield words
        return
    for name in list(command.commands):
        yield from leaves(command.get_command(None, name), (*words, name))


def options_of(words: Sequence[str]) -> Any:
    """What a command takes, as the parser knows it."""
    command: Any = _commands()
    for word in words:
        command = command.get_command(None, word)
    return command


def dummy_call(words: Sequence[str]) -> list[str]:
    """``words`` with something for everything that the command insists on."""
    call = list(words)
    for parameter in options_of(words).params:
        if parameter.required:
            call += [] if parameter.param_type_name == "argument" else [parameter.opts[0]]
            call += [] if getattr(parameter, "is_flag", False) else ["1"]
    return call
