"""What states, roles and other fixed words of the rooms are called on pages."""

from enum import Enum
from gettext import NullTranslations

from casemate.portal.pages.language import mark

WORDS: dict[str, str] = {
    # roles
    "data_holder": mark("Data holder"),
    "data_user": mark("Data user"),
    "authority": mark("Authority"),
    "output_checker": mark("Output checker"),
    "operator": mark("Operator"),
    "auditor": mark("Auditor"),
    "public": mark("Public"),
    # who may use a dataset, under which law
    "restricted": mark("Restricted"),
    "non_public": mark("Not public"),
    "dga": mark("Data Governance Act"),
    "ehds": mark("European Health Data Space"),
    "gdpr": mark("General Data Protection Regulation"),
    # what a variable can tell about a person, and what its values are
    "direct_identifier": mark("Direct identifier"),
    "quasi_identifier": mark("Quasi-identifier"),
    "sensitive": mark("Sensitive"),
    "other": mark("Other"),
    "integer": mark("Whole number"),
    "number": mark("Number"),
    "text": mark("Text"),
    "category": mark("Category"),
    "boolean": mark("Yes or no"),
    "date": mark("Date"),
    "datetime": mark("Date and time"),
    "time": mark("Time"),
    # themes (European Union, authority table data-theme)
    "AGRI": mark("Agriculture, fisheries, forestry and food"),
    "ECON": mark("Economy and finance"),
    "EDUC": mark("Education, culture and sport"),
    "ENER": mark("Energy"),
    "ENVI": mark("Environment"),
    "GOVE": mark("Government and public sector"),
    "HEAL": mark("Health"),
    "INTR": mark("International issues"),
    "JUST": mark("Justice, legal system and public safety"),
    "OP_DATPRO": mark("Provisional data"),
    "REGI": mark("Regions and cities"),
    "SOCI": mark("Population and society"),
    "TECH": mark("Science and technology"),
    "TRAN": mark("Transport"),
    # applications
    "draft": mark("Draft"),
    "submitted": mark("Handed in"),
    "incomplete": mark("Incomplete"),
    "changes_requested": mark("To be changed"),
    "approved": mark("Approved"),
    "refused": mark("Refused"),
    "withdrawn": mark("Withdrawn"),
    "appealed": mark("Appealed"),
    # the regulatory sandbox
    "asked_back": mark("Given back for changes"),
    "admitted": mark("Admitted"),
    "suspended": mark("Suspended"),
    "concluded": mark("Concluded"),
    "reported": mark("Exit report signed off"),
    "terminated": mark("Terminated"),
    "incident": mark("Incident, not serious"),
    "serious": mark("Serious incident"),
    "death": mark("Serious incident: a person died"),
    "widespread": mark("Widespread infringement, or critical infrastructure disrupted"),
    "at_least": mark("at least"),
    "at_most": mark("at most"),
    # runs
    "queued": mark("Queued"),
    "running": mark("Running"),
    "checking": mark("Being checked"),
    "awaiting_review": mark("Awaiting review"),
    "released": mark("Released"),
    "failed": mark("Failed"),
    "cancelled": mark("Cancelled"),
    # the register of algorithms: status
    "development": mark("In development"),
    "in_use": mark("In use"),
    # publication category
    "high_risk_ai": mark("High-risk AI system"),
    "impactful": mark("Algorithm with impact"),
    # class under the AI Act
    "out_of_scope": mark("Outside the AI Act"),
    "prohibited": mark("Prohibited"),
    "high_risk": mark("High-risk"),
    "not_high_risk_6_3": mark("Not high-risk, by Article 6(3)"),
    "gpai_systemic": mark("General-purpose model with systemic risk"),
    "gpai": mark("General-purpose model"),
    "transparency": mark("Transparency duties"),
    "minimal": mark("Minimal risk"),
    # what somebody says of an algorithm
    "question": mark("Question"),
    "correction": mark("Correction"),
    "complaint": mark("Complaint"),
    "appeal": mark("Appeal: a person should look again"),
    "received": mark("Received"),
    "answered": mark("Answered"),
    "taken_back": mark("Taken back"),
    # how easily a text is read
    "plain": mark("Plain"),
    "demanding": mark("Demanding"),
    "hard": mark("Hard to read"),
    # how urgently a standard asks
    "mandatory": mark("Mandatory"),
    "asked for": mark("Asked for"),
    "kept inside": mark("Kept inside"),
    "optional": mark("Optional"),
}
"""By the value as the rooms write it. An area adds its own words here, under a comment."""


def word(value: object, texts: NullTranslations) -> str:
    """``value`` (an enumeration's member or its text) in words; as it is where it has none."""
    plain = str(value.value if isinstance(value, Enum) else value)
    return texts.gettext(WORDS[plain]) if plain in WORDS else plain.replace("_", " ")
