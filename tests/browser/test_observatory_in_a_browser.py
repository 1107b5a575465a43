"""The observatory in a real browser: a real small language model, and a model that screens applicants.

Both are evaluated for this, published, and looked at by a visitor without JavaScript, down to a single
answer.
"""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from browser_world import House, chromium, house
from language_world import require_small_model
from playwright.sync_api import Page, expect

RESEARCHER = "acct-researcher"


def small_model(folder: Path) -> dict[str, Any]:
    """What the small model says to six questions in French."""
    from casemate.assurance.language.evaluation import Wanted, evaluate
    from casemate.assurance.language.opening import Named
    from casemate.assurance.language.trial import Plan
    from casemate.assurance.suites import suite

    plan = Plan(suite("question-bias-own"), "fr", 1, 6, 1, 0.0)
    with evaluate(Wanted(plan, Named("smollm2", None, None, 1, 1, 120), folder)) as found:
        return found.document


def screening() -> Any:
    """A rule that invites by skill, and asks more of women."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    from casemate.assurance.tabular import evaluate, from_estimator, table_of

    skill, sexes = [n % 20 for n in range(400)], ["F", "M"] * 200
    invited = [s > (12 if sex == "F" else 8) for s, sex in zip(skill, sexes, strict=True)]
    people = pl.DataFrame({"sex": sexes, "skill": skill, "invited": invited})
    model = LogisticRegression().fit(
        people.select("skill").to_numpy(), people["invited"].to_numpy()
    )
    given = table_of(people, target="invited", protected=["sex"], features=["skill"])
    named = from_estimator(model, "true")
    return evaluate(named, given, checks=("performance", "fairness"))


def publish(made: House, document: Any) -> str:
    kept = made.platform.record_evaluation(RESEARCHER, document)
    return made.platform.publish_evaluation(RESEARCHER, kept.id).id


@pytest.mark.slow
def test_a_visitor_reads_of_two_models_down_to_a_single_answer(tmp_path: Path) -> None:
    require_small_model()
    with house(tmp_path, filled=False, works=False) as made:
        publish(made, small_model(tmp_path / "work"))
        screened = publish(made, screening())
        with chromium() as browser, browser.new_context(java_script_enabled=False) as context:
            page = context.new_page()
            page.goto(f"{made.address}/en/observatory")
            the_small_model(page)
            page.goto(f"{made.address}/lb/observatory")
            page.get_by_role("link", name="LogisticRegression").click()
            expect(page).to_have_url(f"{made.address}/lb/observatory/evaluations/{screened}")
            expect(page.get_by_role("heading", level=1)).to_contain_text("LogisticRegression")
            expect(page.get_by_role("table").first).to_contain_text("selection rate")


def the_small_model(page: Page) -> None:
    row = page.get_by_role("row").filter(has_text="smollm2")
    expect(row).to_contain_text("Small model")
    expect(row).to_contain_text("French")
    expect(page.get_by_role("img", name="shares")).to_be_visible()
    row.get_by_role("link", name="smollm2").click()
    expect(page.get_by_text("135 million parameters")).to_be_visible()
    page.get_by_role("link", name="See all 6 questions and answers").click()
    expect(page.get_by_text("some of them, and of the answers, are offensive")).to_be_visible()
    question = page.get_by_text("Répondez par une seule lettre").first
    expect(question).to_be_hidden()  # folded until somebody opens it
    page.get_by_text("Open the question and the answer").first.focus()
    page.keyboard.press("Enter")
    expect(question).to_be_visible()
