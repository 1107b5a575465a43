"""How this room's loops are compiled. Importing this module needs numba, which takes time to load."""

import importlib
from typing import Any

numba: Any = importlib.import_module("numba")


def compiled(function: Any) -> Any:
    """Compile and keep the machine code beside the module; where no folder is writable, keep none.

    The compiled loop holds no lock, so that threads can share a column.
    """
    try:
        return numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # numba's word for a cache that it has nowhere to put
        return numba.njit(nogil=True)(function)
