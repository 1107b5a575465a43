"""Matching people by their names before they are pseudonymised; and how much names tell.

matches = match_people(patients, columns=PersonColumns("first", "last", "born"))
patients = same_person_ids(patients, matches)
Pseudonymiser(key).pseudonymise(patients, ["person"])
"""

from casemate.protection.name_matching.evidence import MatchModel
from casemate.protection.name_matching.k_map import NameAgreement, NamesKMap, names_k_map
from casemate.protection.name_matching.matching import Matches, match_people, same_person_ids
from casemate.protection.name_matching.people import PersonColumns
from casemate.protection.name_matching.spelling import sound_of, spelling_of

__all__ = [
    "MatchModel",
    "Matches",
    "NameAgreement",
    "NamesKMap",
    "PersonColumns",
    "match_people",
    "names_k_map",
    "same_person_ids",
    "sound_of",
    "spelling_of",
]
