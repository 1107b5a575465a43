"""The neighbourhood of a text or a provision as nodes in columns: who cites it on the left, what it cites
on the right; written as SVG, DOT (Graphviz) or plain records.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from html import escape

from casemate.knowledge.citing.graph import CitationGraph
from casemate.knowledge.citing.resolving import Resolver

NODE_WIDTH, NODE_HEIGHT = 250, 44
_GAP, _COLUMN = 14, 340
_LETTERS = 32
MOST_A_SIDE = 15
"""Nodes of one column; the most cited are shown."""


@dataclass(frozen=True, slots=True)
class Node:
    """A work, or a provision of it; ``column`` is 0 for what was asked, negative for who cites it."""

    work: str
    key: str
    title: str
    held: bool
    column: int
    row: int

    @property
    def name(self) -> str:
        """What is printed in its box."""
        return f"{self.key}, {self.title or self.work}" if self.key else self.title or self.work


@dataclass(frozen=True, slots=True)
class Link:
    """One node cites another, ``times`` often; numbers of nodes."""

    source: int
    target: int
    times: int


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Nodes with what ties them; ``left_out`` says that there are more than are shown."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    left_out: bool


def neighbourhood(
    graph: CitationGraph, resolver: Resolver, work: str, key: str | None, on: date | None, steps: int = 1,
    most: int = MOST_A_SIDE,
) -> Neighbourhood:  # fmt: skip
    """What cites a work or a provision and what it cites, ``steps`` (1 or 2) away, on a day."""
    return _Gathered(graph, resolver, key is not None, on, most).around((work, key or ""), steps)


_Id = tuple[str, str]


class _Gathered:
    def __init__(
        self, graph: CitationGraph, resolver: Resolver, provisions: bool, on: date | None, most: int
    ) -> None:  # fmt: skip
        self._graph, self._resolver, self._on, self._most = graph, resolver, on, most
        self._provisions = provisions
        self._columns: dict[_Id, int] = {}
        self._times: dict[tuple[_Id, _Id], int] = {}
        self._left_out = False

    def around(self, centre: _Id, steps: int) -> Neighbourhood:
        self._columns[centre] = 0
        edge = [centre]
        for step in range(1, max(1, min(steps, 2)) + 1):
            edge = [one for node in edge for one in self._beside(node, step)]
        return self._laid_out()

    def _beside(self, node: _Id, step: int) -> list[_Id]:
        """The new neighbours of a node, a column further out; further steps show fewer."""
        most = self._most if step == 1 else max(2, self._most // 4)
        asked = 4 * most + 1
        found = self._graph.neighbours(
            node[0], node[1] if self._provisions else None, self._on, asked
        )
        self._left_out = self._left_out or len(found) == asked
        new: list[_Id] = []
        shown = {-1: 0, 1: 0}
        for work, key, other, other_key, times in found:
            source, target = (work, key), (other, other_key)
            far, side = (target, 1) if source == node else (source, -1)
            if step == 2 and side * self._columns[node] < 0:
                continue
            if far not in self._columns:
                if shown[side] >= most:
                    self._left_out = True
                    continue
                shown[side] += 1
                self._columns[far] = side * step
                new.append(far)
            self._times[(source, target)] = times
        return new

    def _laid_out(self) -> Neighbourhood:
        rows: dict[int, int] = {}
        nodes, places = [], {}
        for number, (one, column) in enumerate(self._columns.items()):
            row = rows[column] = rows.get(column, -1) + 1
            title = self._resolver.title(one[0])
            nodes.append(Node(one[0], one[1], title, bool(title), column, row))
            places[one] = number
        links = tuple(
            Link(places[source], places[target], times) for (source, target), times in self._times.items()
        )  # fmt: skip
        return Neighbourhood(tuple(nodes), links, self._left_out)


Address = Callable[[Node], str | None]


def to_svg(
    found: Neighbourhood,
    label: str,
    address: Address = lambda node: None,
    *,
    standalone: bool = False,
) -> str:
    """A drawing whose boxes are links where ``address`` gives one; every word is escaped.

    ``standalone`` puts in what a file needs that a page's style sheet gives.
    """
    tallest = max(
        sum(1 for one in found.nodes if one.column == column) for column in _columns(found)
    )
    left = min(_columns(found))
    width = _COLUMN * (max(_columns(found)) - left) + NODE_WIDTH + 4
    height = tallest * (NODE_HEIGHT + _GAP) + 4
    places = [_place(found, one, left, height) for one in found.nodes]
    lines = "".join(_line(places, link) for link in found.links)
    boxes = "".join(
        _box(one, place, address(one)) for one, place in zip(found.nodes, places, strict=True)
    )
    style = _STYLE if standalone else ""
    name = ' xmlns="http://www.w3.org/2000/svg"' if standalone else ""
    return (
        f'<svg{name} class="cites" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="group" aria-label="{escape(label)}">{style}'
        f'<g fill="none" stroke="currentColor">{lines}</g>{boxes}</svg>'
    )


_STYLE = (
    "<style>.cites rect{fill:#fff;stroke:#345}.cites text{font:13px sans-serif;fill:#123}"
    ".cites .centre rect{stroke-width:3}.cites .unheld rect{stroke-dasharray:4 3}</style>"
)


def _columns(found: Neighbourhood) -> set[int]:
    return {one.column for one in found.nodes}


def _place(found: Neighbourhood, node: Node, left: int, height: int) -> tuple[int, int]:
    """A box's upper left corner; a column is centred."""
    count = sum(1 for one in found.nodes if one.column == node.column)
    top = (height - count * (NODE_HEIGHT + _GAP)) // 2
    return 2 + (node.column - left) * _COLUMN, top + 2 + node.row * (NODE_HEIGHT + _GAP)


