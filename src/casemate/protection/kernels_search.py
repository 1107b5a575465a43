"""The whole search, compiled: for tables of few tuples, where looking at a node takes less time than
asking for it.

It does what ``search``, ``aim``, ``rollup``, ``lattice`` and ``judging`` do, in the same order and on
the same arrays, for models of class size alone and the measures that ``Price`` knows. Importing this
module needs numba; ``small_search`` decides.
"""

from typing import Any, NamedTuple

import numpy as np

from casemate.protection.compiling import compiled
from casemate.protection.kernels import _SPREAD

DISCERNIBILITY, LOSS, ENTROPY = 0, 1, 2
SCORE, LIMIT, STEP = 0, 1, 2  # of State.figures
NEXT, JUDGED, LEAST, SUPPRESSED, SLOTS, OLDEST, HAS_BEST = range(7)  # of State.numbers
LEFT, WORTH_KEEPING = 0.35, 0.6  # see ``rollup``
ROUNDING = 1e-12


class Table(NamedTuple):
    """The labels of values, as ``loops.Labels`` lays them, and the finest tuples."""

    codes: Any
    counts: Any
    values: Any
    radices: Any
    starts: Any
    sums_at: Any
    labels: Any


class Price(NamedTuple):
    """The smallest class allowed, how many records may go, and the measure; ``weights`` and
    ``scale`` by attribute and level, ``shares`` by label."""

    least: int
    most: int
    kind: int
    records: float
    weights: Any
    scale: Any
    shares: Any


class Nodes(NamedTuple):
    """``Lattice``, its arrays flat."""

    lows: Any
    shape: Any
    strides: Any
    order: Any
    floors: Any
    surcharges: Any
    open: Any
    easy: Any


class Guess(NamedTuple):
    """By attribute and level: detail, what the next level takes of it, and how much nodes gain by
    raising it for ``aim`` and for ``rollup``; the detail at which 1, 2, 4, ... classes are left."""

    bits: Any
    drops: Any
    aims: Any
    rolls: Any
    goals: Any


class Kept(NamedTuple):
    """Tuples rolled up, a slot each: their base, how many, what they are (an array for each
    attribute), and into which each of the finest went. ``vain`` marks bases not worth keeping; more
    than ``few`` tuples are rolled up."""

    few: int
    bases: Any
    rows: Any
    codes: Any
    counts: Any
    went: Any
    vain: Any


class Room(NamedTuple):
    """Where a look at a node works."""

    table: Any
    row_keys: Any
    parts: Any
    keys: Any
    class_of: Any
    first: Any
    small: Any
    sizes: Any
    held: Any
    sums: Any
    by_level: Any
    at: Any
    base: Any
    node: Any


class State(NamedTuple):
    figures: Any
    numbers: Any
    best: Any


class Search(NamedTuple):
    table: Table
    price: Price
    nodes: Nodes
    guess: Guess
    kept: Kept
    room: Room
    state: State


@compiled
def detail_of(guess: Any, node: Any) -> Any:
    total = 0.0
    for place in range(len(node)):
        total += guess.bits[place, node[place]]
    return total


@compiled
def index_of(nodes: Any, node: Any) -> Any:
    index = 0
    for place in range(len(node)):
        index += (node[place] - nodes.lows[place]) * nodes.strides[place]
    return index


@compiled
def keys_of(table: Any, room: Any, codes: Any, rows: Any, node: Any) -> Any:
    """Put the key of each row's class at ``node`` in ``room.row_keys``; they are all below the number
    given back. One attribute after the other: what a value adds to the key is looked up."""
    radix, used = 1, 0
    for place in range(len(node)):
        size, start = table.radices[place, node[place]], table.starts[place, node[place]]
        if size == 1:
            continue
        parts, values = room.parts, table.values[place]
        for value in range(values):
            parts[value] = table.labels[start + value] * radix
        column, keys = codes[place], room.row_keys
        if used:
            for row in range(rows):
                keys[row] += parts[column[row]]
        else:
            for row in range(rows):
                keys[row] = parts[column[row]]
        radix *= size
        used += 1
    if not used:
        room.row_keys[:rows] = 0
    return radix


