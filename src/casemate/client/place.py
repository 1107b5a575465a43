"""The client as a whole: one served Casemate, one token."""

from __future__ import annotations

from typing import Any

from casemate.client.accounts import Accounts
from casemate.client.applications import Applications
from casemate.client.case_files import CaseFiles
from casemate.client.citing import Citing
from casemate.client.corpora import Corpora
from casemate.client.datasets import Datasets
from casemate.client.drafting import Drafting
from casemate.client.evaluations import Evaluations
from casemate.client.house import House
from casemate.client.ledger import Ledger
from casemate.client.models import Models
from casemate.client.obligations import Obligations
from casemate.client.observatory import Observatory
from casemate.client.outputs import Outputs
from casemate.client.papers import Papers
from casemate.client.permits import Permits
from casemate.client.plain import PlainLanguage
from casemate.client.register import Register
from casemate.client.runs import Runs
from casemate.client.sandboxes import Sandboxes
from casemate.client.translating import Translating
from casemate.client.watching import Watching
from casemate.client.wire import Wire


class Client(
    Datasets,
    Applications,
    Permits,
    Runs,
    Outputs,
    Evaluations,
    Models,
    Observatory,
    Register,
    Papers,
    Sandboxes,
    Corpora,
    Citing,
    Drafting,
    Translating,
    CaseFiles,
    Obligations,
    PlainLanguage,
    Ledger,
    Accounts,
    House,
):
    """A served Casemate. Close it, or use it as a context manager."""

    def close(self) -> None:
        """Let the connections go; what was handed in goes on."""
        self._wire.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect(
    url: str,
    token: str | None = None,
    *,
    progress: bool | None = None,
    ledger_key: str | None = None,
    **options: Any,
) -> Client:
    """The Casemate that is served at ``url``, as the owner of ``token``; as the public without one.

    ``progress``: whether to show it; if not said, where standard error is a terminal. ``ledger_key``
    is the ledger's public key as its operator gave it to you. ``options``: ``timeout`` (seconds, or an
    ``httpx.Timeout``), ``retries``, ``patience`` (seconds), ``transport``. Nothing is sent yet.
    Raises ``BadInput`` for an address that is none, or is not sealed (``http`` beyond this machine).
    """
    return Client(Wire(url, token, **options), Watching(progress), ledger_key)
