"""Recipes carried out by trusted code on the run's own inputs, within bounds.

Simple ones in this process (``cost.is_simple`` says which and why), the others in the sandbox, behind
the same walls as the researcher's program, all of a run in one job. What that job leaves is read as
strictly as anything that comes out of a sandbox.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, StrictBool, StrictFloat, StrictInt, StrictStr
from pydantic import ValidationError as Misshapen

from casemate.analysis import Answer, BadRecipe, Recipe, compute
from casemate.enclave import sandbox
from casemate.enclave.checks_model import Reason
from casemate.enclave.limits import GIB, MIB, Limits
from casemate.enclave.recipes.cost import AT_MOST, IN_PROCESS_TOGETHER, cost, is_simple
from casemate.enclave.sandbox import ShouldStop

LIMITS = Limits(
    memory_bytes=3 * GIB, cpu_seconds=60, wall_seconds=120.0, output_bytes=256 * MIB, log_bytes=4096
)
TOGETHER_SECONDS = 300.0
"""After this long no further recipe of the same run is begun."""
RULE = "recipe"
_PROGRAM = b"from casemate.analysis.recomputing import main\nmain()\n"


@dataclass(frozen=True)
class Input:
    """One input of the run: the view as the job saw it, and the same bytes for another job."""

    frame: pl.DataFrame
    parquet: Callable[[], bytes]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    columns: tuple[StrictStr, ...]
    keys: StrictInt
    rows: tuple[tuple[StrictBool | StrictInt | StrictFloat | StrictStr | None, ...], ...]
    people: tuple[StrictInt, ...]
    notes: tuple[tuple[StrictStr, StrictInt | StrictFloat | StrictStr | None], ...]


def recompute(
    recipes: Mapping[str, Recipe],
    inputs: Mapping[str, Input],
    should_stop: ShouldStop = lambda: None,
) -> dict[str, Answer | Reason]:
    """The answer of each recipe, by its name, or the reason why there is none.

    ``should_stop`` is asked as in ``sandbox.run``. Raises ``Unavailable`` where the sandbox's walls are
    missing.
    """
    found: dict[str, Answer | Reason] = {}
    behind_walls: dict[str, Recipe] = {}
    spent = 0
    for name, recipe in recipes.items():
        view = inputs.get(recipe.input)
        if view is None:
            found[name] = Reason(RULE, "its recipe reads an input that this run does not have")
        elif cost(recipe, len(view.frame)) > AT_MOST:
            found[name] = Reason(RULE, "its recipe is too large to be carried out again")
        elif is_simple(recipe, len(view.frame)) and spent < IN_PROCESS_TOGETHER:
            spent += cost(recipe, len(view.frame))
            found[name] = _here(recipe, view.frame)
        else:
            behind_walls[name] = recipe
    deadline = time.monotonic() + TOGETHER_SECONDS
    return found | _behind_walls(behind_walls, inputs, deadline, should_stop)


def _here(recipe: Recipe, frame: pl.DataFrame) -> Answer | Reason:
    try:
        return compute(recipe, frame)
    except BadRecipe:
        return _misfit()


def _misfit() -> Reason:
    # The problem's words may repeat names that hostile code made up of data: they go nowhere. Who wrote
    # an honest recipe met the same words inside the sandbox.
    return Reason(RULE, "its recipe cannot be carried out on the protected data")


def _behind_walls(
    recipes: Mapping[str, Recipe],
    inputs: Mapping[str, Input],
    deadline: float,
    should_stop: ShouldStop,
) -> dict[str, Answer | Reason]:
    """All in one job; where that fails, one by one, so that one recipe spoils only its own output."""
    if not recipes:
        return {}
    if time.monotonic() > deadline:
        text = "the run's recipes together take longer than the check may take"
        return dict.fromkeys(recipes, Reason(RULE, text))
    files = {f"{place}.recipe": one.to_json() for place, one in enumerate(recipes.values())}
    for name in sorted({one.input for one in recipes.values()}):
        files[f"{name}.parquet"] = inputs[name].parquet()
    job = sandbox.Job(script=_PROGRAM, filename="recompute.py", inputs=files, limits=LIMITS)
    result = sandbox.run(job, should_stop=should_stop)
    if result.ended == "finished":
        left = {file.name: file.data for file in result.outputs}
        return {name: _read(place, left) for place, name in enumerate(recipes)}
    if len(recipes) == 1:
        text = "its recipe could not be carried out again within the limits of the check"
        return {name: Reason(RULE, text, {"ended": result.ended}) for name in recipes}
    found: dict[str, Answer | Reason] = {}
    for name, recipe in recipes.items():
        found |= _behind_walls({name: recipe}, inputs, deadline, should_stop)
    return found


def _read(place: int, left: Mapping[str, bytes]) -> Answer | Reason:
    text = left.get(f"{place}.json", b"")
    try:
        if text.startswith(b'{"problem"'):
            return _misfit()
        document = _Document.model_validate_json(text)
        people = np.frombuffer(left.get(f"{place}.people", b""), dtype="<u4")
        ends = np.cumsum(document.people)
        if len(people) != (ends[-1] if len(ends) else 0) or min(document.people, default=0) < 0:
            raise ValueError("as many people as there are")
    except (Misshapen, ValueError):
        return Reason(RULE, "its recipe could not be carried out again")
    behind = tuple(np.split(people, ends[:-1])) if len(ends) else ()
    return Answer(document.columns, document.keys, document.rows, behind, document.notes)