@compiled
def group(table: Any, room: Any, codes: Any, counts: Any, rows: Any, node: Any) -> Any:
    """Number the classes of ``rows`` at ``node``; how many there are."""
    many = 64
    while many < 2 * rows:
        many *= 2
    radix = keys_of(table, room, codes, rows, node)
    if radix <= many:
        return group_by_place(room, counts, rows, radix)
    room.table[:many] = -1
    mask = np.int64(many - 1)
    found = 0
    for row in range(rows):
        key = room.row_keys[row]
        slot = ((key * _SPREAD) >> np.int64(24)) & mask
        number = np.int64(room.table[slot])
        while number >= 0 and room.keys[number] != key:
            slot = (slot + 1) & mask
            number = np.int64(room.table[slot])
        if number < 0:
            number = np.int64(found)
            room.table[slot] = number
            room.keys[number], room.first[number], room.sizes[number] = key, row, 0
            found += 1
        room.class_of[row] = number
        room.sizes[number] += counts[row]
    return found


@compiled
def group_by_place(room: Any, counts: Any, rows: Any, radix: Any) -> Any:
    """``group`` where there is a place in the table for each key below ``radix``."""
    room.table[:radix] = -1
    found = 0
    for row in range(rows):
        key = room.row_keys[row]
        number = np.int64(room.table[key])
        if number < 0:
            number = np.int64(found)
            room.table[key] = number
            room.first[number], room.sizes[number] = row, 0
            found += 1
        room.class_of[row] = number
        room.sizes[number] += counts[row]
    return found


@compiled
def learn_classes(guess: Any, node: Any, classes: Any) -> None:
    """``Rollup.learn``."""
    bits = min(int(np.rint(np.log2(max(1.0, classes)))), len(guess.goals) - 1)
    guess.goals[bits] = (guess.goals[bits] + detail_of(guess, node)) / 2


@compiled
def base_towards(guess: Any, start: Any, node: Any, goal: Any, base: Any) -> Any:
    """``Rollup._base``, put in ``base``; whether that is ``node`` itself."""
    base[:] = start
    detail = detail_of(guess, base)
    while detail > goal:
        best, rise = -1.0, -1
        for place in range(len(node)):
            if base[place] < node[place] and guess.rolls[place, base[place]] > best:
                best, rise = guess.rolls[place, base[place]], place
        if rise < 0:
            break
        detail -= guess.drops[rise, base[rise]]
        base[rise] += 1
    return (base == node).all()


@compiled
def keep(kept: Any, room: Any, state: Any, finer: Any, found: Any) -> Any:
    """Keep the classes just grouped of the slot ``finer``; the slot that they are in."""
    slot = state.numbers[SLOTS]
    if slot < len(kept.rows):
        state.numbers[SLOTS] += 1
    else:
        slot = state.numbers[OLDEST]
        if slot == finer:
            slot = 1 + slot % (len(kept.rows) - 1)
        state.numbers[OLDEST] = 1 + slot % (len(kept.rows) - 1)
    for place in range(kept.codes.shape[1]):
        coarse, fine = kept.codes[slot, place], kept.codes[finer, place]
        for number in range(found):
            coarse[number] = fine[room.first[number]]
    kept.counts[slot, :found] = room.sizes[:found]
    for row in range(kept.went.shape[1]):
        kept.went[slot, row] = room.class_of[kept.went[finer, row]]
    kept.bases[slot] = room.base
    kept.rows[slot] = found
    return slot


@compiled
def source(search: Any, node: Any) -> Any:
    """``Rollup.source``: the slot with the fewest tuples at a base that is at or below ``node``."""
    table, _, nodes, guess, kept, room, state = search
    slot = 0
    for other in range(1, state.numbers[SLOTS]):
        if kept.rows[other] < kept.rows[slot] and (kept.bases[other] <= node).all():
            slot = other
    while kept.rows[slot] > kept.few:
        bits = int(np.floor(np.log2(max(1.0, LEFT * kept.rows[slot]))))
        if base_towards(guess, kept.bases[slot], node, guess.goals[bits], room.base):
            break
        index = index_of(nodes, room.base)
        if not kept.vain[index]:
            found = group(
                table, room, kept.codes[slot], kept.counts[slot], kept.rows[slot], room.base
            )
            learn_classes(guess, room.base, found)
            if found <= WORTH_KEEPING * kept.rows[slot]:
                slot = keep(kept, room, state, slot, found)
                continue
        kept.vain[index] = True
        goal = (detail_of(guess, room.base) + detail_of(guess, node)) / 2
        if not goal < detail_of(guess, room.base):
            break
        guess.goals[bits] = goal
    return slot


