"""``casemate token``: issued once, listed without its text, ended by its owner alone."""

from functional.clinic import AUTHORITY, RESEARCHER, Clinic

pytest_plugins = ("functional.clinic_fixtures",)


def test_a_token_is_told_once_and_ended_by_its_owner(founded: Clinic) -> None:
    words = ("token", "issue", "notebook", "--scope", "read", "--scope", "run")
    issued = founded.say(*words, "--json", by=RESEARCHER).json
    assert issued["text"].startswith("cmt_")
    assert issued["token"]["scopes"] == ["read", "run"]

    listed = founded.say("token", "list", "--json", by=RESEARCHER)
    assert [one["name"] for one in listed.json] == ["notebook"]
    assert issued["text"] not in listed.out

    token = issued["token"]["id"]
    assert founded.say("token", "end", token, by=AUTHORITY).code == 2
    ended = founded.say("token", "end", token, "--json", by=RESEARCHER).json
    assert ended["ended_at"] is not None


def test_a_scope_that_is_none_is_bad_input(founded: Clinic) -> None:
    said = founded.say("token", "issue", "x", "--scope", "everything", by=RESEARCHER)
    assert (said.code, said.is_one_line) == (2, True)
    assert "everything" in said.err
