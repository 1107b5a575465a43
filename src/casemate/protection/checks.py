"""The second opinion: judges finished tables by their text alone, sharing no code with the search."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import polars as pl

from casemate.errors import BadInput, IntegrityFailure
from casemate.protection.frames import open_frame, polars_columns, require_columns
from casemate.protection.hierarchies import Hierarchy
from casemate.protection.ladders import Codes
from casemate.protection.values import text_of


def smallest_class(table: Any, quasi_identifiers: Sequence[str]) -> int:
    """The number of records in the smallest equivalence class of ``table``; 0 for no records."""
    frame = open_frame(table)
    require_columns(frame, quasi_identifiers, "a quasi-identifier")
    if not quasi_identifiers:
        return len(frame)
    columns = polars_columns(frame, quasi_identifiers)
    columns.columns = [str(place) for place in range(columns.width)]  # no name meets "records"
    smallest = columns.group_by(columns.columns).len("records")["records"].min()
    return int(smallest) if isinstance(smallest, int) else 0


def check_k_anonymity(table: Any, quasi_identifiers: Sequence[str], k: int) -> None:
    """Raise IntegrityFailure unless each class of ``table`` has at least ``k`` records.

    An empty table holds nobody and passes.
    """
    if k < 1:
        raise BadInput(f"k must be at least 1, not {k}")
    if len(open_frame(table)) and (found := smallest_class(table, quasi_identifiers)) < k:
        raise IntegrityFailure(
            f"the table is not {k}-anonymous: its smallest class over "
            f"{', '.join(quasi_identifiers)} has {found} records"
        )


def check_smallest_size(sizes: Codes, quasi_identifiers: Sequence[str], k: int) -> None:
    """``check_k_anonymity`` of a table whose classes have been counted already."""
    if len(sizes) and (found := int(sizes.min())) < k:
        raise IntegrityFailure(
            f"the table is not {k}-anonymous: its smallest class over "
            f"{', '.join(quasi_identifiers)} has {found} records"
        )


def classes_of_table(table: pl.DataFrame, quasi_identifiers: Sequence[str]) -> pl.DataFrame:
    """The equivalence classes of ``table``, with the number of records in a last column."""
    columns = table.select(quasi_identifiers)
    names = [str(place) for place in range(columns.width)]  # no name meets the last
    columns.columns = names
    counted = columns.group_by(names).len("*records")
    counted.columns = [*quasi_identifiers, "*records"]
    return counted


def sizes_of_classes(classes: pl.DataFrame) -> tuple[tuple[int, int], ...]:
    """Each size of equivalence class and how many classes have it, smallest first."""
    return tuple(sorted(Counter(classes["*records"].to_list()).items()))


def loss_of_classes(
    classes: pl.DataFrame,
    shares: Mapping[str, Mapping[str | None, float]],
    lines: Mapping[str, int],
    suppressed: int,
) -> float:
    """ARX's Loss recomputed from the text of a finished table, by its ``classes``.

    The mean over quasi-identifiers of (A - N/D) / (N - N/D), where N counts the records collected,
    D the hierarchy's lines and A adds up the share of each record's label, 1 for a record
    suppressed. A quasi-identifier with one line has nothing to lose and counts 0.
    """
    sizes = classes["*records"].to_list()
    records = sum(sizes) + suppressed
    terms = []
    for name, share in shares.items():
        total = suppressed + sum(
            share[text_of(value, name)] * size
            for value, size in zip(classes[name].to_list(), sizes, strict=True)
        )
        least = records / lines[name]
        terms.append((total - least) / (records - least) if lines[name] > 1 else 0.0)
    return sum(terms) / len(terms)


def _class_counts(
    table: pl.DataFrame, quasi_identifiers: Sequence[str], attribute: str
) -> list[dict[Any, int]]:
    """For each class of the finished table, how many records hold each value of ``attribute``."""
    columns = table.select(*quasi_identifiers, pl.col(attribute).alias("*value"), _lines(table))
    names = [str(place) for place in range(len(quasi_identifiers))]
    columns.columns = [*names, "*value", "*records"]
    counted = columns.group_by([*names, "*value"]).agg(pl.col("*records").sum())
    classes: dict[Any, dict[Any, int]] = {}
    for row in counted.iter_rows():
        classes.setdefault(row[:-2], {})[row[-2]] = row[-1]
    return list(classes.values())


def _lines(table: pl.DataFrame) -> pl.Expr:
    """How many records each line of a table stands for: one, or what a last column says."""
    last = table.columns[-1]
    return pl.col(last) if last == "*records" else pl.repeat(1, pl.len()).alias("*records")


def _require(holds: bool, model: str, attribute: str, counts: Mapping[Any, int]) -> None:
    if not holds:
        raise IntegrityFailure(
            f"the table does not meet {model} of {attribute!r}: a class of {sum(counts.values())} "
            f"records with {len(counts)} values does not"
        )


def check_distinct_diversity(
    table: pl.DataFrame, quasi_identifiers: Sequence[str], attribute: str, least: int
) -> None:
    """Raise IntegrityFailure unless each class holds ``least`` different values of ``attribute``."""
    for counts in _class_counts(table, quasi_identifiers, attribute):
        _require(len(counts) >= least, f"distinct {least}-diversity", attribute, counts)


def check_entropy_diversity(
    table: pl.DataFrame, quasi_identifiers: Sequence[str], attribute: str, least: Fraction
) -> None:
    """Raise IntegrityFailure unless each class has entropy of at least log ``least``."""
    for counts in _class_counts(table, quasi_identifiers, attribute):
        size = sum(counts.values())
        entropy = -sum(count / size * math.log(count / size) for count in counts.values())
        holds = entropy >= math.log(least) - 1e-9
        _require(holds, f"entropy {least}-diversity", attribute, counts)


def check_recursive_diversity(
    table: pl.DataFrame, quasi_identifiers: Sequence[str], attribute: str, c: Fraction, least: int
) -> None:
    """Raise IntegrityFailure unless r1 < c (rl + ... + rm) in each class."""
    for counts in _class_counts(table, quasi_identifiers, attribute):
        ranked = sorted(counts.values(), reverse=True)
        holds = ranked[0] < c * sum(ranked[least - 1 :])
        _require(holds, f"recursive ({c}, {least})-diversity", attribute, counts)


def check_closeness(
    table: pl.DataFrame,
    quasi_identifiers: Sequence[str],
    collected: pl.DataFrame,
    attribute: str,
    t: Fraction,
    *,
    hierarchy: Hierarchy | None = None,
    ordered: bool = False,
    order: Sequence[str] | None = None,
) -> None:
    """Raise IntegrityFailure unless each class is within ``t`` of the table collected.

    The distances are by the formulas of Li, Li and Venkatasubramanian (2007), sections 4.1 to 4.3.
    """
    whole = _value_counts(collected, attribute)
    if hierarchy is not None:
        tree = {
            text_of(key, attribute): (text_of(key, attribute), *line)
            for key, line in hierarchy.lines(attribute, list(whole)).items()
        }
    steps = _steps(whole, order) if ordered else []
    total = sum(whole.values())
    for counts in _class_counts(table, quasi_identifiers, attribute):
        size = sum(counts.values())
        # p - q of every value, times both numbers of records: whole numbers
        extra = {value: counts.get(value, 0) * total - size * whole[value] for value in whole}
        if hierarchy is not None:
            lines = {text_of(value, attribute): tree[text_of(value, attribute)] for value in whole}
            texts = {text_of(value, attribute): amount for value, amount in extra.items()}
            distance = _tree_distance(texts, lines)
        elif ordered:
            distance = _ordered_distance([extra.get(value, 0) for value in steps])
        else:
            distance = Fraction(sum(abs(amount) for amount in extra.values()), 2)
        _require(distance <= t * size * total, f"{t}-closeness", attribute, counts)


def _value_counts(table: pl.DataFrame, attribute: str) -> dict[Any, int]:
    columns = table.select(pl.col(attribute).alias("*value"), _lines(table))
    counted = columns.group_by("*value").agg(pl.col("*records").sum())
    return dict(counted.iter_rows())


def _steps(whole: Mapping[Any, int], order: Sequence[str] | None) -> list[Any]:
    if order is None:
        return sorted(whole)
    values = {text_of(value, "order"): value for value in whole}
    return [values.get(text, text) for text in order]


def _ordered_distance(extra: Sequence[int]) -> Fraction:
    moved, carried = 0, 0
    for amount in extra[:-1]:
        carried += amount
        moved += abs(carried)
    return Fraction(moved, max(len(extra) - 1, 1))


def _tree_distance(
    extra: Mapping[str | None, int], lines: Mapping[str | None, Sequence[str | None]]
) -> Fraction:
    """The cost of each inner node is its height over the tree's, times what its branches exchange."""
    top = len(next(iter(lines.values()))) - 1
    cost = Fraction(0)
    below: dict[Any, int] = dict(extra)
    parent = {value: line[1] for value, line in lines.items()} if top else {}
    for height in range(1, top + 1):
        surplus: Counter[Any] = Counter()
        lack: Counter[Any] = Counter()
        for child, amount in below.items():
            (surplus if amount > 0 else lack)[parent[child]] += abs(amount)
        for node in set(surplus) | set(lack):
            cost += Fraction(height, top) * min(surplus[node], lack[node])
        below = {node: surplus[node] - lack[node] for node in set(surplus) | set(lack)}
        if height < top:
            parent = {line[height]: line[height + 1] for line in lines.values()}
    return cost


