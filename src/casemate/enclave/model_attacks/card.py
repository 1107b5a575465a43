"""The card of a model, ``FILE.model.json``: which rows it was trained on, and which it never saw.

Without a card nothing can be attacked and a person decides alone. A card is a claim: where the model can
be refitted, the refit shows whether it is true (``refit``).
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast

import numpy as np
import polars as pl
from pydantic import Field, FiniteFloat, ValidationError

from casemate.analysis import BadRecipe
from casemate.analysis.evaluate import ROW, select
from casemate.analysis.expressions import (
    MAX_DEPTH,
    MAX_NODES,
    Document,
    Expression,
    Name,
    columns_of,
    size_of,
)
from casemate.analysis.recipes import Derived
from casemate.enclave.model_attacks.scores import Matrix, Vector

MAX_BYTES = 64 * 1024
SUFFIX = ".model.json"
_TRAINED = "casemate_trained"
Task = Literal["classification", "regression", "count"]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


class BadCard(ValueError):
    """A document that is no card, or one that does not fit its input; the message says where."""


class Refit(Document):
    """How the model can be fitted again: by penalised maximum likelihood (ridge of ``strength``).

    ``strength`` is the weight of half the squared coefficients, the intercept left out, against the sum
    of the log-likelihoods (for least squares: half the squared errors); 0 for none.
    """

    family: Literal["least_squares", "logistic", "poisson"]
    strength: Annotated[FiniteFloat, Field(ge=0, le=1e9)] = 0.0


class RandomSplit(Document):
    """Rows drawn at random: the first ``permille`` thousandths of a permutation of all rows of the input.

    In the researcher's program: ``numpy.random.default_rng(seed).permutation(len(input))``.
    """

    op: Literal["random_split"] = "random_split"
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    permille: Annotated[int, Field(gt=0, lt=1000)]

    def trained(self, rows: int) -> Flags:
        """Whether each of ``rows`` rows is in the training part."""
        drawn = np.random.default_rng(self.seed).permutation(rows)[: rows * self.permille // 1000]
        inside = np.zeros(rows, dtype=bool)
        inside[drawn] = True
        return inside


Tensor = Annotated[str, Field(min_length=1, max_length=200)]


class Layer(Document):
    """A layer of a model whose file holds weights alone: its tensors by name, then what is done to sums.

    ``rows`` says what a row of the matrix belongs to: an output (PyTorch) or an input (Keras).
    """

    weight: Tensor
    bias: Tensor | None = None
    rows: Literal["outputs", "inputs"] = "outputs"
    activation: Literal["none", "relu", "sigmoid", "tanh", "exp", "softmax"] = "none"


class ModelCard(Document):
    """What a researcher declares of a model.

    Rows of ``input`` that meet ``where`` and have every value are the model's people: those that meet
    ``train`` as well trained it, the others are held out. A split that is not at random makes the attacks
    measure the difference between two kinds of people as well. Features are columns or derived ones, in the
    model's order; categories are derived, one condition each.
    """

    document: Literal["casemate.model/1"] = "casemate.model/1"
    input: Name
    derive: Annotated[tuple[Derived, ...], Field(max_length=200)] = ()
    where: Expression | None = None
    train: Expression | RandomSplit
    features: Annotated[tuple[Name, ...], Field(min_length=1, max_length=200)]
    target: Name
    task: Task
    refit: Refit | None = None
    layers: Annotated[tuple[Layer, ...], Field(max_length=50)] = ()
    """Of a model in safetensors: how its weights are carried out, from the features on."""


@dataclass(frozen=True)
class People:
    """The people of a card as numbers: ``features`` (rows by features), ``target``, ``trained``."""

    features: Matrix
    target: Vector
    trained: Flags

    def sample(self, most: int, seed: int) -> "People":
        """At most ``most`` who trained and as many who did not, drawn by ``seed``."""
        draw = np.random.default_rng(seed)
        kept = []
        for side in (True, False):
            places = np.flatnonzero(self.trained == side)
            kept.append(draw.permutation(places)[:most])
        chosen = np.sort(np.concatenate(kept))
        return People(self.features[chosen], self.target[chosen], self.trained[chosen])


def card_from_json(data: bytes) -> ModelCard:
    """The card in ``data``. Raises ``BadCard``."""
    if len(data) > MAX_BYTES:
        raise BadCard(f"the card has {len(data)} bytes; at most {MAX_BYTES} are read")
    try:
        card = ModelCard.model_validate_json(data)
    except ValidationError as problem:
        first = problem.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:80] or "the document"
        raise BadCard(f"the card's {place}: {first['type']}") from None
    except RecursionError:
        raise BadCard("the card is nested too deep") from None
    expressions = [one for one in (card.where, _condition(card)) if one is not None]
    for expression in [*expressions, *(derived.value for derived in card.derive)]:
        nodes, depth = size_of(expression)
        if nodes > MAX_NODES or depth > MAX_DEPTH:
            raise BadCard("an expression of the card is too large")
    if len({*card.features, card.target}) != len(card.features) + 1:
        raise BadCard("a feature stands twice, or is the target")
    return card


def people_of(card: ModelCard, frame: pl.DataFrame) -> People:
    """The people of ``card`` in ``frame``. Raises ``BadCard`` where the two do not fit."""
    if _TRAINED in {*frame.columns, *card.features, card.target}:
        raise BadCard(f"no column may be named {_TRAINED}")
    names = [*card.features, card.target]
    try:
        # a selection has of a recipe what ``select`` reads
        table = select(cast(Any, _Selection.of(card)), frame)
        missing = [name for name in names if name not in table.columns]
        if missing:
            raise BadCard(f"the input has no column {missing[0]!r}")
        trained = _trained(card, table, frame.height)
        numbers = table.select(pl.col(name).cast(pl.Float64) for name in names)
    except BadRecipe as problem:
        raise BadCard(str(problem)) from None
    except pl.exceptions.PolarsError:  # its message may quote values: ours does not
        raise BadCard("the card's features do not fit the input's types") from None
    values = numbers.fill_null(float("nan")).to_numpy().astype(np.float64)
    whole = np.isfinite(values).all(axis=1)
    return People(values[whole, :-1], values[whole, -1], trained[whole])


@dataclass(frozen=True)
class _Selection:
    """The part of a recipe that chooses rows and columns."""

    derive: tuple[Derived, ...]
    where: Expression | None
    variables: frozenset[str]

    @classmethod
    def of(cls, card: ModelCard) -> "_Selection":
        derive = card.derive
        if not isinstance(card.train, RandomSplit):
            derive = (*derive, Derived(name=_TRAINED, value=card.train))
        expressions = [*([card.where] if card.where else []), *(one.value for one in derive)]
        named = {*card.features, card.target}.union(*(columns_of(one) for one in expressions))
        return cls(derive, card.where, frozenset(named - {one.name for one in derive}))


def _trained(card: ModelCard, table: pl.DataFrame, rows: int) -> Flags:
    if isinstance(card.train, RandomSplit):
        drawn: Flags = card.train.trained(rows)[table[ROW].to_numpy()]
        return drawn
    if table.schema[_TRAINED] != pl.Boolean:
        raise BadCard("the card's train is no condition")
    trained: Flags = table[_TRAINED].fill_null(value=False).to_numpy()
    return trained


def _condition(card: ModelCard) -> Expression | None:
    return None if isinstance(card.train, RandomSplit) else card.train
