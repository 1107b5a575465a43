"""Files crafted to crash, exhaust or deceive whoever reads them: each has the outcome it must have."""

import base64
import io
import json
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import format_files as made
import numpy as np
import polars as pl
import pytest

from casemate.enclave.checks_model import Verdict
from casemate.enclave.formats import judge_format
from casemate.enclave.formats.inspection import Uninspectable, inspect_hostile
from casemate.errors import Unavailable

CONTEXT = made.context()


def judge(name: str, data: bytes, card: bytes | None = None) -> Verdict | None:
    return judge_format(made.file(name, data), CONTEXT, card)


def refused(name: str, data: bytes, rule: str = "") -> Verdict:
    verdict = judge(name, data)
    assert verdict is not None
    assert verdict.decision == "refuse", verdict
    assert not rule or rule in {reason.rule for reason in verdict.reasons}, verdict
    return verdict


class Bomb:
    """What unpickling would run; nothing here ever does."""

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, ("1 + 1",)


PAYLOAD = pickle.dumps(Bomb())


def npz() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, weights=np.array([Bomb()], dtype=object))
    return buffer.getvalue()


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("model.pkl", PAYLOAD),
        ("model.onnx", PAYLOAD),  # renamed
        ("model.safetensors", PAYLOAD),
        ("table.csv", pickle.dumps({"a": 1}, protocol=0)),
        ("weights.npz", npz()),
        ("model.onnx", npz()),
        ("model.pt", zipped(("archive/data.pkl", PAYLOAD))),  # torch
        ("model.keras", zipped(("config.json", b"{}"), ("extra.pkl", PAYLOAD))),
        ("model.joblib", PAYLOAD + b"trailing"),
    ],
    ids=lambda one: one if isinstance(one, str) else f"{len(one)} bytes",
)
def test_pickles_are_refused_wherever_they_hide_and_scans_are_on_record(
    name: str, data: bytes
) -> None:
    (reason,) = refused(name, data, "file type").reasons
    scans = {scan["scanner"]: scan for scan in reason.evidence["scan"]["scans"]}
    assert set(scans) == {"casemate", "fickling", "picklescan"}
    assert scans["casemate"]["state"] == "found"
    assert all(scans[one]["state"] in ("found", "clean", "failed") for one in scans)
    if b"eval" in data:  # both scanners came to its end, and each says that it is dangerous
        assert all(scans[one]["looked"] and scans[one]["findings"] for one in scans), scans
    assert "eval" not in reason.message  # what was found is for the checker


def test_a_missing_scanner_is_an_error_and_not_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    from casemate.enclave.formats import inspection

    real = inspection._source

    def without(name: str) -> bytes:
        return real(name).replace(b'"fickling.analysis"', b'"fickling_is_not_here"')

    monkeypatch.setattr(inspection, "_source", without)
    with pytest.raises(Unavailable, match="the scanner fickling of serialised objects"):
        judge("model.pkl", PAYLOAD)


@pytest.mark.timeout(60)
def test_a_zip_bomb_is_refused_without_being_unpacked() -> None:
    bomb = zipped(*((f"{n}.pkl", bytes(20 << 20)) for n in range(8)))
    (reason,) = refused("model.pt", bomb).reasons
    assert any("bomb" in note for note in reason.evidence["scan"]["notes"])


def picture(**terms: Any) -> bytes:
    return made.png(np.arange(10 * 8 * 3).reshape(10, 8, 3) % 251, **terms)


