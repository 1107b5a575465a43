"""Who cites whom: references in the words of a text, and the provisions that they mean.

``references_in`` finds what a text cites, by grammar alone; ``Resolver`` says which provision of a
``Library`` that is; ``CitationGraph`` keeps it of all texts, on any day; ``amending`` says which act
changed what, ``drawing`` draws a neighbourhood.
"""

from casemate.knowledge.citing.amending import Amendment, amendments_by, amendments_of
from casemate.knowledge.citing.drawing import Neighbourhood, neighbourhood, to_dot, to_svg
from casemate.knowledge.citing.graph import Citation, CitationGraph, GraphState, Page, built_graph
from casemate.knowledge.citing.linking import TextLink, links_in
from casemate.knowledge.citing.records import Cited, NamedWork, Target
from casemate.knowledge.citing.resolving import Resolver
from casemate.knowledge.citing.scanning import references_in

__all__ = [
    "Amendment",
    "Citation",
    "CitationGraph",
    "Cited",
    "GraphState",
    "NamedWork",
    "Neighbourhood",
    "Page",
    "Resolver",
    "Target",
    "TextLink",
    "amendments_by",
    "amendments_of",
    "built_graph",
    "links_in",
    "neighbourhood",
    "references_in",
    "to_dot",
    "to_svg",
]
