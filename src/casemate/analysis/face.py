"""What a researcher's program calls: each call writes an output into /out, and its recipe beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
from pydantic import ValidationError

from casemate.analysis.columns import Expr
from casemate.analysis.compute import Answer, compute
from casemate.analysis.formula import read_formula
from casemate.analysis.recipes import (
    BadRecipe,
    Crosstab,
    Derived,
    Figure,
    Histogram,
    Measure,
    Quantiles,
    Recipe,
    Regression,
    Survival,
    Table,
)
from casemate.analysis.render import render

IN = Path("/in")
OUT = Path("/out")
SUFFIX = ".recipe.json"
T = TypeVar("T")
MeasureText = str | tuple[str, str] | tuple[str, str, float]


@dataclass(frozen=True)
class People:
    """The records of one input, or those of them that a filter keeps; nothing is read until asked."""

    input: str
    frame: pl.DataFrame
    out: Path
    derived: tuple[Derived, ...] = ()
    condition: Expr | None = None
    decimals: int = 4
    suppress: bool = False

    def derive(self, **columns: Expr) -> "People":
        """With new columns, which may be named in ``where`` and in analyses."""
        new = tuple(Derived(name=name, value=value.document) for name, value in columns.items())
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

    def table(
        self, file: str, by: Sequence[str], *, margins: bool = False, **measures: MeasureText
    ) -> Answer:
        """Figures by groups: ``table("t.csv", ["sex"], n="count", weight=("mean", "wt"))``."""
        named = [_measure(name, text) for name, text in measures.items()]
        return self._write(
            file, _built(Table, by=tuple(by), measures=tuple(named), margins=margins)
        )

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
        figure = _measure("value", measure)
        what = _built(Crosstab, down=down, across=across, measure=figure, margins=margins)
        return self._write(file, what)

    def histogram(
        self, file: str, of: str, breaks: Sequence[float], *, by: str | None = None
    ) -> Answer:
        """Counts of a number in intervals."""
        return self._write(file, _built(Histogram, of=of, breaks=tuple(breaks), by=by))

    def quantiles(
        self, file: str, of: str, at: Sequence[float] = (0.25, 0.5, 0.75), by: Sequence[str] = ()
    ) -> Answer:
        """Quantiles of a number, with the count of people that they are of."""
        return self._write(file, _built(Quantiles, of=of, at=tuple(at), by=tuple(by)))

    def survival(
        self, file: str, duration: str, event: str, times: Sequence[float], *, by: str | None = None
    ) -> Answer:
        """The Kaplan-Meier estimate at ``times``."""
        what = _built(Survival, duration=duration, event=event, times=tuple(times), by=by)
        return self._write(file, what)

    def regression(
        self,
        file: str,
        formula: str,
        *,
        family: str = "ols",
        event: str | None = None,
        weights: str | None = None,
        robust: bool = False,
    ) -> Answer:
        """A fitted model: ols, logit, poisson or cox; see ``read_formula`` for what may stand in it."""
        response, terms = read_formula(formula)
        what = _built(
            Regression,
            family=family,
            response=response,
            terms=terms,
            event=event,
            weights=weights,
            robust=robust,
        )
        return self._write(file, what)

    def figure(
        self,
        file: str,
        of: Table | Crosstab | Histogram | Quantiles | Survival,
        mark: str,
        **words: str,
    ) -> Answer:
        """A picture of an analysis. Here its figures are written; trusted code draws it."""
        return self._write(file, _built(Figure, of=of, mark=mark, **words))

    def recipe(self, file: str, what: Any) -> Recipe:
        """The recipe of ``what`` on these people. Raises BadRecipe where it is none."""
        condition = None if self.condition is None else self.condition.document
        return _built(
            Recipe,
            file=file,
            input=self.input,
            derive=self.derived,
            where=condition,
            what=what,
            decimals=self.decimals,
            suppress=self.suppress,
        )

    def _write(self, file: str, what: Any) -> Answer:
        recipe = self.recipe(file, what)
        answer = compute(recipe, self.frame)
        (self.out / file).write_bytes(render(recipe, answer))
        (self.out / (file + SUFFIX)).write_bytes(recipe.to_json())
        return answer


def read(name: str, *, folder: Path = IN, out: Path = OUT) -> People:
    """The people of the input ``name``: the protected view at /in/NAME.parquet."""
    return People(name, pl.read_parquet(folder / f"{name}.parquet"), out)


def _measure(name: str, text: MeasureText) -> Measure:
    parts: Mapping[str, Any]
    if isinstance(text, str):
        parts = {"function": text}
    else:
        parts = dict(zip(("function", "of", "at"), text, strict=False))
    return _built(Measure, name=name, **parts)


def _built(kind: type[T], **parts: Any) -> T:
    try:
        return kind(**parts)
    except ValidationError as error:
        first: Any = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or kind.__name__
        raise BadRecipe(f"{place}: {first['msg']}") from None
