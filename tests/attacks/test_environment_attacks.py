"""Attacks through environments: what is installed runs nowhere unasked, and a run leaves nothing in it."""

import shutil
from pathlib import Path

import pytest
from functional.wheels import lock_of, make_wheel

from casemate.enclave import sandbox
from casemate.enclave.environments.building import Built, build_python
from casemate.enclave.environments.trees import digest_of
from casemate.errors import BadInput, IntegrityFailure

MODULE = {"harmless.py": "N = 1\n"}


def filled(tmp_path: Path, files: dict[str, str]) -> Built:
    """As pip would leave it, without pip's seconds."""
    folder = tmp_path / "kept"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return Built(folder, {}, ())


def build(tmp_path: Path, files: dict[str, str], lock: str | None = None) -> Built:
    wheel = make_wheel(tmp_path / "wheels", "harmless", "1.0", files)
    text = lock_of(wheel) if lock is None else lock
    with build_python(text.encode(), tmp_path / "environments", tmp_path / "wheels") as built:
        kept = Path(shutil.copytree(built.folder, tmp_path / "kept"))
        return Built(kept, built.packages, built.left_out)


def test_a_pth_file_of_a_package_is_left_out_and_told(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    plant = f"import pathlib; pathlib.Path({str(marker)!r}).touch()\n"
    built = build(tmp_path, {**MODULE, "plant.pth": plant})
    assert built.left_out == ("plant.pth",)
    assert sorted(path.name for path in built.folder.glob("*.pth")) == []
    assert not marker.exists()


@pytest.mark.parametrize("hook", ["usercustomize.py", "sitecustomize/__init__.py"])
def test_a_package_with_a_hook_of_the_interpreters_start_is_refused(
    hook: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="would run unasked"):
        build(tmp_path, {**MODULE, hook: "print('planted')\n"})
    assert not list((tmp_path / "environments").iterdir())


@pytest.mark.parametrize(
    ("lock", "complaint"),
    [
        ("harmless==1.0\n", "hash"),
        ("harmless==1.0 --hash=sha256:" + "0" * 64 + "\n", "HASH"),
        ("-e .\n", ""),
        ("", "empty"),
    ],
)
def test_a_lock_that_does_not_fix_every_byte_is_refused(
    lock: str, complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput) as refusal:
        build(tmp_path, MODULE, lock)
    assert complaint.lower() in str(refusal.value).lower()
    assert not (tmp_path / "kept").exists()


def test_no_code_of_a_source_package_runs_while_it_is_built(tmp_path: Path) -> None:
    import hashlib
    import io
    import tarfile

    marker = tmp_path / "ran"
    script = f"import pathlib; pathlib.Path({str(marker)!r}).touch()\n".encode()
    archive = tmp_path / "wheels" / "hostile-1.0.tar.gz"
    archive.parent.mkdir()
    with tarfile.open(archive, "w:gz") as tar:
        about = tarfile.TarInfo("hostile-1.0/setup.py")
        about.size = len(script)
        tar.addfile(about, io.BytesIO(script))
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    with pytest.raises(BadInput, match="pip refuses"):
        build(tmp_path, MODULE, f"hostile==1.0 --hash=sha256:{found}\n")
    assert not marker.exists()


def test_a_run_plants_nothing_in_its_environment(tmp_path: Path) -> None:
    built = filled(tmp_path, MODULE)
    before = digest_of(built.folder)
    script = b"""
import harmless, os, sys
for name in ('sitecustomize.py', 'plant.pth', 'harmless.py', '__pycache__/harmless.cpython-311.pyc'):
    for act in ('w', 'a'):
        try:
            open('/packages/' + name, act).write('print(1)')
        except OSError:
            continue
        print('planted', name)
for act in (lambda: os.symlink('/etc', '/packages/link'), lambda: os.unlink('/packages/harmless.py'),
            lambda: os.rename('/packages/harmless.py', '/packages/x.py'),
            lambda: os.chmod('/packages/harmless.py', 0o777), lambda: os.utime('/packages/harmless.py')):
    try:
        act()
    except OSError:
        continue
    print('changed')
open('/out/n', 'w').write(str(harmless.N))
"""
    job = sandbox.Job(script=script, packages=built.folder)
    result = sandbox.run(job, should_stop=lambda: None)
    assert (result.ended, result.stdout, result.stderr) == ("finished", b"", b"")
    assert digest_of(built.folder) == before


def test_an_environment_hides_our_own_packages_and_they_do_not_hide_it(tmp_path: Path) -> None:
    built = filled(
        tmp_path, {**MODULE, "casemate/__init__.py": "", "casemate/analysis.py": "N = 1\n"}
    )
    script = b"""
import importlib.util, harmless
assert harmless.__file__ == '/packages/harmless.py'
for ours in ('cryptography', 'sqlalchemy', 'polars'):
    assert importlib.util.find_spec(ours) is None, ours
import casemate.analysis
assert casemate.analysis.__file__.startswith('/casemate.zip'), casemate.analysis.__file__
"""
    job = sandbox.Job(script=script, packages=built.folder)
    result = sandbox.run(job, should_stop=lambda: None)
    assert b"AssertionError" not in result.stderr, result.stderr
    # That ours then misses its own libraries is the environment's choice.
    assert b"No module named 'pydantic'" in result.stderr, result.stderr


@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_a_link_in_an_environment_is_no_environment(kind: str, tmp_path: Path) -> None:
    import os

    built = filled(tmp_path, MODULE)
    if kind == "link":
        (built.folder / "out").symlink_to("/etc/passwd")
    else:
        os.mkfifo(built.folder / "out")
    with pytest.raises(IntegrityFailure, match="holds none"):
        digest_of(built.folder)
