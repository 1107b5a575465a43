"""DuckDB relations come in, and go out as relations on the same connection."""

import duckdb
import pytest

from casemate.errors import BadInput
from casemate.protection import (
    Hierarchy,
    KAnonymity,
    Plan,
    Pseudonymiser,
    anonymise,
    apply_plan,
    content_digest,
    intervals,
    reidentification_risk,
    suppressible,
)

KEY = b"permit key of 32 bytes, secret!!"
SQL = "SELECT i AS id, i * 7 % 60 AS age, 'x' || i % 3 AS illness FROM range(500) t(i)"


def test_a_relation_is_protected_as_its_table_and_given_back() -> None:
    with duckdb.connect() as connection:
        relation = connection.sql(SQL)
        table = relation.pl()
        by = {"age": intervals(5, 10, 20)}
        found = anonymise(relation, by, models=[KAnonymity(30)])
        expected = anonymise(table, by, models=[KAnonymity(30)])
        assert isinstance(found.table, duckdb.DuckDBPyRelation)
        assert found.table.pl().equals(expected.table)
        assert (found.loss, found.risk) == (expected.loss, expected.risk)
        # a relation of the same database: it can be asked, and joined with what lies there
        connection.execute("CREATE TABLE names AS SELECT 'x1' AS illness, 'flu' AS name")
        protected = found.table
        rows = protected.query(
            "p", "SELECT name, count(*) FROM p JOIN names USING (illness) GROUP BY 1"
        )
        assert rows is not None
        assert rows.fetchall() == [("flu", 167)]
        assert reidentification_risk(relation, ["age"], threshold=30) == found.risk_before


def test_plans_and_pseudonyms_on_relations() -> None:
    with duckdb.connect() as connection:
        relation = connection.sql(SQL)
        plan = Plan(
            {"age": intervals(5, 10)},
            (KAnonymity(5),),
            pseudonymise=("id",),
            sensitive=("illness",),
        )
        names = ["id", "age", "illness"]
        found = apply_plan(relation, plan, names, KEY)
        expected = apply_plan(relation.pl(), plan, names, KEY)
        assert found.report == expected.report
        assert content_digest(found.frame.pl()) == content_digest(expected.frame)
        made = Pseudonymiser(KEY).pseudonymise(relation, ["id"])
        assert made.pl().equals(Pseudonymiser(KEY).pseudonymise(relation.pl(), ["id"]))


def test_a_relation_with_a_column_twice_is_refused() -> None:
    with duckdb.connect() as connection, pytest.raises(BadInput, match="two columns named 'a'"):
        reidentification_risk(connection.sql("SELECT 1 AS a, 2 AS a"), ["a"])


@pytest.mark.parametrize("values", [3, 600])
def test_few_values_are_listed_in_the_query_and_many_are_joined(values: int) -> None:
    """Text with quotes and NUL, gaps between numbers, and nulls: each record keeps its own."""
    sql = (
        f"SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE 'it''s ' || chr(0) || i % {values} END AS word, "
        f"CASE WHEN i % 5 = 0 THEN NULL ELSE i * 3 % {values} END AS number, i "
        "FROM range(5000) t(i) UNION ALL SELECT 'rare', 1, -1"
    )
    with duckdb.connect() as connection:
        relation = connection.sql(sql)
        hierarchies: dict[str, Hierarchy] = {"word": suppressible(), "number": intervals(2, 4)}
        found = anonymise(relation, hierarchies, models=[KAnonymity(4)], suppression=0.5)
        expected = anonymise(relation.pl(), hierarchies, models=[KAnonymity(4)], suppression=0.5)
        assert expected.suppressed
        assert found.generalisation == expected.generalisation
        assert found.table.pl().sort("i").equals(expected.table.sort("i"))
