"""The record of an algorithm: what eight standards ask to be told of it, and how complete it is for each.

record = read_record({"name": "Sorter", "short_description": {"en": "Sorts letters.", "fr": "Trie."}})
completeness(record)[0].mandatory_share
"""

from casemate.register.records.completeness import Completeness, Missing, completeness
from casemate.register.records.record import (
    LANGUAGES,
    Field,
    Record,
    every_field,
    fields,
    house_fields,
    read_record,
    standards,
)

__all__ = [
    "LANGUAGES",
    "Completeness",
    "Field",
    "Missing",
    "Record",
    "completeness",
    "every_field",
    "fields",
    "house_fields",
    "read_record",
    "standards",
]
