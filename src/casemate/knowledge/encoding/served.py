"""Vectors from a server that speaks OpenAI's embeddings: a GPU elsewhere, a model of the operator's choice.

The server is taken for hostile until it has answered as it should: bounds on seconds and bytes, nothing
compressed, no redirects, numbers that are numbers, and no word of its errors in ours. The texts of the laws
and the questions go to it: an operator who names a server decides that they may.
"""

import json
import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import httpx
import numpy as np

from casemate.canonical import canonical_json
from casemate.canonical import digest as digest_of
from casemate.errors import Unavailable
from casemate.knowledge.encoding.encoder import LONGEST_QUERY
from casemate.knowledge.encoding.weights import Floats
from casemate.language.embedding import EmbeddingSettings
from casemate.language.keys import key_from

_BYTES_A_NUMBER = 32
_BYTES_A_TEXT = 4096


class ServedEncoder:
    """A model behind an address. Safe to use from several threads; nothing is asked until a text comes."""

    def __init__(self, settings: EmbeddingSettings) -> None:
        """Raises ``BadInput`` where the variable that holds the key is not set."""
        self._settings = settings
        headers = {"accept-encoding": "identity"}
        if settings.key_env is not None:
            headers["authorization"] = f"Bearer {key_from(settings.key_env).secret}"
        self._http = httpx.Client(
            base_url=settings.endpoint, headers=headers, timeout=settings.seconds, trust_env=False,
            follow_redirects=False,
        )  # fmt: skip

    @property
    def dimension(self) -> int:
        """As the settings say; an answer of another is an error."""
        return self._settings.dimension

    @cached_property
    def digest(self) -> str:
        """Of the model's name, its dimension and prefixes: which weights a server uses, it alone knows."""
        settings = self._settings
        told = {
            "model": settings.model, "dimension": settings.dimension,
            "query": settings.query_prefix, "passage": settings.passage_prefix,
        }  # fmt: skip
        return f"served-{digest_of(canonical_json(told))}"

    def query(self, text: str) -> Floats:
        """The vector of a question. Only its first ``LONGEST_QUERY`` characters are read."""
        vector: Floats = self._vectors([self._settings.query_prefix + text[:LONGEST_QUERY]])[0]
        return vector

    def passages(self, texts: Sequence[str]) -> Floats:
        """The vectors of these texts, a row each, of length 1."""
        rows = np.empty((len(texts), self.dimension), np.float32)
        for place, vector in self.stream(texts):
            rows[place] = vector
        return rows

    def stream(self, texts: Sequence[str]) -> Iterator[tuple[int, Floats]]:
        """Each text's place and its vector, batch by batch."""
        together, before = self._settings.together, self._settings.passage_prefix
        for start in range(0, len(texts), together):
            some = [before + text for text in texts[start : start + together]]
            yield from enumerate(self._vectors(some), start)

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def _vectors(self, texts: Sequence[str]) -> Floats:
        asked = {"model": self._settings.model, "input": list(texts), "encoding_format": "float"}
        try:
            with self._http.stream("POST", "embeddings", json=asked) as answer:
                _require_well(answer)
                content = self._content(answer, len(texts))
        except httpx.TimeoutException as late:
            most = self._settings.seconds
            raise Unavailable(f"the embedding server took more than {most} seconds") from late
        except httpx.HTTPError as broken:
            raise Unavailable(
                "the embedding server could not be reached, or broke off: see [embedding] in the settings"
            ) from broken
        return _unit(self._rows(content, len(texts)))

    def _content(self, answer: httpx.Response, count: int) -> bytes:
        most = count * (self.dimension * _BYTES_A_NUMBER + _BYTES_A_TEXT) + _BYTES_A_TEXT
        content = bytearray()
        for piece in answer.iter_raw():
            content += piece
            if len(content) > most:
                raise Unavailable("the embedding server sent more than so many vectors can be")
        return bytes(content)

    def _rows(self, content: bytes, count: int) -> Floats:
        try:
            held = {one["index"]: one["embedding"] for one in json.loads(content)["data"]}
            rows = [_numbers(held[place]) for place in range(count)]
        except (ValueError, KeyError, TypeError, RecursionError) as odd:
            raise Unavailable(
                "the embedding server sent something that is no list of vectors, one a text"
            ) from odd
        wrong = next((len(row) for row in rows if len(row) != self.dimension), None)
        if wrong is not None:
            raise Unavailable(
                f"the embedding server gives vectors of {wrong} numbers where [embedding] says "
                f"{self.dimension}: correct `dimension`, or name another model"
            )
        return np.array(rows, np.float32)


def _numbers(row: Any) -> list[float]:
    if not isinstance(row, list) or isinstance(row[0] if row else 0, bool):
        raise TypeError
    numbers = [float(one) for one in row]
    if not all(map(math.isfinite, numbers)):
        raise ValueError
    return numbers


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-6), np.float32)


def _require_well(answer: httpx.Response) -> None:
    if answer.status_code in (401, 403):
        raise Unavailable(
            f"the embedding server does not take the key (status {answer.status_code})"
        )
    if answer.status_code != httpx.codes.OK:
        raise Unavailable(f"the embedding server answers with status {answer.status_code}")
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise Unavailable("the embedding server answers compressed, which it was asked not to")
