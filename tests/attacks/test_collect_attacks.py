"""Attacks through /out: each thing is taken as a plain file or rejected with a reason."""

import pytest

from casemate.enclave import sandbox
from casemate.enclave.limits import MIB, Limits

LIMITS = Limits(cpu_seconds=5, wall_seconds=8.0, output_bytes=MIB, tmp_bytes=8 * MIB)
GOOD = "open('/out/good.csv', 'w').write('a,b')\n"

# program -> what the reason must say
REJECTED = {
    "os.symlink('/etc/passwd', '/out/link.csv')": "symbolic link",
    "os.symlink('good.csv', '/out/link.csv')": "symbolic link",
    "os.symlink('/', '/out/folder')": "symbolic link",
    "os.symlink('loop', '/out/loop')": "symbolic link",
    "os.link('/out/good.csv', '/out/again.csv')": "hard link",
    "os.mkfifo('/out/pipe.csv')": "not a regular file",
    "socket.socket(socket.AF_UNIX).bind('/out/socket.csv')": "not a regular file",
    "plain('line\\nbreak.csv')": "control or unusual characters",
    "plain('\\x1b[2Jclear.csv')": "control or unusual characters",
    "plain('tab\\there.csv')": "control or unusual characters",
    "plain('right\\u202eleft.csv')": "control or unusual characters",
    "plain('zero\\u200bwidth.csv')": "control or unusual characters",
    "plain('e\\u0301.csv')": "control or unusual characters",
    "plain(b'not\\xffutf8.csv')": "control or unusual characters",
    "plain('.hidden.csv')": "control or unusual characters",
    "plain('-rf.csv')": "control or unusual characters",
    "plain('quote\\'\"$(id).csv')": "control or unusual characters",
    "plain('back\\\\slash.csv')": "control or unusual characters",
    "plain('x' * 200)": "too long",
    "plain('trailing ')": "control or unusual characters",
    "plain('GOOD.CSV')": "only by case",
    "os.makedirs('/out/a/b/c/d'); plain('a/b/c/d/deep.csv')": "folders deep",
    "plain('secret.csv'); os.chmod('/out/secret.csv', 0)": "cannot be read",
    "os.mkdir('/out/locked'); plain('locked/x.csv'); os.chmod('/out/locked', 0)": "cannot be read",
}
PRELUDE = """
import os, socket
def plain(name):
    path = b'/out/' + name if isinstance(name, bytes) else '/out/' + name
    open(path, 'w').write('planted')
"""


def leave(program: str, limits: Limits = LIMITS) -> sandbox.SandboxResult:
    job = sandbox.Job(script=(PRELUDE + GOOD + program).encode(), limits=limits)
    return sandbox.run(job, should_stop=lambda: None)


@pytest.mark.parametrize("program", REJECTED)
def test_a_trick_in_out_is_rejected_and_said(program: str) -> None:
    result = leave(program)
    assert result.ended == "finished", result.stderr
    assert any(REJECTED[program] in thing.reason for thing in result.rejected), result.rejected
    assert all(thing.name.isascii() and thing.name.isprintable() for thing in result.rejected)
    assert len(result.outputs) <= 1


def test_what_is_good_comes_out_beside_what_is_not() -> None:
    result = leave("os.symlink('/', '/out/link'); os.mkdir('/out/tables'); plain('tables/é t.csv')")
    assert [output.name for output in result.outputs] == ["good.csv", "tables/é t.csv"]
    assert [thing.name for thing in result.rejected] == ["link"]


def test_thousands_of_files_are_cut_off() -> None:
    result = leave("for number in range(5000): plain(f'{number}.csv')")
    assert result.ended == "finished"
    assert len(result.outputs) <= 256
    assert any(
        "1,000 things" in thing.reason or "256 files" in thing.reason for thing in result.rejected
    )


def test_a_tree_of_folders_is_cut_off() -> None:
    result = leave("for a in range(40):\n for b in range(40): os.makedirs(f'/out/{a}/{b}')")
    assert result.ended == "finished"
    assert result.rejected


def test_a_sparse_file_counts_with_the_size_it_claims() -> None:
    result = leave("os.truncate(os.open('/out/sparse.csv', os.O_CREAT | os.O_RDWR), 5 << 20)")
    assert result.ended == "output_too_large"
    assert result.outputs == ()


def test_files_are_counted_together() -> None:
    result = leave("for name in 'abc': open(f'/out/{name}', 'wb').write(bytes(400 << 10))")
    assert result.ended == "output_too_large"


def test_millions_of_empty_files_end_the_job() -> None:
    """They would fill the kernel's memory though they hold nothing."""
    program = """
for folder in range(10000):
    os.mkdir(f'/tmp/{folder}')
    for number in range(10000): os.close(os.open(f'/tmp/{folder}/{number}', os.O_CREAT))
"""
    result = leave(program, Limits(cpu_seconds=60, wall_seconds=60.0))
    assert result.ended == "output_too_large", result
    assert "files" in result.reason


def test_out_itself_cannot_be_replaced() -> None:
    result = leave("os.rename('/out', '/tmp/out')")
    assert result.ended == "failed"


def test_a_failed_job_leaves_nothing() -> None:
    result = leave("raise SystemExit(3)")
    assert (result.ended, result.exit_code, result.outputs) == ("failed", 3, ())
