"""What the page on flagships shows is what happens."""

import os
import re
import subprocess
import sys
from pathlib import Path

from casemate.flagships.declaration import SHAPE

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "flagships.md").read_text("utf-8")


def test_a_sector_is_made_and_played_as_the_page_shows(tmp_path: Path) -> None:
    lines = re.findall(r"^\$ (.*)$", PAGE, re.MULTILINE)
    assert len(lines) == 3
    place = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for line in lines:
        done = subprocess.run(
            ["sh", "-c", line], cwd=tmp_path, env=place, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "reading-room-demo" / "report.html").is_file()


def test_every_file_of_the_shape_is_explained() -> None:
    assert all(f"| `{part}.py` |" in PAGE for part in SHAPE)
