"""The European Union's authority tables that a description may name, by their codes.

Source: Publications Office of the European Union, EU Vocabularies (data-theme, access-right,
language, frequency, licence, file-type), the lists that DCAT-AP 3 prescribes. Only the codes and
labels are kept here; the IRI of a code is its table's IRI and the code.
"""

from collections.abc import Mapping

AUTHORITY = "http://publications.europa.eu/resource/authority/"

THEMES: Mapping[str, str] = {
    "AGRI": "Agriculture, fisheries, forestry and food",
    "ECON": "Economy and finance",
    "EDUC": "Education, culture and sport",
    "ENER": "Energy",
    "ENVI": "Environment",
    "GOVE": "Government and public sector",
    "HEAL": "Health",
    "INTR": "International issues",
    "JUST": "Justice, legal system and public safety",
    "OP_DATPRO": "Provisional data",
    "REGI": "Regions and cities",
    "SOCI": "Population and society",
    "TECH": "Science and technology",
    "TRAN": "Transport",
}
"""Data themes (authority table ``data-theme``)."""

LANGUAGES: Mapping[str, str] = {
    "bg": "BUL", "hr": "HRV", "cs": "CES", "da": "DAN", "nl": "NLD", "en": "ENG", "et": "EST",
    "fi": "FIN", "fr": "FRA", "de": "DEU", "el": "ELL", "hu": "HUN", "ga": "GLE", "it": "ITA",
    "lv": "LAV", "lt": "LIT", "lb": "LTZ", "mt": "MLT", "pl": "POL", "pt": "POR", "ro": "RON",
    "sk": "SLK", "sl": "SLV", "es": "SPA", "sv": "SWE", "is": "ISL", "no": "NOR", "uk": "UKR",
    "tr": "TUR", "ar": "ARA", "ru": "RUS",
}  # fmt: skip
"""ISO 639-1 code to the code in the authority table ``language``."""

FREQUENCIES: frozenset[str] = frozenset(
    {
        "ANNUAL", "ANNUAL_2", "ANNUAL_3", "BIENNIAL", "BIHOURLY", "BIMONTHLY", "BIWEEKLY", "CONT",
        "DAILY", "DAILY_2", "DECENNIAL", "HOURLY", "IRREG", "MONTHLY", "MONTHLY_2", "MONTHLY_3",
        "NEVER", "NOT_PLANNED", "OTHER", "QUADRENNIAL", "QUARTERLY", "QUINQUENNIAL", "TRIENNIAL",
        "UNKNOWN", "UPDATE_CONT", "WEEKLY", "WEEKLY_2", "WEEKLY_3",
    }
)  # fmt: skip
"""How often data are renewed (authority table ``frequency``)."""

LICENCES: frozenset[str] = frozenset(
    {
        "CC0", "CC_BY", "CC_BY_3_0", "CC_BY_4_0", "CC_BYSA_4_0", "CC_BYNC_4_0", "CC_BYND_4_0",
        "CC_BYNCND_4_0", "CC_BYNCSA_4_0", "EUPL_1_2", "ODC_BY", "ODC_BL", "ODC_PDDL", "COM_REUSE",
        "OP_DATPRO", "PDM_1_0",
    }
)  # fmt: skip
"""Standard licences (authority table ``licence``)."""

LEGISLATION: Mapping[str, str] = {
    "dga": "http://data.europa.eu/eli/reg/2022/868/oj",
    "ehds": "http://data.europa.eu/eli/reg/2025/327/oj",
    "gdpr": "http://data.europa.eu/eli/reg/2016/679/oj",
}
"""The regulation of each regime under which a dataset is given, by European Legislation Identifier."""


def authority(table: str, code: str) -> str:
    """The IRI of ``code`` in the authority ``table``."""
    return f"{AUTHORITY}{table}/{code}"
