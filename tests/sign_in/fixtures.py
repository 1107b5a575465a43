"""Homes to sign in to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import MovableClock
from sign_in_world import home

from casemate.platform import Platform


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest, tmp_path: Path, clock: MovableClock) -> Iterator[Platform]:
    """A home on each database that we support."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    with home(tmp_path, clock, url) as platform:
        yield platform


@pytest.fixture
def platform(tmp_path: Path, clock: MovableClock) -> Iterator[Platform]:
    """A home on the embedded database."""
    with home(tmp_path, clock) as opened:
        yield opened
