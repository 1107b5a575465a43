"""Purposes: what data may be used for, in the words of the Data Privacy Vocabulary (DPV) 2.1.

Terms, their parents and their English labels are DPV's (W3C community report of 2025-03-16,
module ``purposes``); the French, German and Luxembourgish labels are ours. Only terms that a data
space for research and public interest meets are kept: those that may be asked for, and those that
must be recognised to be refused.

**Which purpose covers which.** A permit or an allow-list that names a term covers that term and
every narrower one, never a broader one: who may do ``dpv:ResearchAndDevelopment`` may do
``dpv:ScientificResearch``, and not the other way round. ``dpv:Purpose``, the root, is no purpose
that can be applied for; in an allow-list it means "any that the law does not prohibit".

**Prohibited uses.** Regulation (EU) 2025/327 (EHDS), Article 54, lists uses that no permit may
serve. We refuse them by name for every dataset, of whatever regime. The wording here is ours, a
summary: check it against the Official Journal before quoting it.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from casemate.errors import BadInput

DPV = "https://w3id.org/dpv#"
ROOT = "dpv:Purpose"


@dataclass(frozen=True)
class PurposeTerm:
    """One purpose of the vocabulary. ``parents`` are the ids of the next broader terms."""

    id: str
    parents: tuple[str, ...]
    en: str
    fr: str
    de: str
    lb: str

    @property
    def iri(self) -> str:
        """The term's address in the Data Privacy Vocabulary."""
        return DPV + self.id.removeprefix("dpv:")

    @property
    def labels(self) -> dict[str, str]:
        """The term's name by language tag."""
        return {"en": self.en, "fr": self.fr, "de": self.de, "lb": self.lb}


@dataclass(frozen=True)
class ProhibitedUse:
    """A use that Article 54 EHDS rules out; ``terms`` are the DPV purposes that amount to it."""

    id: str
    article: str
    name: str
    terms: tuple[str, ...]


