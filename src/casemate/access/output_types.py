"""The types of files that a permit may let out, by their ending, and why others never leave."""

from collections.abc import Iterable, Mapping

from casemate.errors import BadInput

OUTPUT_TYPES: Mapping[str, str] = {
    "csv": "a table",
    "tsv": "a table",
    "parquet": "a table, written again without its metadata",
    "json": "a table, estimates, or a model's coefficients",
    "ipynb": "a notebook, with its outputs",
    "txt": "words",
    "md": "words",
    "tex": "words",
    "log": "words",
    "png": "a picture, written again without what stands beside it",
    "jpg": "a picture, written again without what stands beside it",
    "jpeg": "a picture, written again without what stands beside it",
    "svg": "a drawing, written again without what acts or refers outside",
    "onnx": "a model",
    "safetensors": "a model's weights",
    "gguf": "a model's weights",
}
"""What each type is; the output check tells by the content whether a file is one."""
USUAL_TYPES = ("csv", "json", "txt", "md", "png")
_NEVER: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "pkl",
            "pickle",
            "joblib",
            "dill",
            "pt",
            "pth",
            "npy",
            "npz",
            "h5",
            "keras",
            "rds",
            "rdata",
        ),
        "it runs code when it is opened: let out onnx or safetensors",
    ),
    **dict.fromkeys(
        ("zip", "gz", "tar", "7z"), "an archive hides what is in it: let out the files"
    ),
    **dict.fromkeys(("xlsx", "xls", "ods", "arrow", "feather"), "let out csv or parquet"),
    **dict.fromkeys(("html", "htm", "js"), "a page can run code: let out svg, png or md"),
    "pdf": "it can hold programs and other files: let out svg or png",
}


def require_known_types(types: Iterable[str]) -> None:
    """Raise ``BadInput`` where one of ``types`` is none that can leave, saying what to allow instead."""
    for kind in types:
        if kind in OUTPUT_TYPES:
            continue
        known = ", ".join(OUTPUT_TYPES)
        if why := _NEVER.get(kind.lower().removeprefix(".")):
            raise BadInput(f"output rules: {kind} never leaves, {why}; the types are {known}")
        raise BadInput(f"output rules: {kind!r} is no type of output: the types are {known}")
