"""The whole story through the pages, each part by its own account in its own browser.

Three times: with a mouse, by keyboard alone, and with JavaScript off. Then two of the authority's staff
decide the same application at once.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from browser.hands import Hand, hand
from browser_world import PASSWORD, House, chromium, house, watched
from playwright.sync_api import Browser, expect
from portal_world import table

WAYS = ("mouse", "keyboard", "no JavaScript")
SCRIPT = """from casemate.analysis import read

clinic = read("clinic")
clinic.table("by_diagnosis.csv", ["diagnosis"], n="count")
clinic.table("in_detail.csv", ["birth_year", "sex", "commune", "diagnosis"], n="count")
"""
ROLES = {
    "patient": "direct_identifier",
    "name": "direct_identifier",
    "birth_year": "quasi_identifier",
    "sex": "quasi_identifier",
    "commune": "quasi_identifier",
    "diagnosis": "sensitive",
    "marker": "other",
}
WANTED = {
    "patient": "to count people once",
    "birth_year": "results by age",
    "sex": "results by sex",
    "commune": "results by place",
    "diagnosis": "the exposure",
    "marker": "the outcome",
}


class Story:
    """Everybody in front of their own browser."""

    def __init__(self, place: House, browser: Browser, way: str, stack: ExitStack) -> None:
        self.place, self.browser, self.way, self._stack = place, browser, way, stack
        self.complaints: list[list[str]] = []

    def person(self, account: str, password: str = PASSWORD) -> Hand:
        """A browser of ``account``'s own, signed in by its password."""
        context = self.browser.new_context(java_script_enabled=self.way != "no JavaScript")
        self._stack.enter_context(context)
        made = hand(context, self.place.address, keyboard=self.way == "keyboard")
        self.complaints.append(watched(made.page))
        made.sign_in(account, password)
        return made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("way", WAYS)
def test_the_whole_flow_through_the_pages(browser: Browser, tmp_path: Path, way: str) -> None:
    with house(tmp_path, filled=False) as place, ExitStack() as stack:
        story = Story(place, browser, way, stack)
        publish(story, tmp_path)
        application = apply(story)
        decide(story, application)
        run = compute(story)
        review(story)
        take(story, run)
        assert [one for many in story.complaints for one in many] == []
        acts = [entry.act for entry in place.platform.entries()]
        for act in (
            "dataset.published",
            "application.submitted",
            "application.approved",
            "permit.granted",
            "output.released",
            "output.fetched",
        ):
            assert act in acts, acts
        assert place.platform.verify_ledger().ok


def apply(story: Story) -> str:
    """The researcher finds the dataset and applies for it, step by step."""
    rita = story.person("acct-researcher")
    rita.go("/en")
    rita.fill("Find a dataset", "asthma")
    rita.press("Search")
    rita.follow("Clinic visits")
    rita.follow("Apply for access")
    rita.press("Begin")
    rita.says("Your application is begun.")
    application = rita.page.url.split("/")[-2]
    steps = {
        "The project": _the_project,
        "Data and variables": _the_data,
        "Purpose": _the_purpose,
        "Legal basis": _the_basis,
        "Method and people": _the_work,
        "Results and duration": _the_outputs,
    }
    for name, fill in steps.items():
        rita.go(f"/en/applications/{application}/form")
        rita.follow(name)
        fill(rita)
        rita.press("Save and go on", within=rita.page.locator("form .row").last)
    rita.go(f"/en/applications/{application}/form")
    rita.follow("Check your answers")
    rita.says("What the authority will see")
    rita.press("Hand in")
    rita.says("The authority decides by")
    rita.fill("Your message", "The method is published.")
    rita.press("Send")
    rita.says("The method is published.")
    return application


def _the_project(rita: Hand) -> None:
    rita.fill("What is the project called?", "Asthma and the marker")
    rita.tick("Access to records")
    rita.fill("Your part in the project", "principal investigator")


def _the_data(rita: Hand) -> None:
    for variable, why in WANTED.items():
        rita.tick(variable)
        rita.fill(f"Why {variable} is needed", why)
    rita.fill("Whose records", "all patients")


def _the_purpose(rita: Hand) -> None:
    rita.pick("What are the data for?", "dpv:ScientificResearch")
    rita.fill("In your own words", "Whether people with asthma have a higher marker.")


def _the_basis(rita: Hand) -> None:
    rita.select("Ground of the processing, GDPR Article 6(1)", "(e) a task in the public interest")
    rita.select("For sensitive variables, GDPR Article 9(2)", "(j) archiving, research, statistics")


def _the_work(rita: Hand) -> None:
    rita.fill("What will be done with the data?", "Counts by diagnosis")
    rita.fill("Who will work on the data?", "acct-researcher")


def _the_outputs(rita: Hand) -> None:
    rita.fill("What results do you expect?", "a table of counts by diagnosis")
    rita.fill("For how many days?", "90")


