"""A redline loses no letter of either side and marks only what changed."""

from hypothesis import given
from hypothesis import strategies as st

from casemate.knowledge.redline import redline

TEXT = st.text("ab c.\n1é", max_size=60)


@given(TEXT, TEXT)
def test_each_side_is_whole(before: str, after: str) -> None:
    pieces = redline(before, after)
    assert "".join(one.text for one in pieces if one.change != "inserted") == before
    assert "".join(one.text for one in pieces if one.change != "deleted") == after


@given(TEXT)
def test_the_same_has_no_change(text: str) -> None:
    assert all(one.change == "same" for one in redline(text, text))


def test_a_changed_number_is_the_only_change() -> None:
    pieces = redline("Art. 1.\nUn chien paie 10 euros.", "Art. 1.\nUn chien paie 20 euros.")
    assert [(one.change, one.text) for one in pieces if one.change != "same"] == [
        ("deleted", "10"),
        ("inserted", "20"),
    ]
