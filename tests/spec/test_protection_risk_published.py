"""Published worked examples of risk, recomputed."""

import polars as pl
import pytest

from casemate.protection.check_digits import (
    is_belgian_id,
    is_french_id,
    is_german_tax_id,
    is_iban,
    is_luxembourgish_id,
    is_vehicle_number,
    luhn_holds,
    verhoeff_holds,
)
from casemate.protection.quasi_identifiers import distinguishing, minimal_keys
from casemate.protection.special_uniques import msu_score, special_uniques

# IHSN, Statistical disclosure control for microdata: a practice guide, section on SUDA
GUIDE = pl.DataFrame(
    {
        "residence": ["Urban"] * 4 + ["Rural"] + ["Urban"] * 5,
        "gender": ["F", "F", "F", "M", "F", "M", "F", "M", "F", "F"],
        "education": [
            "Secondary incomplete", "Secondary incomplete", "Primary incomplete",
            "Secondary complete", "Secondary complete", "Secondary complete", "Primary complete",
            "Post-secondary", "Secondary incomplete", "Secondary incomplete",
        ],
        "labour": [
            "Employed", "Employed", "Non-LF", "Employed", "Unemployed", "Employed", "Non-LF",
            "Unemployed", "Non-LF", "Non-LF",
        ],
    }
)  # fmt: skip


def test_the_suda_scores_of_the_practice_guide() -> None:
    found = special_uniques(GUIDE, GUIDE.columns, max_size=3)
    assert found.records["score"].to_list() == [0, 0, 6, 0, 12, 0, 6, 10, 0, 0]
    assert found.records["msus"].to_list() == [0, 0, 1, 0, 4, 0, 1, 3, 0, 0]
    assert (msu_score(1, 4, 3), msu_score(2, 4, 3)) == (6, 2)


def test_the_dis_suda_scores_of_the_practice_guide() -> None:
    found = special_uniques(
        GUIDE, GUIDE.columns, max_size=3, sampling_fraction=0.01, scoring="ihsn"
    )
    published = [0, 0, 0.0051, 0, 0.0107, 0, 0.0051, 0.0088, 0, 0]
    assert found.records["dis_score"].round(4).to_list() == published
    assert found.file_risk == pytest.approx(4 * 0.01 / (4 * 0.01 + 6 * 0.99))


def test_the_contributions_that_sdcmicro_states() -> None:
    # its test: a, b, c of three records, shares of the score 50, 37.5 and 37.5 % (of two records)
    table = pl.DataFrame({"a": [2, 1, 1], "b": [0, 3, 0], "c": [0, 6, 0]})
    shares = special_uniques(table, ["a", "b", "c"]).contributions
    # record 1: {a}, and record 2: {b}, {c}; record 3: {a, b} and {a, c}
    assert {name: round(share, 4) for name, share in shares.items()} == {
        "a": 0.5,
        "b": 0.375,
        "c": 0.375,
    }


def test_distinction_and_separation_of_the_example_of_motwani_and_xu() -> None:
    table = pl.DataFrame(
        {
            "age": [20, 30, 40, 20, 40],
            "sex": ["Female", "Female", "Female", "Male", "Male"],
            "state": ["CA", "CA", "TX", "NY", "CA"],
        }
    )
    found = {one.attributes: (one.distinction, one.separation) for one in distinguishing(table)}
    assert found == {
        ("sex",): (0.4, 0.6),
        ("state",): (0.6, 0.7),
        ("age",): (0.6, 0.8),
        ("sex", "state"): (0.8, 0.9),
        ("age", "state"): (1.0, 1.0),
        ("age", "sex"): (1.0, 1.0),
        ("age", "sex", "state"): (1.0, 1.0),
    }
    assert [key.attributes for key in minimal_keys(table)] == [("age", "sex"), ("age", "state")]


@pytest.mark.parametrize(
    ("check", "number"),
    [
        (is_luxembourgish_id, "1893120105732"),
        (is_luxembourgish_id, "1893 12 01 057 32"),
        (is_belgian_id, "85.07.30-033 28"),
        (is_belgian_id, "17 07 30 033 84"),
        (is_french_id, "2 95 10 99 126 111 93"),
        (is_french_id, "2 55 08 14 168 025 38"),
        (is_german_tax_id, "36 574 261 809"),
        (is_german_tax_id, "86 095 742 719"),
        (is_german_tax_id, "47036892816"),
        (is_german_tax_id, "65929970489"),
        (is_iban, "GB82 WEST 1234 5698 7654 32"),
        (is_iban, "LU28 0019 4006 4475 0000"),
        (is_iban, "BE68 5390 0754 7034"),
        (is_iban, "DE89 3704 0044 0532 0130 00"),
        (is_iban, "FR14 2004 1010 0505 0001 3M02 606"),
        (is_vehicle_number, "1M8GDM9AXKP042788"),
        (luhn_holds, "79927398713"),
        (verhoeff_holds, "2363"),
    ],
)
def test_published_numbers_pass_and_any_other_digit_fails(check: object, number: str) -> None:
    assert callable(check)
    assert check(number)
    last = number.rstrip()[-1]
    others = [number[:-1] + digit for digit in "0123456789" if digit != last]
    assert not any(check(other) for other in others)


def test_corsica_counts_2a_as_19_and_2b_as_18() -> None:
    for department, digits in (("2A", "19"), ("2B", "18")):
        key = 97 - int("18505" + digits + "004012") % 97
        assert is_french_id(f"18505{department}004012{key:02}")
        assert not is_french_id(f"18505{department}004012{key % 97 + 1:02}")


def test_a_belgian_born_in_the_2000s_needs_the_two_in_front() -> None:
    digits = "120601053"
    old, new = 97 - int(digits) % 97, 97 - int("2" + digits) % 97
    assert old != new
    assert is_belgian_id(f"{digits}{new:02}")
    assert is_belgian_id(f"{digits}{old:02}")  # born in 1912
    bis = "122601053"  # month 06 + 20
    assert is_belgian_id(f"{bis}{97 - int('2' + bis) % 97:02}")
    assert not is_belgian_id(f"121301053{97 - int('2121301053') % 97:02}")  # there is no month 13