def check_disclosure(
    table: pl.DataFrame,
    quasi_identifiers: Sequence[str],
    collected: pl.DataFrame,
    attribute: str,
    delta: float,
) -> None:
    """Raise IntegrityFailure unless ``|log2(p / q)| < delta`` for each value in each class."""
    whole = _value_counts(collected, attribute)
    total = sum(whole.values())
    for counts in _class_counts(table, quasi_identifiers, attribute):
        size = sum(counts.values())
        holds = all(
            value in counts and abs(math.log2(Fraction(counts[value] * total, size * many))) < delta
            for value, many in whole.items()
        )
        _require(holds, f"{delta}-disclosure privacy", attribute, counts)


def check_likeness(
    table: pl.DataFrame,
    quasi_identifiers: Sequence[str],
    collected: pl.DataFrame,
    attribute: str,
    beta: Fraction,
    enhanced: bool,
) -> None:
    """Raise IntegrityFailure unless no share grows by more than ``beta`` of itself in a class."""
    whole = _value_counts(collected, attribute)
    total = sum(whole.values())
    for counts in _class_counts(table, quasi_identifiers, attribute):
        size = sum(counts.values())
        for value, count in counts.items():
            gain = Fraction(count * total, size * whole[value]) - 1
            holds = gain <= beta
            if enhanced:
                holds = holds and gain <= -math.log(whole[value] / total) + 1e-9
            _require(holds, f"{beta}-likeness", attribute, counts)


