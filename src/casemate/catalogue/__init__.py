"""The catalogue: what data there are, who holds them, what each variable means; found by search.

Publishing puts the data into the vault and shows the world only the description, a profile that
tells of nobody, and scores. No function of this room decrypts a table.
"""

from casemate.catalogue.catalogue import Catalogue, Staged
from casemate.catalogue.citation import Citation, cite, in_language
from casemate.catalogue.content import content_digest
from casemate.catalogue.dcat import CatalogueCard
from casemate.catalogue.description import (
    AccessRight,
    DatasetDescription,
    Rules,
    VariableDescription,
    VariableRole,
    VariableType,
    load_description,
)
from casemate.catalogue.drafting import Guess, describe, guess_role
from casemate.catalogue.hints import Hint
from casemate.catalogue.lineage import Step
from casemate.catalogue.profile import profile_table
from casemate.catalogue.quality import assess_quality
from casemate.catalogue.readers import Source, read_source, read_table
from casemate.catalogue.records import Dataset, DatasetState, Hit, SearchPage, Variable
from casemate.catalogue.search import create_search_index

__all__ = [
    "AccessRight",
    "Catalogue",
    "CatalogueCard",
    "Citation",
    "Dataset",
    "DatasetDescription",
    "DatasetState",
    "Guess",
    "Hint",
    "Hit",
    "Rules",
    "SearchPage",
    "Source",
    "Staged",
    "Step",
    "Variable",
    "VariableDescription",
    "VariableRole",
    "VariableType",
    "assess_quality",
    "cite",
    "content_digest",
    "create_search_index",
    "describe",
    "guess_role",
    "in_language",
    "load_description",
    "profile_table",
    "read_source",
    "read_table",
]
