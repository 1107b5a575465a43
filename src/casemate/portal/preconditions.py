"""``If-Match``: an act on a record goes through only while the record is as the caller saw it.

The comparison happens inside the act's own transaction, so that of two people who saw the same state
only the first acts on it (RFC 9110 section 13.1.1).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import Header
from sqlalchemy.orm import Session

from casemate.errors import PreconditionFailed
from casemate.plain import tag_of
from casemate.platform import Platform

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="The ETag of the record as you saw it, or `*`."),
]


@contextmanager
def unless_changed(
    platform: Platform, if_match: str | None, read: Callable[[Session], Any]
) -> Iterator[None]:
    """In the block, ``platform`` acts only while what ``read`` gives still has the tag ``if_match``.

    Raises ``PreconditionFailed`` where it has another by now.
    """
    if if_match is None or if_match.strip() == "*":
        yield
        return
    wanted = {tag.strip() for tag in if_match.split(",")}

    def require(tx: Session) -> None:
        if tag_of(read(tx)) not in wanted:
            raise PreconditionFailed("the record was changed since you looked at it: look again")

    with platform.provided(require):
        yield