def _class_sizes(table: pl.DataFrame, quasi_identifiers: Sequence[str]) -> list[int]:
    columns = table.select(quasi_identifiers)
    columns.columns = [str(place) for place in range(columns.width)]
    return columns.group_by(columns.columns).len("*records")["*records"].to_list()


def check_average_risk(
    table: pl.DataFrame, quasi_identifiers: Sequence[str], risk: Fraction
) -> None:
    """Raise IntegrityFailure unless the table has at most ``risk`` classes a record."""
    sizes = _class_sizes(table, quasi_identifiers)
    if len(sizes) > risk * sum(sizes):
        raise IntegrityFailure(
            f"the average risk of the table is {len(sizes) / sum(sizes)}, above {float(risk)}"
        )


def check_records_at_risk(
    table: pl.DataFrame, quasi_identifiers: Sequence[str], k: int, share: Fraction
) -> None:
    """Raise IntegrityFailure if more than ``share`` of the records are in classes below ``k``."""
    sizes = _class_sizes(table, quasi_identifiers)
    exposed = sum(size for size in sizes if size < k)
    if exposed > share * sum(sizes):
        raise IntegrityFailure(
            f"{exposed} of {sum(sizes)} records are in classes below {k}, more than {float(share)}"
        )


def check_k_map(
    table: pl.DataFrame,
    quasi_identifiers: Sequence[str],
    people: Mapping[tuple[str | None, ...], int],
    recoding: Mapping[str, Mapping[str | None, str | None]],
    k: int,
) -> None:
    """Raise IntegrityFailure unless each class of the table is one of ``k`` people or more, when
    the population is recoded as the table was."""
    found: Counter[tuple[str | None, ...]] = Counter()
    labels = [recoding[name] for name in quasi_identifiers]
    for values, many in people.items():
        found[tuple(label[value] for label, value in zip(labels, values, strict=True))] += many
    for row in table.select(quasi_identifiers).unique().iter_rows():
        key = tuple(text_of(value, "the table") for value in row)
        if found[key] < k:
            raise IntegrityFailure(
                f"the table is not {k}-mapped: a class has {found[key]} people in the population"
            )
