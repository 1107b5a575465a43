"""Fixtures around ``functional.clinic``: each stage of the flow is made once, and copied for its users."""

from pathlib import Path

import pytest
from functional.clinic import Clinic, copy_of


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    """A home with its cast and nothing in it; only to be looked at, or copied."""
    clinic = Clinic(tmp_path_factory.mktemp("founded"))
    clinic.found()
    return clinic


@pytest.fixture(scope="session")
def permitted(founded: Clinic, tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    """The clinic published and the researcher permitted; only to be looked at, or copied."""
    clinic = copy_of(founded, tmp_path_factory.mktemp("permitted"))
    clinic.publish()
    clinic.approve(clinic.apply())
    return clinic


@pytest.fixture
def clinic(founded: Clinic, tmp_path: Path) -> Clinic:
    """A home of one's own with its cast."""
    return copy_of(founded, tmp_path)


@pytest.fixture
def open_clinic(permitted: Clinic, tmp_path: Path) -> Clinic:
    """A home of one's own in which the researcher has a permit."""
    return copy_of(permitted, tmp_path)
