"""OpenID Connect: a real provider, and providers that lie."""

import base64
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from conftest import MovableClock
from hostile_provider import SUBJECT, Lies, Provider, provider
from sign_in_world import EVE, HERE, MAX, OPERATOR, SOURCE, home, ledger_text, told

from casemate.clock import system_clock
from casemate.errors import BadInput, CasemateError, Conflict, NotAllowed, NotFound, Unavailable
from casemate.identity import SignInRefused
from casemate.identity.ceremonies import CeremonyOver
from casemate.identity.invitations import InvitationOver
from casemate.identity.openid import ProviderRefused
from casemate.platform import Platform

pytest_plugins = ("sign_in.fixtures",)
SECRET = "the client's secret"


def settings(issuer: str, name: str = "health", **more: str) -> str:
    lines = {"name": name, "issuer": issuer, "client_id": "casemate", **more}
    return "\n[[oidc]]\n" + "".join(f'{key} = "{value}"\n' for key, value in lines.items())


@pytest.fixture
def now() -> MovableClock:
    """The time it is: a provider's tokens have their own."""
    return MovableClock(system_clock())


@pytest.fixture
def honest() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture
def platform(tmp_path: Path, now: MovableClock, honest: Provider) -> Iterator[Platform]:
    with home(tmp_path, now, settings=settings(honest.issuer)) as opened:
        yield opened


def begin(platform: Platform, running: Provider, **options: str) -> tuple[dict[str, str], str]:
    """A sign-in that went to ``running``: what the address asks of it, and the browser's handle."""
    address, handle = platform.begin_provider_sign_in("health", HERE, **options)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    running.nonce = asked["nonce"]
    return asked, handle


def come_back(
    platform: Platform, running: Provider, source: str | None = SOURCE, **changed: Any
) -> str:
    """Sign in at ``running``, which sends the browser back; whose account it is."""
    asked, handle = begin(platform, running)
    answer = {"state": asked["state"], "code": "c0de"} | changed
    answer = {name: value for name, value in answer.items() if value is not None}
    return platform.finish_provider_sign_in("health", handle, answer, source=source).account.id


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_whom_an_operator_linked_comes_in(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    now: MovableClock,
    honest: Provider,
    database: str,
) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else None
    with home(tmp_path, now, url, settings(honest.issuer)) as platform:
        with pytest.raises(SignInRefused, match="has no account here"):
            come_back(platform, honest)
        link = platform.link_account(OPERATOR, MAX, "health", SUBJECT)
        assert come_back(platform, honest) == MAX
        entry = list(platform.entries())[-1]
        assert (entry.act, entry.detail) == (
            "account.signed_in",
            {"by_password": False, "provider": "health"},
        )
        with pytest.raises(Conflict, match="linked to an account already"):
            platform.link_account(OPERATOR, EVE, "health", SUBJECT)
        _, cookie = platform.begin_session(MAX)
        with pytest.raises(NotFound):
            platform.unlink_account(OPERATOR, EVE, link.id)
        platform.unlink_account(OPERATOR, MAX, link.id)
        assert platform.session(cookie) is None
        with pytest.raises(SignInRefused):
            come_back(platform, honest)
        text = ledger_text(platform)
        assert "account.unlinked" in text
        for private in (SUBJECT, "Théodora", "c0de"):
            assert private not in text


def test_what_is_asked_of_the_provider_is_bound_to_this_sign_in(
    platform: Platform, honest: Provider
) -> None:
    asked, handle = begin(platform, honest)
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://localhost:8000/oidc/health"
    assert asked["scope"].split()[0] == "openid"
    assert begin(platform, honest)[0]["state"] != asked["state"]
    platform.link_account(OPERATOR, MAX, "health", SUBJECT)
    honest.nonce = asked["nonce"]
    answer = {"state": asked["state"], "code": "c0de"}
    platform.finish_provider_sign_in("health", handle, answer, source=SOURCE)
    form = dict(honest.asked)["/token"]
    challenge = base64.urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest())
    assert challenge.decode().rstrip("=") == asked["code_challenge"]
    with pytest.raises(CeremonyOver):
        platform.finish_provider_sign_in("health", handle, answer, source=SOURCE)


LATER, LONG_AGO = 4_000_000_000, 1_000_000_000


