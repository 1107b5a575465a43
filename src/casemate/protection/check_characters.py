"""A check character for pseudonyms that people copy by hand: ISO 7064, MOD 37,36.

It finds every single wrong character and nearly every swap of two neighbours. It is computed from
the pseudonym alone, so it tells nothing of the identifier, and it proves nothing to an attacker.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from casemate.errors import BadInput

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_VALUE = np.full(256, -1, dtype=np.int64)
_VALUE[np.frombuffer(ALPHABET.encode(), dtype=np.uint8)] = np.arange(36)


def with_check_characters(pseudonyms: pl.Series) -> pl.Series:
    """Each pseudonym followed by its check character; null stays null.

    Pseudonyms are equally long and made of digits and small letters; BadInput otherwise.
    """
    present = pseudonyms.is_not_null()
    if not present.any():
        return pseudonyms
    whole = pseudonyms.fill_null(pseudonyms.drop_nulls()[0])
    letters = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)[_check_values(whole)]
    checks = pl.Series(letters.view("S1").astype("U1"))
    joined = pl.when(present).then(pl.concat_str(whole, checks)).alias(pseudonyms.name)
    return pl.select(joined).to_series()


def check_character_holds(pseudonym: str) -> bool:
    """Whether a pseudonym with its check character is free of slips."""
    if len(pseudonym) < 2 or any(character not in ALPHABET for character in pseudonym):
        return False
    body, check = pseudonym[:-1], pseudonym[-1]
    return ALPHABET[int(_check_values(pl.Series([body]))[0])] == check


def _check_values(texts: pl.Series) -> npt.NDArray[np.int64]:
    width = len(texts[0])
    lines = np.frombuffer("".join(texts).encode(), dtype=np.uint8)
    if lines.size != width * len(texts) or not (texts.str.len_bytes() == width).all():
        raise BadInput("check characters need pseudonyms of one length")
    values = _VALUE[lines.reshape(len(texts), width)]
    if (values < 0).any():
        raise BadInput("check characters need pseudonyms of digits and small letters")
    product = np.full(len(texts), 36, dtype=np.int64)
    for place in range(width):
        total = (product + values[:, place]) % 36
        product = np.where(total == 0, 36, total) * 2 % 37
    found: npt.NDArray[np.int64] = (37 - product) % 36
    return found
