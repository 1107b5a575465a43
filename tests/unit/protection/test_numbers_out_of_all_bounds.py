"""Numbers that are short to write and endless to spell out are refused, where they come in."""

from typing import Any

import pytest

from casemate.errors import BadInput
from casemate.protection import Plan
from casemate.protection.privacy_loss import PrivacyLoss
from casemate.protection.values import FARTHEST, number_of

HUGE, TINY = "1e99999999", "1e-99999999"
SUPPRESSIBLE = {"kind": "suppressible"}


def plan(**parts: Any) -> dict[str, Any]:
    return {"models": [{"model": "k-anonymity", "k": 5}], **parts}


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "document",
    [
        plan(quasi_identifiers={"a": {"kind": "intervals", "widths": [HUGE]}}),
        plan(quasi_identifiers={"a": {"kind": "intervals", "widths": [1], "anchor": HUGE}}),
        plan(quasi_identifiers={"a": {"kind": "intervals", "widths": [1], "top": HUGE}}),
        plan(suppression=TINY),
        plan(rounding={"a": HUGE}),
        plan(sampling={"share": TINY}),
        plan(top_bottom={"a": {"top_percentile": HUGE}}),
        plan(quasi_identifiers={"a": SUPPRESSIBLE}, weights={"a": HUGE}),
        plan(quasi_identifiers={"a": {"kind": "masking", "length": 10**9}}),
        plan(quasi_identifiers={"a": {"kind": "intervals", "widths": [1], "domain": [0, 10**15]}}),
        {
            "quasi_identifiers": {"a": SUPPRESSIBLE},
            "models": [{"model": "entropy-l-diversity", "l": HUGE, "attribute": "b"}],
        },
    ],
)
def test_a_plan_that_would_fill_the_memory_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        Plan.from_dict(document)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("number", [HUGE, TINY, "1e" + "9" * 5000])
def test_so_is_an_amount_of_privacy(number: str) -> None:
    for make in (PrivacyLoss.epsilon, PrivacyLoss.rho):
        with pytest.raises(BadInput):
            make(number)
        with pytest.raises(BadInput):
            make("1", number)


def test_every_number_that_a_float_can_be_is_read() -> None:
    for value in (1.7976931348623157e308, 5e-324, 0.0, -2.5):
        assert float(number_of(value, "it")) == value
    assert number_of(f"1e{FARTHEST}", "it") == 10**FARTHEST
