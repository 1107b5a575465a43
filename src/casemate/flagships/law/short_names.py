"""What people call acts of the Union, in four languages, by the CELEX number of the act.

The names are in common use; where one act took another's place, a name goes to the act in force. A name
is given to the index only for works that a collection holds.
"""

from collections.abc import Iterable, Mapping

_NAMES: Mapping[str, str] = {
    "32016R0679": "GDPR, RGPD, DSGVO, DS-GVO, General Data Protection Regulation,"
    " règlement général sur la protection des données, Datenschutz-Grundverordnung",
    "32016L0680": "Law Enforcement Directive, directive police-justice, JI-Richtlinie",
    "32002L0058": "ePrivacy Directive, directive vie privée et communications électroniques,"
    " directive ePrivacy, ePrivacy-Richtlinie",
    "32024R1689": "AI Act, AIA, Artificial Intelligence Act, règlement IA, loi sur l'IA, règlement sur"
    " l'intelligence artificielle, KI-Verordnung, KI-VO, KI-Gesetz, KI-Veruerdnung",
    "32022R2065": "DSA, Digital Services Act, règlement sur les services numériques, Gesetz über digitale"
    " Dienste",
    "32022R1925": "DMA, Digital Markets Act, règlement sur les marchés numériques, Gesetz über digitale"
    " Märkte",
    "32022R0868": "DGA, Data Governance Act, règlement sur la gouvernance des données,"
    " Daten-Governance-Gesetz",
    "32023R2854": "Data Act, règlement sur les données, Datenverordnung, Datengesetz",
    "32022L2555": "NIS2, NIS 2, NIS2 Directive, directive NIS 2, NIS-2-Richtlinie",
    "32016L1148": "NIS1, NIS 1, NIS1 Directive",
    "32022R2554": "DORA, Digital Operational Resilience Act, règlement sur la résilience opérationnelle"
    " numérique, Verordnung über die digitale operationale Resilienz",
    "32022L2557": "CER Directive, directive REC, CER-Richtlinie",
    "32024R2847": "CRA, Cyber Resilience Act, règlement sur la cyberrésilience, Cyberresilienz-Verordnung",
    "32014R0910": "eIDAS, eIDAS Regulation, règlement eIDAS, eIDAS-Verordnung",
    "32011L0061": "AIFMD, AIFM Directive, directive AIFM, directive GFIA, AIFM-Richtlinie",
    "32009L0065": "UCITS Directive, UCITS, directive OPCVM, OGAW-Richtlinie",
    "32014L0065": "MiFID II, MiFID2, directive MIF II",
    "32014R0600": "MiFIR, règlement MIF",
    "32015L2366": "PSD2, DSP2, Zahlungsdiensterichtlinie",
    "32023R1114": "MiCA, MiCAR, Markets in Crypto-Assets Regulation",
    "32022L2464": "CSRD",
    "32024L1760": "CSDDD, CS3D",
    "32019R2088": "SFDR",
    "32020R0852": "Taxonomy Regulation, règlement taxinomie, Taxonomie-Verordnung",
    "32025R0327": "EHDS, European Health Data Space, EEDS, espace européen des données de santé,"
    " Europäischer Gesundheitsdatenraum",
    "32017R0745": "MDR, Medical Device Regulation",
    "32017R0746": "IVDR",
    "32014R0536": "Clinical Trials Regulation",
    "32019L1937": "Whistleblower Directive, directive lanceurs d'alerte, Whistleblower-Richtlinie",
    "32019L1024": "Open Data Directive, directive données ouvertes, PSI Directive",
    "32016L2102": "Web Accessibility Directive",
    "32019L0882": "European Accessibility Act, EAA",
    "32019L0790": "DSM Directive, CDSM Directive",
    "32019R0881": "Cybersecurity Act, règlement sur la cybersécurité",
}


def short_names(works: Iterable[str]) -> dict[str, str]:
    """Name to work, of those of ``works`` that have short names. Works go by CELEX number, in any case."""
    held = {work.upper(): work for work in works}
    return {
        name.strip(): held[celex]
        for celex, names in _NAMES.items()
        if celex in held
        for name in names.split(",")
    }