def decide(story: Story, application: str) -> None:
    """The authority weighs the plan and approves."""
    aline = story.person("acct-authority")
    aline.follow("Authority's desk")
    aline.follow("Asthma and the marker")
    aline.says("The method is published.")
    aline.select("Way for birth_year", "Bands of numbers")
    aline.fill("Widths or lengths for birth_year", "10, 20")
    aline.press("Weigh the plan", within=aline.page.locator("form > p").last)
    _until(aline, "Highest risk of re-identification", again="See whether it is done")
    aline.tick("Approve: sign the permit")
    aline.fill("Your reason", "In the public interest.")
    aline.press("Decide")
    aline.says("In the public interest.")


def compute(story: Story) -> str:
    """The researcher writes a program, hands it in and follows it to its end."""
    rita = story.person("acct-researcher")
    rita.follow("Workspace")
    rita.follow("Write a program")
    rita.fill("Program", SCRIPT)
    rita.leave_editor()
    rita.fill("What does the program do, in plain words?", "Counts visits by diagnosis.")
    rita.tick("No: people alone wrote all its rules, and it decides on nobody")
    rita.press("Hand it in")
    rita.says("What happened")
    run = rita.page.url.rstrip("/").split("/")[-1]
    _until(rita, "an output checker decides", again="Look again", tries=240)
    rita.says("in_detail.csv")
    return run


def review(story: Story) -> None:
    """The checker looks at the table and lets it go; what disclosed was refused by the machine."""
    chris = story.person("acct-checker")
    chris.follow("Output desk")
    chris.follow("by_diagnosis.csv")
    chris.says("asthma")
    chris.press("Take it")
    chris.follow("Compare with earlier releases")
    chris.says("No earlier release is near it.")
    chris.follow("Back to by_diagnosis.csv")
    chris.tick("Clear it: it may leave")
    chris.fill("Why", "Aggregates only.")
    chris.press("Decide")
    chris.press("Release it")
    chris.says("Nothing of yours")


def take(story: Story, run: str) -> None:
    """The researcher downloads what was released, and is told why the rest was not."""
    rita = story.person("acct-researcher")
    rita.go(f"/en/workspace/runs/{run}")
    rita.says("What it left")
    with rita.page.expect_download() as coming:
        rita.follow("Download")
    content = Path(coming.value.path()).read_text(encoding="utf-8")
    assert content.startswith("diagnosis,")
    assert rita.page.get_by_role("link", name="Download", exact=True).count() == 1


def publish(story: Story, folder: Path) -> None:
    """The holder sends the clinic's table, says what is in it, sees what will be public, and confirms."""
    (folder / "clinic.csv").write_bytes(table())
    hanna = story.person("acct-holder")
    hanna.follow("Publishing")
    hanna.follow("Publish a dataset")
    hanna.send("The table", folder / "clinic.csv")
    hanna.press("Send the file")
    hanna.says("The file has 300 rows.")
    hanna.fill("Identifier", "clinic")
    hanna.fill("Title", "Clinic visits")
    hanna.fill("Description", "One row a patient of a clinic that does not exist: asthma.")
    hanna.tick("With a permit, never as open data")
    hanna.pick("Law", "ehds")
    hanna.open("Purposes that you allow")
    purpose = hanna.page.locator('input[name="purposes"][value="dpv:ScientificResearch"]')
    hanna.tick(purpose.locator("xpath=../label").inner_text())
    for variable, role in ROLES.items():
        hanna.fill(f"Meaning of {variable}", variable)
        hanna.pick(f"Role of {variable}", role)
    hanna.press("Look at what will be public")
    hanna.says("Nothing is published yet.")
    hanna.says("Quality and risk")
    hanna.press("Publish")
    hanna.says("Clinic visits")
    assert story.place.platform.dataset("clinic").rows == 300


def _until(person: Hand, text: str, *, again: str, tries: int = 60) -> None:
    """Wait for ``text``; without JavaScript, by following the link ``again``."""
    main = person.page.locator("main")
    for _ in range(tries):
        if text in main.inner_text():
            return
        link = person.page.get_by_role("link", name=again, exact=True)
        if link.count():
            link.first.click()
        person.page.wait_for_timeout(500)
    expect(main).to_contain_text(text)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_of_the_authority_decide_at_once(browser: Browser, tmp_path: Path) -> None:
    """Whoever is second is told what the first decided, and keeps what they wrote."""
    with house(tmp_path, works=False) as place, ExitStack() as stack:
        story = Story(place, browser, "mouse", stack)
        application = place.records["application"]
        aline, carla = story.person("acct-authority"), story.person("acct-colleague")
        for person in (aline, carla):
            person.go(f"/en/desk/applications/{application}")
        aline.tick("Refuse")
        aline.fill("Your reason", "The same was asked before.")
        carla.tick("Give back for changes")
        carla.fill("Your reason", "Say more of the method, please.")
        aline.press("Decide")
        aline.says("The same was asked before.")
        carla.press("Decide")
        expect(carla.page.get_by_role("alert")).to_contain_text("Somebody else was first")
        carla.says("The same was asked before.")
        expect(carla.page.get_by_label("Your reason", exact=True)).to_have_value(
            "Say more of the method, please."
        )
        decided = place.platform.application("acct-authority", application)
        assert decided.state.value == "refused"
