"""What every part of ``Platform`` works with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from casemate.access.policies import Policies, Resource

if TYPE_CHECKING:
    from casemate.clock import Clock
    from casemate.facts import Facts
    from casemate.home import Home
    from casemate.identity import Account, Identity
    from casemate.ledger import Ledger
    from casemate.store import Store


class Part:
    """A part of ``Platform``, which sets what is named here and has the two ways to act."""

    home: Home
    clock: Clock
    store: Store
    ledger: Ledger
    identity: Identity
    policies: Policies
    facts: Facts

    if TYPE_CHECKING:

        def _act(
            self, actor: str | None, action: str, facts: Callable[..., Resource], *about: Any
        ) -> AbstractContextManager[Session]: ...

        def _look(
            self, actor: str | None, action: str, facts: Callable[..., Resource], *about: Any
        ) -> AbstractContextManager[Session]: ...

        def _account(self, tx: Session, actor: str | None) -> Account | None: ...