def _line(places: list[tuple[int, int]], link: Link) -> str:
    (x1, y1), (x2, y2) = places[link.source], places[link.target]
    if x1 == x2:
        x2 += NODE_WIDTH
    elif x1 < x2:
        x1 += NODE_WIDTH
    else:
        x2 += NODE_WIDTH
    y1, y2 = y1 + NODE_HEIGHT // 2, y2 + NODE_HEIGHT // 2
    middle = (x1 + x2) // 2
    thick = min(4, 1 + link.times // 10)
    drawn = f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
    return f'<path d="{drawn}" stroke-width="{thick}" opacity=".55"/>'


def _box(node: Node, place: tuple[int, int], address: str | None) -> str:
    x, y = place
    kind = "centre" if node.column == 0 else "held" if node.held else "unheld"
    lines = _broken(node.name)
    texts = "".join(
        f'<text x="{x + 8}" y="{y + 18 + 16 * number}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    inner = (
        f'<title>{escape(node.name)}</title><rect x="{x}" y="{y}" width="{NODE_WIDTH}"'
        f' height="{NODE_HEIGHT}" rx="6"/>{texts}'
    )
    if address is None:
        return f'<g class="{kind}">{inner}</g>'
    return f'<a href="{escape(address)}" class="{kind}">{inner}</a>'


def _broken(name: str) -> list[str]:
    """Two lines at most; what is cut is in the title."""
    lines = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > _LETTERS:
            if len(lines) == 2:
                lines[-1] = f"{lines[-1][: _LETTERS - 1]}…"
                break
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()[: _LETTERS + 2]
    return lines


def to_dot(found: Neighbourhood) -> str:
    """For Graphviz; every name is quoted."""
    lines = ["digraph citations {", "  rankdir=LR; node [shape=box];"]
    for number, node in enumerate(found.nodes):
        lines.append(f"  n{number} [label={_quoted(node.name[:200])}];")
    lines += [f'  n{one.source} -> n{one.target} [label="{one.times}"];' for one in found.links]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(name: str) -> str:
    told = "".join(sign if sign.isprintable() else " " for sign in name)
    return '"' + told.replace("\\", "\\\\").replace('"', '\\"') + '"'
