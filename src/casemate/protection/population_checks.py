"""The second opinion on models that hold a finished table against a known population.

They share no code with the search: the population is recoded label by label, as the table was.
"""

from fractions import Fraction

from casemate.errors import IntegrityFailure
from casemate.protection.base_models import Finished
from casemate.protection.population_table import Population
from casemate.protection.values import plain, text_of


def records_and_people(finished: Finished, population: Population) -> list[tuple[int, int]]:
    """For each class of the population or of the table, its records in the table and its people."""
    names = finished.quasi_identifiers
    people = population.recoded(names, finished.recoding)
    columns = finished.table.select(names)
    columns.columns = [str(place) for place in range(columns.width)]
    records = {
        tuple(text_of(value, "the table") for value in row[:-1]): int(row[-1])
        for row in columns.group_by(columns.columns).len("*records").iter_rows()
    }
    return [(records.get(key, 0), people.get(key, 0)) for key in {*people, *records}]


def check_mean_population_risk(finished: Finished, population: Population, risk: Fraction) -> None:
    """Raise IntegrityFailure unless the mean over records of 1 over people is at most ``risk``."""
    found = [pair for pair in records_and_people(finished, population) if pair[0]]
    _require_present(found)
    total = sum((Fraction(records, people) for records, people in found), Fraction(0))
    many = sum(records for records, _ in found)
    if total > risk * many:
        raise IntegrityFailure(
            f"the marketer's risk of the table is {float(total / many)}, above {plain(risk)}"
        )


def check_mapped_share(finished: Finished, population: Population, k: int, share: Fraction) -> None:
    """Raise IntegrityFailure if over ``share`` of the records are like fewer than ``k`` people."""
    found = records_and_people(finished, population)
    exposed = sum(records for records, people in found if people < k)
    many = sum(records for records, _ in found)
    if exposed > share * many:
        raise IntegrityFailure(
            f"{exposed} of {many} records are like fewer than {k} people, more than {plain(share)}"
        )


def check_presence(
    finished: Finished, population: Population, lowest: Fraction, highest: Fraction
) -> None:
    """Raise IntegrityFailure unless each class of the population is in the table to a share of
    ``lowest`` to ``highest``."""
    found = records_and_people(finished, population)
    _require_present([pair for pair in found if pair[0]])
    for records, people in found:
        if people and not lowest <= Fraction(records, people) <= highest:
            raise IntegrityFailure(
                f"the table does not meet δ-presence: {records} of {people} people of a class of "
                f"the population are in it, which is not {plain(lowest)} to {plain(highest)}"
            )


def _require_present(found: list[tuple[int, int]]) -> None:
    if any(records > people for records, people in found):
        raise IntegrityFailure(
            "a class of the table has more records than the population has people"
        )
