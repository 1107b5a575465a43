"""Applications and decisions that cannot be: each named, none recorded; of two deciders one is first."""

import threading
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from functional.clinic import (
    AUTHORITY,
    COLLEAGUE,
    PLAN,
    RESEARCHER,
    Clinic,
    Said,
    copy_of,
)

import casemate
from casemate.errors import Conflict

pytest_plugins = ("functional.clinic_fixtures",)

ROUNDS = 4


def _change(old: str, new: str) -> Callable[[str], str]:
    def change(form: str) -> str:
        assert old in form
        return form.replace(old, new)

    return change


RESEARCH = "dpv:ScientificResearch"
BAD_FORMS: dict[str, tuple[Callable[[str], str], tuple[str, ...]]] = {
    "a variable that the dataset lacks": (
        _change('name = "marker"', 'name = "markr"'), ("'markr'", "did you mean marker"),
    ),
    "a variable like no other": (_change('name = "marker"', 'name = "zzz"'), ("'zzz'",)),
    "a variable twice": (_change('name = "marker"', 'name = "sex"'), ("more than once: sex",)),
    "a name as it is": (
        _change('name = "commune"', 'name = "name"'), ("name identify people directly",),
    ),
    "no necessity": (_change("the outcome", ""), ("necessity", "marker")),
    "another purpose": (
        _change(RESEARCH, "dpv:PublicPolicyMaking"),
        ("dpv:PublicPolicyMaking is outside the allow-list of clinic", RESEARCH),
    ),
    "marketing": (_change(RESEARCH, "dpv:Marketing"), ("prohibited", "Article 54(c)")),
    "advertising, narrower": (
        _change(RESEARCH, "dpv:TargetedAdvertising"), ("prohibited", "Article 54(c)"),
    ),
    "hiring": (_change(RESEARCH, "dpv:RecruitmentManagement"), ("prohibited", "Article 54(b)")),
    "insurance, by its name": (
        _change(RESEARCH, "ehds:Discrimination"), ("prohibited", "insurance"),
    ),
    "credit": (_change(RESEARCH, "dpv:CustomerSolvencyMonitoring"), ("prohibited", "54(a)")),
    "every purpose": (_change(RESEARCH, "dpv:Purpose"), ("every purpose at once",)),
    "a purpose misspelt": (
        _change(RESEARCH, "dpv:ScientificReserch"), ("did you mean", RESEARCH),
    ),
    "no legal basis": (_change('article_9 = "j"', ""), ("article_9", "diagnosis")),
    "a letter that is none": (_change('article_6 = "e"', 'article_6 = "z"'), ("article_6",)),
    "too long": (_change("duration_days = 90", "duration_days = 1000"), ("duration_days", "365")),
    "no time at all": (_change("duration_days = 90", "duration_days = 0"), ("duration_days",)),
    "reversed dates": (
        _change("population =", "period = { start = 2020-01-01, end = 2019-01-01 }\npopulation ="),
        ("reversed", "2019-01-01"),
    ),
    "a stranger": (_change("acct-researcher", "acct-stranger"), ("'acct-stranger'",)),
    "nobody": (_change('["acct-researcher"]', "[]"), ("people",)),
    "another dataset": (_change('dataset = "clinic"', 'dataset = "klinik"'), ("'klinik'",)),
    "a version to come": (
        _change('dataset = "clinic"', 'dataset = "clinic"\nversion = 7'), ("clinic",),
    ),
    "a field too many": (_change("method =", "colour ="), ("colour", "no such field")),
    "no TOML": (_change("[purpose]", "[purpose"), ("bad.toml is not TOML",)),
    "a control character": (
        _change("Asthma and", "Asthma \\u0007 and"), ("control character U+0007",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FORMS)
def test_a_bad_form_is_one_line_and_leaves_nothing(
    name: str, permitted: Clinic, tmp_path: Path
) -> None:
    change, words = BAD_FORMS[name]
    form = tmp_path / "bad.toml"
    form.write_text(change((permitted.folder / "form.toml").read_text()))
    with permitted.unchanged():
        said = permitted.say("application", "submit", form, "--json", by=RESEARCHER)
    assert (said.code, said.is_one_line) == (2, True), said
    for word in words:
        assert word in said.err


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("form.json", b""),
        ("form.json", b"[]"),
        ("form.json", b"{"),
        ("form.json", b"[" * 100_000),
        ("form.json", b'{"duration_days": ' + b"9" * 5000 + b"}"),
        ("form.json", b'{"duration_days": NaN}'),
        ("form.toml", b"\xff\xfe"),
        ("form.toml", b"a = " + b"[" * 100_000),
        ("form.TOML", b"title ="),
    ],
)
def test_a_file_that_is_no_form(
    file: str, content: bytes, permitted: Clinic, tmp_path: Path
) -> None:
    (tmp_path / file).write_bytes(content)
    with permitted.unchanged():
        said = permitted.say("application", "submit", tmp_path / file, by=RESEARCHER)
    assert (said.code, said.is_one_line) == (2, True), said


