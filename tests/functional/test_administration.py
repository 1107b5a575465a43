"""Accounts and organisations as operators keep them: what each change does, and what is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from functional.clinic import OPERATOR

from casemate.errors import BadInput, Conflict, NotAllowed, NotFound
from casemate.home import create_home
from casemate.identity import TokenRefused
from casemate.platform import Platform

HOLDER = "acct-holder"


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    with Platform(create_home(tmp_path / "home")) as platform:
        platform.found("Operator")
        for name in ("Clinic", "University"):
            platform.add_organisation(OPERATOR, name)
        platform.add_account(
            OPERATOR, "Hanna Holder", "org-clinic", ["data_holder"], account_id=HOLDER
        )
        yield platform


def acts(platform: Platform) -> list[str]:
    return [one.act for one in platform.entries()]


def test_a_deactivated_account_does_nothing_and_its_tokens_end_for_good(platform: Platform) -> None:
    _, text = platform.issue_token(HOLDER, "notebook", ["read"])
    _, second = platform.issue_token(HOLDER, "script", ["publish"])
    session, cookie = platform.begin_session(HOLDER)
    assert platform.token(text).account == HOLDER
    assert not platform.deactivate_account(OPERATOR, HOLDER).active
    assert acts(platform)[-3:] == ["token.ended", "token.ended", "session.ended"]
    with pytest.raises(NotAllowed, match="deactivated"):
        platform.issue_token(HOLDER, "another", ["read"])
    assert platform.reactivate_account(OPERATOR, HOLDER).active
    assert session.account == HOLDER
    assert platform.session(cookie) is None
    for ended in (text, second):
        with pytest.raises(TokenRefused):
            platform.token(ended)
    assert platform.issue_token(HOLDER, "another", ["read"])


def test_name_organisation_and_roles_change_and_no_name_is_on_the_ledger(
    platform: Platform,
) -> None:
    changed = platform.change_account(
        OPERATOR, HOLDER, name="Hanna Zauberberg", organisation="org-university",
        roles=["data_user", "output_checker"],
    )  # fmt: skip
    assert (changed.name, changed.organisation) == ("Hanna Zauberberg", "org-university")
    assert changed.roles == {"data_user", "output_checker"}
    assert (
        platform.change_organisation(OPERATOR, "org-clinic", name="Zauberberg").name == "Zauberberg"
    )
    entries = platform.entries()
    assert [one.act for one in entries][-6:] == [
        "account.renamed", "account.moved", "account.role_granted", "account.role_granted",
        "account.role_revoked", "organisation.changed",
    ]  # fmt: skip
    assert "Zauberberg" not in str(entries)
    assert platform.verify_ledger().ok


def test_nobody_changes_their_own_account_and_only_operators_change_any(platform: Platform) -> None:
    for actor, account in ((OPERATOR, OPERATOR), (HOLDER, HOLDER), (HOLDER, OPERATOR)):
        for change in (platform.deactivate_account, platform.reactivate_account):
            with pytest.raises(NotAllowed):
                change(actor, account)
        with pytest.raises(NotAllowed):
            platform.change_account(actor, account, roles=["operator", "authority"])
    with pytest.raises(NotAllowed):
        platform.change_organisation(HOLDER, "org-clinic", name="Mine")
    assert acts(platform)[-1] == "act.refused"


def test_an_operator_always_remains(platform: Platform) -> None:
    platform.add_account(OPERATOR, "Second", "org-clinic", ["operator"], account_id="acct-second")
    platform.deactivate_account("acct-second", OPERATOR)
    with pytest.raises(NotAllowed):  # deactivated accounts do nothing
        platform.deactivate_account(OPERATOR, "acct-second")
    platform.reactivate_account("acct-second", OPERATOR)
    platform.change_account("acct-second", OPERATOR, roles=["auditor"])
    assert platform.whoami(OPERATOR).roles == {"auditor"}


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({"roles": []}, BadInput),
        ({"roles": ["king"]}, BadInput),
        ({"organisation": "org-moon"}, NotFound),
        ({"name": " "}, BadInput),
        ({"name": "Fine", "organisation": "org-moon"}, NotFound),
    ],
)
def test_a_change_that_cannot_be_changes_nothing(
    platform: Platform, change: dict[str, object], failure: type[Exception]
) -> None:
    before = platform.accounts(OPERATOR), acts(platform)
    with pytest.raises(failure):
        platform.change_account(OPERATOR, HOLDER, **change)  # type: ignore[arg-type]
    assert (platform.accounts(OPERATOR), acts(platform)) == before


def test_two_organisations_never_share_a_name(platform: Platform) -> None:
    with pytest.raises(Conflict, match="named 'university' already"):
        platform.change_organisation(OPERATOR, "org-clinic", name="university")
    kept = platform.change_organisation(OPERATOR, "org-clinic", name="CLINIC", kind="hospital")
    assert (kept.id, kept.name, kept.kind) == ("org-clinic", "CLINIC", "hospital")
