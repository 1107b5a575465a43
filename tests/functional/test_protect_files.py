"""``casemate protect`` from end to end, on files, with no home."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from typer.testing import CliRunner, Result

from casemate.cli import app

PLAN = """
suppression = 0.05
pseudonymise = ["ssn"]
drop = ["name"]
models = [{ model = "k-anonymity", k = 4 }]
[quasi_identifiers]
age = { kind = "intervals", widths = [5, 10, 20] }
sex = { kind = "file", path = "sex.csv" }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASEMATE_HOME", str(tmp_path / "no-home"))
    monkeypatch.setenv("COLUMNS", "120")
    numbers = range(120)
    pl.DataFrame(
        {
            "ssn": [1000 + number for number in numbers],
            "name": [f"Person {number}" for number in numbers],
            "age": [20 + (number * 11) % 50 for number in numbers],
            "sex": ["f" if number % 3 else "m" for number in numbers],
            "illness": ["flu", "cold", None, "flu"] * 30,
        }
    ).write_csv("people.csv")
    Path("plan.toml").write_text(PLAN)
    Path("sex.csv").write_text("f;*\nm;*\n")
    Path("key").write_text("00112233445566778899aabbccddeeff\n")
    Path("key").chmod(0o600)
    signer = Ed25519PrivateKey.generate()
    private = signer.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = signer.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    Path("private.pem").write_bytes(private)
    Path("public.pem").write_bytes(public)
    return tmp_path


def run(line: str) -> Result:
    return CliRunner().invoke(app, ["protect", *line.split()], catch_exceptions=False)


