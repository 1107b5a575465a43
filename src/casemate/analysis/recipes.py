"""A recipe: which rows of which input, what is computed of them, and into which file.

Recipes are documents (``recipe_from_json``) that both sides read with the same strict reader: the
researcher's program writes one beside each output, and the checker computes it again.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, FiniteFloat, ValidationError, model_validator

from casemate.analysis.expressions import (
    MAX_DEPTH,
    MAX_NODES,
    Document,
    Expression,
    Name,
    columns_of,
    size_of,
)

MAX_BYTES = 64 * 1024
MAX_KEYS = 6
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,79}\.(csv|json|svg)$")]


Share = Annotated[FiniteFloat, Field(gt=0, lt=1)]


class BadRecipe(ValueError):
    """A document that is no recipe; the message says where and what."""


class Derived(Document):
    """A new column, computed before the filter; a later one may read an earlier one."""

    name: Name
    value: Expression


class Measure(Document):
    """One figure for each group.

    ``count``: rows; ``valid``: rows with a value of ``of``; the others are of those values: ``sum``,
    ``mean``, ``std`` (n - 1), ``median``, ``quantile`` (linear, at ``at``), ``share`` (of rows that are
    true, 1 or not zero).
    """

    name: Name
    function: Literal["count", "valid", "sum", "mean", "std", "median", "quantile", "share"]
    of: Name | None = None
    at: Share | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.function == "count") != (self.of is None):
            raise ValueError("every measure but a count is 'of' a column")
        if (self.function == "quantile") != (self.at is not None):
            raise ValueError("a quantile, and nothing else, is 'at' a share")
        return self


class Table(Document):
    """Figures by groups; with ``margins`` also over each set of keys left out ("All")."""

    analysis: Literal["table"] = "table"
    by: Annotated[tuple[Name, ...], Field(max_length=MAX_KEYS)]
    measures: Annotated[tuple[Measure, ...], Field(min_length=1, max_length=12)]
    margins: bool = False

    @property
    def names(self) -> frozenset[str]:
        """The columns that the analysis reads."""
        return frozenset({*self.by, *(one.of for one in self.measures if one.of)})


class Crosstab(Document):
    """One figure by one column down and one across; with ``margins`` the totals."""

    analysis: Literal["crosstab"] = "crosstab"
    down: Name
    across: Name
    measure: Measure
    margins: bool = False

    @property
    def names(self) -> frozenset[str]:
        """The columns that the analysis reads."""
        return _present(self.down, self.across, self.measure.of)


class Histogram(Document):
    """Counts of a number in intervals, left-closed but for the last, which is closed."""

    analysis: Literal["histogram"] = "histogram"
    of: Name
    breaks: Annotated[tuple[FiniteFloat, ...], Field(min_length=2, max_length=201)]
    by: Name | None = None

    @property
    def names(self) -> frozenset[str]:
        """The columns that the analysis reads."""
        return _present(self.of, self.by)


class Quantiles(Document):
    """Quantiles of a number (linear interpolation), by groups or over all."""

    analysis: Literal["quantiles"] = "quantiles"
    of: Name
    at: Annotated[tuple[Share, ...], Field(min_length=1, max_length=50)]
    by: Annotated[tuple[Name, ...], Field(max_length=MAX_KEYS)] = ()

    @property
    def names(self) -> frozenset[str]:
        """The columns that the analysis reads."""
        return frozenset({self.of, *self.by})


class Survival(Document):
    """The Kaplan-Meier estimate at the ``times`` asked for: at risk, events since the last, survival."""

    analysis: Literal["survival"] = "survival"
    duration: Name
    event: Name
    times: Annotated[tuple[FiniteFloat, ...], Field(min_length=1, max_length=100)]
    by: Name | None = None

    @property
    def names(self) -> frozenset[str]:
        """The columns that the analysis reads."""
        return _present(self.duration, self.event, self.by)


class Factor(Document):
    """One factor of a term: a number, perhaps to a power, or a category (its first level is the base)."""

    name: Name
    categorical: bool = False
    power: Annotated[int, Field(ge=1, le=4)] = 1


class Term(Document):
    """A product of factors: one is a main effect, several are an interaction."""

    factors: Annotated[tuple[Factor, ...], Field(min_length=1, max_length=4)]


class Regression(Document):
    """A fitted model: coefficients, standard errors, intervals, n and residual degrees of freedom.

    Rows with a missing value in a column used are left out. ``cox`` has the duration as ``response`` and
    needs ``event``; it has no intercept.
    """

    analysis: Literal["regression"] = "regression"
    family: Literal["ols", "logit", "poisson", "cox"]
    response: Name
    terms: Annotated[tuple[Term, ...], Field(min_length=1, max_length=60)]
    event: Name | None = None
    weights: Name | None = None
    robust: bool = False

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.family == "cox") != (self.event is not None):
            raise ValueError("a Cox regression, and no other, has an 'event'")
        return self

    @property
    def names(self) -> frozenset[str]:
        """The columns that the analysis reads."""
        return _present(self.response, self.event, self.weights) | _names_of(self.terms)


class WeightedEffect(Document):
    """The mean difference in ``outcome`` that ``treatment`` (0 or 1) makes, by inverse-probability
    weighting with a logistic model of the treatment on ``terms``, and a robust variance.

    Rows with a missing value in a column used are left out. ``stabilised`` weights have the share of the
    treated as numerator; the estimate of this saturated model is the same without.
    """

    analysis: Literal["weighted_effect"] = "weighted_effect"
    outcome: Name
    treatment: Name
    terms: Annotated[tuple[Term, ...], Field(min_length=1, max_length=60)]
    stabilised: bool = True

    @property
    def names(self) -> frozenset[str]:
        """The columns that the analysis reads."""
        return _present(self.outcome, self.treatment) | _names_of(self.terms)


class Figure(Document):
    """A picture of an analysis, drawn anew by trusted code from figures that passed the check."""

    analysis: Literal["figure"] = "figure"
    of: Annotated[
        Table | Crosstab | Histogram | Quantiles | Survival, Field(discriminator="analysis")
    ]
    mark: Literal["bar", "line", "point"]
    title: Annotated[str, Field(max_length=120)] = ""
    description: Annotated[str, Field(max_length=300)] = ""

    @property
    def names(self) -> frozenset[str]:
        """The columns that the analysis reads."""
        return self.of.names


Analysis = Annotated[
    Table | Crosstab | Histogram | Quantiles | Survival | Regression | WeightedEffect | Figure,
    Field(discriminator="analysis"),
]


class Recipe(Document):
    """An output and how it comes from an input.

    ``decimals`` is the number of decimal places that figures are written with. ``suppress`` asks that
    cells under the threshold be left out by trusted code, with what else must go so that they cannot be
    computed back; ``round_to`` that its counts be rounded to multiples of it that still add up.
    """

    recipe: Literal[1] = 1
    file: FileName
    input: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$")]
    derive: Annotated[tuple[Derived, ...], Field(max_length=40)] = ()
    where: Expression | None = None
    what: Analysis
    decimals: Annotated[int, Field(ge=0, le=8)] = 4
    suppress: bool = False
    round_to: Annotated[int, Field(ge=2, le=1000)] | None = None

    @model_validator(mode="after")
    def _is_bounded(self) -> Self:
        expressions = [*(one.value for one in self.derive), *([self.where] if self.where else [])]
        sizes = [size_of(one) for one in expressions]
        if sum(nodes for nodes, _ in sizes) > MAX_NODES or any(d > MAX_DEPTH for _, d in sizes):
            raise ValueError(f"expressions have at most {MAX_NODES} parts, {MAX_DEPTH} deep")
        names = [one.name for one in self.derive]
        if len(set(names)) != len(names):
            raise ValueError("a column is derived twice")
        if self.suppress and self.round_to is not None:
            raise ValueError("cells are left out, or counts are rounded, not both")
        if isinstance(self.what, Figure) != self.file.endswith(".svg"):
            raise ValueError("a figure, and nothing else, is a file that ends in .svg")
        return self

    @property
    def columns(self) -> frozenset[str]:
        """Every column, of the input or derived, that expressions read."""
        expressions = [*(one.value for one in self.derive), *([self.where] if self.where else [])]
        return frozenset().union(*(columns_of(one) for one in expressions))

    @property
    def variables(self) -> frozenset[str]:
        """Every column, of the input or derived, that the recipe reads."""
        return self.columns | self.what.names

    def to_json(self) -> bytes:
        """The document as it is written beside the output."""
        return self.model_dump_json(exclude_defaults=False).encode()


def _present(*names: str | None) -> frozenset[str]:
    return frozenset(name for name in names if name is not None)


def _names_of(terms: tuple[Term, ...]) -> frozenset[str]:
    return frozenset(factor.name for term in terms for factor in term.factors)


def recipe_from_json(data: bytes | str) -> Recipe:
    """Read a recipe. Raises BadRecipe for anything that is none.

    The message repeats nothing of a document that hostile code may have written: it names the place in
    our own words, and the kind of mistake.
    """
    if len(data) > MAX_BYTES:
        raise BadRecipe(f"a recipe has at most {MAX_BYTES} bytes")
    try:
        return Recipe.model_validate_json(data)
    except ValidationError as error:
        first: Any = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"] if step in _WORDS) or "the document"
        raise BadRecipe(f"{place}: {first['type'].replace('_', ' ')}") from None


_WORDS = {*Recipe.model_fields, *Table.model_fields, *Figure.model_fields, *Measure.model_fields}
