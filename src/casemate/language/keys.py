"""Keys of endpoints: taken from an environment variable by its name, held in memory, told to nobody.

A key in an argument would stand in the list of processes and the shell's history; one in a file of ours
would be a secret in plain text. So neither is offered. Where the home keeps keys by a key management
system, its command can set the variable for one run: ``MODEL_KEY=$(kms …) casemate observatory run …``.
"""

import os
import re
from dataclasses import dataclass

from casemate.errors import BadInput

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_KEY = re.compile(r"[!-~]{1,4096}")  # what a header takes, without spaces


@dataclass(frozen=True, repr=False)
class Key:
    """A secret that shows itself only to who asks for ``secret``."""

    secret: str

    def __repr__(self) -> str:
        """Without the secret: records and logs print what they hold."""
        return "Key(…)"


def key_from(variable: str) -> Key:
    """The key in the environment variable of this name; raises ``BadInput``, never with what it holds."""
    if not _VARIABLE.fullmatch(variable):
        raise BadInput(
            "--key-env names an environment variable that holds the key; what was given is no such name "
            "(a key itself is never given as an argument)"
        )
    found = os.environ.get(variable, "").strip()
    if not found:
        raise BadInput(f"the environment variable {variable} for the endpoint's key is not set")
    if not _KEY.fullmatch(found):
        raise BadInput(f"what the environment variable {variable} holds cannot be a key")
    return Key(found)
