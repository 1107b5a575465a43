"""Every model, measure and transformation can be named in a plan file, and is done on a file."""

import json
import tomllib
from pathlib import Path
from string import Formatter
from typing import Any

import plan_examples as examples
import polars as pl
import pytest
from typer.testing import CliRunner

import casemate.protection as room
from casemate.cli import app
from casemate.errors import BadInput
from casemate.protection import Plan, anonymise_file, read_plan, report_html, safepub_file
from casemate.protection.measures import MEASURES, measure_from_name
from casemate.protection.models import READERS, model_from_dict
from casemate.protection.page_models import measure_in_words, model_in_words
from casemate.protection.page_words import LANGUAGES, Words
from casemate.protection.plan_steps import BEFORE_SEARCH

KEY = b"k" * 32
ALL_MODELS = [*examples.MODELS.items(), *examples.VARIANTS]


@pytest.fixture
def people(tmp_path: Path) -> Path:
    examples.PEOPLE.write_parquet(tmp_path / "people.parquet")
    return tmp_path / "people.parquet"


def plan_of(folder: Path, text: str) -> Plan:
    (folder / "plan.toml").write_text(text)
    return read_plan(folder / "plan.toml")


def test_each_list_of_the_library_has_its_examples() -> None:
    assert set(examples.MODELS) == set(READERS)
    assert set(examples.MEASURES) == {*MEASURES, "payout"}
    named = {"version", "quasi_identifiers", "models"}
    assert set(examples.TRANSFORMATIONS) == set(Plan.__dataclass_fields__) - named


def test_each_public_model_and_measure_has_a_name_in_plans() -> None:
    public = {getattr(room, name) for name in room.__all__}
    models = {one for one in public if isinstance(one, type) and hasattr(one, "judge")}
    assert {vars(one)["kind"] for one in models - {room.PrivacyModel}} == set(READERS)
    measures = {one for one in public if isinstance(one, type) and hasattr(one, "scorer")}
    named = {type(measure_from_name(name)) for name in MEASURES} | {room.Payout}
    assert {one for one in measures if one is not room.Measure} == named


@pytest.mark.parametrize(("name", "parameters"), ALL_MODELS, ids=lambda part: str(part)[:40])
def test_each_model_of_a_plan_file_is_met_on_a_file(
    name: str, parameters: str, people: Path
) -> None:
    plan = plan_of(people.parent, examples.plan_text(examples.model_line(name, parameters)))
    assert Plan.from_dict(plan.to_dict()).digest == plan.digest
    output = people.parent / "safe.parquet"
    if name == "differential-privacy":
        made = safepub_file(people, plan, output)
        assert pl.read_parquet(output).columns == ["age", "sex"]
        assert made.records == pl.read_parquet(output).height
        return
    report = anonymise_file(people, plan, output, variables=["age", "sex", "illness", "pay"]).report
    assert report.models == (plan.models[0].describe(),)
    assert pl.read_parquet(output).height == report.records_out > 0


@pytest.mark.parametrize(("measure", "model"), examples.MEASURES.items())
def test_each_measure_of_a_plan_file_is_made_least_on_a_file(
    measure: str, model: str, people: Path
) -> None:
    line = examples.model_line(model, examples.MODELS[model])
    plan = plan_of(people.parent, examples.plan_text(line, measure=f'"{measure}"'))
    report = anonymise_file(
        people, plan, people.parent / "safe.csv", variables=["age", "sex"]
    ).report
    assert (report.measure, report.gap) == (measure, 0)


@pytest.mark.parametrize(("part", "text"), examples.TRANSFORMATIONS.items())
def test_each_part_of_a_plan_file_is_done_on_a_file(part: str, text: str, people: Path) -> None:
    first = f"{text}\n" + examples.model_line("k-anonymity", "k = 5")
    plan = plan_of(people.parent, examples.plan_text(first))
    assert getattr(plan, part) != getattr(Plan(), part)
    made = anonymise_file(people, plan, people.parent / "safe.csv", pseudonym_key=KEY)
    counted = pl.read_csv(made.path).group_by("age", "sex").len()["len"]
    assert counted.min() >= 5  # type: ignore[operator]  # of a table with records
    names = {step["step"] for step in made.report.steps}
    told = {
        "sampling": "sampling", "top_bottom": "top and bottom coding", "rounding": "rounding",
        "microaggregation": "micro-aggregation", "date_shift": "date shift",
        "recoding": "local recoding", "aggregated": "class values",
    }  # fmt: skip
    assert told.get(part, "") in {*names, ""}
    assert set(BEFORE_SEARCH) <= set(told.values())


