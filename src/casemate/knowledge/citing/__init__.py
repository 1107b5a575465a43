"""Who cites whom: references in the words of a text, and the provisions that they mean.

``references_in`` finds what a text cites, by grammar alone; ``Resolver`` says which provision of a
``Library`` that is.
"""

from casemate.knowledge.citing.records import Cited, NamedWork, Target
from casemate.knowledge.citing.resolving import Resolver
from casemate.knowledge.citing.scanning import references_in

__all__ = ["Cited", "NamedWork", "Resolver", "Target", "references_in"]