def run_json(line: str) -> Any:
    done = run(f"{line} --json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


ANONYMISE = (
    "anonymise people.csv --plan plan.toml --output safe.parquet --key-file key "
    "--report report.json --html report.html --certificate cert.json --signing-key private.pem"
)


def test_anonymise_and_verify(folder: Path) -> None:
    report = run_json(ANONYMISE)
    assert report == json.loads(Path("report.json").read_text())
    safe = pl.read_parquet("safe.parquet")
    assert safe.columns == ["ssn", "age", "sex", "illness"]
    assert report["risk_after"]["smallest_class"] >= 4
    assert safe.group_by("age", "sex").len()["len"].min() == report["risk_after"]["smallest_class"]
    assert "<svg" in Path("report.html").read_text()
    checked = run_json("verify safe.parquet cert.json --source people.csv --public-key public.pem")
    assert {"signature", "loss", "output_digest"} <= {*checked["holds"]}
    assert not (folder / "no-home").exists()
    text = run("verify safe.parquet cert.json").stdout
    assert "not checked: no public key was given" in text


def test_the_same_claims_hold_of_the_table_as_csv(folder: Path) -> None:
    run_json(ANONYMISE)
    report = run_json(ANONYMISE.replace("safe.parquet", "safe.csv"))
    assert "loss" in run_json("verify safe.parquet cert.json --source people.csv")["holds"]
    changed = Path("safe.csv").read_text().replace("cold", "flu", 1)
    Path("safe.csv").write_text(changed)
    done = run("verify safe.csv cert.json")
    assert done.exit_code == 4
    assert done.stderr.startswith("Integrity failure: the certificate's claim 'output_digest'")
    assert len(done.stderr.splitlines()) == 1
    assert report["records_out"] == len(pl.read_csv("safe.csv"))


def test_flags_describe_a_plan_too(folder: Path) -> None:
    report = run_json(
        "anonymise people.csv --output safe.csv --quasi-identifiers age,sex --k 3 "
        "--hierarchy sex=sex.csv --drop name,ssn --suppression 0.1"
    )
    assert report["variables"] == ["age", "sex", "illness"]
    assert report["models"] == ["3-anonymity"]
    assert report["risk_after"]["smallest_class"] >= 3


def test_pseudonymise_and_risk(folder: Path) -> None:
    made = run_json(
        "pseudonymise people.csv --column ssn --column name --key-file key --output p.csv"
    )
    assert made["records"] == 120
    table = pl.read_csv("p.csv")
    assert table["ssn"].str.contains("^[0-9a-f]{32}$").all()
    assert table["ssn"].n_unique() == 120
    risk = run_json("risk people.csv --quasi-identifiers age,sex --threshold 3")
    assert risk["records"] == 120
    assert risk["threshold"] == 3
    assert "highest risk" in run("risk people.csv --quasi-identifiers age,sex").stdout


PSEUDONYMISE = "pseudonymise people.csv --column ssn --key-file key --output p.csv"


def test_a_fully_randomised_pseudonym_leads_back_by_the_pairs_alone(folder: Path) -> None:
    line = f"{PSEUDONYMISE} --policy fully-randomised --recovery pairs.csv"
    assert run_json(line)["policy"] == "fully-randomised"
    first = set(pl.read_csv("p.csv")["ssn"])
    pairs = pl.read_csv("pairs.csv")
    assert set(pairs["pseudonym"]) == first
    assert set(pairs["identifier"]) == set(range(1000, 1120))
    assert Path("pairs.csv").stat().st_mode & 0o077 == 0
    refused = run(line)  # a second time would part the first table from its people for good
    assert refused.exit_code == 2
    assert "exists already" in refused.stderr
    assert set(pl.read_csv("p.csv")["ssn"]) == first


def test_a_format_preserving_pseudonym_looks_like_what_it_stands_for(folder: Path) -> None:
    refused = run(f"{PSEUDONYMISE} --policy format-preserving")
    assert "too few for FF1" in refused.stderr  # four digits: they could all be tried
    people = pl.read_csv("people.csv").with_columns(pl.col("ssn") + 7_000_000)
    people.write_csv("people.csv")
    run_json(f"{PSEUDONYMISE} --policy format-preserving")
    assert pl.read_csv("p.csv", infer_schema=False)["ssn"].str.contains("^[0-9]{7}$").all()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"{PSEUDONYMISE} --policy any", "a pseudonym's policy is one of"),
        (f"{PSEUDONYMISE} --policy fully-randomised", "--recovery goes with"),
        (f"{PSEUDONYMISE} --recovery pairs.csv", "--recovery goes with"),
        ("risk absent.csv --quasi-identifiers a", "there is no file absent.csv"),
        ("risk people.csv --quasi-identifiers height", "no column 'height'"),
        ("risk people.csv --quasi-identifiers ,", "at least one quasi-identifier"),
        ("anonymise people.csv --output s.csv", "give a plan, or name the quasi-identifiers"),
        ("anonymise people.csv --output s.xlsx --plan plan.toml --key-file key", "give that ending"),
        ("anonymise people.csv --output s.csv --plan plan.toml", "a pseudonym key is needed"),
        ("anonymise people.csv --output s.csv --plan plan.toml --drop age", "not both"),
        ("anonymise people.csv --output s.csv --plan absent.toml", "no plan absent.toml"),
        ("anonymise people.csv --output s.csv --quasi-identifiers age --k 200", "too few"),
        ("anonymise people.csv --output s.csv --quasi-identifiers age --hierarchy x", "NAME=FILE"),
        ("anonymise people.csv --output s.csv --quasi-identifiers age --html no/r.html", "no folder"),
        ("anonymise people.csv --output s.csv --plan plan.toml --key-file absent", "openssl rand"),
        ("anonymise people.csv --output s.csv --plan plan.toml --key-file plan.toml", "chmod 600"),
        ("anonymise people.csv --output s.csv --plan plan.toml --key-file key "
         "--signing-key public.pem", "public.pem is no unencrypted PEM"),
        ("pseudonymise people.csv --column ssn --key-file key --output people.csv", "another file"),
        ("verify people.csv plan.toml", "no JSON document"),
        ("verify people.csv report.json", "no certificate report.json"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line_and_exit_code_2(folder: Path, line: str, message: str) -> None:
    done = run(line)
    assert done.exit_code == 2, done.output
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert not list(folder.glob("s.*"))


def test_a_secret_never_comes_out(folder: Path) -> None:
    done = run(ANONYMISE)
    secret = Path("key").read_text().strip()
    for text in (done.output, *(Path(name).read_text() for name in ("report.json", "cert.json"))):
        assert secret not in text
    Path("key").write_text("not hexadecimal but secret")
    done = run(ANONYMISE)
    assert done.exit_code == 2
    assert "secret" not in done.stderr


def interrupted(folder: Path) -> "subprocess.Popen[str]":
    """The command, interrupted at work; sooner where a machine is so fast that it was over already."""
    for seconds in (1.0, 0.5, 0.2, 0.1, 0.05):
        for left in folder.glob("*out*"):
            left.unlink()
        child = subprocess.Popen(
            [sys.executable, "-c", "from casemate.cli import main; main()", "protect", "anonymise",
             "big.csv", "--output", "out.csv", "--quasi-identifiers", "a,b,c,d", "--k", "50"],
            stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        # what is being written lies in a folder beside the output: then the work has begun
        while child.poll() is None and not list(folder.glob(".out.csv.*")):
            time.sleep(0.01)
        time.sleep(seconds)
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            return child
        child.communicate()
    pytest.fail("the work ended before it could be interrupted, every time")


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_an_interrupt_takes_the_best_found_or_leaves_nothing(folder: Path) -> None:
    # so many distinct tuples and such tall hierarchies that the work is not over at once
    pl.select(number=pl.int_range(1_500_000)).select(
        *(
            (pl.col("number") * factor % 9973).alias(name)
            for name, factor in {"a": 7, "b": 11, "c": 13, "d": 17}.items()
        )
    ).write_csv("big.csv")
    child = interrupted(folder)
    printed, errors = child.communicate(timeout=120)
    assert "Traceback" not in errors
    if child.returncode == 0:  # the search had something, which is said not to be proven
        assert "not proven the best" in printed
        assert len(list(folder.glob("*out*"))) == 1
    else:
        assert child.returncode == 130, errors
        assert len(errors.splitlines()) == 1
        assert not list(folder.glob("*out*"))


def test_a_search_that_may_not_finish_says_so(folder: Path) -> None:
    report = run_json(f"{ANONYMISE} --seconds 0.000001")
    assert report["gap"] > 0
    assert report["risk_after"]["smallest_class"] >= 4
    assert "above the best" in Path("report.html").read_text()
    checked = run_json("verify safe.parquet cert.json --source people.csv")
    assert "gap" in dict(checked["unchecked"])
