"""Which cells a spreadsheet would run, in any of our countries; and which are only numbers and words."""

import pytest

from casemate.enclave.checks_parse import is_formula


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "-1+HYPERLINK(A1)",
        " =1+1", "\t=1+1", "\r=1+1", "＝1+1", "x;=1+1", "x\t@SUM(A1)", "+SUM(A1)",
    ],
)  # fmt: skip
def test_a_cell_that_runs(cell: str) -> None:
    assert is_formula(cell)


@pytest.mark.parametrize(
    "cell",
    [None, "", "-", "+", "-3.2", "+5", "-1e-5", "-.5", "5-9", "none", "a=b", "me@example.org",
     "-5 (missing)", "[20, 30)", "x; y", "(0.1; 0.4)", "-5; -3"],
)  # fmt: skip
def test_a_cell_that_does_not(cell: str | None) -> None:
    assert not is_formula(cell)