def huge_picture() -> bytes:
    """Says that it has 4 thousand million points, and packs ten million zeros into a few kilobytes."""
    header = struct.pack(">IIBBBBB", 65_000, 65_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(10_000_000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(made.chunk(*one) for one in chunks)


def overfull_picture() -> bytes:
    """Pixels for more lines than it says: what follows the picture inside the packed data."""
    header = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    chunks = [
        (b"IHDR", header),
        (b"IDAT", zlib.compress(bytes(13 * 4) + b"secret")),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(made.chunk(*one) for one in chunks)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">%s</svg>'


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("plot.png", picture() + b"rows after the end"),
        ("plot.png", picture() + zipped(("rows.csv", b"1,2"))),  # PNG and zip at once
        ("plot.png", huge_picture()),
        ("plot.png", overfull_picture()),
        ("plot.png", picture(extra=[(b"IDXX", b"a critical chunk of my own")])),
        ("plot.png", picture(extra=[(b"tEXt", b"Comment\0" + b"1,2,3\n" * 200)])),
        ("plot.png", picture(extra=[(b"zTXt", b"Comment\0\0" + zlib.compress(b"rows"))])),
        ("plot.jpg", made.jpeg(b"1,2,3\n" * 200)),
        ("plot.png", picture()[:-4]),
        ("plot.png", zipped(("rows.csv", b"1,2"))),
        ("plot.jpg", made.jpeg() + b"rows after the end"),
        ("plot.jpg", made.jpeg()[:-2]),
        ("plot.jpg", picture()),
        ("table.csv", picture()),
        ("plot.svg", b'<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + SVG % b"&a;"),
        ("plot.svg", SVG % (b"<g>" * 100_000)),
        ("plot.svg", SVG % b"<path d='" + b"1.5 " * 3000 + b"'/>"),
        ("table.csv", b"age,count\n<script>fetch('//x')</script>,12\n"),  # a table that is a page
        ("note.txt", b"<!doctype html><body onload=alert(1)>"),
    ],
    ids=lambda one: one if isinstance(one, str) else one[-24:].hex(),
)
def test_pictures_drawings_and_polyglots_that_hide_something_are_refused(
    name: str, data: bytes
) -> None:
    refused(name, data)


def test_what_stands_beside_a_picture_does_not_leave_with_it() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (9, 7, 3))
    secret = made.png(pixels, extra=[(b"tEXt", b"Comment\0a row of a person")], method=1)
    judged = judge("plot.png", secret)
    assert judged is not None
    assert judged.decision == "review"
    assert judged.instead is not None
    assert b"a row of" not in judged.instead
    again = judge("plot.png", judged.instead)
    assert again is not None
    assert again.instead == judged.instead  # the same picture, written the same way
    words = judge("plot.jpg", made.jpeg(b"a row of a person"))
    assert words is not None
    assert words.instead is not None
    assert b"a row of" not in words.instead


MATPLOTLIB = b"""<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="20pt" height="10pt" viewBox="0 0 20 10"
 xmlns="http://www.w3.org/2000/svg" version="1.1">
 <metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">Hidden 1</rdf:RDF></metadata>
 <defs><style type="text/css">*{stroke-linejoin: round}</style></defs>
 <g id="figure_1"><g clip-path="url(#p1)"><use xlink:href="#m1" x="1.5" style="fill: #1f77b4"/></g>
 <!-- Hidden 2 --><text x="1">Count &lt; 10</text></g>
</svg>"""
ACTIVE = {
    "a script": b"<script>alert(1)</script>",
    "a raw script": b"<script><![CDATA[alert(1)]]></script>",
    "an event": b'<rect onload="alert(1)"/>',
    "an event in capitals": b'<rect OnLoad="alert(1)"/>',
    "a picture": b'<image href="data:image/png;base64,alert"/>',
    "another file": b'<use xlink:href="https://example.org/alert#a"/>',
    "a page": b"<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'>alert</body></foreignObject>",
    "an imported style": b"<style>@import 'https://example.org/alert'</style>",
    "an address in a style": b'<rect style="fill:url(//example.org/alert)"/>',
    "an escaped address": b'<rect style="fill:u\\72l(alert)"/>',
    "another language": b"<desc><a:rows xmlns:a='urn:rows'>alert</a:rows></desc>",
    "an animation": b'<set attributeName="href" to="javascript:alert(1)"/>',
    "a link": b'<a href="javascript:alert(1)"><text>a</text></a>',
    "a comment": b"<!-- alert -->",
    "an instruction": b"<?alert alert?>",
    "words hidden from view": b'<text style="display : none">alert</text>',
    "words too small to see": b'<g font-size="0"><text>alert</text></g>',
    "words that nothing draws": b"<g>alert</g>",
    "data in an attribute": b'<rect data-row="alert"/>',
    "a long attribute": b'<rect class="' + b"alert " * 200 + b'"/>',
}


@pytest.mark.parametrize("what", ACTIVE)
def test_what_acts_refers_outside_or_hides_in_a_drawing_does_not_leave_with_it(what: str) -> None:
    drawing = SVG % (b'<rect width="5"/><text>Figure 1</text>' + ACTIVE[what])
    verdict = judge("plot.svg", drawing)
    assert verdict is not None
    assert verdict.decision == "review"
    assert verdict.instead is not None
    assert b"alert" not in verdict.instead
    assert b"example.org" not in verdict.instead
    assert b'<rect width="5"/><text>Figure 1</text>' in verdict.instead
    told = next(one for one in verdict.reasons if one.rule == "drawing").evidence["seen"]
    assert any(one.startswith("taken out") for one in told)


def test_a_drawing_as_programs_write_it_leaves_with_all_that_is_seen_and_takes_a_mark() -> None:
    from casemate.enclave import watermark

    verdict = judge("plot.svg", MATPLOTLIB)
    assert verdict is not None
    assert verdict.decision == "review", verdict
    assert verdict.instead is not None
    for part in (
        b'xlink:href="#m1"',
        b"url(#p1)",
        b"stroke-linejoin",
        b"Count &lt; 10",
        b"viewBox",
    ):
        assert part in verdict.instead
    assert b"Hidden" not in verdict.instead
    assert watermark.can_be_marked(verdict.instead)
    again = judge("plot.svg", verdict.instead)
    assert again is not None
    assert again.instead == verdict.instead


def test_a_drawing_with_a_mark_for_each_person_is_refused() -> None:
    marks = b'<circle r="1"/>' * CONTEXT.inputs["adults"].height
    refused("plot.svg", SVG % marks, "holds people")


def logistic(extra: bytes = b"") -> bytes:
    terms = {"coefficients": [0.5] * 5, "intercepts": [0.1], "post_transform": "LOGISTIC"}
    return made.onnx([made.node("LinearClassifier", ["x"], "y", terms)], extra=extra)


def external() -> bytes:
    outside = made.field(1, "location") + made.field(2, "/etc/passwd")
    return made.field(1, 1) + made.field(2, 1) + made.field(8, "w") + made.field(13, outside)


def nested() -> bytes:
    graph = b""
    for _ in range(300):
        inner = made.field(1, "body") + made.field(6, graph)
        graph = made.field(1, made.field(4, "If") + made.field(5, inner))
    return made.field(1, 8) + made.field(7, graph)


def lies(shape: list[int]) -> bytes:
    sides = b"".join(made.field(1, one) for one in shape)
    return sides + made.field(2, 1) + made.field(8, "w") + made.field(9, bytes(16))


HEADER = {"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}
ONNX: dict[str, Callable[[], bytes]] = {
    "a field that the schema does not know": lambda: logistic(made.field(99, b"hidden rows")),
    "data outside the file": lambda: made.onnx([], [external()]),
    "graphs inside graphs": nested,
    "a shape larger than memory": lambda: made.onnx([], [lies([2**40, 2**40])]),
    "a negative shape": lambda: made.onnx([], [lies([-4])]),
    "an operator of one's own": lambda: made.onnx([made.field(4, "Run") + made.field(7, "evil")]),
    "support vectors": lambda: made.onnx(
        [made.node("SVMClassifier", ["x"], "y", {"support_vectors": [1.0, 2.0]})]
    ),
    "a length past the end": lambda: b"\x08\x08\x3a\xff\xff\xff\xff\x0f",
    "a number without an end": lambda: b"\x08" + b"\xff" * 100,
}


@pytest.mark.parametrize("what", ONNX)
def test_onnx_that_deceives_its_reader_is_refused(what: str) -> None:
    refused("model.onnx", ONNX[what](), "malformed")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("model.safetensors", made.safetensors_raw(HEADER, bytes(16), size=2**60)),
        ("model.safetensors", made.safetensors_raw(HEADER, bytes(16), size=3)),
        ("model.safetensors", made.safetensors_raw(HEADER, bytes(16) + b"rows")),
        (
            "model.safetensors",
            made.safetensors_raw({"w": {**HEADER["w"], "shape": [2**40]}}, bytes(16)),
        ),
        (
            "model.safetensors",
            made.safetensors_raw({**HEADER, "v": HEADER["w"]}, bytes(16)),  # overlap
        ),
        (
            "model.safetensors",
            made.safetensors_raw({"w": {**HEADER["w"], "data_offsets": [8, 24]}}, bytes(24)),
        ),
        ("model.safetensors", made.safetensors_raw({"__metadata__": {"a": "x" * 5000}}, b"")),
        ("model.gguf", b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 2**62) + b"key"),
        ("model.gguf", b"GGUF" + struct.pack("<IQQ", 3, 2**50, 0)),
        ("model.gguf", made.gguf({"w": np.ones((2, 3))}) + b"r" * 64),
        ("model.gguf", made.gguf({"w": np.ones((2, 3))})[:-16]),
    ],
    ids=lambda one: one if isinstance(one, str) else one[-12:].hex(),
)
def test_headers_that_lie_are_refused(name: str, data: bytes) -> None:
    refused(name, data, "malformed")


