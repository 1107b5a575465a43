"""What a researcher's program calls: each call writes an output into /out, and its recipe beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from casemate.analysis import documents
from casemate.analysis.columns import Expr
from casemate.analysis.compute import Answer, compute
from casemate.analysis.documents import MeasureText, built
from casemate.analysis.recipes import (
    BadRecipe,
    Crosstab,
    Derived,
    Figure,
    Histogram,
    Quantiles,
    Recipe,
    Survival,
    Table,
)
from casemate.analysis.render import render

IN = Path("/in")
OUT = Path("/out")
SUFFIX = ".recipe.json"


@dataclass(frozen=True)
class People:
    """The records of one input, or those of them that a filter keeps; nothing is computed until asked.

    Every analysis gives its ``Answer``, and raises BadRecipe where it does not fit the input.
    """

    input: str
    frame: pl.DataFrame
    out: Path
    derived: tuple[Derived, ...] = ()
    condition: Expr | None = None
    decimals: int = 4
    suppress: bool = False
    base: int | None = None

    def derive(self, **columns: Expr) -> "People":
        """With new columns, which may be named in ``where`` and in analyses."""
        new = tuple(built(Derived, name=name, value=one.document) for name, one in columns.items())
        return replace(self, derived=(*self.derived, *new))

    def where(self, condition: Expr) -> "People":
        """Those for whom ``condition`` is true, and every condition given before."""
        both = condition if self.condition is None else self.condition & condition
        return replace(self, condition=both)

    def rounded(self, decimals: int) -> "People":
        """With figures written to so many decimal places."""
        return replace(self, decimals=decimals)

    def suppressing(self) -> "People":
        """With cells under the threshold left out by the checker, and what must go with them."""
        return replace(self, suppress=True)

    def rounding(self, base: int) -> "People":
        """With counts rounded by the checker to multiples of ``base`` that still add up."""
        return replace(self, base=base)

    def table(
        self, file: str, by: Sequence[str], *, margins: bool = False, **measures: MeasureText
    ) -> Answer:
        """Figures by groups: ``table("t.csv", ["sex"], n="count", weight=("mean", "wt"))``."""
        return self.write(file, documents.table(by, margins=margins, **measures))

    def crosstab(
        self,
        file: str,
        down: str,
        across: str,
        *,
        measure: MeasureText = "count",
        margins: bool = False,
    ) -> Answer:
        """One figure by one column down and one across."""
        return self.write(file, documents.crosstab(down, across, measure=measure, margins=margins))

    def histogram(
        self, file: str, of: str, breaks: Sequence[float], *, by: str | None = None
    ) -> Answer:
        """Counts of a number in intervals."""
        return self.write(file, documents.histogram(of, breaks, by=by))

    def quantiles(
        self, file: str, of: str, at: Sequence[float] = (0.25, 0.5, 0.75), by: Sequence[str] = ()
    ) -> Answer:
        """Quantiles of a number, with the count of people that they are of."""
        return self.write(file, documents.quantiles(of, at, by))

    def survival(
        self, file: str, duration: str, event: str, times: Sequence[float], *, by: str | None = None
    ) -> Answer:
        """The Kaplan-Meier estimate at ``times``."""
        return self.write(file, documents.survival(duration, event, times, by=by))

    def regression(self, file: str, formula: str, **options: Any) -> Answer:
        """A fitted model; ``options`` are those of ``documents.regression``."""
        return self.write(file, documents.regression(formula, **options))

    def weighted_effect(
        self, file: str, outcome: str, treatment: str, confounders: str, *, stabilised: bool = True
    ) -> Answer:
        """What ``treatment`` does to ``outcome``, by inverse-probability weighting."""
        what = documents.weighted_effect(outcome, treatment, confounders, stabilised=stabilised)
        return self.write(file, what)

    def figure(
        self,
        file: str,
        of: Table | Crosstab | Histogram | Quantiles | Survival,
        mark: str,
        *,
        title: str = "",
        description: str = "",
    ) -> Answer:
        """A picture of an analysis. Here its figures are written; trusted code draws it."""
        return self.write(
            file, built(Figure, of=of, mark=mark, title=title, description=description)
        )

    def model(self, file: str, formula: str, **options: Any) -> Answer:
        """A fitted model that is taken along: its coefficients as JSON, with n and what they are of."""
        if not file.endswith(".json"):
            raise BadRecipe("a model leaves as its coefficients: name the file with .json")
        return self.regression(file, formula, **options)

    def recipe(self, file: str, what: Any) -> Recipe:
        """The recipe of ``what`` on these people. Raises BadRecipe where it is none."""
        condition = None if self.condition is None else self.condition.document
        return built(
            Recipe,
            file=file,
            input=self.input,
            derive=self.derived,
            where=condition,
            what=what,
            decimals=self.decimals,
            suppress=self.suppress,
            round_to=self.base,
        )

    def write(self, file: str, what: Any) -> Answer:
        """Compute the analysis ``what`` (see ``documents``) into ``file``, its recipe beside it."""
        recipe = self.recipe(file, what)
        answer = compute(recipe, self.frame)
        (self.out / file).write_bytes(render(recipe, answer))
        (self.out / (file + SUFFIX)).write_bytes(recipe.to_json())
        return answer


def read(name: str, *, folder: Path = IN, out: Path = OUT) -> People:
    """The people of the input ``name``: the protected view at /in/NAME.parquet."""
    return People(name, pl.read_parquet(folder / f"{name}.parquet"), out)
