"""What the memory of releases lets pass, against every table that agrees with what is out."""

import itertools
from collections.abc import Iterator

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.enclave.differencing import DifferencingRules, Memory, Statement, decide

PEOPLE = 9
RULES = DifferencingRules(threshold=3, margin=1, seconds=60)
groups = st.frozensets(st.integers(0, PEOPLE - 1), min_size=1)
tables = st.lists(groups, min_size=1, max_size=3)


def said(table: list[frozenset[int]], base: int = 1) -> list[Statement]:
    return [
        Statement.of(sorted(group), line=at, base=base) for at, group in enumerate(table, start=1)
    ]


def worlds(statements: list[Statement], people: int) -> Iterator[dict[frozenset[int], int]]:
    """Every size that the classes of people could have, for all that the statements tell."""
    everybody = Statement.of(range(people))
    sets = [(set(one.records.tolist()), one.low, one.high) for one in [everybody, *statements]]
    classes: dict[tuple[bool, ...], set[int]] = {}
    for person in range(people):
        signature = tuple(person in members for members, _, _ in sets)
        classes.setdefault(signature, set()).add(person)
    signatures = list(classes)
    for sizes in itertools.product(range(people + 1), repeat=len(signatures) - 1):
        last = people - sum(sizes)
        if last < 0:
            continue
        found = dict(zip(signatures, (*sizes, last), strict=True))
        told = (sum(n for s, n in found.items() if s[at]) for at in range(len(sets)))
        if all(low <= n <= high for n, (_, low, high) in zip(told, sets, strict=True)):
            yield {frozenset(classes[s]): n for s, n in found.items()}


def tells_of_few(statements: list[Statement], people: int) -> bool:
    """Whether some small class is smaller than the threshold in every world, or hardly larger."""
    seen = list(worlds(statements, people))
    return any(
        max(world[group] for world in seen) < max(RULES.threshold, len(group) + RULES.margin)
        for group in seen[0]
        if len(group) < RULES.threshold
    )


def few_are_known(statements: list[Statement], people: int) -> bool:
    """Whether a union of classes with fewer people than the threshold has one size in every world."""
    seen = list(worlds(statements, people))
    classes = list(seen[0])
    for many in range(1, len(classes) + 1):
        for union in itertools.combinations(classes, many):
            if sum(len(one) for one in union) < RULES.threshold:
                sizes = {sum(world[one] for one in union) for world in seen}
                if len(sizes) == 1:
                    return True
    return False


@given(earlier=st.lists(groups, max_size=3), table=st.lists(groups, min_size=1, max_size=2))
@settings(deadline=None, max_examples=60)
def test_counts_pass_exactly_where_every_small_class_may_be_large(
    earlier: list[frozenset[int]], table: list[frozenset[int]]
) -> None:
    people = PEOPLE - 2
    past = [s for s in said(earlier) if s.records[-1] < people]
    new = [s for s in said(table) if s.records[-1] < people]
    memory = Memory(people)
    memory.add(past)
    passes = decide(memory, new, RULES).passes
    if passes:
        # what was out already is not held against a table that adds nothing to it
        assert not few_are_known([*past, *new], people) or few_are_known(past, people)
    if not tells_of_few([*past, *new], people):
        assert passes
    if not tells_of_few(past, people):
        assert passes == (not tells_of_few([*past, *new], people))


@given(table=st.lists(groups, min_size=1, max_size=3), base=st.sampled_from([2, 3]))
@settings(deadline=None, max_examples=30)
def test_rounded_counts_are_intervals(table: list[frozenset[int]], base: int) -> None:
    people = PEOPLE - 2
    new = [s for s in said(table, base) if s.records[-1] < people]
    assert all(one.low <= len(one.records) <= one.high for one in new)
    assert decide(Memory(people), new, RULES).passes == (not tells_of_few([*new], people))


@given(
    releases=st.lists(tables, max_size=4),
    later=st.lists(tables, max_size=3),
    table=tables,
    figure=st.sampled_from(["count", "of weight"]),
)
@settings(deadline=None, max_examples=60)
def test_more_releases_never_make_a_refused_table_pass(
    releases: list[list[frozenset[int]]],
    later: list[list[frozenset[int]]],
    table: list[frozenset[int]],
    figure: str,
) -> None:
    memory = Memory(PEOPLE)

    def release(all_of_them: list[list[frozenset[int]]]) -> None:
        for one in all_of_them:
            if decide(memory, said(one), RULES).passes:
                memory.add(said(one))

    new = [Statement.of(sorted(group), figure, line=at) for at, group in enumerate(table)]
    release(releases)
    first = decide(memory, new, RULES).passes
    release(later)
    assert first or not decide(memory, new, RULES).passes


@given(releases=st.lists(tables, max_size=4), table=tables, order=st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=60)
def test_the_order_of_releases_does_not_matter(
    releases: list[list[frozenset[int]]], table: list[frozenset[int]], order: object
) -> None:
    shuffled = list(releases)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = Memory(PEOPLE), Memory(PEOPLE)
    for statements in releases:
        one.add(said(statements))
    for statements in shuffled:
        other.add(said(statements))
    assert np.array_equal(one.labels, other.labels)
    assert decide(one, said(table), RULES).passes == decide(other, said(table), RULES).passes
