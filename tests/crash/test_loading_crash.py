"""Loading under ``kill -9``: what was read stays, the rest is read next time, and both give the same."""

import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from law_files import akoma_ntoso, article, legilux_version

from casemate.flagships.law.sources import files_in, read_law
from casemate.knowledge.documents import Library

TESTS = Path(__file__).resolve().parents[1]
LOADER = """
import os, signal, sys
from pathlib import Path
from casemate.flagships.law.sources import files_in, read_law
from casemate.knowledge.documents import Library
folder, library, last = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
files = files_in(folder)
def dies(path):
    if path == files[last]:
        yield next(iter(read_law(path)))
        os.kill(os.getpid(), signal.SIGKILL)
    yield from read_law(path)
with Library(library) as opened:
    opened.load(folder, files, dies)
"""


@pytest.mark.parametrize("last", [0, 2, 4])
def test_a_killed_loading_goes_on_where_it_was(tmp_path: Path, last: int) -> None:
    folder = tmp_path / "law"
    for number in range(5):
        words = article("art_1", "Art. 1.", f"{number} chiens.")
        legilux_version(folder, date(2020, 1, 1) + timedelta(days=number), akoma_ntoso(words))
    killed, whole = tmp_path / "killed.sqlite", tmp_path / "whole.sqlite"
    arguments = [sys.executable, "-c", LOADER, str(folder), str(killed), str(last)]
    ended = subprocess.run(arguments, cwd=TESTS, check=False)
    assert ended.returncode == -signal.SIGKILL
    files = files_in(folder)
    with Library(killed) as library:
        assert library.state().versions == last
        again = library.load(folder, files, read_law)
        resumed = library.digest()
    with Library(whole) as library:
        library.load(folder, files, read_law)
        assert library.digest() == resumed
    assert (again.read, again.unchanged) == (5 - last, last)
