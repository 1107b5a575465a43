"""A Casemate that is served elsewhere, used as if it lay here: the calls of ``casemate.open(...)``.

    import casemate

    with casemate.open("https://casemate.example", token="cmt_…") as place:
        print(place.search("smoking").hits)

Each method has the name, the parameters and the result of the one of ``casemate.platform.Platform``, less
the account that acts: that is the token's. Errors are those of ``casemate.errors``, in the server's words.
"""

from casemate.client.decoding import NotUnderstood
from casemate.client.place import Client, connect

__all__ = ["Client", "NotUnderstood", "connect"]