@compiled
def step(nodes: Any, at: Any, lows: Any, highs: Any) -> Any:
    """Step ``at`` to the next place between the corners, the last axis aside: by how much its index
    grows, 0 at the end."""
    grown = 0
    for place in range(len(at) - 2, -1, -1):
        if at[place] < highs[place]:
            at[place] += 1
            return grown + nodes.strides[place]
        grown -= (at[place] - lows[place]) * nodes.strides[place]
        at[place] = lows[place]
    return 0


@compiled
def raise_above(nodes: Any, node: Any, floor: Any, easy: Any, at: Any) -> None:
    """``Lattice.raise_floors`` and, if ``easy``, ``mark_easy``: both hold above where they hold."""
    index = index_of(nodes, node)
    if nodes.floors[index] >= floor and (nodes.easy[index] or not easy):
        return
    start, end = node - nodes.lows, nodes.shape - 1
    at[:] = start
    wide, grown = end[-1] - start[-1] + 1, 1
    while grown:
        for one in range(index, index + wide):
            nodes.floors[one] = max(nodes.floors[one], floor)
            nodes.easy[one] |= easy
        grown = step(nodes, at, start, end)
        index += grown


@compiled
def close_below(nodes: Any, node: Any, at: Any) -> None:
    """``Lattice.close_below``."""
    start, end = np.zeros_like(node), node - nodes.lows
    at[:] = 0
    index, grown = 0, 1
    while grown:
        nodes.open[index : index + end[-1] + 1] = False
        grown = step(nodes, at, start, end)
        index += grown


@compiled
def charge_all_below(nodes: Any, node: Any, charge: Any, at: Any) -> None:
    """``Lattice.charge_below`` of one charge for all: what is charged so much is so below, too."""
    if nodes.surcharges[index_of(nodes, node)] >= charge:
        return
    start, end = np.zeros_like(node), node - nodes.lows
    at[:] = 0
    index, grown = 0, 1
    while grown:
        for one in range(index, index + end[-1] + 1):
            nodes.surcharges[one] = max(nodes.surcharges[one], charge)
        grown = step(nodes, at, start, end)
        index += grown


@compiled
def charge_below(nodes: Any, node: Any, by_level: Any, at: Any) -> None:
    """``Lattice.charge_below`` by the levels of attributes."""
    start, end = np.zeros_like(node), node - nodes.lows
    at[:] = 0
    index, grown, last = 0, 1, len(at) - 1
    while grown:
        charge = 0.0
        for place in range(last):
            charge += by_level[place, nodes.lows[place] + at[place]]
        for level in range(end[last] + 1):
            whole = charge + by_level[last, nodes.lows[last] + level]
            nodes.surcharges[index + level] = max(nodes.surcharges[index + level], whole)
        grown = step(nodes, at, start, end)
        index += grown


@compiled
def bits_of(count: Any) -> Any:
    return count * np.log2(max(count, 1.0))


@compiled
def sums_of_lost(search: Any, slot: Any) -> None:
    """The records of violated classes by the value of each attribute, in ``room.held``."""
    table, price, _, _, kept, room, _ = search
    went, small, lost = kept.went[slot], room.small, room.first
    for row in range(kept.rows[slot]):
        small[row] = room.sizes[room.class_of[row]] < price.least
    found = 0
    for row in range(len(table.counts)):  # without a branch, which would be guessed wrong
        lost[found] = row
        found += small[went[row]]
    room.held[:] = 0.0
    for place in range(len(table.values)):
        held = room.held[place]
        for at in range(found):
            held[table.codes[lost[at], place]] += table.counts[lost[at]]


@compiled
def surcharges(search: Any, slot: Any, node: Any, lost: Any) -> Any:
    """What suppression adds by attribute and level, in ``room.by_level``; at the node itself."""
    table, price, _, _, _, room, _ = search
    sums_of_lost(search, slot)
    own = 0.0
    for place in range(len(node)):
        for level in range(node[place] + 1):
            many = table.radices[place, level]
            room.sums[:many] = 0.0
            for value in range(table.values[place]):
                label = table.labels[table.starts[place, level] + value]
                room.sums[label] += room.held[place, value]
            total = bits_of(float(lost)) if price.kind == ENTROPY else float(lost)
            for label in range(many):
                if price.kind == ENTROPY:
                    total -= bits_of(room.sums[label])
                else:
                    total -= price.shares[table.sums_at[place, level] + label] * room.sums[label]
            room.by_level[place, level] = price.weights[place] * price.scale[place, level] * total
        own += room.by_level[place, node[place]]
    return own


