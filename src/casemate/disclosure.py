"""What the authority demands of figures that leave: the disclosure rules of a dataset, as a document.

The data holder sets them in the description, an offer carries them, and a permit signs them. A permit
may be stricter than its datasets, never laxer. The least number of people in a cell (``min_cell``)
stands beside them, where it always stood.

Sources, by the short names used below:

- **ESSnet**: Guidelines for the checking of output based on microdata research (ESSnet SDC, 2010): the
  overall rules of thumb of 10 units, 10 degrees of freedom, 90 % group disclosure, 50 % dominance.
- **SACRO**: The SACRO guide to statistical output checking (2023, doi:10.5281/zenodo.10054629), which
  carries the handbook of the UK's Safe Data Access Professionals (SDAP) on; its tool is acro.
- **acro**: the defaults of acro 1.0.2 (``default.yaml``).
- **Hundepool**: Hundepool et al., Statistical Disclosure Control (Wiley 2012), chapters 4 and 6.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Strictness = Literal["allow", "review", "refuse"]
Permille = Annotated[int, Field(ge=1, le=1000)]
_LEVELS: tuple[Strictness, ...] = ("allow", "review", "refuse")


class DisclosureRules(BaseModel):
    """The parameters of the output check. Whole numbers only; shares are in thousandths (permille).

    Where sources differ, the default is the strictest common one; the exceptions say why.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    zeros: Strictness = "review"
    """Cells with nobody in them. acro takes zeros for disclosive; SACRO lets structural ones pass,
    which a machine cannot tell from others: a person decides."""
    missing: Strictness = "review"
    """Few people without a value, who follow from a total (acro ``check_missing_values``)."""
    class_permille: Annotated[int, Field(ge=500, le=1000)] = 1000
    """A cell with this share of its row or column tells a value of everybody there. SACRO: all of
    them (1000). ESSnet's rule of thumb is 900, which would also refuse every rare condition."""
    largest_permille: Permille = 500
    """One person may make up at most this share of a total (ESSnet: 50 %)."""
    dominance_top: Annotated[int, Field(ge=1, le=20)] = 2
    """n of the (n, k) rule: acro ``safe_nk_n``, Hundepool 4.2."""
    dominance_permille: Permille = 900
    """k of the (n, k) rule: the n largest stay under this share (acro ``safe_nk_k`` 0.90)."""
    p_percent: Annotated[int, Field(ge=1, le=100)] = 10
    """p of the p % rule: nobody's part of a total may be known to within p % of it by the second
    largest (acro ``safe_pratio_p`` 0.10, Hundepool 4.2)."""
    min_residual_dof: Annotated[int, Field(ge=1, le=100_000)] = 10
    """Residual degrees of freedom of a model (ESSnet; acro ``safe_dof_threshold``)."""
    max_parameters_permille: Permille = 330
    """Parameters of a model for each thousand people (DataSHIELD ``nfilter.glm`` 0.33)."""
    max_leverage_permille: Permille = 500
    """The most that one person may weigh in a model: leverage, or share in one coefficient. From 0.5
    on a fit follows that person's value (Huber, Robust Statistics, 1981, 7.2)."""
    digits_beyond_count: Annotated[int, Field(ge=1, le=15)] = 6
    """Significant digits of a figure beyond those of the number of people that it is of. Ours: longer
    numbers can carry a second figure in their last places, and mean nothing statistically."""
    rounding_base: Annotated[int, Field(ge=2, le=1000)] = 5
    """Counts that are offered rounded are multiples of it (acro, OpenSAFELY)."""

    def in_words(self) -> str:
        """Every parameter with its value, for people."""
        return ", ".join(f"{name} {value}" for name, value in self.model_dump().items())

    def laxer_than(self, other: "DisclosureRules") -> tuple[str, ...]:
        """The parameters in which these rules let out more than ``other``."""
        return tuple(
            name
            for name in type(self).model_fields
            if _strictness(name, getattr(self, name)) < _strictness(name, getattr(other, name))
        )


def strictest(rules: Iterable[DisclosureRules]) -> DisclosureRules:
    """In each parameter the strictest of several; the defaults where there are none."""
    several = tuple(rules) or (DisclosureRules(),)
    return DisclosureRules(
        **{
            name: max(
                (getattr(one, name) for one in several), key=lambda value: _strictness(name, value)
            )
            for name in DisclosureRules.model_fields
        }
    )


_MORE_IS_STRICTER = frozenset({"dominance_top", "p_percent", "min_residual_dof", "rounding_base"})


def _strictness(name: str, value: int | str) -> int:
    """A number that grows as ``name`` gets stricter."""
    if isinstance(value, str):
        return _LEVELS.index(value)
    return value if name in _MORE_IS_STRICTER else -value