def parquet() -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({"a": range(1000)}).write_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("damage", ["footer", "length", "empty"])
def test_parquet_is_refused_whatever_it_does_to_its_parser(damage: str) -> None:
    data = parquet()
    if damage == "footer":
        data = data[:-200] + bytes(180) + data[-20:]
    elif damage == "length":
        data = data[:-8] + struct.pack("<I", 2**31 - 1) + b"PAR1"
    elif damage == "empty":
        data = b"PAR1" * 2
    refused("rows.parquet", data, "malformed")


def test_rows_of_people_are_refused_in_parquet_as_in_csv() -> None:
    buffer = io.BytesIO()
    CONTEXT.inputs["adults"].head(30).write_parquet(buffer)
    refused("rows.parquet", buffer.getvalue())


def test_a_bomb_of_parquet_is_refused() -> None:
    buffer = io.BytesIO()
    pl.DataFrame({"a": ["x" * 100_000] * 1000}).write_parquet(buffer)  # a hundred megabytes
    assert len(buffer.getvalue()) < 1 << 18
    refused("rows.parquet", buffer.getvalue(), "malformed")


def test_a_table_in_parquet_leaves_without_its_metadata_and_through_a_person() -> None:
    buffer = io.BytesIO()
    counts = CONTEXT.inputs["adults"].group_by("woman").len("count")
    counts.write_parquet(buffer, metadata={"rows": "hidden in the footer"})
    verdict = judge("table.parquet", buffer.getvalue())
    assert verdict is not None
    assert verdict.decision == "review", verdict
    assert verdict.instead is not None
    assert b"hidden in the footer" in buffer.getvalue()
    assert b"hidden in the footer" not in verdict.instead
    assert pl.read_parquet(io.BytesIO(verdict.instead)).equals(counts)


