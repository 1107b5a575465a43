"""The runtime of local models, loaded when the first one is: llama.cpp, in this process, from a wheel.

The wheel is linked against the compiler's OpenMP library, ``libgomp.so.1``, which it does not bring and a
slim system may lack. scikit-learn's wheel brings one under a name of its own; under the name that is asked
for, it serves here too. It is loaded from a copy whose name is set right, which is then removed.
"""

import ctypes
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from casemate.errors import Unavailable

_OPENMP = "libgomp.so.1"


def llama() -> Any:
    """The module ``xllamacpp``; raises ``Unavailable`` with what to install."""
    try:
        return import_module("xllamacpp")
    except ModuleNotFoundError as error:
        raise Unavailable(
            "local language models need the package xllamacpp: pip install 'casemate[models]'"
        ) from error
    except ImportError as error:
        if _OPENMP not in str(error):
            raise Unavailable(f"xllamacpp cannot be loaded: {error}") from error
    try:
        load_bundled_openmp()
        return import_module("xllamacpp")
    except (OSError, ImportError, PackageNotFoundError) as error:
        raise Unavailable(
            f"xllamacpp needs the system's OpenMP library {_OPENMP}: install the package libgomp1 "
            "(Debian, Ubuntu) or libgomp (Fedora)"
        ) from error


def load_bundled_openmp() -> ctypes.CDLL:
    """scikit-learn's copy of the library under the name that others are linked against.

    The loader goes by the name inside the file, which the wheel's maker made longer: it is put back, and
    what is left of the longer one filled with zeros. Raises ``OSError`` where there is no such copy.
    """
    listed = distribution("scikit-learn").files or []
    found = [Path(str(one.locate())) for one in listed if one.name.startswith("libgomp")]
    if not found:
        raise OSError("scikit-learn brings no OpenMP library here")
    own = found[0].name.encode() + b"\0"
    asked = (_OPENMP.encode() + b"\0").ljust(len(own), b"\0")
    with TemporaryDirectory() as folder:
        copy = Path(folder) / _OPENMP
        copy.write_bytes(found[0].read_bytes().replace(own, asked))
        return ctypes.CDLL(str(copy), mode=ctypes.RTLD_GLOBAL)
