"""DuckDB relations come in, and go out as relations on the same connection."""

import duckdb
import pytest

from casemate.errors import BadInput
from casemate.protection import (
    KAnonymity,
    Plan,
    Pseudonymiser,
    anonymise,
    apply_plan,
    content_digest,
    intervals,
    reidentification_risk,
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
