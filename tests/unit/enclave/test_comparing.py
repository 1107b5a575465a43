"""Contents and their differences, from hostile bytes to something that a person can read."""

import pytest

from casemate.enclave.comparing import Content, content_of, difference


def table(text: str) -> Content:
    return content_of("t.csv", text.encode())


def test_lines_are_told_apart_by_the_fewest_leading_columns() -> None:
    old = table("sex,age,n,mean\nf,20,10,1.5\nf,30,20,2.5\nm,20,30,3.5\n")
    new = table("sex,age,n,mean\nf,20,10,1.5\nf,30,21,2.5\nm,40,30,3.5\n")
    found = difference(old, new, identical=False).table
    assert found is not None
    assert found.keys == ("sex", "age")
    assert found.counts == {"same": 1, "changed": 1, "added": 1, "removed": 1}
    changed, added, removed = found.lines
    assert [cell.by for cell in changed.cells] == [None, 0, 1, None]
    assert (added.state, added.cells[1].new) == ("added", "40")
    assert (removed.state, removed.cells[1].old) == ("removed", "20")


def test_columns_that_came_and_went_are_named() -> None:
    found = difference(table("a,b\n1,2\n"), table("a,c\n1,2\n"), identical=False).table
    assert found is not None
    assert dict(found.columns) == {"a": "same", "b": "removed", "c": "added"}


def test_tables_that_begin_with_another_column_are_held_against_nothing() -> None:
    found = difference(table("sex,n\nf,1\nm,2\n"), table("age,n\n20,1\n"), identical=False).table
    assert found is not None
    assert not found.matched
    assert found.counts == {"same": 0, "changed": 0, "added": 1, "removed": 2}


def test_without_a_key_lines_are_compared_by_their_place() -> None:
    found = difference(table("a\nx\nx\n"), table("a\nx\ny\n"), identical=False).table
    assert found is not None
    assert found.keys == ()
    assert found.counts["changed"] == 1


def test_the_same_bytes_are_the_same_whatever_they_are() -> None:
    assert difference(table("a\n1\n"), table("a\n1\n"), identical=True).identical


def test_a_cell_is_shown_letter_by_letter_and_what_hides_is_spelt_out() -> None:
    shown = table("a,b\n007,1\u200b\n")
    assert shown.rows == (("007", "1\\u200b"),)


def test_texts_are_told_as_a_unified_difference() -> None:
    old, new = (content_of("t.txt", text) for text in (b"one\ntwo\nthree\n", b"one\n2\nthree\n"))
    assert difference(old, new, identical=False).text == ("…", " one", "-two", "+2", " three")


@pytest.mark.timeout(60)
def test_a_hostile_text_is_compared_within_moments() -> None:
    old = content_of("t.txt", b"a\nb\n" * 50_000)
    new = content_of("t.txt", b"b\na\n" * 50_000)
    assert difference(old, new, identical=False).shortened


def test_a_table_of_too_many_cells_is_shortened_and_says_so() -> None:
    shown = table("a,b\n" + "1,2\n" * 50_000)
    assert shown.shortened
    assert len(shown.rows) <= 2_000


@pytest.mark.parametrize(
    ("name", "data", "form"),
    [
        ("t.csv", b'a,"b\n1', "text"),
        ("t.csv", b"a,b\n1,\x00\n", "bytes"),
        ("t.json", b'{"a": [1, 2]}', "text"),
        ("t.json", b"[" * 100_000, "text"),
        ("t.html", b"<script>alert(1)</script>", "text"),
        ("t.bin", bytes(range(256)), "bytes"),
        ("t.png", b"\x89PNG\r\n\x1a\nbroken", "facts"),
        ("empty.txt", b"", "text"),
    ],
)
def test_whatever_the_bytes_are_they_have_a_form(name: str, data: bytes, form: str) -> None:
    shown = content_of(name, data)
    assert shown.form == form
    assert shown.picture is None