def test_a_parser_that_is_exhausted_or_killed_refuses_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from casemate.enclave.formats import inspection

    real = inspection._source
    ways = {
        b"def facts(data):\n    return [bytes(1 << 28) for _ in range(64)]\n": "memory",
        b"def facts(data):\n    import os\n    os.kill(os.getpid(), 11)\n": "failed",
        b"def facts(data):\n    return {'notes': ['x' * 300] * 5000}\n": "too much",
        b"def facts(data):\n    return {'passes': True}\n": "errors",
    }
    for source, said in ways.items():

        def planted(name: str, source: bytes = source) -> bytes:
            return source if name == "gguf_file" else real(name)

        monkeypatch.setattr(inspection, "_source", planted)
        with pytest.raises(Uninspectable, match=said):
            inspect_hostile(b"GGUF", "gguf")
        refused("model.gguf", b"GGUF", "malformed")


def rows(count: int = 30) -> str:
    """What a thief would write: people's values, line by line."""
    frame = CONTEXT.inputs["adults"].drop("person").head(count)
    return "\n".join(",".join(map(str, row)) for row in frame.iter_rows())


@pytest.mark.parametrize(
    "disguise",
    [
        lambda text: text.encode(),
        lambda text: base64.b64encode(text.encode()),
        lambda text: base64.encodebytes(text.encode()),
        lambda text: base64.urlsafe_b64encode(zlib.compress(text.encode())),
        lambda text: text.encode().hex().encode(),
        lambda text: base64.b64encode(text.encode("utf-16")),
        lambda text: b"All went well: " + base64.b64encode(text.encode()) + b" and so on.",
    ],
    ids=["plain", "base64", "wrapped base64", "packed", "hex", "utf-16", "in a sentence"],
)
def test_rows_of_people_are_found_in_text_however_they_are_written(
    disguise: Callable[[str], bytes],
) -> None:
    verdict = refused("note.txt", disguise(rows()), "hidden data")
    assert "70." not in "".join(reason.message for reason in verdict.reasons)