def test_a_payout_needs_the_game_that_it_is_of(people: Path) -> None:
    line = examples.model_line("k-anonymity", "k = 5")
    with pytest.raises(BadInput, match="one model 'profitability'"):
        plan_of(people.parent, examples.plan_text(line, measure='"payout"'))


def test_differential_privacy_goes_alone_and_only_by_sampling(people: Path) -> None:
    private = f'{{ model = "differential-privacy", {examples.MODELS["differential-privacy"]} }}'
    both = f'models = [{private}, {{ model = "k-anonymity", k = 3 }}]\n'
    with pytest.raises(BadInput, match="names no other model"):
        plan_of(people.parent, examples.plan_text(both))
    plan = plan_of(people.parent, examples.plan_text(f"models = [{private}]\n"))
    with pytest.raises(BadInput, match="use safepub"):
        anonymise_file(people, plan, people.parent / "safe.csv", variables=["age", "sex"])
    idle = f"rounding = {{ pay = 5 }}\nmodels = [{private}]\n"
    with pytest.raises(BadInput, match="'rounding', which differential privacy"):
        safepub_file(
            people, plan_of(people.parent, examples.plan_text(idle)), people.parent / "safe.csv"
        )


def run(folder: Path, *words: str) -> Any:
    table, output = str(folder / "people.parquet"), str(folder / "safe.csv")
    given = ["protect", "anonymise", table, "--output", output, *words]
    return CliRunner().invoke(app, given, catch_exceptions=False)


def test_the_command_line_publishes_under_differential_privacy(people: Path) -> None:
    model = "differential-privacy:epsilon=2,delta=0.001,choosing=0.1"
    flags = ["--quasi-identifiers", "age,sex", "--model", model]
    done = run(people.parent, *flags, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["records"] == pl.read_csv(people.parent / "safe.csv").height
    refused = run(people.parent, *flags, "--certificate", str(people.parent / "c.json"))
    assert refused.exit_code == 2
    assert "--certificate tells of the table collected" in refused.stderr


def test_the_command_line_takes_the_game_and_any_part(people: Path) -> None:
    flags = [
        "--quasi-identifiers", "age,sex", "--suppression", "0.3", "--measure", "payout",
        "--model", "profitability:benefit=10,loss=20,gain=15,cost=3",
        "--part", "rounding = { pay = 50 }", "--part", 'top_bottom = { rent = { top = 600 } }',
    ]  # fmt: skip
    done = run(people.parent, *flags, "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["measure"] == "payout"
    assert [step["step"] for step in said["steps"]] == ["top and bottom coding", "rounding"]
    assert (pl.read_csv(people.parent / "safe.csv")["pay"] % 50 == 0).all()
    for part, complaint in (
        ("recoding = ", "--part is TOML"),
        ("models = []", "'models', which another flag gives too"),
        ("magic = 1", "no part 'magic'"),
    ):
        refused = run(people.parent, "--quasi-identifiers", "age", "--part", part)
        assert refused.exit_code == 2
        assert complaint in refused.stderr


def _places(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "parameters"), ALL_MODELS, ids=lambda part: str(part)[:40])
def test_each_model_is_described_in_each_language(
    name: str, parameters: str, language: str
) -> None:
    document = tomllib.loads(f'model = {{ model = "{name}", {parameters} }}', parse_float=str)
    model = model_from_dict(document["model"])
    said = model_in_words(Words(language), model)
    if language == "en":
        assert said == model.describe()
    else:
        assert said != model.describe() or name == "k-map"
    assert model.attribute is None or model.attribute in said


def test_the_languages_have_the_same_words_with_the_same_places() -> None:
    pages = Path(room.__file__ or "").parent / "pages"
    english, *others = (
        tomllib.loads((pages / f"{language}.toml").read_text()) for language in LANGUAGES
    )
    for other in others:
        assert other.keys() == english.keys()
        for word, text in english.items():
            assert _places(other[word]) == _places(text), word
            assert not word.startswith("q_") or other[word] != text


@pytest.mark.parametrize("measure", [*MEASURES, "payout"])
def test_each_measure_has_its_words_in_each_language(measure: str) -> None:
    said = {measure_in_words(Words(language), measure) for language in LANGUAGES}
    assert len(said) == len(LANGUAGES)
    assert measure not in said


def test_a_page_says_models_and_measure_in_its_language(people: Path) -> None:
    line = examples.model_line("t-closeness", examples.MODELS["t-closeness"])
    plan = plan_of(people.parent, examples.plan_text(line))
    variables = ["age", "sex", "illness"]
    report = anonymise_file(people, plan, people.parent / "safe.csv", variables=variables).report
    page = report_html(report, language="fr")
    assert "0,4-proximité de illness (distance égale)" in page
    assert "perte : la part des hiérarchies" in page
    assert "closeness" not in page
    assert "asked" not in report.to_dict()
