"""The output desk: the queue, what a checker is shown of hostile files, what changed, deciding."""

from collections.abc import Iterator

import pytest
from outputs_world import CHECKER, FIRST, SECOND, Done, done, let_out
from pages_world import Pages, Person, pages, words
from portal_world import form as application_form
from portal_world import plan

from casemate.access import OutputRules
from casemate.disclosure import DisclosureRules

OTHERS = ("acct-holder", "acct-outsider", "acct-researcher", "acct-authority", "acct-auditor",
          "acct-operator")  # fmt: skip


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages(tmp_path_factory.mktemp("outputs")) as made:
        made.portal.publish()
        yield made


@pytest.fixture(scope="module")
def first(clinic: Pages) -> Done:
    ended = done(clinic.portal, str(clinic.portal.permit()["id"]), FIRST)
    let_out(clinic.portal, ended.outputs["by_diagnosis.csv"])
    return ended


@pytest.fixture(scope="module")
def second(clinic: Pages, first: Done) -> Done:
    return done(clinic.portal, first.run.permit, SECOND)


@pytest.fixture(scope="module")
def chris(clinic: Pages, second: Done) -> Person:
    assert second.outputs
    return clinic.person(CHECKER)


def test_the_queue_has_what_awaits_the_checker_and_nothing_that_is_over(
    chris: Person, first: Done, second: Done
) -> None:
    page = chris.see("/en/outputs")
    assert second.outputs["by_diagnosis.csv"].id in page
    assert first.outputs["stdout.log"].id in page
    assert first.outputs["by_diagnosis.csv"].id not in page
    assert second.outputs["cells.csv"].id not in page


@pytest.mark.parametrize("who", OTHERS)
def test_the_desk_is_for_checkers(clinic: Pages, first: Done, second: Done, who: str) -> None:
    person = clinic.person(who)
    assert person.get("/en/outputs").status_code == 403
    for output in (second.outputs["by_diagnosis.csv"].id, first.outputs["marker.svg"].id):
        for door in ("", "/picture", "/file", "/comparison"):
            assert person.get(f"/en/outputs/{output}{door}").status_code == 403
        for act, form in (
            ("claim", {}),
            ("decision", {"decision": "clear", "reason": "I may not"}),
            ("release", {}),
        ):
            assert person.post(f"/en/outputs/{output}/{act}", form).status_code == 403


def test_a_table_is_shown_as_a_table_and_a_formula_as_text(chris: Person, second: Done) -> None:
    page = chris.see(f"/en/outputs/{second.outputs['formula.csv'].id}")
    assert '<th scope="row">=1+1</th>' in page
    assert "would be run by a spreadsheet" in words(page)


def test_a_page_that_a_program_left_is_text_and_its_bytes_are_no_page(
    chris: Person, second: Done
) -> None:
    output = second.outputs["page.html"].id
    page = chris.see(f"/en/outputs/{output}")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    file = chris.get(f"/en/outputs/{output}/file")
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.headers["x-content-type-options"] == "nosniff"
    assert chris.get(f"/en/outputs/{output}/picture").status_code == 404


def test_what_hides_in_a_text_is_spelt_out(chris: Person, second: Done) -> None:
    page = chris.see(f"/en/outputs/{second.outputs['words.txt'].id}")
    assert "Nothing\\u202e to see." in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page


def test_a_drawing_of_trusted_code_is_an_image_that_runs_nothing(
    chris: Person, first: Done
) -> None:
    output = first.outputs["marker.svg"].id
    assert f'<img class="examined" src="/en/outputs/{output}/picture"' in chris.see(
        f"/en/outputs/{output}"
    )
    picture = chris.get(f"/en/outputs/{output}/picture")
    assert picture.headers["content-type"] == "image/svg+xml"
    policy = picture.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox")
    assert "script" not in policy


def test_what_changed_since_the_earlier_release_is_shown_cell_by_cell(
    chris: Person, first: Done, second: Done
) -> None:
    page = chris.see(f"/en/outputs/{second.outputs['by_diagnosis.csv'].id}/comparison")
    said = words(page)
    assert first.outputs["by_diagnosis.csv"].id in said
    assert "0 unchanged, 3 changed, 0 added, 0 removed" in said
    assert "They are told apart by diagnosis." in said
    assert "(-54)" in said


