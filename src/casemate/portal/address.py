"""Where this portal says that it is: in links that leave it (DCAT, citations, invitations)."""

from fastapi import Request

from casemate.identity.sources import source_of
from casemate.portal.callers import platform_of


def base_of(request: Request) -> str:
    """The portal's own address as the settings name it; without them, the host that the request names.

    That host is at least one (``doors`` sees to it), and is told back to nobody but whoever named it.
    """
    return platform_of(request).home.address or str(request.base_url).rstrip("/")


def source_of_request(request: Request) -> str | None:
    """The network that a request comes from; ``None`` where it has no address: a socket of this machine."""
    try:
        return None if request.client is None else source_of(request.client.host)
    except ValueError:
        return None
