"""HMAC-SHA-256 of a whole column, compiled: many messages go through each step side by side.

Written from FIPS 180-4 and RFC 2104. The loops over lanes are what the compiler turns into vector
instructions; they hold no lock, so threads share a column. Importing this module needs numba.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from casemate.protection.compiling import compiled

LANES = 32
TEXT = 32
"""Characters written for each message: the first 16 bytes of its HMAC as hexadecimal digits."""

Words = npt.NDArray[np.uint32]
Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

u32 = np.uint32


def _fractions(root: int, many: int) -> list[int]:
    """32 bits of the fractions of the square or cube roots of the first primes, by whole numbers."""
    primes: list[int] = []
    candidate = 2
    while len(primes) < many:
        if all(candidate % prime for prime in primes):
            primes.append(candidate)
        candidate += 1
    return [_root(prime << (32 * root), root) & 0xFFFFFFFF for prime in primes]


def _root(number: int, root: int) -> int:
    low, high = 0, 1 << (number.bit_length() // root + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**root <= number else (low, middle)
    return low


START = np.array(_fractions(2, 8), dtype=np.uint32)
ROUND = np.array(_fractions(3, 64), dtype=np.uint32)
_HEX = np.frombuffer(bytes(range(256)).hex().encode(), dtype=np.uint16)  # two digits a byte


@compiled
def _turn(word: Any, by: int) -> Any:
    return u32(u32(word >> u32(by)) | u32(word << u32(32 - by)))


@compiled
def _compress(state: Words, words: Words, work: Words) -> None:
    """One compression for each lane; ``words`` holds 64 rows of lanes, the first 16 the block."""
    for step in range(16, 64):
        for at in range(step * LANES, step * LANES + LANES):
            x, y = words[at - 15 * LANES], words[at - 2 * LANES]
            small = _turn(x, 7) ^ _turn(x, 18) ^ (x >> u32(3))
            large = _turn(y, 17) ^ _turn(y, 19) ^ (y >> u32(10))
            words[at] = words[at - 16 * LANES] + small + words[at - 7 * LANES] + large
    for at in range(8 * LANES):
        work[at] = state[at]
    for step in range(64):
        for lane in range(LANES):
            a, b, c = work[lane], work[LANES + lane], work[2 * LANES + lane]
            e, f, g = work[4 * LANES + lane], work[5 * LANES + lane], work[6 * LANES + lane]
            first = work[7 * LANES + lane] + (_turn(e, 6) ^ _turn(e, 11) ^ _turn(e, 25))
            first += (g ^ (e & (f ^ g))) + ROUND[step] + words[step * LANES + lane]
            work[7 * LANES + lane], work[6 * LANES + lane], work[5 * LANES + lane] = g, f, e
            work[4 * LANES + lane] = work[3 * LANES + lane] + first
            work[3 * LANES + lane], work[2 * LANES + lane], work[LANES + lane] = c, b, a
            second = (_turn(a, 2) ^ _turn(a, 13) ^ _turn(a, 22)) + ((a & b) | (c & (a | b)))
            work[lane] = first + second
    for at in range(8 * LANES):
        state[at] += work[at]


@compiled
def _load(data: Bytes, start: int, length: int, block: int, words: Words, lane: int) -> None:
    """Block ``block`` of one message, padded as FIPS 180-4 says; 64 bytes of key came before it."""
    here = start + block * 64
    left = length - block * 64  # bytes of the message from here on
    whole = min(16, max(0, left) // 4)
    for place in range(whole):
        at = here + place * 4
        words[place * LANES + lane] = (
            (u32(data[at]) << u32(24))
            | (u32(data[at + 1]) << u32(16))
            | (u32(data[at + 2]) << u32(8))
            | u32(data[at + 3])
        )
    for place in range(whole, 16):
        words[place * LANES + lane] = u32(0)
    if 0 <= left < 64:  # the message ends here: its last bytes, then the mark
        word = u32(0x80)
        for byte in range(left - whole * 4):
            word = (word ^ u32(0x80)) << u32(8) | u32(data[here + whole * 4 + byte]) << u32(8)
            word |= u32(0x80)
        words[whole * LANES + lane] = word << u32(24 - 8 * (left - whole * 4))
    if block == (length + 8) // 64:
        bits = (64 + length) * 8
        words[14 * LANES + lane] = u32(bits >> 32)
        words[15 * LANES + lane] = u32(bits & 0xFFFFFFFF)


@compiled
def _fill(state: Words, words: Words, inner: bool, pad: Words) -> None:
    """``pad`` as the state of every lane; before the outer hash, the inner one becomes its block."""
    for word in range(8):
        for lane in range(LANES):
            if inner:
                words[word * LANES + lane] = state[word * LANES + lane]
                words[(8 + word) * LANES + lane] = u32(0)
            state[word * LANES + lane] = pad[word]
    if inner:
        for lane in range(LANES):
            words[8 * LANES + lane] = u32(0x80000000)
            words[15 * LANES + lane] = u32((64 + 32) * 8)


@compiled
def hmac_rows(
    data: Bytes, offsets: Places, rows: Places, blocks: int, pads: Words, out: Bytes
) -> None:
    """For each of ``rows``, all ``blocks`` long, write the text of its HMAC into its line of ``out``.

    Message i is ``data[offsets[i]:offsets[i + 1]]``; ``pads`` are the states after the key's inner
    and outer block.
    """
    digits = out.view(np.uint16)
    words = np.zeros(64 * LANES, dtype=np.uint32)
    state = np.zeros(8 * LANES, dtype=np.uint32)
    work = np.zeros(8 * LANES, dtype=np.uint32)
    for first in range(0, len(rows), LANES):
        lanes = min(LANES, len(rows) - first)
        _fill(state, words, False, pads[0])
        for block in range(blocks):
            for lane in range(lanes):
                row = rows[first + lane]
                length = offsets[row + 1] - offsets[row]
                _load(data, offsets[row], length, block, words, lane)
            _compress(state, words, work)
        _fill(state, words, True, pads[1])
        _compress(state, words, work)
        for lane in range(lanes):
            row = rows[first + lane]
            for place in range(TEXT // 8):
                word = state[place * LANES + lane]
                for byte in range(4):
                    digits[row, place * 4 + byte] = _HEX[(word >> u32(24 - 8 * byte)) & u32(255)]


def pad_states(inner_block: bytes, outer_block: bytes) -> Words:
    """The states after hashing the two 64-byte key blocks, one line each."""
    found = np.zeros((2, 8), dtype=np.uint32)
    words, work = np.zeros(64 * LANES, np.uint32), np.zeros(8 * LANES, np.uint32)
    for line, block in enumerate((inner_block, outer_block)):
        state = np.repeat(START, LANES)
        words[: 16 * LANES] = np.repeat(np.frombuffer(block, ">u4").astype(np.uint32), LANES)
        _compress(state, words, work)
        found[line] = state[::LANES]
    return found
