"""Which web site this is, and where a request comes from: what passkeys and providers are bound to."""

from contextlib import suppress
from ipaddress import ip_address

from casemate.errors import BadInput, Unavailable
from casemate.identity.passkeys import Site
from casemate.portal.pages.visit import Visit
from casemate.providers import LOOPBACK


def site_of(seen: Visit) -> Site:
    """The site as the settings name it; without them, this machine alone.

    A request says itself which host it is for, and may lie: of another than loopback it is not believed.
    Raises ``Unavailable`` where the settings are missing.
    """
    if seen.platform.home.address is not None:
        return Site(seen.platform.home.address)
    url = seen.request.url
    if url.hostname not in LOOPBACK:
        raise Unavailable(
            'this sign-in needs the portal\'s own address: write address = "https://…" in casemate.toml'
        )
    return Site(f"{url.scheme}://{url.netloc}")


def passkeys_work(seen: Visit) -> bool:
    """Whether this site has a name that passkeys can belong to."""
    with suppress(BadInput, Unavailable):
        return bool(site_of(seen).domain)
    return False


def source_of(seen: Visit) -> str | None:
    """The network address that the request comes from; ``None`` where it is none, as of a unix socket."""
    client = seen.request.client
    if client is None:
        return None
    try:
        ip_address(client.host.partition("%")[0])
    except ValueError:
        return None
    return client.host