@compiled
def judge(search: Any, node: Any, limit: Any, passes_on: Any) -> Any:
    """Look at ``node``, keep it if it scores below ``limit``, and tell the lattice where that
    ``passes_on``; whether it was kept."""
    table, price, nodes, guess, kept, room, state = search
    slot = source(search, node)
    rows = kept.rows[slot]
    found = group(table, room, kept.codes[slot], kept.counts[slot], rows, node)
    lost, squares, lost_squares = 0, 0.0, 0.0
    for number in range(found):
        size = room.sizes[number]
        squares += float(size) * size
        if size < price.least:
            lost += size
            lost_squares += float(size) * size
    state.numbers[JUDGED] += 1
    state.numbers[LEAST] = min(state.numbers[LEAST], lost)
    index, easy = index_of(nodes, node), lost <= price.most
    floor = squares if price.kind == DISCERNIBILITY else nodes.floors[index]
    if passes_on:
        learn_easy(guess, state, node, easy)
        learn_classes(guess, node, found)
        raise_above(nodes, node, floor, easy, room.at)
    if not easy:
        if passes_on:
            close_below(nodes, node, room.at)
        return False
    own = price.records * lost - lost_squares
    if lost and price.kind != DISCERNIBILITY:
        own = surcharges(search, slot, node, lost)
    if passes_on:
        nodes.open[index] = False
        if price.kind == DISCERNIBILITY:
            charge_all_below(nodes, node, own, room.at)
        elif lost:
            charge_below(nodes, node, room.by_level, room.at)
    if floor + own >= limit:
        return False
    state.best[:] = node
    state.figures[SCORE] = floor + own
    state.numbers[SUPPRESSED], state.numbers[HAS_BEST] = lost, 1
    return True


@compiled
def learn_easy(guess: Any, state: Any, node: Any, easy: Any) -> None:
    """``Aim.learn``."""
    figures, detail = state.figures, detail_of(guess, node)
    if easy and detail > figures[LIMIT]:
        figures[LIMIT] = min(detail, figures[LIMIT] + 6 * figures[STEP])
    elif not easy:
        figures[LIMIT] = min(figures[LIMIT] - figures[STEP], detail)
    figures[STEP] = max(0.05, figures[STEP] * 0.9)


@compiled
def aim_above(nodes: Any, guess: Any, limit: Any, node: Any) -> None:
    """``Aim.above``: raise ``node`` while it probably still suppresses too many."""
    detail, index = detail_of(guess, node), index_of(nodes, node)
    while detail > limit:
        best, rise = 0.0, -1
        for place in range(len(node)):
            level = node[place]
            if level - nodes.lows[place] < nodes.shape[place] - 1:
                left, gain = detail - guess.drops[place, level], guess.aims[place, level]
                if gain > best and left > limit and not nodes.easy[index + nodes.strides[place]]:
                    best, rise = gain, place
        if rise < 0:
            return
        detail -= guess.drops[rise, node[rise]]
        index += nodes.strides[rise]
        node[rise] += 1


@compiled
def advance(search: Any, most: Any) -> Any:
    """Judge up to ``most`` nodes; whether none is left that may be better."""
    nodes, room, state = search.nodes, search.room, search.state
    while most > 0:
        limit = state.figures[SCORE] * (1 - ROUNDING)
        at = state.numbers[NEXT]
        while at < len(nodes.order):
            index = nodes.order[at]
            if nodes.open[index] and nodes.floors[index] + nodes.surcharges[index] < limit:
                break
            at += 1
        state.numbers[NEXT] = at
        if at == len(nodes.order):
            return True
        index = nodes.order[at]
        for place in range(len(room.node)):
            room.node[place] = nodes.lows[place] + index // nodes.strides[place]
            index %= nodes.strides[place]
        aim_above(nodes, search.guess, state.figures[LIMIT], room.node)
        judge(search, room.node, state.figures[SCORE], True)
        most -= 1
    return False


@compiled
def prefer_finer(search: Any) -> None:
    """``_Search.prefer_finer``: go down from the best as long as a finer node is as good."""
    nodes, state, node = search.nodes, search.state, search.room.node
    place = 0
    while place < len(node):
        node[:] = state.best
        node[place] -= 1
        limit = state.figures[SCORE] * (1 + ROUNDING) + 2.2250738585072014e-308
        if node[place] < nodes.lows[place]:
            place += 1
            continue
        index = index_of(nodes, node)
        bound = nodes.floors[index] + nodes.surcharges[index]
        place = 0 if bound < limit and judge(search, node, limit, False) else place + 1
