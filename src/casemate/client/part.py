"""What every part of the client works with."""

from __future__ import annotations

from typing import Any

from casemate.client.watching import Watching
from casemate.client.wire import Wire

Seen = Any
"""For ``if_match``: the record as it was seen, or its entity tag; the act is done only on that."""


class Part:
    """A part of the client: one room's calls."""

    def __init__(self, wire: Wire, watching: Watching) -> None:
        self._wire = wire
        self._watching = watching