# name | broader terms | en | fr | de | lb
_VOCABULARY = """
Purpose | | Purpose | Finalité | Zweck | Zweck
ResearchAndDevelopment | Purpose | Research and Development | Recherche et développement | Forschung und Entwicklung | Fuerschung an Entwécklung
AcademicResearch | ResearchAndDevelopment | Academic Research | Recherche universitaire | Akademische Forschung | Akademesch Fuerschung
ScientificResearch | ResearchAndDevelopment | Scientific Research | Recherche scientifique | Wissenschaftliche Forschung | Wëssenschaftlech Fuerschung
CommercialResearch | CommercialPurpose ResearchAndDevelopment | Commercial Research | Recherche commerciale | Kommerzielle Forschung | Kommerziell Fuerschung
NonCommercialResearch | ResearchAndDevelopment NonCommercialPurpose | Non-Commercial Research | Recherche non commerciale | Nichtkommerzielle Forschung | Net-kommerziell Fuerschung
CommercialPurpose | Purpose | Commercial Purpose | Finalité commerciale | Kommerzieller Zweck | Kommerziellen Zweck
NonCommercialPurpose | Purpose | Non-commercial Purpose | Finalité non commerciale | Nichtkommerzieller Zweck | Net-kommerziellen Zweck
PublicBenefit | Purpose | Public Benefit | Intérêt public | Gemeinwohl | Ëffentlecht Wuel
ImproveHealthcare | PublicBenefit | Improve Healthcare | Améliorer les soins de santé | Verbesserung der Gesundheitsversorgung | D'Gesondheetsversuergung verbesseren
ImprovePublicServices | PublicBenefit | Improve Public Services | Améliorer les services publics | Verbesserung öffentlicher Dienste | Ëffentlech Servicer verbesseren
ImproveTransportMobility | PublicBenefit | Improve Transport and Mobility | Améliorer les transports et la mobilité | Verbesserung von Verkehr und Mobilität | Transport a Mobilitéit verbesseren
CombatClimateChange | PublicBenefit | Combat Climate Change | Lutter contre le changement climatique | Bekämpfung des Klimawandels | De Klimawandel bekämpfen
DataAltruism | PublicBenefit | Data Altruism | Altruisme en matière de données | Datenaltruismus | Datenaltruismus
ProvideOfficialStatistics | PublicBenefit | Provide Official Statistics | Établir des statistiques officielles | Bereitstellung amtlicher Statistiken | Offiziell Statistike stellen
PublicPolicyMaking | PublicBenefit | Public Policy Making | Élaboration des politiques publiques | Gestaltung öffentlicher Politik | Ëffentlech Politik ausschaffen
ProtectionOfPublicSecurity | PublicBenefit | Protection of Public Security | Protection de la sécurité publique | Schutz der öffentlichen Sicherheit | Schutz vun der ëffentlecher Sécherheet
ProtectionOfNationalSecurity | PublicBenefit | Protection of National Security | Protection de la sécurité nationale | Schutz der nationalen Sicherheit | Schutz vun der nationaler Sécherheet
Counterterrorism | PublicBenefit | Counterterrorism | Lutte contre le terrorisme | Terrorismusbekämpfung | Bekämpfung vum Terrorismus
FulfilmentOfObligation | Purpose | Fulfilment of Obligation | Exécution d'une obligation | Erfüllung einer Verpflichtung | Erfëllung vun enger Verflichtung
LegalCompliance | FulfilmentOfObligation | Legal Compliance | Conformité légale | Einhaltung gesetzlicher Pflichten | Anhale vum Gesetz
ProtectionOfIPR | FulfilmentOfObligation | Protection of Intellectual Property Rights | Protection de la propriété intellectuelle | Schutz geistigen Eigentums | Schutz vum geeschtegen Eegentum
EnforceSecurity | Purpose | Enforce Security | Assurer la sécurité | Durchsetzung der Sicherheit | Sécherheet duerchsetzen
MisusePreventionAndDetection | EnforceSecurity | Misuse, Prevention and Detection | Prévention et détection des abus | Verhinderung und Erkennung von Missbrauch | Mëssbrauch verhënneren an erkennen
FraudPreventionAndDetection | MisusePreventionAndDetection | Fraud Prevention and Detection | Prévention et détection de la fraude | Betrugsprävention und -erkennung | Bedruch verhënneren an erkennen
CounterMoneyLaundering | FraudPreventionAndDetection | Counter Money Laundering | Lutte contre le blanchiment | Geldwäschebekämpfung | Bekämpfung vu Geldwäscherei
ServiceProvision | Purpose | Service Provision | Fourniture de services | Erbringung von Diensten | Servicer ubidden
ServiceOptimisation | ServiceProvision | Service Optimisation | Optimisation de services | Optimierung von Diensten | Servicer optimiséieren
ServicePersonalisation | Personalisation ServiceProvision | Service Personalisation | Personnalisation de services | Personalisierung von Diensten | Servicer personaliséieren
SellProducts | ServiceProvision | Sell Products | Vente de produits | Verkauf von Produkten | Produite verkafen
SellDataToThirdParties | SellProducts | Sell Data to Third Parties | Vente de données à des tiers | Verkauf von Daten an Dritte | Daten un Drëtter verkafen
SellInsightsFromData | SellProducts | Sell Insights from Data | Vente d'informations tirées des données | Verkauf von Erkenntnissen aus Daten | Erkenntnesser aus Date verkafen
Personalisation | Purpose | Personalisation | Personnalisation | Personalisierung | Personaliséierung
Marketing | Purpose | Marketing | Marketing | Marketing | Marketing
Advertising | Marketing | Advertising | Publicité | Werbung | Reklamm
DirectMarketing | Marketing | Direct Marketing | Marketing direct | Direktmarketing | Direktmarketing
SocialMediaMarketing | Marketing | Social Media Marketing | Marketing sur les réseaux sociaux | Marketing in sozialen Medien | Marketing op soziale Medien
PublicRelations | Marketing | Public Relations | Relations publiques | Öffentlichkeitsarbeit | Ëffentlechkeetsaarbecht
PersonalisedAdvertising | Personalisation Advertising | Personalised Advertising | Publicité personnalisée | Personalisierte Werbung | Personaliséiert Reklamm
TargetedAdvertising | PersonalisedAdvertising | Targeted Advertising | Publicité ciblée | Zielgerichtete Werbung | Geziilte Reklamm
PoliticalCampaign | Personalisation Advertising | Political Campaign | Campagne politique | Politische Kampagne | Politesch Campagne
CustomerManagement | Purpose | Customer Management | Gestion de la clientèle | Kundenverwaltung | Gestioun vun de Clienten
CustomerSolvencyMonitoring | CustomerManagement | Customer Solvency Monitoring | Suivi de la solvabilité des clients | Überwachung der Kundenbonität | Iwwerwaachung vun der Solvabilitéit vun de Clienten
HumanResourceManagement | Purpose | Human Resource Management | Gestion des ressources humaines | Personalwesen | Personalwiesen
PersonnelManagement | HumanResourceManagement | Personnel Management | Gestion du personnel | Personalverwaltung | Gestioun vum Personal
PersonnelHiring | PersonnelManagement | Personnel Hiring | Recrutement de personnel | Personaleinstellung | Astelle vu Personal
RecruitmentManagement | PersonnelHiring | Recruitment Management | Gestion du recrutement | Verwaltung der Personalgewinnung | Gestioun vun der Rekrutéierung
"""  # noqa: E501  # a table reads best with one term a line


