"""The client is the platform's mirror: same calls, same parameters, same records, no call forgotten."""

import inspect
from typing import Any

import pytest

from casemate.acting import Acting
from casemate.client import Client
from casemate.platform import Platform

NOT_OVER_HTTP = {
    "algorithms": "the register is read in pages: search_algorithms, each_algorithm",
    "add_environment": "built at the server's own machine, from its disk",
    "assess_system": "POST /models/{algorithm}/assessment: its documents are written where the home is",
    "assess": "what the pages show before a table is published; a program publishes a version",
    "begin_session": "a browser's: a token stands for it",
    "cite": "GET /datasets/{dataset}/citation: the server knows the address that it is found at",
    "close": "each has its own",
    "compare": "verify_ledger(checkpoint=…) does it on the caller's own machine",
    "datasets": "a catalogue is read in pages: each_hit",
    "doors": "what the pages show of themselves",
    "end_session": "a browser's, ended in a browser",
    "examine": "what the pages show of an output's bytes; a program takes them: evidence",
    "export_catalogue": "harvested at /catalogue, in pages",
    "export_catalogue_page": "harvested at /catalogue",
    "export_dataset": "harvested at /datasets/{dataset}.ttl",
    "first_look": "a draft for the pages' form; a program drafts with casemate.catalogue.describe",
    "found": "the first account is made at the server's own machine",
    "held": "what the pages show a data holder; a program searches with holder=",
    "holder_names": "what pages call the holders; a program reads them in DCAT",
    "issue_token": "a token that made tokens would outlive its own end and its own scopes",
    "may": "the pages ask it before they offer an act; a program acts and is told",
    "picture": "what the pages show of a picture; a program takes its bytes: evidence",
    "own_organisation": "what the pages show of who is signed in",
    "provided": "the server's own, behind If-Match: the client's `if_match`",
    "remove_environment": "at the server's own machine, as it was added",
    "require_desk": "the pages ask it before they show the authority's side",
    "require_publisher": "the server asks it before it takes a file in",
    "session": "a browser's",
    "sessions": "a browser's",
    "sign_in": "a token stands for it",
    "sweep": "the home's own housekeeping",
    "tell_once": "the pages', between two requests",
    "told_once": "the pages', between two requests",
    "token": "the server's own: whose token a request carries",
    "work": "the server works",
}
"""Acts of the platform that the client has not, each with why."""
IN_A_BROWSER = """
accept_invitation account_links add_one_time_password add_passkey begin_one_time_password begin_passkey
begin_passkey_sign_in begin_provider_sign_in begun_one_time_password change_password
finish_provider_sign_in finish_sign_in invitation invite link_account not_signing_in provider_sign_out
remove_one_time_password remove_passkey renew_recovery_codes sign_in_by_passkey sign_in_over_web
unlink_account ways
"""
"""How people come in over the web; a program has a token, which none of these may change."""
NOT_OVER_HTTP |= dict.fromkeys(IN_A_BROWSER.split(), "signing in is done in a browser")
NOT_OVER_HTTP |= {
    "algorithm_of_run": "asked by the page of a run",
    "algorithm_facts": "told by the pages of the register and its commands",
    "public_algorithm_facts": "told by the pages of the register",
    "algorithm_incidents": "reported and read at the server",
    "report_algorithm_incident": "reported and read at the server",
    "enter_run": "for runs from before runs had entries: at the server",
    "public_algorithm": "algorithm, asked without a token",
    "public_algorithms": "search_algorithms, asked without a token",
    "public_algorithm_history": "algorithm_history, asked without a token",
}
NOT_OVER_HTTP |= {
    "provisions_on": "what the pages list of a work; a program asks for provisions",
    "provision_in_languages": "what the pages put side by side; a program asks language by language",
}
NOT_OVER_HTTP |= {
    "language_model": "of the server; what it writes is answered over HTTP",
    "tell_corpus": "comes as events: POST /corpora/{corpus}/answer",
    "replay_receipt": "asked with a receipt as a document: POST /corpora/{corpus}/replay",
    "seal_conversation": "carried by the pages' forms; a program sends its turns",
    "open_conversation": "carried by the pages' forms",
    "load_corpus": "read from a folder on the server's own disk",
    "index_corpus": "built at the server, beside the texts",
}
NOT_OVER_HTTP |= {
    "link_corpus": "built at the server, beside the texts",
    "links_of_provision": "what the page of a provision links; a program asks for citations",
    "terms_of_provision": "what the page of a provision explains",
    "title_in_corpus": "what pages print; a program asks for versions",
}
NOT_OVER_HTTP |= {
    "build_memory": "aligned at the server, beside the texts",
    "import_memory": "read from a file on the server's own disk",
    "export_memory": "a file for translators' tools, written at the server",
    "export_terms": "a file for translators' tools, written at the server",
    "translators": "the models in a folder of the server",
    "language_model": "the server's own, where its operator named one",
    "replies": "the server's own: what it keeps for requests that come twice",
    "unseen_case_alerts": "the bell of the pages; a program asks for the alerts: case_file_alerts",
    "watch_case_files": "`law watch`, at the server, beside the texts",
    "erase_case_files_of": "`law case erase`, at the server, when somebody has left",
}
MORE = {
    "download": "a released output to a file, as it arrives",
    "each_algorithm": "page after page",
    "each_application": "page after page",
    "each_entry": "page after page",
    "each_hit": "page after page",
    "each_output": "page after page",
    "each_permit": "page after page",
    "each_run": "page after page",
}
"""What the client has beside the platform's calls."""


def calls(kind: type) -> dict[str, Any]:
    return {name: one for name, one in inspect.getmembers(kind) if callable(one) and name[0] != "_"}


MIRRORED = sorted(calls(Platform).keys() - NOT_OVER_HTTP.keys())


def parameters(method: Any) -> list[tuple[str, Any, Any, Any]]:
    """Name, kind, default and type (as written) of each, less who acts and the client's ``if_match``."""
    return [
        (one.name, one.kind, callable(one.default) or one.default, one.annotation)
        for one in inspect.signature(method).parameters.values()
        if one.name not in ("self", "actor", "if_match")
    ]


def test_every_act_of_the_platform_is_mirrored_or_it_is_said_why_not() -> None:
    assert not calls(Platform).keys() & NOT_OVER_HTTP.keys() ^ NOT_OVER_HTTP.keys()
    missing = set(MIRRORED) - calls(Client).keys()
    assert not missing, f"add to casemate.client, or say in NOT_OVER_HTTP why not: {missing}"


def test_the_client_has_nothing_else() -> None:
    assert calls(Client).keys() == {*MIRRORED, *MORE, "close"}


@pytest.mark.parametrize("name", MIRRORED)
def test_a_call_takes_and_gives_what_the_platforms_does(name: str) -> None:
    ours, theirs = getattr(Client, name), getattr(Platform, name)
    assert parameters(ours) == parameters(theirs)
    gives = (inspect.signature(one).return_annotation for one in (ours, theirs))
    assert len(set(gives)) == 1
    assert ours.__doc__


def test_a_home_opened_as_an_account_has_the_same_calls() -> None:
    acting = {name for name in vars(Acting) if name[0] != "_"}
    assert acting == {*MIRRORED, "close"}
