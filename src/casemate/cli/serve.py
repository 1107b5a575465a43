"""``casemate serve``: the portal of one home, in this process, until it is interrupted."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from casemate.cli.accounts import invitation_link
from casemate.cli.common import printable, sign_in
from casemate.errors import BadInput, Unavailable
from casemate.home import create_home
from casemate.identity import Role
from casemate.platform import Platform
from casemate.portal import create_app
from casemate.portal.serving import server_of


@dataclass(frozen=True)
class Invited:
    """Somebody who can set a password at ``link``."""

    account: str
    name: str
    roles: tuple[str, ...]
    link: str


@dataclass(frozen=True)
class Serving:
    """What whoever starts a server is told, once it answers."""

    address: str
    home: str
    new_operator: str | None
    """The first account, where the home was made just now."""
    invitations: tuple[Invited, ...] = ()
    """Of accounts that no way leads into yet: each link sets a password, once, within a week."""

    @property
    def sentence(self) -> str:
        """The same for people."""
        new = f" It is new: its operator is {self.new_operator}." if self.new_operator else ""
        return f"Casemate serves {self.home} at {self.address} (API under /api/v1).{new}"

    def for_people(self) -> str:
        """The sentence, and the invitations where there are some: a line each, as long as it is, so that
        a terminal breaks no link."""
        if not self.invitations:
            return self.sentence
        rows = [("Account", "Name", "Roles", "Set a password there, once, within a week")]
        rows += [
            (one.account, one.name, ", ".join(one.roles), one.link) for one in self.invitations
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = [
            "  ".join(
                [*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]
            )
            for row in rows
        ]
        return "\n".join([self.sentence, "", *map(printable, lines)])


def serve(
    root: Path,
    host: str,
    port: int,
    *,
    requests_a_minute: int,
    tell: Callable[[Serving], None],
    behind_proxy: str | None = None,
    invite_as: str | None = None,
    invites: bool = False,
) -> None:
    """Serve the home at ``root`` (made where there is none) at ``host``:``port``; 0 is any free port.

    A new home's operator is invited; with ``invites`` everybody is who has no way in, by ``invite_as``
    or the first operator whose account is open here.

    Runs that were under way when a server ended go on as soon as the next one starts. ``behind_proxy``:
    the proxies whose word on where a request comes from is taken. Raises ``Unavailable`` where the
    address is taken.
    """
    listening = listen(host, port)
    is_new = not root.exists()
    with listening, Platform(create_home(root)) as platform:
        operator = platform.found("Operator").id if is_new else None
        app = create_app(platform, requests_a_minute=requests_a_minute)
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listening.getsockname()[1]}"
        by = operator or (_inviter(platform, invite_as) if invites else None)
        invited = () if by is None else _invite(platform, by, address)
        tell(Serving(address, str(root), operator, invited))
        server_of(app, behind_proxy=behind_proxy).run([listening])


def _inviter(platform: Platform, account: str | None) -> str:
    """The operator who invites, signed in as at any command."""
    if (named := sign_in(platform, account)) is not None:
        return named
    with platform.store.read() as tx:
        known = platform.identity.accounts(tx)
    for one in known:
        if one.active and Role.OPERATOR in one.roles and not one.has_password:
            return platform.sign_in(one.id).id
    raise BadInput("--invite: name the operator who invites with `--as ACCOUNT`")


def _invite(platform: Platform, by: str, address: str) -> tuple[Invited, ...]:
    """A fresh invitation of everybody who has no way in; the older ones end."""
    made = []
    for one in platform.not_signing_in(by):
        _, text = platform.invite(by, one.id)
        link = invitation_link(platform.home.address or address, text)
        made.append(Invited(one.id, one.name, tuple(sorted(one.roles)), link))
    return tuple(made)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at ``host``:``port`` and whose connections send each piece at once.

    asyncio turns Nagle's algorithm off only for sockets that name their protocol, which an accepted one
    of ours does not; with it on, an answer's body waits some 40 ms for the client to acknowledge its head.
    Connections inherit the option from the socket that listens. Raises ``BadInput`` for a port that is
    none, ``Unavailable`` where the address is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=2048)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except OverflowError:
        raise BadInput(f"--port {port}: a port is a number from 0 to 65535") from None
    except OSError as failure:
        raise Unavailable(f"{host}:{port} cannot be served: {failure.strerror}") from failure