LIES = [
    Lies(claims={"nonce": "another's"}),
    Lies(claims={"nonce": None}),
    Lies(claims={"aud": "somebody-else"}),
    Lies(claims={"aud": ["casemate", "somebody-else"]}),
    Lies(claims={"aud": ["casemate", "somebody-else"], "azp": "somebody-else"}),
    Lies(claims={"aud": None}),
    Lies(claims={"iss": "https://other.example"}),
    Lies(claims={"iss": None}),
    Lies(claims={"exp": LONG_AGO}),
    Lies(claims={"exp": None}),
    Lies(claims={"iat": LATER}),
    Lies(claims={"nbf": LATER}),
    Lies(claims={"exp": "soon"}),
    Lies(claims={"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
    Lies(claims={"sub": None}),
    Lies(claims={"sub": 7}),
    Lies(claims={"sub": ""}),
    Lies(algorithm="none"),
    Lies(algorithm="HS256"),
    Lies(other_key=True),
    Lies(no_id_token=True),
    Lies(metadata={"issuer": "https://other.example"}),
    Lies(metadata={"token_endpoint": "http://169.254.169.254/latest"}),
    Lies(metadata={"token_endpoint": "https://elsewhere.example/token"}),
    Lies(metadata={"jwks_uri": "https://elsewhere.example/jwks"}),
    Lies(metadata={"authorization_endpoint": "https://look-alike.example/"}),
    Lies(metadata={"authorization_endpoint": "javascript:alert(1)"}),
    Lies(metadata={"end_session_endpoint": "https://look-alike.example/"}),
    Lies(metadata={"jwks_uri": 7}),
    Lies(metadata={"jwks_uri": "file:///etc/passwd"}),
    Lies(metadata={"authorization_response_iss_parameter_supported": True}),
    Lies(redirects_to="http://127.0.0.1:9/"),
    Lies(status=500),
    Lies(body=b"<html>"),
    Lies(body=b"[]"),
    Lies(body=b"{" + b" " * 600_000 + b"}"),
]


def test_a_provider_that_lies_lets_nobody_in(platform: Platform, honest: Provider) -> None:
    platform.link_account(OPERATOR, MAX, "health", SUBJECT)
    for lies in LIES:
        honest.lies = lies
        with pytest.raises((ProviderRefused, Unavailable)):
            pytest.fail(f"{come_back(platform, honest, source=None)} came in by {lies}")
        assert "account.signed_in" not in told(platform), lies
        _forget(platform)
    honest.lies = Lies()
    assert come_back(platform, honest) == MAX


def _forget(platform: Platform) -> None:
    """As after the minutes for which what a provider says of itself is remembered."""
    platform.openid["health"]._known = None


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "another's"},
        {"state": None},
        {"state": ""},
        {"state": "é"},
        {"code": None},
        {"code": ""},
        {"error": "access_denied"},
        {"iss": "https://attacker.example"},
    ],
)
def test_an_answer_that_is_none_to_this_sign_in_is_refused_and_counted(
    platform: Platform, honest: Provider, changed: dict[str, str]
) -> None:
    platform.link_account(OPERATOR, MAX, "health", SUBJECT)
    with pytest.raises(ProviderRefused):
        come_back(platform, honest, **changed)
    last = list(platform.entries())[-1]
    assert (last.act, last.detail) == ("account.sign_in_failed", {"reason": "provider"})
    assert come_back(platform, honest, iss=honest.issuer) == MAX


def test_an_answer_of_one_provider_is_none_of_another(
    tmp_path: Path, now: MovableClock, honest: Provider
) -> None:
    """Mix-up: the attacker's provider sends the browser back with the honest one's code."""
    with provider() as attacker:
        both = settings(honest.issuer) + settings(attacker.issuer, "attacker")
        with home(tmp_path, now, settings=both) as platform:
            platform.link_account(OPERATOR, MAX, "health", SUBJECT)
            address, handle = platform.begin_provider_sign_in("attacker", HERE)
            state = parse_qs(urlsplit(address).query)["state"][0]
            answer = {"state": state, "code": "the honest one's"}
            with pytest.raises(ProviderRefused):
                platform.finish_provider_sign_in("health", handle, answer, source=SOURCE)
            assert "/token" not in [path for path, _ in honest.asked]
            address, handle = platform.begin_provider_sign_in("attacker", HERE)
            state = parse_qs(urlsplit(address).query)["state"][0]
            answer = {"state": state, "code": "x", "iss": honest.issuer}
            with pytest.raises(ProviderRefused):
                platform.finish_provider_sign_in("attacker", handle, answer, source=SOURCE)
            assert "/token" not in [path for path, _ in attacker.asked]


