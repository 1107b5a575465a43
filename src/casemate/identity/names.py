"""Names as people write them, and the identifiers made from them."""

import re
import unicodedata
from collections.abc import Callable

from casemate.errors import BadInput
from casemate.ids import new_id

MAX_NAME = 200
MAX_EMAIL = 320  # RFC 3696 erratum 1690 allows 254; older systems hold 64 + 1 + 255
MAX_ID = 64  # the ledger's column for subjects
_MAX_SLUG = 48  # leaves room for the prefix and a number
_ID = re.compile(r"[a-z]+(-[a-z0-9]+)+")
# Letters that Unicode does not decompose into a Latin letter and a mark.
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"}
)


def clean_name(text: str, what: str, *, longest: int = MAX_NAME) -> str:
    """``text`` in Unicode NFC without outer spaces; raises ``BadInput`` if it is no printable name."""
    name = unicodedata.normalize("NFC", text).strip()
    if not name:
        raise BadInput(f"the {what} is empty: give one")
    if len(name) > longest:
        raise BadInput(f"the {what} has {len(name)} characters; {longest} at most")
    if any(map(_is_unprintable, name)):
        raise BadInput(f"the {what} {name!r} holds control characters: leave them out")
    return name


def _is_unprintable(character: str) -> bool:
    # Persian and Indic names need the two joiners; other format characters only mislead the eye.
    if character in "\u200c\u200d":
        return False
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def clean_email(text: str) -> str:
    """``text`` as one e-mail address (form only, not existence); raises ``BadInput``."""
    email = clean_name(text, "e-mail address", longest=MAX_EMAIL)
    local, at, domain = email.rpartition("@")
    if not (local and at and domain) or any(map(str.isspace, email)):
        raise BadInput("the e-mail address is not of the form name@domain")
    return email


def key_of(text: str) -> str:
    """The form under which two spellings of one name are the same (case and spacing aside)."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def is_id(identifier: str, prefix: str) -> bool:
    """Whether ``identifier`` can be an id with ``prefix`` at all; what cannot is asked of no database."""
    return (
        identifier.startswith(f"{prefix}-")
        and len(identifier) <= MAX_ID
        and _ID.fullmatch(identifier) is not None
    )


def check_id(identifier: str, prefix: str) -> str:
    """``identifier`` if it is a well-formed id with ``prefix``; raises ``BadInput`` otherwise."""
    if not is_id(identifier, prefix):
        raise BadInput(
            f"{identifier!r} is no {prefix} id: give {prefix}- and lower-case ASCII letters, digits "
            f"and single hyphens, {MAX_ID} characters at most"
        )
    return identifier


def free_id(name: str, prefix: str, taken: Callable[[str], bool]) -> str:
    """An id such as ``acct-maria-weber`` made from ``name``, numbered from 2 where it is taken.

    A name in a script without Latin letters gives a random id.
    """
    slug = _slug(name)
    if not slug:
        return new_id(prefix)
    candidate, number = f"{prefix}-{slug}", 2
    while taken(candidate):
        candidate, number = f"{prefix}-{slug}-{number}", number + 1
    return candidate


def _slug(name: str) -> str:
    latin = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS))
    ascii_only = "".join(character for character in latin if not unicodedata.combining(character))
    return re.sub(r"[^a-z0-9]+", "-", ascii_only)[:_MAX_SLUG].strip("-")
