"""Decision diagrams over facts with few values: what can still come out, and what it still depends on.

A function of all facts is a graph with shared parts, one level a fact (multi-valued decision diagrams;
Bryant 1986, Srinivasan et al. 1990). On it the honest question, whether any completion of what is known
would change the answer, is answered exactly and not by trying.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from casemate.register.law.conditions import (
    All,
    Always,
    Condition,
    Fact,
    Known,
    Look,
    Not,
    Rule,
    Some,
    Value,
)

Node = int
"""The index of a node."""
END = 10**9
"""The level of a node that asks nothing more."""


@dataclass
class Diagrams:
    """All diagrams over one list of facts; equal functions are the same node."""

    facts: Sequence[str]
    values: Sequence[Sequence[Value]]
    look: Look
    known: Known
    _nodes: list[tuple[int, tuple[Node, ...]]] = field(default_factory=list)
    _ends: list[Hashable] = field(default_factory=list)
    _found: dict[Hashable, Node] = field(default_factory=dict)
    _memo: dict[tuple[Node, Node, Node], Node] = field(default_factory=dict)
    _rules: dict[str, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._levels = {name: level for level, name in enumerate(self.facts)}
        self.false, self.true = self.end(False), self.end(True)

    def end(self, outcome: Hashable) -> Node:
        """The function that is ``outcome`` whatever the facts."""
        return self._made(("end", type(outcome).__name__, outcome), END, (), outcome)

    def _made(
        self, key: Hashable, level: int, children: tuple[Node, ...], outcome: Hashable
    ) -> Node:
        if key not in self._found:
            self._found[key] = len(self._nodes)
            self._nodes.append((level, children))
            self._ends.append(outcome)
        return self._found[key]

    def node(self, level: int, children: tuple[Node, ...]) -> Node:
        """The function that goes on with a child for each value of the fact at ``level``."""
        if len(set(children)) == 1:
            return children[0]
        return self._made((level, children), level, children, None)

    def of(self, condition: Condition) -> Node:
        """The diagram of ``condition``, with what is known already put in."""
        match condition:
            case Always(value):
                return self.true if value else self.false
            case Fact():
                return self._fact(condition)
            case Rule(name):
                if name not in self._rules:
                    self._rules[name] = self.of(self.look(name))
                return self._rules[name]
            case Not(part):
                return self.choose(self.of(part), self.false, self.true)
            case All(parts):
                found = self.true
                for part in parts:
                    found = self.choose(self.of(part), found, self.false)
                return found
            case Some(parts):
                found = self.false
                for part in parts:
                    found = self.choose(self.of(part), self.true, found)
                return found

    def _fact(self, fact: Fact) -> Node:
        if fact.name in self.known:
            return self.true if fact.holds(self.known[fact.name]) else self.false
        level = self._levels[fact.name]
        passed = (fact.holds(value) for value in self.values[level])
        return self.node(level, tuple(self.true if one else self.false for one in passed))

    def choose(self, condition: Node, then: Node, other: Node) -> Node:
        """``then`` where ``condition`` is true, ``other`` where it is false."""
        if condition == self.true or then == other:
            return then
        if condition == self.false:
            return other
        key = (condition, then, other)
        if key not in self._memo:
            level = min(self._nodes[node][0] for node in key)
            width = len(self.values[level])
            sides = zip(*(self._split(node, level, width) for node in key), strict=True)
            self._memo[key] = self.node(level, tuple(self.choose(*side) for side in sides))
        return self._memo[key]

    def _split(self, node: Node, level: int, width: int) -> tuple[Node, ...]:
        own, children = self._nodes[node]
        return children if own == level else (node,) * width

    def level(self, node: Node) -> int:
        """Which fact ``node`` asks about; ``END`` for none."""
        return self._nodes[node][0]

    def children(self, node: Node) -> tuple[Node, ...]:
        """Where ``node`` leads, value by value."""
        return self._nodes[node][1]

    def outcome(self, node: Node) -> Hashable:
        """What comes out at a node at ``END``."""
        return self._ends[node]

    def below(self, root: Node) -> list[Node]:
        """Every node that can be reached from ``root``, itself among them, upper levels first."""
        seen, waiting = {root}, [root]
        while waiting:
            fresh = set(self.children(waiting.pop())) - seen
            seen |= fresh
            waiting.extend(fresh)
        return sorted(seen, key=self.level)

    def outcomes(self, root: Node) -> set[Hashable]:
        """Everything that can come out; ``None`` stands for facts that contradict each other."""
        ends = {self._ends[node] for node in self.below(root) if self.level(node) == END}
        return ends - {None}

    def relevant(self, root: Node) -> list[str]:
        """The facts of which two values, with the same rest, lead to different outcomes."""
        differ = self._differing()
        found = set()
        for node in self.below(root):
            level, children = self._nodes[node]
            if level != END and level not in found:
                apart = sorted(set(children))
                if any(differ(a, b) for i, a in enumerate(apart) for b in apart[i + 1 :]):
                    found.add(level)
        return [self.facts[level] for level in sorted(found)]

    def _differing(self) -> Callable[[Node, Node], bool]:
        """Whether some completion leads two nodes to two outcomes, neither of them a contradiction."""
        memo: dict[tuple[Node, Node], bool] = {}
        nothing = self.end(None)

        def differ(a: Node, b: Node) -> bool:
            if a == b or nothing in (a, b):
                return False
            key = (min(a, b), max(a, b))
            if key not in memo:
                level = min(self.level(a), self.level(b))
                if level == END:
                    return True
                width = len(self.values[level])
                pairs = set(
                    zip(self._split(a, level, width), self._split(b, level, width), strict=True)
                )
                memo[key] = any(differ(*pair) for pair in pairs)
            return memo[key]

        return differ