def test_one_number_that_is_a_value_in_many_columns_makes_no_line_a_person() -> None:
    """Six of fourteen pages of our own documentation were refused for "version 1", five times over."""
    verdict = judge("note.md", b"Of step 1 of 2:\n" + b"the model of version 1 is at 1 and 0\n" * 9)
    assert verdict is not None
    assert verdict.decision == "review", verdict


def notebook(*data: dict[str, str]) -> bytes:
    outputs = [{"output_type": "display_data", "metadata": {}, "data": one} for one in data]
    cell = {"cell_type": "code", "source": ["show()"], "metadata": {}, "outputs": outputs}
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": [cell]}).encode()


@pytest.mark.parametrize(
    "output",
    [
        {"text/plain": rows()},
        {"text/html": CONTEXT.inputs["adults"].drop("person").head(30)._repr_html_()},
        {"application/json": base64.b64encode(rows().encode()).decode()},
        {"application/javascript": "alert(1)"},
        {"text/html": "<img src=x onerror=alert(1)>"},
        {"image/svg+xml": "<svg><script>alert(1)</script></svg>"},
    ],
    ids=[
        "printed rows",
        "a table of people",
        "disguised rows",
        "a program",
        "an event",
        "a drawing",
    ],
)
def test_notebooks_that_hold_people_or_programs_are_refused(output: dict[str, str]) -> None:
    refused("run.ipynb", notebook(output))


def test_an_honest_notebook_is_for_a_person_who_is_told_what_is_in_it() -> None:
    png = base64.b64encode(picture()).decode()
    verdict = judge("run.ipynb", notebook({"text/plain": "n = 1200"}, {"image/png": png}))
    assert verdict is not None
    assert verdict.decision == "review", verdict
    (told,) = (one.evidence["seen"] for one in verdict.reasons if one.rule == "notebook")
    assert {"1 cells", "1 pictures", "2 outputs"} <= set(told)


def test_a_code_that_nothing_here_reads_is_shown_to_the_person_who_decides() -> None:
    verdict = judge("note.txt", b"Fine. " + base64.b85encode(zlib.compress(rows().encode())))
    assert verdict is not None
    assert verdict.decision == "review"
    (told,) = (one.evidence["seen"] for one in verdict.reasons)
    assert "1 words of more than 60 characters" in told


def test_invisible_characters_are_refused() -> None:
    refused("note.md", "No\u200beffect\u2060 was found.".encode(), "hidden data")


@pytest.mark.timeout(60)  # backtracking would take hours
def test_a_text_full_of_traps_for_the_search_is_judged_in_time() -> None:
    for trap in ("A" * 900_000, "ab" * 400_000 + "!", "1,2,3,4\n" * 100_000, "<!---->" * 100_000):
        verdict = judge("note.txt", trap.encode())
        assert verdict is None or verdict.decision != "pass"


def test_a_table_of_embeddings_with_a_row_for_each_person_is_refused() -> None:
    draw = np.random.default_rng(2)
    people = CONTEXT.inputs["adults"].height
    refused(
        "model.safetensors", made.safetensors({"e": draw.normal(size=(people, 8))}), "holds people"
    )
    refused("model.gguf", made.gguf({"e": draw.normal(size=(8, people))}), "holds people")


@pytest.mark.parametrize("units", ["as they are", "standardised"])
def test_weights_that_are_rows_of_people_are_refused(units: str) -> None:
    features, _, trained = made.matrices(CONTEXT.inputs["adults"])
    neighbours = features[trained]
    if units == "standardised":
        neighbours = (neighbours - neighbours.mean(axis=0)) / neighbours.std(axis=0)
    model = made.onnx([], [made.tensor("kept", neighbours[:50])])
    verdict = judge("model.onnx", model, made.card())
    assert verdict is not None
    assert "holds people" in {reason.rule for reason in verdict.reasons}, verdict
