"""Where this portal says that it is: in links that leave it (DCAT, citations, invitations)."""

from fastapi import Request

from casemate.portal.callers import platform_of


def base_of(request: Request) -> str:
    """The portal's own address as the settings name it; without them, the host that the request names.

    That host is at least one (``doors`` sees to it), and is told back to nobody but whoever named it.
    """
    return platform_of(request).home.address or str(request.base_url).rstrip("/")
