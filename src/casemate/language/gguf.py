"""GGUF files, and llama.cpp over one of them, in this process."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from casemate.errors import BadInput
from casemate.language.runtime import llama

_PIECE = 1 << 20
_GGUF = b"GGUF"


def file_digest(path: Path) -> str:
    """``sha256:<hex>`` of a file, read piece by piece."""
    found = sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            found.update(piece)
    return f"sha256:{found.hexdigest()}"


def require_gguf(path: Path) -> None:
    """Raise ``BadInput`` unless ``path`` is a file that begins as GGUF does: nothing else is loaded."""
    if not path.is_file():
        raise BadInput(f"there is no model file {path}")
    with path.open("rb") as file:
        if file.read(4) != _GGUF:
            raise BadInput(f"{path.name} is no GGUF file: it does not begin with GGUF; not loaded")


def load_gguf(path: Path, context: int, threads: int, key: str, *, embedding: bool = False) -> Any:
    """llama.cpp's server in this process, on loopback, for whoever has ``key``; ``context`` is in tokens.

    Raises ``BadInput`` where the file is none or cannot be read, ``Unavailable`` where it is not installed.
    """
    require_gguf(path)
    runtime = llama()
    given = runtime.CommonParams()
    given.model.path = str(path)
    given.cpuparams.n_threads = given.cpuparams_batch.n_threads = threads
    given.n_ctx, given.n_parallel, given.n_threads_http = context, 1, 1
    given.n_batch = given.n_ubatch = context  # a prompt in one piece
    given.cache_ram_mib, given.ctx_shift = 0, False  # nothing else is taken up
    given.api_keys, given.ui, given.endpoint_slots, given.verbosity = [key], False, False, -1
    given.offline = True
    if embedding:
        given.embedding = True
        given.pooling_type = runtime.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    try:
        return runtime.Server(given)
    except (RuntimeError, ValueError, OSError) as error:
        raise BadInput(f"{path.name} cannot be loaded as a model: {error}") from error