def test_one_word_of_two_providers_is_two_people(
    tmp_path: Path, now: MovableClock, honest: Provider
) -> None:
    with provider() as other:
        two = settings(other.issuer, "other") + settings(honest.issuer)
        with home(tmp_path, now, settings=two) as platform:
            platform.link_account(OPERATOR, EVE, "other", SUBJECT)
            with pytest.raises(SignInRefused, match="no account here"):
                come_back(platform, honest)


def test_the_clients_secret_is_sent_to_the_provider_alone(
    tmp_path: Path, now: MovableClock, honest: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = settings(honest.issuer, client_secret_env="HEALTH_SECRET")
    with home(tmp_path, now, settings=told) as platform:
        platform.link_account(OPERATOR, MAX, "health", SUBJECT)
        with pytest.raises(BadInput, match="set HEALTH_SECRET"):
            come_back(platform, honest)
        monkeypatch.setenv("HEALTH_SECRET", SECRET)
        assert come_back(platform, honest) == MAX
        sent = dict(honest.asked)["/token"]["authorization"]
        assert sent.startswith("Basic ")
        with platform.store.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            assert SECRET not in "\n".join(driver.iterdump())


def test_an_invitation_links_whoever_comes_back(platform: Platform, honest: Provider) -> None:
    _, link = platform.invite(OPERATOR, MAX)
    asked, handle = begin(platform, honest, invitation=link, lang="lb")
    answer = {"state": asked["state"], "code": "c"}
    back = platform.finish_provider_sign_in("health", handle, answer, source=SOURCE)
    assert (back.account.id, back.remembered) == (MAX, {"lang": "lb"})
    assert come_back(platform, honest) == MAX
    asked, handle = begin(platform, honest, invitation=link)
    with pytest.raises(InvitationOver):
        platform.finish_provider_sign_in(
            "health", handle, {"state": asked["state"], "code": "c"}, source=SOURCE
        )
    _, link = platform.invite(OPERATOR, EVE)
    asked, handle = begin(platform, honest, invitation=link)
    with pytest.raises(Conflict, match="has another account"):
        platform.finish_provider_sign_in(
            "health", handle, {"state": asked["state"], "code": "c"}, source=SOURCE
        )
    assert platform.invitation(link)[1].id == EVE


def test_strangers_get_an_account_of_the_public_only_where_the_settings_say_so(
    tmp_path: Path, now: MovableClock, honest: Provider
) -> None:
    open_to_all = settings(honest.issuer, organisation="org-operator", role="public")
    with home(tmp_path, now, settings=open_to_all) as platform:
        account = come_back(platform, honest)
        known = platform.whoami(account)
        assert (known.name, known.organisation) == ("Théodora Private", "org-operator")
        assert known.roles == {"public"}
        assert come_back(platform, honest) == account
        assert "theodora" not in ledger_text(platform).lower()


def test_an_account_that_is_closed_is_closed_to_its_provider_too(
    platform: Platform, honest: Provider
) -> None:
    platform.link_account(OPERATOR, MAX, "health", SUBJECT)
    with platform.store.transaction() as tx:
        platform.identity.deactivate(tx, OPERATOR, MAX)
    with pytest.raises(SignInRefused, match="deactivated"):
        come_back(platform, honest)


def test_a_claim_of_the_settings_links_and_an_unverified_address_does_not(
    tmp_path: Path, now: MovableClock, honest: Provider
) -> None:
    with home(tmp_path, now, settings=settings(honest.issuer, claim="email")) as platform:
        platform.link_account(OPERATOR, MAX, "health", "max@h.example")
        honest.lies = Lies(claims={"email": "max@h.example"})
        with pytest.raises(ProviderRefused, match="not verified"):
            come_back(platform, honest)
        honest.lies = Lies(claims={"email": "max@h.example", "email_verified": True})
        assert come_back(platform, honest) == MAX


def test_only_operators_link(platform: Platform) -> None:
    for act in (
        lambda: platform.link_account(MAX, MAX, "health", SUBJECT),
        lambda: platform.account_links(MAX, MAX),
        lambda: platform.unlink_account(MAX, MAX, "link-x"),
    ):
        with pytest.raises(NotAllowed):
            act()
    for subject in ("", "x" * 256, "a\nb"):
        with pytest.raises(BadInput, match="printable"):
            platform.link_account(OPERATOR, MAX, "health", subject)
    with pytest.raises(NotFound, match="no provider"):
        platform.link_account(OPERATOR, MAX, "nobody", SUBJECT)


def test_signing_out_of_the_provider_goes_by_its_own_page(
    platform: Platform, honest: Provider, now: MovableClock
) -> None:
    address = platform.provider_sign_out("health", HERE)
    assert address is not None
    assert address.startswith(f"{honest.issuer}/out?x=1&client_id=casemate&post_logout_redirect")
    honest.lies = Lies(metadata={"end_session_endpoint": None})
    now.advance(minutes=10)
    assert platform.provider_sign_out("health", HERE) is None


def test_a_provider_that_is_not_there_is_told(tmp_path: Path, now: MovableClock) -> None:
    with (
        home(tmp_path, now, settings=settings("http://127.0.0.1:9")) as platform,
        pytest.raises(Unavailable, match="does not answer"),
    ):
        platform.begin_provider_sign_in("health", HERE)


@pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning")
def test_a_real_provider_lets_in_whom_it_knows(
    tmp_path: Path, now: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    import oidc_provider_mock

    user = oidc_provider_mock.User(sub="theo", claims={"name": "Theo"})
    monkeypatch.setenv("REAL_SECRET", SECRET)
    with oidc_provider_mock.run_server_in_thread(user_claims=[user], require_nonce=True) as server:
        issuer = f"http://localhost:{server.server_port}"
        told = settings(issuer, client_secret_env="REAL_SECRET")
        with home(tmp_path, now, settings=told) as platform:
            platform.link_account(OPERATOR, MAX, "health", "theo")
            address, handle = platform.begin_provider_sign_in("health", HERE)
            sent = httpx.post(address, data={"sub": "theo"}, trust_env=False)
            assert sent.status_code == 302, sent.text
            back = urlsplit(sent.headers["location"])
            assert back.path == "/oidc/health"
            answer = {name: values[0] for name, values in parse_qs(back.query).items()}
            come = platform.finish_provider_sign_in("health", handle, answer, source=SOURCE)
            assert come.account.id == MAX
            again = platform.begin_provider_sign_in("health", HERE)[1]
            with pytest.raises(CasemateError):  # the same answer again
                platform.finish_provider_sign_in("health", again, answer, source=SOURCE)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ('oidc = "x"', "list of tables"),
        ("[[oidc]]\nname = 'Übel'", "lower-case letters"),
        ("[[oidc]]\nname = 'a'", "lack issuer"),
        ("[[oidc]]\nname = 'a'\nissuer = 'https://i.example'", "lack client_id"),
        (settings("http://login.example"), "http is for this machine alone"),
        (settings("https://user:pw@login.example"), "is not https"),
        (settings("https://login.example/?x=1"), "no query"),
        (settings("https://[oops"), "is no address"),
        (settings("https://i.example", client_secret="s"), "has no settings"),
        (settings("https://i.example", scopes="openid"), "list of texts"),
        (settings("https://i.example", organisation="org-x"), 'role = "public"'),
        (settings("https://i.example", organisation="org-x", role="operator"), "role public"),
        (settings("https://i.example", role="public"), "organisation"),
        (settings("https://i.example", client_secret_env="A", client_secret_file="b"), "not both"),
        (settings("https://i.example") * 2, "twice"),
        ('address = "http://data.example"', "http is for this machine alone"),
        ('address = "https://data.example/portal"', "has a path"),
        ("address = 7", "is a text"),
    ],
)
def test_settings_that_cannot_hold_are_told(tmp_path: Path, document: str, message: str) -> None:
    from casemate.home import create_home, open_home

    file = create_home(tmp_path / "home").root / "casemate.toml"
    file.write_text(document, encoding="utf-8")
    with pytest.raises(BadInput, match=message):
        open_home(tmp_path / "home")


def test_a_secret_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    from casemate.home import create_home, open_home

    root = create_home(tmp_path / "home").root
    (root / "casemate.toml").write_text(settings("https://i.example", client_secret_file="s"))
    (known,) = open_home(root).providers
    with pytest.raises(BadInput, match="there is no file"):
        known.client_secret()
    (root / "s").write_text(f"{SECRET}\n")
    (root / "s").chmod(0o640)
    with pytest.raises(BadInput, match="chmod 600"):
        known.client_secret()
    (root / "s").chmod(0o600)
    assert known.client_secret() == SECRET