def test_a_form_with_a_byte_order_mark_is_read(open_clinic: Clinic) -> None:
    form = (open_clinic.folder / "form.toml").read_bytes()
    made = open_clinic.ask(
        "application", "submit", open_clinic.file("bom.toml", b"\xef\xbb\xbf" + form), by=RESEARCHER
    )
    assert made["state"] == "submitted"


@pytest.fixture(scope="module")
def asked(permitted: Clinic, tmp_path_factory: pytest.TempPathFactory) -> tuple[Clinic, str]:
    """A home with an application to decide on; no test here may succeed in that."""
    clinic = copy_of(permitted, tmp_path_factory.mktemp("asked"))
    return clinic, clinic.apply()


BAD_PLANS: dict[str, tuple[str, tuple[str, ...]]] = {
    "weak k": (PLAN.replace("k = 5", "k = 2"), ("k = 2", "asks for 5")),
    "a bare quasi-identifier": (
        PLAN.replace("commune = {", "# commune = {"), ("leaves commune as they are",),
    ),
    "no pseudonym": (PLAN.replace('["patient"]', "[]"), ("pseudonymise patient",)),
    "too much left out": (PLAN.replace('"0.05"', '"0.5"'), ("0.5",)),
    "a share that is none": (PLAN.replace('"0.05"', '"lots"'), ("lots",)),
    "no such part": ("colour = 1\n" + PLAN, ("colour",)),
    "no such hierarchy": (PLAN.replace("suppressible", "magic"), ("kind",)),
    "a variable that is not there": (PLAN + "\nheight = { kind = 'suppressible' }", ("height",)),
    "a variable that is asked for, dropped": ('drop = ["marker"]\n' + PLAN, ("drops 'marker'",)),
    "no TOML": ("plan", ("TOML",)),
    "bands that cut one another": (PLAN.replace("[10, 20]", "[10, 15]"), ("multiple", "plan.toml")),
    "units of dates for whole numbers": (
        PLAN.replace('"intervals", widths = [10, 20], anchor = 1940', '"dates", units = ["year"]'),
        ("'birth_year' in units of dates", "Int64", "plan.toml"),
    ),
    "a level that the hierarchy lacks": (
        "levels = { sex = 2 }\n" + PLAN, ("'sex' has the levels 0 to 1", "plan.toml"),
    ),
    "a mean of words": (
        'aggregated = { sex = "mean" }\n' + PLAN, ("'sex' as numbers", "plan.toml"),
    ),
    "a date shift of a number": (
        'date_shift = { person = "patient", columns = ["marker"] }\n' + PLAN,
        ("dates of 'marker'", "plan.toml"),
    ),
    "more people than there are": (PLAN.replace("k = 5", "k = 301"), ("300 records, too few",)),
    "a model of a variable that is not there": (
        PLAN.replace("k = 5 }", 'k = 5 }, { model = "distinct-l-diversity", l = 2, attribute = "iq" }'),
        ("names 'iq'", "plan.toml"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_PLANS)
def test_a_bad_plan_grants_nothing(name: str, asked: tuple[Clinic, str], tmp_path: Path) -> None:
    clinic, application = asked
    text, words = BAD_PLANS[name]
    (tmp_path / "plan.toml").write_text(text)
    with clinic.unchanged():
        said = _decide(clinic, application, "approve", f"clinic={tmp_path / 'plan.toml'}")
    assert (said.code, said.is_one_line) == (2, True), said
    for word in words:
        assert word in said.err


def test_a_plan_is_checked_when_it_is_proposed_by_anyone_who_reads_the_catalogue(
    asked: tuple[Clinic, str], tmp_path: Path
) -> None:
    clinic, _ = asked
    (tmp_path / "plan.toml").write_text('drop = ["name"]\n' + PLAN)
    with clinic.unchanged():
        fitting = clinic.ask("dataset", "check-plan", "clinic", tmp_path / "plan.toml")
        assert fitting["drop"] == ["name"]
        (tmp_path / "plan.toml").write_text(PLAN)
        bare = clinic.say("dataset", "check-plan", "clinic", tmp_path / "plan.toml")
        assert (bare.code, bare.is_one_line) == (2, True)
        assert "plan.toml: the plan for clinic does not pseudonymise name" in bare.err
        some = ["--variables", "patient,sex,diagnosis"]
        clinic.ask("dataset", "check-plan", "clinic", tmp_path / "plan.toml", *some)


@pytest.mark.parametrize("name", BAD_PLANS)
def test_a_bad_plan_is_told_by_its_file_when_it_is_proposed(
    name: str, asked: tuple[Clinic, str], tmp_path: Path
) -> None:
    clinic, _ = asked
    text, words = BAD_PLANS[name]
    (tmp_path / "plan.toml").write_text(text)
    asking = ["--variables", "patient,birth_year,sex,commune,diagnosis,marker"]
    said = clinic.say("dataset", "check-plan", "clinic", tmp_path / "plan.toml", *asking)
    assert (said.code, said.is_one_line) == (2, True), said
    assert str(tmp_path / "plan.toml") in said.err
    for word in words:
        assert word in said.err


@pytest.mark.parametrize(
    "options",
    [
        ["--days", "0"],
        ["--days", "-30"],
        ["--days", "1000"],
        ["--min-cell", "0"],
        ["--review", "never"],
        ["--plan", "other={plan}"],
        ["--plan", "nothing"],
        ["--plan", "clinic=/nowhere.toml"],
        ["--reason", " "],
    ],
    ids=" ".join,
)
def test_a_decision_that_cannot_be_grants_nothing(
    options: list[str], asked: tuple[Clinic, str]
) -> None:
    clinic, application = asked
    plan = clinic.folder / "plan.toml"
    given = [word.format(plan=plan) for word in options]
    with clinic.unchanged():
        said = _decide(clinic, application, "approve", f"clinic={plan}", *given)
    assert (said.code, said.is_one_line) == (2, True), said


@pytest.mark.parametrize("days", ["0", "-1", "100000"])
def test_a_renewal_that_ends_before_it_begins_is_refused(days: str, permitted: Clinic) -> None:
    permit = permitted.only("permit", by=RESEARCHER)
    with permitted.unchanged():
        said = permitted.say(
            "permit", "renew", permit, "--days", days, "--reason", "more time", by=AUTHORITY
        )
    assert (said.code, said.is_one_line) == (2, True), said


def _decide(clinic: Clinic, application: str, decision: str, plan: str, *options: str) -> Said:
    reason = [] if "--reason" in options else ["--reason", "so decided"]
    return clinic.say(
        "decide", application, decision, "--plan", plan, *reason, *options, by=AUTHORITY
    )


def test_of_two_deciders_at_once_one_is_first(open_clinic: Clinic) -> None:
    application = open_clinic.apply()
    plan = f"clinic={open_clinic.folder / 'plan.toml'}"
    words = ("decide", application)
    processes = [
        open_clinic.start(*words, "approve", "--plan", plan, "--reason", "yes", by=AUTHORITY),
        open_clinic.start(*words, "refuse", "--reason", "no", by=COLLEAGUE),
    ]
    ended = [(*process.communicate(timeout=60), process.returncode) for process in processes]
    assert sorted(code for _, _, code in ended) == [0, 2]
    (loser,) = [(out, err) for out, err, code in ended if code == 2]
    assert loser[0] == ""
    assert loser[1].startswith("Conflict: ")
    assert loser[1].count("\n") == 1
    _require_one_decision(open_clinic, application)


def test_two_deciders_at_the_same_instant_never_both_win(open_clinic: Clinic) -> None:
    applications = [open_clinic.apply() for _ in range(ROUNDS)]
    for application in applications:
        outcomes = race(open_clinic, application)
        assert sorted(outcomes) == ["conflict", "won"]
        _require_one_decision(open_clinic, application)
    assert open_clinic.verifies()


def race(clinic: Clinic, application: str) -> list[str]:
    """How two authorities, each with its own open home, fare when they approve at once."""
    at_once = threading.Barrier(2)
    outcomes: list[str] = []

    def approve(authority: str) -> None:
        with casemate.open(clinic.home) as place:
            plans = {"clinic": _plan()}
            at_once.wait()
            try:
                place.approve(authority, application, "yes", plans=plans)
                outcomes.append("won")
            except Conflict:
                outcomes.append("conflict")

    threads = [threading.Thread(target=approve, args=(one,)) for one in (AUTHORITY, COLLEAGUE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes


def _plan() -> dict[str, Any]:
    return tomllib.loads(PLAN)


def _require_one_decision(clinic: Clinic, application: str) -> None:
    shown = clinic.ask("application", "show", application, by=RESEARCHER)
    decided = [event["act"] for event in shown["timeline"]].count("approve")
    decided += [event["act"] for event in shown["timeline"]].count("refuse")
    assert decided == 1
    permits = clinic.ask("permit", "list", by=RESEARCHER)
    granted = [one for one in permits if one["application"] == application]
    assert len(granted) == (shown["application"]["state"] == "approved")
    assert clinic.verifies()
