"""The runtime of local models, loaded when the first one is: llama.cpp, in this process, from a wheel.

The wheel is linked against the compiler's OpenMP library, ``libgomp.so.1``, which most systems have.
"""

from importlib import import_module
from typing import Any

from casemate.errors import Unavailable


def llama() -> Any:
    """The module ``xllamacpp``; raises ``Unavailable`` with what to install."""
    try:
        return import_module("xllamacpp")
    except ModuleNotFoundError as error:
        raise Unavailable(
            "local language models need the package xllamacpp: pip install 'casemate[models]'"
        ) from error
    except ImportError as error:
        if "libgomp" not in str(error):
            raise Unavailable(f"xllamacpp cannot be loaded: {error}") from error
        raise Unavailable(
            "xllamacpp needs the system's OpenMP library libgomp.so.1: install the package libgomp1 "
            "(Debian, Ubuntu) or libgomp (Fedora)"
        ) from error