def test_a_decision_is_made_with_a_reason_then_released(
    clinic: Pages, chris: Person, second: Done
) -> None:
    output = second.outputs["by_diagnosis.csv"].id
    where = f"/en/outputs/{output}"
    assert "It is yours for an hour." in chris.do(f"{where}/claim")
    assert "Give it back" in chris.see(where)
    none = chris.post(f"{where}/decision", {"reason": "All over ten."})
    assert none.status_code == 422
    assert 'href="#decision"' in none.text
    assert "All over ten." in none.text
    empty = chris.post(f"{where}/decision", {"decision": "clear", "reason": " "})
    assert empty.status_code == 422
    assert "needs a written reason" in words(empty.text)
    said = chris.do(f"{where}/decision", {"decision": "clear", "reason": "All over ten."})
    assert "It is cleared." in said
    assert "It is released, as entry" in chris.do(f"{where}/release")
    assert (
        clinic.person("acct-researcher").get(f"/en/workspace/outputs/{output}/file").status_code
        == 200
    )


def test_what_the_machine_refused_nobody_clears_by_hand(chris: Person, second: Done) -> None:
    output = second.outputs["cells.csv"].id
    assert "Your decision" not in chris.see(f"/en/outputs/{output}")
    form = {"decision": "clear", "reason": "It is fine."}
    assert chris.post(f"/en/outputs/{output}/decision", form).status_code == 409
    assert chris.post(f"/en/outputs/{output}/release").status_code == 403


def test_a_refusal_tells_the_team_the_checkers_reason(
    clinic: Pages, chris: Person, first: Done
) -> None:
    output = first.outputs["stdout.log"].id
    form = {"decision": "refuse", "reason": "Print no words <b>of</b> the data."}
    assert "It is refused" in chris.do(f"/en/outputs/{output}/decision", form)
    page = clinic.person("acct-researcher").see(f"/en/workspace/runs/{first.run.id}")
    assert "Print no words &lt;b&gt;of&lt;/b&gt; the data." in page


def test_a_form_without_its_token_decides_nothing(chris: Person, first: Done) -> None:
    output = first.outputs["marker.svg"].id
    answer = chris.browser.post(
        f"/en/outputs/{output}/decision", data={"decision": "clear", "reason": "forged"}
    )
    assert answer.status_code == 403
    assert "Nobody yet" in chris.see(f"/en/outputs/{output}")


def test_where_two_have_to_look_the_page_says_so_and_the_second_releases(
    clinic: Pages, chris: Person, first: Done
) -> None:
    platform = clinic.portal.platform
    platform.add_account("acct-operator", "Cleo Checker", "org-access-body", ["output_checker"],
                         account_id="acct-second")  # fmt: skip
    asked = platform.apply("acct-researcher", application_form()).id
    permit = platform.approve(
        "acct-authority", asked, "Two look.", plans={"clinic": plan()},
        output_rules=OutputRules(review="four-eyes", disclosure=_disclosure(clinic)),
    ).id  # fmt: skip
    output = done(clinic.portal, permit, FIRST).outputs["by_diagnosis.csv"].id
    where, decision = f"/en/outputs/{output}", {"decision": "clear", "reason": "All over ten."}
    assert "Two different checkers have to clear it" in chris.see(where)
    assert "A second checker looks now." in chris.do(f"{where}/decision", decision)
    assert output not in chris.see("/en/outputs")
    assert chris.post(f"{where}/decision", decision).status_code == 403
    assert chris.post(f"{where}/release").status_code in (403, 409)
    cleo = clinic.person("acct-second")
    assert "A second decision" in cleo.see(where)
    assert "It is cleared." in cleo.do(f"{where}/decision", decision)
    assert "It is released" in cleo.do(f"{where}/release")
    assert first.run.permit != permit


def _disclosure(clinic: Pages) -> DisclosureRules:
    return clinic.portal.platform.dataset("clinic").rules.disclosure
