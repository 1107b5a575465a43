"""Every error Casemate raises on purpose, and what each means to the person who meets it.

    CasemateError
    ├── BadInput              what you gave us is wrong           exit 2, HTTP 422
    │   ├── NotFound          it names something that is not here exit 2, HTTP 404
    │   ├── Conflict          somebody else was first             exit 2, HTTP 409
    │   │   └── UnderWay      so far nobody can say what became of it
    │   ├── PreconditionFailed the record has left the state named exit 2, HTTP 412
    │   └── TooLarge          more bytes than are taken           exit 2, HTTP 413
    ├── NotAllowed            a law or a policy says no           exit 3, HTTP 403
    ├── TooManyRequests       of a server: come back later        exit 1, HTTP 429
    ├── IntegrityFailure      a record is not what was written    exit 4, HTTP 500
    └── Unavailable           this machine lacks a needed part    exit 5, HTTP 503

Anything else that is raised is a bug of ours and shows its traceback.
Exit codes and HTTP statuses are class attributes, so that the command line and the portal
need no table of their own.
"""

from typing import ClassVar


class CasemateError(Exception):
    """One clear sentence: what is wrong, where, and what to do about it."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    title: ClassVar[str] = "Casemate error"


class BadInput(CasemateError):
    """What the caller gave is wrong; nothing was changed."""

    exit_code = 2
    http_status = 422
    title = "Bad input"


class NotFound(BadInput):
    """The input names a record that does not exist."""

    http_status = 404
    title = "Not found"


class Conflict(BadInput):
    """The record has moved on since the caller looked: another person or process was first."""

    http_status = 409
    title = "Conflict"


class UnderWay(Conflict):
    """The same request came before and has no reply yet: it is being done, or its server died."""

    title = "Under way"


class PreconditionFailed(BadInput):
    """``If-Match`` names a state that the record has left (RFC 9110 section 13.1.1)."""

    http_status = 412
    title = "Precondition failed"


class TooLarge(BadInput):
    """The request's body is larger than the server takes."""

    http_status = 413
    title = "Too large"


class TooManyRequests(CasemateError):
    """The caller sent more requests in a minute than the server takes from one."""

    http_status = 429
    title = "Too many requests"


class NotAllowed(CasemateError):
    """A law of the house or an authorisation policy refuses the act."""

    exit_code = 3
    http_status = 403
    title = "Not allowed"


class IntegrityFailure(CasemateError):
    """A signature, digest or proof does not hold: a record was changed behind the program's back."""

    exit_code = 4
    http_status = 500
    title = "Integrity failure"


class Unavailable(CasemateError):
    """A part that this act needs is missing on this machine (a sandbox wall, a database, disk space)."""

    exit_code = 5
    http_status = 503
    title = "Unavailable"
