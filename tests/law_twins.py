"""Systems in pairs that differ in one fact, with what the AI Act says of each: written from the Act, not
from our rules, so that a rule which loses an exception, an element or a date is found out. No test.

A family has facts in common; each of its members changes some and has its own class and articles.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

TODAY = date(2026, 12, 15)
"""After the amendment and its new prohibitions."""


@dataclass(frozen=True)
class Twin:
    """One system."""

    name: str
    facts: dict[str, Any]
    cls: str
    articles: tuple[str, ...] = ()
    as_of: date = TODAY
    applies_from: date | None = None
    also: tuple[str, ...] | None = None
    notes: str = field(default="")


def family(name: str, facts: dict[str, Any], *members: tuple[Any, ...]) -> list[Twin]:
    """Twins of ``facts``: each member is its changes, its class, and its articles in one string."""
    found = []
    for number, (changes, cls, articles, *rest) in enumerate(members):
        day = next((one for one in rest if isinstance(one, date)), TODAY)
        changed = {key: value for key, value in (facts | changes).items() if value != "-"}
        listed = tuple(filter(None, articles.split("; ")))
        found.append(Twin(f"{name} {number}", changed, cls, listed, day))
    return found


HIGH, MINIMAL, TRANSPARENT = "high_risk", "minimal", "transparency"
BAN, OUT, EXEMPT = "prohibited", "out_of_scope", "not_high_risk_6_3"
CANDIDATES = {
    "role": "provider",
    "sector": "employment",
    "purpose": "rank_candidates",
    "profiling": True,
}
FACES = {
    "role": "deployer", "sector": "law_enforcement", "realtime_remote_biometric_id": True,
    "public_space": True, "purpose": "search_for_victims", "authorised": True, "fria_done": True,
    "registered": True,
}  # fmt: skip
SCORE = {
    "role": "deployer", "sector": "finance", "social_scoring": True, "unrelated_context": True,
    "detrimental_treatment": True,
}  # fmt: skip
UNDRESS = {
    "role": "provider", "generates_nonconsensual_intimate": True, "realistic_identifiable": True,
    "consent": False,
}  # fmt: skip
GENERATOR = {
    "role": "provider", "generates_synthetic_content": True, "safeguards_effective": True,
    "generates_nonconsensual_intimate": False,
}  # fmt: skip
STEER = {
    "role": "provider",
    "persuasion": True,
    "transparent": False,
    "significant_harm_likely": True,
}
CRIME = {
    "role": "deployer",
    "sector": "law_enforcement",
    "predicts_crime_of_person": True,
    "solely_profiling": True,
}
FEELINGS = {
    "role": "deployer", "sector": "workplace", "emotion_inference_from_biometrics": True,
    "subjects": "employees",
}  # fmt: skip
CATEGORIES = {"role": "provider", "biometric_categorisation": True, "infers_sensitive": True}
DEVICE = {
    "role": "provider", "annex_I_product": "medical_device", "safety_component_or_product": True,
    "third_party_assessment": True,
}  # fmt: skip
TASK = {"role": "provider", "sector": "employment", "annexIII_area": "4(a)", "profiling": False}
MODEL = {"role": "gpai_provider", "generality": True, "training_flops": "3e24"}
BEFORE, EVE, DAY = date(2026, 7, 26), date(2026, 12, 1), date(2026, 12, 2)

TWINS: list[Twin] = [
    *family(
        "emotions at work",
        FEELINGS,
        ({}, BAN, "5(1)(f)"),
        ({"medical_or_safety_purpose": True}, HIGH, "6(2); Annex III 1(c)"),
        ({"subjects": "customers"}, HIGH, "6(2); Annex III 1(c)"),
        ({"sector": "customer_service", "subjects": "customers"}, HIGH, "6(2); Annex III 1(c)"),
        ({"sector": "education", "subjects": "students"}, BAN, "5(1)(f)"),
        ({"subjects": "-"}, BAN, "5(1)(f)"),
        ({"emotion_inference_from_biometrics": False}, MINIMAL, ""),
        ({"open_source": True}, BAN, "2(12); 5(1)(f)"),
        ({"exclusive_military": True}, OUT, "2(3)"),
    ),
    *family(
        "examinations",
        {"role": "provider", "sector": "education", "monitors_test_behaviour": True},
        ({}, HIGH, "6(2); Annex III 3(d)"),
        ({"emotion_inference_from_biometrics": True}, BAN, "5(1)(f)"),
        ({"monitors_test_behaviour": False}, MINIMAL, ""),
        ({"sector": "employment"}, MINIMAL, ""),
    ),
    *family(
        "faces scraped",
        {"role": "provider", "untargeted_scraping_faces": True, "recognition_database": True},
        ({}, BAN, "5(1)(e)"),
        ({"recognition_database": False}, MINIMAL, ""),
        (
            {"recognition_database": False, "generates_synthetic_content": True},
            TRANSPARENT,
            "50(2)",
        ),
        ({"untargeted_scraping_faces": False}, MINIMAL, ""),
        ({"recognition_database": "-", "purpose": "facial_recognition_database"}, BAN, "5(1)(e)"),
        ({"sole_scientific_research": True}, OUT, "2(6)"),
    ),
    *family(
        "crime foretold",
        CRIME,
        ({}, BAN, "5(1)(d)"),
        ({"supports_human_assessment_on_facts": True}, HIGH, "6(2); Annex III 6(d)"),
        ({"solely_profiling": False}, HIGH, "6(2); Annex III 6(d)"),
        ({"predicts_crime_of_person": False}, MINIMAL, ""),
        ({"sector": "finance", "solely_profiling": False}, MINIMAL, ""),
    ),
    *family(
        "social score",
        SCORE,
        ({}, BAN, "5(1)(c)"),
        ({"unrelated_context": False}, MINIMAL, ""),
        ({"unrelated_context": False, "treatment_unjustified": True}, BAN, "5(1)(c)"),
        ({"detrimental_treatment": False}, MINIMAL, ""),
        ({"social_scoring": False}, MINIMAL, ""),
        ({"unrelated_context": False, "sector": "public_services"}, HIGH, "6(2); Annex III 5(a)"),
    ),
    *family(
        "steering",
        STEER,
        ({}, BAN, "5(1)(a)"),
        ({"transparent": True}, MINIMAL, ""),
        ({"significant_harm_likely": False}, MINIMAL, ""),
        ({"persuasion": False}, MINIMAL, ""),
        ({"transparent": True, "interacts_with_persons": True}, TRANSPARENT, "50(1)"),
    ),
    *family(
        "children",
        {"role": "provider", "exploits_vulnerability": "age", "significant_harm_likely": True},
        ({}, BAN, "5(1)(b)"),
        ({"significant_harm_likely": False}, MINIMAL, ""),
        ({"exploits_vulnerability": "disability"}, BAN, "5(1)(b)"),
        ({"exploits_vulnerability": None}, MINIMAL, ""),
    ),
    *family(
        "sensitive categories",
        CATEGORIES,
        ({}, BAN, "5(1)(g)"),
        ({"labels_lawful_dataset": True}, HIGH, "6(2); Annex III 1(b)"),
        ({"sector": "law_enforcement"}, HIGH, "6(2); Annex III 1(b)"),
        ({"infers_sensitive": False}, TRANSPARENT, "50(3)"),
        ({"infers_sensitive": False, "ancillary_to_other_service": True}, MINIMAL, ""),
        ({"biometric_categorisation": False}, MINIMAL, ""),
    ),
    *family(
        "faces in the street",
        FACES,
        ({}, HIGH, "6(2); Annex III 1(a)"),
        ({"authorised": False}, BAN, "5(1)(h)"),
        ({"fria_done": False}, BAN, "5(1)(h)"),
        ({"registered": False}, BAN, "5(1)(h)"),
        ({"purpose": "petty_crime"}, BAN, "5(1)(h)"),
        ({"purpose": "find_abducted_child"}, HIGH, "6(2); Annex III 1(a)"),
        ({"authorised": False, "public_space": False}, HIGH, "6(2); Annex III 1(a)"),
        ({"authorised": False, "role": "provider"}, HIGH, "6(2); Annex III 1(a)"),
        ({"authorised": False, "sector": "other"}, HIGH, "6(2); Annex III 1(a)"),
        ({"realtime_remote_biometric_id": False, "biometric_verification": True}, MINIMAL, ""),
    ),
    *family(
        "undressing",
        UNDRESS,
        ({}, BAN, "5(1)(ba)", DAY),
        ({}, TRANSPARENT, "50(2)", EVE),
        ({}, TRANSPARENT, "50(2)", BEFORE),
        ({"consent": True}, TRANSPARENT, "50(2)", DAY),
        ({"realistic_identifiable": False}, TRANSPARENT, "50(2)", DAY),
        ({"generates_nonconsensual_intimate": False}, MINIMAL, "", DAY),
        ({"safeguards_effective": True}, BAN, "5(1)(ba)", DAY),
        ({"role": "deployer"}, BAN, "5(1)(ba)", DAY),
        ({"role": "deployer", "medical_or_safety_purpose": True}, TRANSPARENT, "50(4)", DAY),
        ({"role": "deployer", "purely_personal": True}, OUT, "2(10)", DAY),
        ({"purely_personal": True}, BAN, "5(1)(ba)", DAY),
    ),
    *family(
        "a general generator",
        GENERATOR,
        ({}, TRANSPARENT, "50(2)"),
        ({"safeguards_effective": False}, BAN, "5(1)(ba)"),
        ({"safeguards_effective": False}, TRANSPARENT, "50(2)", EVE),
        ({"safeguards_effective": False, "consent": True}, TRANSPARENT, "50(2)"),
        ({"generates_child_abuse_material": True}, BAN, "5(1)(bb)"),
        ({"generates_child_abuse_material": True}, TRANSPARENT, "50(2)", EVE),
        ({"assistive_standard_editing": True}, MINIMAL, ""),
        ({"open_source": True}, TRANSPARENT, "2(12); 50(2)"),
        ({"deepfake": True}, TRANSPARENT, "50(2)"),
    ),
    *family(
        "device",
        DEVICE,
        ({}, HIGH, "6(1); Annex I A(11)"),
        ({"third_party_assessment": False}, MINIMAL, ""),
        ({"safety_component_or_product": False}, MINIMAL, ""),
        ({"annex_I_product": "toy"}, HIGH, "6(1); Annex I A(2)"),
        ({"annex_I_product": "lift"}, HIGH, "6(1); Annex I A(4)"),
        ({"annex_I_product": "lift", "comfort_only": True}, MINIMAL, ""),
        ({"annex_I_product": "lift", "comfort_only": True}, HIGH, "6(1); Annex I A(4)", BEFORE),
        ({"annex_I_product": "radio_equipment", "third_party_only_other_risks": True}, MINIMAL, ""),
        ({"annex_I_product": "civil_aviation"}, HIGH, "2(2); 6(1); Annex I B(20)"),
        ({"annex_I_product": None}, MINIMAL, ""),
        ({"open_source": True}, HIGH, "2(12); 6(1); Annex I A(11)"),
        ({"interacts_with_persons": True}, HIGH, "6(1); Annex I A(11)"),
    ),
    *family(
        "candidates",
        CANDIDATES,
        ({}, HIGH, "6(2); Annex III 4(a)"),
        ({"open_source": True}, HIGH, "2(12); 6(2); Annex III 4(a)"),
        ({"claimed_exemption": "6(3)(a)"}, HIGH, "6(2); Annex III 4(a)"),
        ({"narrow_procedural_task": True}, HIGH, "6(2); Annex III 4(a)"),
        ({"exclusive_military": True}, OUT, "2(3)"),
        ({"sole_scientific_research": True}, OUT, "2(6)"),
        ({"pre_market_development": True}, OUT, "2(8)"),
        (
            {"pre_market_development": True, "real_world_testing": True},
            HIGH,
            "6(2); Annex III 4(a)",
        ),
        ({"international_cooperation": True}, OUT, "2(4)"),
        (
            {"role": "deployer_becoming_provider", "modifies_intended_purpose": True},
            HIGH,
            "25(1)(c); 6(2); Annex III 4(a)",
        ),
        ({"role": "deployer"}, HIGH, "6(2); Annex III 4(a)"),
        ({"role": "deployer", "own_name_on_system": True}, HIGH, "25(1)(a); 6(2); Annex III 4(a)"),
        (
            {"role": "deployer", "substantial_modification": True},
            HIGH,
            "25(1)(b); 6(2); Annex III 4(a)",
        ),
        ({"role": "provider", "modifies_intended_purpose": True}, HIGH, "6(2); Annex III 4(a)"),
    ),
    *family(
        "a task in an area",
        TASK,
        ({"narrow_procedural_task": True}, EXEMPT, "6(3)(a); 6(4); 49(2)"),
        ({"improves_completed_human_activity": True}, EXEMPT, "6(3)(b); 6(4); 49(2)"),
        (
            {"detects_deviation_after_human": True, "annexIII_area": "3(b)"},
            EXEMPT,
            "6(3)(c); 6(4); 49(2)",
        ),
        ({"preparatory_task": True}, EXEMPT, "6(3)(d); 6(4); 49(2)"),
        (
            {"preparatory_task": True, "narrow_procedural_task": True},
            EXEMPT,
            "6(3)(a); 6(3)(d); 6(4); 49(2)",
        ),
        ({"narrow_procedural_task": True, "profiling": True}, HIGH, "6(2); Annex III 4(a)"),
        ({"claimed_exemption": "6(3)(a)"}, HIGH, "6(2); Annex III 4(a)"),
        ({"claimed_exemption": "6(3)(a)", "annexIII_area": "5(a)"}, HIGH, "6(2); Annex III 5(a)"),
        ({"narrow_procedural_task": True, "annexIII_area": "none"}, MINIMAL, ""),
        ({"narrow_procedural_task": True, "open_source": True}, OUT, "2(12)"),
        (
            {"narrow_procedural_task": True, "interacts_with_persons": True},
            EXEMPT,
            "6(3)(a); 6(4); 49(2)",
        ),
    ),
    *family(
        "courts",
        {"role": "provider", "sector": "justice", "purpose": "assist_judicial_authority"},
        ({}, HIGH, "6(2); Annex III 8(a)"),
        ({"ancillary_administrative": True}, MINIMAL, ""),
        ({"purpose": "pseudonymise_decisions", "ancillary_administrative": True}, MINIMAL, ""),
        ({"purpose": "pseudonymise_decisions", "annexIII_area": "8(a)"}, MINIMAL, ""),
    ),
    *family(
        "insurance",
        {
            "role": "deployer",
            "sector": "insurance",
            "natural_persons": True,
            "purpose": "risk_assessment_pricing_life_health",
        },
        ({}, HIGH, "6(2); Annex III 5(c)"),
        ({"natural_persons": False}, MINIMAL, ""),
        ({"purpose": "pricing_motor_fleet"}, MINIMAL, ""),
    ),
    *family(
        "banks",
        {"role": "deployer", "sector": "finance", "purpose": "creditworthiness"},
        ({}, HIGH, "6(2); Annex III 5(b)"),
        ({"natural_persons": False}, MINIMAL, ""),
        ({"purpose": "detect_financial_fraud"}, MINIMAL, ""),
    ),
    *family(
        "infrastructure",
        {"role": "provider", "sector": "critical_infrastructure", "safety_component": True},
        ({}, HIGH, "6(2); Annex III 2"),
        ({"safety_component": False}, MINIMAL, ""),
        ({"sector": "other"}, MINIMAL, ""),
    ),
    *family(
        "the vote",
        {
            "role": "deployer",
            "sector": "democracy",
            "purpose": "influence_vote",
            "direct_exposure": True,
        },
        ({}, HIGH, "6(2); Annex III 8(b)"),
        ({"direct_exposure": False}, MINIMAL, ""),
        ({"purpose": "campaign_logistics", "direct_exposure": False}, MINIMAL, ""),
    ),
    *family(
        "the border",
        {"role": "deployer", "sector": "migration", "purpose": "risk_assessment_persons"},
        ({}, HIGH, "6(2); Annex III 7(b)"),
        ({"purpose": "polygraph"}, HIGH, "6(2); Annex III 7(a)"),
        ({"purpose": "examine_migration_applications"}, HIGH, "6(2); Annex III 7(c)"),
        ({"purpose": "identify_persons_at_border"}, HIGH, "6(2); Annex III 7(d)"),
        ({"purpose": "identify_persons_at_border", "biometric_verification": True}, MINIMAL, ""),
        ({"purpose": "verify_travel_documents", "annexIII_area": "7(d)"}, MINIMAL, ""),
        ({"sector": "other"}, MINIMAL, ""),
        ({"sector": "law_enforcement"}, HIGH, "6(2); Annex III 6(d)"),
    ),
    *family(
        "police",
        {"role": "deployer", "sector": "law_enforcement", "purpose": "polygraph"},
        ({}, HIGH, "6(2); Annex III 6(b)"),
        ({"purpose": "victim_risk"}, HIGH, "6(2); Annex III 6(a)"),
        ({"purpose": "evaluate_evidence"}, HIGH, "6(2); Annex III 6(c)"),
        ({"purpose": "profile_in_investigation"}, HIGH, "6(2); Annex III 6(e)"),
        ({"sector": "other"}, MINIMAL, ""),
    ),
    *family(
        "emergencies",
        {"role": "provider", "sector": "emergency", "purpose": "dispatch_priority"},
        ({}, HIGH, "6(2); Annex III 5(d)"),
        ({"sector": "customer_service"}, MINIMAL, ""),
        ({"purpose": "emergency_triage"}, HIGH, "6(2); Annex III 5(d)"),
    ),
    *family(
        "schools and work",
        {"role": "provider", "sector": "education", "purpose": "admission"},
        ({}, HIGH, "6(2); Annex III 3(a)"),
        ({"purpose": "evaluate_learning"}, HIGH, "6(2); Annex III 3(b)"),
        ({"purpose": "assess_education_level"}, HIGH, "6(2); Annex III 3(c)"),
        ({"purpose": "manage_workers", "sector": "workplace"}, HIGH, "6(2); Annex III 4(b)"),
        ({"purpose": "public_benefits", "sector": "public_services"}, HIGH, "6(2); Annex III 5(a)"),
        ({"purpose": "other"}, MINIMAL, ""),
    ),
    *family(
        "a conversation",
        {"role": "provider", "interacts_with_persons": True, "obvious_ai": False},
        ({}, TRANSPARENT, "50(1)"),
        ({"obvious_ai": True}, MINIMAL, ""),
        ({"interacts_with_persons": False}, MINIMAL, ""),
        ({"sector": "law_enforcement", "authorised": True}, MINIMAL, ""),
        (
            {"sector": "law_enforcement", "authorised": True, "purpose": "receive_crime_reports"},
            TRANSPARENT,
            "50(1)",
        ),
        ({"open_source": True}, TRANSPARENT, "2(12); 50(1)"),
        ({"obvious_ai": True, "open_source": True}, OUT, "2(12)"),
        ({"infers": False}, OUT, "3(1)"),
    ),
    *family(
        "deep fakes",
        {"role": "deployer", "deepfake": True},
        ({}, TRANSPARENT, "50(4)"),
        ({"artistic": True}, TRANSPARENT, "50(4)"),
        ({"sector": "law_enforcement", "authorised": True}, MINIMAL, ""),
        ({"deepfake": False}, MINIMAL, ""),
        ({"purely_personal": True}, OUT, "2(10)"),
    ),
    *family(
        "news",
        {"role": "deployer", "generates_synthetic_content": True, "text_public_interest": True},
        ({}, TRANSPARENT, "50(4)"),
        ({"human_review_editorial": True}, MINIMAL, ""),
        ({"text_public_interest": False}, MINIMAL, ""),
        ({"role": "provider", "human_review_editorial": True}, TRANSPARENT, "50(2)"),
    ),
    *family(
        "models",
        MODEL,
        ({}, "gpai", "51; 53"),
        ({"training_flops": "1e25"}, "gpai", "51; 53"),
        ({"training_flops": "1.0000000000000001e25"}, "gpai_systemic", "51; 53; 55"),
        ({"training_flops": 2e25}, "gpai_systemic", "51; 53; 55"),
        ({"training_flops": "2e25", "presumption_rebutted": True}, "gpai", "51; 53"),
        ({"systemic_designation": True}, "gpai_systemic", "51; 53; 55"),
        ({"open_source": True}, "gpai", "51; 53"),
        ({"generality": False}, MINIMAL, ""),
        ({"sole_scientific_research": True}, OUT, "2(6)"),
    ),
    *family(
        "rules by hand",
        {"infers": False, "rules_defined_only_by_humans": True},
        ({}, OUT, "3(1)"),
        ({"infers": "-"}, OUT, "3(1)"),
        ({"infers": True, "rules_defined_only_by_humans": False}, MINIMAL, ""),
        ({"infers": "-", "rules_defined_only_by_humans": False}, MINIMAL, ""),
    ),
    *family(
        "free software",
        {"role": "provider", "open_source": True, "purpose": "spam_filter"},
        ({}, OUT, "2(12)"),
        ({"open_source": False}, MINIMAL, ""),
    ),
]
