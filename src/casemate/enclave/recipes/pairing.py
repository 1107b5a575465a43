"""Files out of a run, each with the recipe that lies beside it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from casemate.analysis.face import SUFFIX
from casemate.enclave.collect import CollectedFile, Rejected, printable

ALONE = "is a recipe whose file is not there"


@dataclass(frozen=True)
class Paired:
    """``recipes`` has the recipe's bytes by the name of its output; a recipe is no output itself.

    ``alone`` are recipes without their file, which are not taken.
    """

    outputs: tuple[CollectedFile, ...]
    recipes: Mapping[str, bytes]
    alone: tuple[Rejected, ...]


def pair(files: Iterable[CollectedFile]) -> Paired:
    """Tell recipes from outputs by their names; what a recipe says is read later, by the check."""
    files = tuple(files)
    outputs = tuple(file for file in files if not file.name.endswith(SUFFIX))
    names = {file.name for file in outputs}
    recipes, alone = {}, []
    for file in files:
        if file.name.endswith(SUFFIX):
            if (partner := file.name.removesuffix(SUFFIX)) in names:
                recipes[partner] = file.data
            else:
                alone.append(Rejected(printable(file.name), ALONE))
    return Paired(outputs, recipes, tuple(alone))
