"""Record keys and cell keys: noise that depends on who is in a cell, and on nothing else.

Each record has a secret number from HMAC-SHA-256 of its identifier; a cell's key is the sum of its
records' numbers modulo 2^64. So the same group of people gets the same noise in every table, and no
repetition of a query averages it away (Fraser & Wooton 2005; Thompson, Broadfoot & Elazar 2013).
"""

import hashlib
import hmac
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from casemate.errors import BadInput
from casemate.protection.aggregation.cells import roll_up
from casemate.protection.aggregation.dimensions import Dimension
from casemate.protection.aggregation.solver import Floats, Ints
from casemate.protection.values import text_of

_DOMAIN = b"casemate record key v1\0"
_BITS = 53  # what a float holds exactly


def record_keys(identifiers: pl.Series, key: bytes, purpose: str) -> npt.NDArray[np.uint64]:
    """A number for each record; ``purpose`` keeps two methods from sharing their noise.

    Raises BadInput for a short key and for identifiers that are null or not unique.
    """
    if not isinstance(key, bytes) or len(key) < 16:
        raise BadInput("the key of record keys is at least 16 secret bytes")
    where = f"the record identifier {identifiers.name!r}"
    if identifiers.null_count():
        raise BadInput(f"{where} has nulls: give every record an identifier")
    texts = [text_of(value, where) or "" for value in identifiers.to_list()]
    if len(set(texts)) != len(texts):
        raise BadInput(f"{where} repeats: give every record an identifier of its own")
    inner = hmac.new(key, _DOMAIN + purpose.encode() + b"\0", "sha256").digest()
    digests = b"".join(_eight(inner, text) for text in texts)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def _eight(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), hashlib.sha256)[:8]


def cell_uniforms(
    dimensions: Sequence[Dimension], codes: Sequence[Ints], keys: npt.NDArray[np.uint64]
) -> Floats:
    """For each cell, the number in [0, 1) that its records' keys add up to."""
    shape = tuple(len(dimension.leaves) for dimension in dimensions)
    sums = np.zeros(int(np.prod(shape)), dtype=np.uint64)
    np.add.at(sums, np.ravel_multi_index(tuple(codes), shape), keys)
    with np.errstate(over="ignore"):  # modulo 2^64 is what is meant
        cells = roll_up(sums.reshape(shape), dimensions).ravel()
    found: Floats = (cells >> np.uint64(64 - _BITS)).astype(np.float64) / 2.0**_BITS
    return found
