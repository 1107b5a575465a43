"""What holds of every command, whatever it does: its help, its options, one line for an error."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from functional.clinic import (
    AUDITOR,
    CASEMATE,
    CHECKER,
    HOLDER,
    OPERATOR,
    RESEARCHER,
    Clinic,
    dummy_call,
    leaf_commands,
    of_the_platform,
    options_of,
    speak,
)

pytest_plugins = ("functional.clinic_fixtures",)

COMMANDS = pytest.mark.parametrize("words", leaf_commands(), ids=" ".join)
# `init` and `serve` make their home and `demo` its whole story; `permit verify` needs none.
NEED_A_HOME = [
    words
    for words in of_the_platform()
    if words not in {("init",), ("serve",), ("demo",), ("permit", "verify")}
]
RECORDS_OUT = {("protect", "stream")}
"""What these print are the records themselves, line by line: there is no document to ask for."""
ISSUE = """init; demo; dataset publish; dataset list; dataset show; dataset search; dataset retire;
dataset assess; dataset held; dataset lineage; dataset similar; dataset cite; dataset preview;
application submit; application revise; application check; application message; application inbox;
application preview; application list; application show; decide; permit list; permit show;
permit verify; permit effect; permit revoke; permit export; run submit; run status; run logs; run cancel;
output list; output queue; output claim; output check; output review; output release; output fetch;
output repair; output verify; ledger verify; ledger prove;
ledger checkpoint; ledger export; enclave exec; enclave doctor; run replay;
enclave environment add; enclave environment list; enclave environment show; enclave environment verify;
enclave environment remove; run follow; run draft; run program; output compare;
output show; account add; account list;
catalogue export;
protect anonymise; protect pseudonymise; protect aggregate; protect synthesise; protect population;
protect risk; protect stream; protect verify; classify; knowledge evaluate;
knowledge answers;
register add; register revise; register list;
register show; register history; register search; register feedback; register give-feedback;
register answer-feedback; register publish; register withdraw; register export;
register complete; register enter-run; register incident; register incidents;
register check; register fields; register answer; register questions;
register document; serve; flagship list; flagship new;
law load; law index; law search; law ask; law answer; law replay; law check-days; law check;
law consolidate;
law transpose;
law plain; law glossary;
law link; law cites; law cited-by; law amendments; law timeline; law graph;
law instruments; law obligations; law export-obligations; law profile new; law profile set;
law profile show; law evidence add;
law translate; law translate-text; law terms; law translators;
law memory build; law memory show; law memory export; law memory import;
law corpora; law works; law versions; law show; law history; law redline; law watch;
law case new; law case list; law case show; law case pin; law case note; law case search; law case take;
law case arrange; law case share; law case alerts; law case export; law case delete; law case erase;
evaluation record; evaluation list; evaluation show; evaluation publish; assess-model;
sandbox apply; sandbox submit; sandbox show; sandbox list; sandbox message; sandbox ask-back; sandbox admit;
sandbox refuse; sandbox plan; sandbox start; sandbox attach; sandbox incident; sandbox suspend;
sandbox resume; sandbox conclude; sandbox report; sandbox withdraw;
assess; model name; model list; model standing; model allow;
observatory run; observatory models; observatory suites; observatory list; observatory show;
observatory compare; observatory export;
token issue; token list; token end"""


def test_every_command_that_was_promised_is_there() -> None:
    promised = {tuple(one.split()) for one in ISSUE.split(";")}
    assert promised <= set(leaf_commands())


@COMMANDS
def test_a_command_says_what_it_does_and_takes_the_shared_options(words: tuple[str, ...]) -> None:
    help_text = options_of(words).help
    assert help_text.endswith(".")
    assert len(help_text.split()) > 1
    options = {option for parameter in options_of(words).params for option in parameter.opts}
    shared = {"--home", "--as", "--json"} if words in of_the_platform() else {"--json"}
    if words in RECORDS_OUT:
        shared = set()
    assert shared <= options
    said = speak([*words, "--help"], COLUMNS="200")
    assert said.code == 0
    assert help_text in said.out
    assert said.err == ""


def test_every_command_on_files_is_run_by_a_test_of_this_folder() -> None:
    """Those of the platform are counted as they are spoken; these by the words of their tests."""
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_protect_*.py"))
    tests += "".join(path.read_text() for path in Path(__file__).parent.glob("test_*stream*.py"))
    on_files = {words[1] for words in leaf_commands() if words[0] == "protect"}
    others = Path(__file__).parents[1] / "unit" / "protection"
    tests += "".join(path.read_text() for path in others.glob("*command*.py"))
    assert {word for word in on_files if f'"{word} ' in tests or f'"{word}"' in tests} == on_files


@COMMANDS
def test_every_option_and_argument_is_explained(words: tuple[str, ...]) -> None:
    for parameter in options_of(words).params:
        assert parameter.help, f"{' '.join(words)} {parameter.name}"


@pytest.mark.parametrize("words", NEED_A_HOME, ids=" ".join)
def test_no_home_is_one_line_and_exit_code_2(words: tuple[str, ...], tmp_path: Path) -> None:
    said = Clinic(tmp_path).say(*dummy_call(words), "--json")
    assert said.code == 2
    assert said.is_one_line
    assert said.err.startswith(f"Not found: {tmp_path / 'home'} is no Casemate home")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    "words", list({words[0]: words for words in NEED_A_HOME}.values()), ids=" ".join
)
def test_an_unknown_account_is_one_line_and_exit_code_3(
    words: tuple[str, ...], founded: Clinic
) -> None:
    said = founded.say(*dummy_call(words), "--json", by="acct-nobody")
    assert said.code == 3
    assert said.is_one_line
    assert "acct-nobody" in said.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["bogus"], "No such command 'bogus'"),
        (["permit", "lst"], "Did you mean 'list'?"),
        (["run", "submit"], "Missing option '--permit'"),
        (["dataset", "list", "--nonsense"], "No such option: --nonsense"),
        (["run", "status", "--wait=maybe"], "--wait"),
        (["permit", "renew", "permit-a", "--reason", "x", "--days", "many"], "--days"),
        (["dataset", "show"], "Missing argument 'DATASET'"),
        (["dataset", "show", "a", "b"], "unexpected extra argument"),
    ],
)
def test_a_mistyped_command_is_one_line_and_exit_code_2(words: list[str], message: str) -> None:
    said = speak(words)
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("Bad input: ")
    assert said.err.count("\n") == 1
    assert message.lower() in said.err.lower()


@pytest.mark.parametrize("group", [[], ["permit"], ["ledger"]])
def test_a_group_alone_shows_its_help(group: list[str]) -> None:
    said = speak(group)
    assert said.code == 2
    assert "Usage:" in said.out
    assert said.err == ""


@pytest.mark.parametrize(
    ("words", "by", "code", "message"),
    [
        (["dataset", "show", "nothing"], None, 2, "no dataset 'nothing'"),
        (["application", "show", "application-x"], RESEARCHER, 2, "application-x"),
        (["application", "list", "--state", "lost"], RESEARCHER, 2, "'lost' is no state"),
        (["application", "list"], None, 2, "--as ACCOUNT"),
        (["application", "submit"], RESEARCHER, 2, "the form's file"),
        (["decide", "application-x", "maybe", "--reason", "r"], HOLDER, 2, "'maybe' is none of"),
        (["decide", "application-x", "approve", "--reason", "r", "--budget", "clinic=1"],
         HOLDER, 2, "'clinic=1' is not DATASET=epsilon:AMOUNT"),
        (["permit", "ask", "permit-x", "/nowhere"], RESEARCHER, 2, "/nowhere"),
        (["dataset", "budget", "nothing"], HOLDER, 2, "no dataset 'nothing'"),
        (["permit", "show", "permit-x"], RESEARCHER, 2, "permit-x"),
        (["run", "status", "run-x"], RESEARCHER, 2, "run-x"),
        (["output", "check", "output-x"], CHECKER, 2, "output-x"),
        (["output", "claim", "output-x"], CHECKER, 2, "output-x"),
        (["output", "queue"], RESEARCHER, 3, "output.queue"),
        (["ledger", "prove"], AUDITOR, 2, "--since"),
        (["ledger", "prove", "99999"], AUDITOR, 2, "no entry 99999"),
        (["ledger", "verify", "--checkpoint", "/nowhere"], AUDITOR, 2, "/nowhere"),
        (["catalogue", "export", "--format", "yaml"], None, 2, "'yaml'"),
        (["catalogue", "export", "--output", "/nowhere/x"], None, 2, "/nowhere/x"),
        (["ledger", "checkpoint", "--output", "/nowhere/x"], AUDITOR, 2, "/nowhere/x"),
        (["ledger", "export", "--output", "/nowhere/x"], AUDITOR, 2, "/nowhere/x"),
        (["account", "add", "Eve", "--organisation", "org-clinic", "--role", "king"],
         OPERATOR, 2, "no role 'king'"),
        (["account", "add", "Eve", "--organisation", "org-moon", "--role", "operator"],
         OPERATOR, 2, "org-moon"),
        (["account", "add", "Eve", "--organisation", "org-clinic", "--role", "operator"],
         RESEARCHER, 3, "account.add"),
        (["account", "list"], RESEARCHER, 3, "account.list"),
        (["organisation", "add", "Moon"], HOLDER, 3, "organisation.add"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_line_and_its_exit_code(
    words: list[str], by: str | None, code: int, message: str, founded: Clinic
) -> None:
    with founded.unchanged():
        for options in ([], ["--json"]):
            said = founded.say(*words, *options, by=by)
            assert said.code == code, said
            assert said.is_one_line
            assert message in said.err


@pytest.mark.parametrize(
    "words",
    [
        ["dataset", "show", "a\udcffb"],
        ["dataset", "show", "clinic", "--version", str(10**30)],
        ["dataset", "retire", "clinic", "--reason", "b\udc80"],
        ["ledger", "prove", str(10**30)],
        ["application", "list", "--state", "\udcff"],
    ],
)
def test_what_no_record_can_hold_is_bad_input(words: list[str], permitted: Clinic) -> None:
    with permitted.unchanged():
        said = permitted.say(*words, by=HOLDER)
    assert (said.code, said.is_one_line) == (2, True), said


@pytest.mark.parametrize(
    ("file", "receipt", "key", "code", "message"),
    [
        ("gone.csv", "a.json", "a+b+c", 2, "cannot be read"),
        ("a.csv", "a.json", "nowhere.vkey", 2, "cannot be read"),
        ("a.csv", "a.json", "a+b+c", 4, "no release receipt"),
    ],
)
def test_a_receipt_that_cannot_be_read_or_is_none_is_one_line(
    file: str, receipt: str, key: str, code: int, message: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    (tmp_path / "a.json").write_text("{}")
    words = ["output", "verify", str(tmp_path / file), str(tmp_path / receipt), "--key", key]
    said = speak([*words, "--json"])
    assert (said.code, said.is_one_line) == (code, True), said
    assert message in said.err


def test_a_second_init_is_refused_and_changes_nothing(clinic: Clinic) -> None:
    with clinic.unchanged():
        said = clinic.say("init", "--operator", "Usurper", "--json")
        assert said.code == 2
        assert said.is_one_line
        assert said.err.startswith("Conflict: ")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("nonsense", 2),
        ("mysql://user@host/name", 2),
        ("sqlite+nothing:///x.db", 2),
        ("postgresql+psycopg://postgres@/x?host=/nowhere", 5),
        ("sqlite:////nowhere/at/all.db", 5),
    ],
)
def test_init_with_a_database_that_cannot_be_leaves_nothing(
    url: str, code: int, tmp_path: Path
) -> None:
    said = Clinic(tmp_path).say("init", "--database", url)
    assert said.code == code
    assert said.is_one_line
    assert not (tmp_path / "home").exists()


def test_init_refuses_a_folder_with_other_things(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("mine")
    said = Clinic(tmp_path).say("init")
    assert said.code == 2
    assert said.is_one_line
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["thesis.txt"]


def test_a_file_in_the_place_of_the_database_is_an_integrity_failure(clinic: Clinic) -> None:
    (clinic.home / "casemate.db").write_bytes(b"This was a database once. " * 400)
    said = clinic.say("dataset", "list", "--json")
    assert said.code == 4
    assert said.is_one_line


def test_a_password_is_asked_for_and_checked(clinic: Clinic) -> None:
    added = clinic.say(
        "account", "add", "Vera Vault", "--organisation", "org-clinic", "--role", "data_holder",
        "--password", "--json", by=OPERATOR, feed="a long enough secret\n",
    )  # fmt: skip
    account = added.json["id"]
    assert "secret" not in added.out
    without = clinic.say("application", "list", by=account)
    assert (without.code, without.is_one_line) == (3, True)
    for given, code in (("a long enough secret", 0), ("a wrong one", 3)):
        words = [*clinic.words(["application", "list"], account)]
        said = speak(words, CASEMATE_PASSWORD=given)
        assert said.code == code
    assert clinic.verifies()


def test_a_title_that_looks_like_markup_or_steers_the_terminal_is_only_a_title(
    open_clinic: Clinic,
) -> None:
    form = (open_clinic.folder / "form.toml").read_text()
    title = "[/bold] [red]Ünïted\u202e\u009b31m"
    form = form.replace("Asthma and the marker", title.encode("unicode_escape").decode())
    form = form.replace("\\x", "\\u00")
    open_clinic.ask("application", "submit", open_clinic.file("odd.toml", form), by=RESEARCHER)
    said = open_clinic.say("application", "list", by=RESEARCHER)
    assert said.code == 0
    assert "[/bold] [red]Ünïted" in said.out
    assert "\u202e" not in said.out
    assert "\u009b" not in said.out


@pytest.mark.parametrize(
    ("words", "by"), [(["account", "list"], OPERATOR), (["permit", "list"], RESEARCHER)]
)
def test_identifiers_are_whole_when_the_answer_goes_into_a_pipe(
    words: list[str], by: str, permitted: Clinic
) -> None:
    wanted = [one["id"] for one in permitted.ask(*words, by=by)]
    lines = permitted.say(*words, by=by).out.splitlines()[1:]
    assert sorted(line.split()[0] for line in lines) == sorted(wanted)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_installed(shell: str) -> None:
    environment = {**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = subprocess.run(
        [CASEMATE, "--show-completion", shell],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "_CASEMATE_COMPLETE" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("casemate perm", ["permit"]),
        ("casemate permit ver", ["verify"]),
        ("casemate output re", ["repair", "review", "release"]),
        ("casemate run submit --pe", ["--permit"]),
    ],
)
def test_completion_offers_commands_and_options(typed: str, offered: list[str]) -> None:
    typing = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    said = speak([], _CASEMATE_COMPLETE="complete_bash", **typing)
    assert sorted(said.out.split()) == sorted(offered)


def test_completion_works_in_the_installed_command() -> None:
    typing = {
        "_CASEMATE_COMPLETE": "complete_bash",
        "COMP_WORDS": "casemate led",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(
        [CASEMATE], env={**os.environ, **typing}, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["ledger"]


def test_the_installed_command_speaks_as_the_tests_do(founded: Clinic) -> None:
    process = founded.start("account", "list", "--json", by=OPERATOR)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out) == founded.ask("account", "list", by=OPERATOR)
    process = founded.start("account", "list", by=RESEARCHER)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (3, "")
    assert err.count("\n") == 1


def test_a_reader_that_has_enough_is_no_error_of_ours(permitted: Clinic) -> None:
    command = f"{CASEMATE} ledger export --home {permitted.home} --as {AUDITOR} | head -c 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout == "{"
    assert "Traceback" not in done.stderr
