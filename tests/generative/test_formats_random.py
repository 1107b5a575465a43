"""Whatever bytes a file has, the judge of formats answers, and never lets it pass by itself."""

import io

import format_files as made
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.enclave.formats import judge_format
from casemate.enclave.formats.inspection import inspect_file
from casemate.enclave.formats.kinds import kind_of
from casemate.enclave.model_attacks import coefficients_from_json
from casemate.enclave.model_attacks.card import BadCard, card_from_json


def sheet() -> bytes:
    """A small table in Parquet."""
    buffer = io.BytesIO()
    pl.DataFrame({"group": ["a", "b"], "count": [120, 240]}).write_parquet(buffer)
    return buffer.getvalue()


CONTEXT = made.context(made.adults(60))
ENDINGS = st.sampled_from(
    ["txt", "csv", "json", "onnx", "safetensors", "gguf", "png", "jpg", "svg", "pkl", "bin", ""]
)
MAGIC = st.sampled_from(
    [b"", b"\x08\x08", b"GGUF\x03\0\0\0", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"PK\x03\x04", b"PAR1",
     b"\x80\x04", b"<svg ", b"\x93NUMPY", b"\x10\0\0\0\0\0\0\0{"]
)  # fmt: skip


@given(ENDINGS, MAGIC, st.binary(max_size=2000))
@settings(max_examples=200, deadline=None)
def test_every_file_is_of_one_kind(ending: str, magic: bytes, rest: bytes) -> None:
    assert kind_of(f"file.{ending}", magic + rest).what


@given(ENDINGS, MAGIC, st.binary(max_size=600))
@settings(max_examples=25, deadline=None)
def test_random_bytes_never_crash_the_judge_and_never_pass(
    ending: str, magic: bytes, rest: bytes
) -> None:
    verdict = judge_format(made.file(f"file.{ending}", magic + rest), CONTEXT, b"{}")
    assert verdict is None or verdict.decision in {"review", "refuse"}
    if verdict is None:  # others recompute it: it is text by its bytes
        assert ending in {"csv", "json"}


@given(st.text(max_size=2000))
@settings(max_examples=150, deadline=None)
def test_random_text_never_passes(text: str) -> None:
    verdict = judge_format(made.file("note.txt", text.encode("utf-8", "surrogatepass")), CONTEXT)
    assert verdict is not None
    assert verdict.decision != "pass"


@given(st.integers(0, 10_000), st.integers(1, 255))
@settings(max_examples=12, deadline=None)
def test_a_damaged_model_is_read_whole_or_refused(place: int, change: int) -> None:
    data = bytearray(made.onnx_logistic(0.5, [1.0, 2.0, 3.0, 4.0, 5.0]))
    data[place % len(data)] ^= change
    facts = inspect_file(bytes(data), "onnx").facts
    assert facts.problems or facts.operators or not facts.tensors


@given(st.binary(max_size=500))
@settings(max_examples=200, deadline=None)
def test_cards_and_coefficients_are_documents_or_refused(data: bytes) -> None:
    with pytest.raises(BadCard):
        card_from_json(data)
    assert coefficients_from_json(b"casemate.coefficients/1" + data) is None


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><g><text x="1">Figure</text></g></svg>'
VALID = {
    "a.png": made.png(np.arange(6 * 5 * 3).reshape(6, 5, 3), method=1),
    "a.jpg": made.jpeg(b"a comment"),
    "a.svg": SVG,
    "a.safetensors": made.safetensors({"w": [[0.5, 0.25]]}),
    "a.gguf": made.gguf({"w": [[0.5, 0.25]]}),
    "a.parquet": sheet(),
    "a.ipynb": b'{"cells": [{"source": ["1"], "outputs": [{"text": ["1"]}]}]}',
}


@given(
    st.sampled_from(sorted(VALID)), st.integers(0, 10_000), st.binary(max_size=8), st.integers(0, 8)
)
@settings(max_examples=30, deadline=None)  # benchmarks/hostile_files.py does it by the thousand
def test_a_valid_file_that_was_changed_gets_a_verdict_and_never_passes(
    name: str, place: int, instead: bytes, dropped: int
) -> None:
    data = VALID[name]
    at = place % len(data)
    verdict = judge_format(made.file(name, data[:at] + instead + data[at + dropped :]), CONTEXT)
    assert verdict is not None
    assert verdict.decision in {"review", "refuse"}
    assert verdict.instead is None or verdict.decision == "review"
