"""Types of files that a permit lets out, from the decision to the file that a researcher fetches."""

import json
from pathlib import Path

import pytest
from functional.clinic import AUDITOR, AUTHORITY, CHECKER, RESEARCHER, Clinic, speak

pytest_plugins = ("functional.clinic_fixtures",)

MODELS = """
import json, struct
import numpy as np

weights = np.array([0.25, -0.5], dtype="<f4").tobytes()
header = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
with open("/out/model.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(header)) + header + weights)
head = b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q", 1) + b"w"
head += struct.pack("<IQIQ", 1, 2, 0, 0)
with open("/out/model.gguf", "wb") as file:
    file.write(head + bytes(-len(head) % 32) + weights + bytes(24))
with open("/out/plot.svg", "w") as file:
    file.write('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script>'
               '<!-- hidden --><rect width="5" height="7"/></svg>')
with open("/out/model.pkl", "wb") as file:
    file.write(b"\\x80\\x04N.")
with open("/out/note.md", "w") as file:
    file.write("All went well.")
"""


def permit_that_lets_out(clinic: Clinic, *types: str) -> str:
    clinic.publish()
    allowed = [word for one in types for word in ("--allow", one)]
    return clinic.approve(clinic.apply(), *allowed)


def test_what_a_permit_names_may_leave_and_a_drawing_leaves_as_it_was_written_again(
    clinic: Clinic,
) -> None:
    permit = permit_that_lets_out(clinic, "svg", "safetensors", "gguf")
    shown = clinic.ask("permit", "show", permit, by=RESEARCHER)
    assert shown["output_rules"]["allowed_types"] == ["svg", "safetensors", "gguf"]
    clinic.file("models.py", MODELS)
    run = clinic.run(permit, "models.py")
    outputs = clinic.outputs(run["id"])
    decisions = {name: one["decision"] for name, one in outputs.items()}
    assert decisions == {
        "model.gguf": "review",
        "model.safetensors": "review",
        "plot.svg": "review",
        "model.pkl": "refuse",
        "note.md": "refuse",  # its permit does not name words
    }
    drawing = outputs["plot.svg"]["id"]
    clinic.ask("output", "review", drawing, "--clear", "--reason", "one bar", by=CHECKER)
    released = clinic.ask("output", "release", drawing, by=CHECKER)
    fetched = clinic.folder / "fetched.svg"
    told = clinic.ask("output", "fetch", drawing, "--to", fetched, by=RESEARCHER)
    text = fetched.read_text()
    assert '<rect width="5" height="7"/>' in text
    assert "alert" not in text
    assert "hidden" not in text
    assert f"<metadata>Casemate-Release: {drawing}" in text
    statement = json.loads(Path(told["receipt"]).read_text())["statement"]
    assert statement["digest"] == released["digest"]
    assert statement["checked"] == clinic.outputs(run["id"])["plot.svg"]["digest"]
    key = clinic.home / "public" / "ledger.vkey"
    assert speak(["output", "verify", str(fetched), told["receipt"], "--key", str(key)]).code == 0
    assert clinic.say("ledger", "verify", by=AUDITOR).code == 0


def test_what_a_program_wrote_in_a_pictures_place_stays_sealed_and_is_swept_by_nobody(
    clinic: Clinic,
) -> None:
    permit = permit_that_lets_out(clinic, "svg")
    clinic.file("models.py", MODELS)
    clinic.run(permit, "models.py")
    (original,) = clinic.tables()["enclave_original"]
    assert "output-" in original
    from casemate import open as open_home

    with open_home(clinic.home) as platform:
        before = {path.name for path in platform.home.vault.iterdir()}
        platform.sweep(grace=0)
        assert {path.name for path in platform.home.vault.iterdir()} == before


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("pkl", "pkl never leaves, it runs code when it is opened: let out onnx or safetensors"),
        ("pdf", "pdf never leaves, it can hold programs"),
        ("xlsx", "let out csv or parquet"),
        ("PNG", "'PNG' is no type of output: the types are csv, tsv"),
        ("stata", "'stata' is no type of output"),
    ],
)
def test_a_type_that_cannot_leave_is_refused_at_the_decision(
    clinic: Clinic, kind: str, said: str
) -> None:
    clinic.publish()
    words = ("decide", clinic.apply(), "approve", "--reason", "necessary")
    plan = f"clinic={clinic.folder / 'plan.toml'}"
    told = clinic.say(*words, "--plan", plan, "--allow", kind, by=AUTHORITY)
    assert told.code == 2
    assert told.is_one_line
    assert said in told.err