def _read(line: str) -> PurposeTerm:
    name, broader, *labels = (cell.strip() for cell in line.split("|"))
    return PurposeTerm(f"dpv:{name}", tuple(f"dpv:{parent}" for parent in broader.split()), *labels)


TERMS = MappingProxyType({term.id: term for term in map(_read, _VOCABULARY.strip().splitlines())})
"""Every purpose we know, by id (``dpv:ScientificResearch``)."""

PROHIBITED = MappingProxyType(
    {
        use.id: use
        for use in (
            ProhibitedUse(
                "ehds:DetrimentalDecision",
                "Article 54(a)",
                "decisions detrimental to a person or a group, with legal, social or economic effect",
                ("dpv:CustomerSolvencyMonitoring",),
            ),
            ProhibitedUse(
                "ehds:Discrimination",
                "Article 54(b)",
                "decisions on job offers, or less favourable terms for goods and services such as "
                "insurance or credit, and any other discrimination on the basis of the data",
                ("dpv:HumanResourceManagement",),
            ),
            ProhibitedUse(
                "ehds:Advertising",
                "Article 54(c)",
                "advertising and marketing",
                ("dpv:Marketing",),
            ),
            ProhibitedUse(
                "ehds:HarmfulProducts",
                "Article 54(d)",
                "developing products or services that harm people or society, such as illicit "
                "drugs, alcohol, tobacco and nicotine, weapons, or what is made to be addictive",
                (),
            ),
            ProhibitedUse(
                "ehds:AgainstEthics",
                "Article 54(e)",
                "activities in conflict with ethical provisions of national law",
                (),
            ),
        )
    }
)
"""The uses that Article 54 EHDS rules out, by id. No permit can name them."""


def term(name: str) -> PurposeTerm:
    """The purpose called ``name``, by id or by IRI.

    Raises ``BadInput`` with close matches where there is none, and with the article where ``name``
    is a prohibited use.
    """
    key = f"dpv:{name.removeprefix(DPV)}" if name.startswith(DPV) else name
    if key in TERMS:
        return TERMS[key]
    if key in PROHIBITED:
        raise BadInput(_refusal(key, PROHIBITED[key]))
    near = difflib.get_close_matches(key, TERMS, n=3, cutoff=0.6)
    hint = f"; did you mean {' or '.join(near)}?" if near else "; see the list of purposes"
    raise BadInput(f"purpose {name!r} is not a known purpose of the Data Privacy Vocabulary{hint}")


@cache
def ancestors(purpose: str) -> frozenset[str]:
    """``purpose`` and every broader term up to the root."""
    parents = TERMS[purpose].parents
    return frozenset({purpose}).union(*(ancestors(parent) for parent in parents))


def covers(permitted: str, asked: str) -> bool:
    """Whether a permission for ``permitted`` includes ``asked``: the same term or a narrower one."""
    return term(permitted).id in ancestors(term(asked).id)


def prohibited_use(name: str) -> ProhibitedUse | None:
    """The prohibited use that purpose ``name`` is, or amounts to; ``None`` where it is none."""
    if name in PROHIBITED:
        return PROHIBITED[name]
    broader = ancestors(term(name).id)
    return next((use for use in PROHIBITED.values() if broader & set(use.terms)), None)


def objection(name: str, allowed: Iterable[str], where: str) -> str | None:
    """Why purpose ``name`` cannot be granted on ``where`` with its allow-list; ``None`` if it can.

    A prohibited use is refused by name even where an allow-list carelessly covers it. An empty
    allow-list allows nothing.
    """
    if use := prohibited_use(name):
        return _refusal(name, use)
    purpose = term(name)
    if purpose.id == ROOT:
        return f"purpose {ROOT} is every purpose at once: name the one that you have"
    allow_list = sorted(term(entry).id for entry in allowed)
    if any(entry in ancestors(purpose.id) for entry in allow_list):
        return None
    return (
        f"purpose {purpose.id} is outside the allow-list of {where} "
        f"({', '.join(allow_list) or 'which is empty'})"
    )


def _refusal(name: str, use: ProhibitedUse) -> str:
    return (
        f"purpose {name} is prohibited: {use.name} "
        f"({use.article} of Regulation (EU) 2025/327, {use.id})"
    )
