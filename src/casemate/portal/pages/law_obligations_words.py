"""Words of the pages on companies' duties: the answers to choose from, states, evidence."""

from casemate.portal.pages.language import mark

STEPS = (
    (
        "company",
        mark("The company"),
        ("sector", "employees", "turnover", "balance", "in_union", "serves_union"),
    ),
    (
        "data",
        mark("Personal data"),
        (
            "personal_data",
            "household_only",
            "decides_purposes",
            "processes_for_others",
            "needs_officer",
        ),
    ),
    (
        "markets",
        mark("Finance, trust, networks"),
        (
            "financial_kind",
            "small_aif_manager",
            "small_insurance_or_pension",
            "ict_for_finance",
            "trust_services",
            "names_or_networks",
            "sole_or_critical",
        ),
    ),
    ("systems", mark("AI systems"), ("uses_ai",)),
)
"""The form's steps, each with the questions in it."""
VALUES = {
    "energy": mark("Energy"),
    "transport": mark("Transport"),
    "banking": mark("Banking"),
    "financial_markets": mark("Financial market infrastructures"),
    "health": mark("Health"),
    "drinking_water": mark("Drinking water"),
    "waste_water": mark("Waste water"),
    "digital_infrastructure": mark("Digital infrastructure"),
    "ict_services": mark("ICT services for businesses"),
    "public_administration": mark("Public administration"),
    "space": mark("Space"),
    "post": mark("Postal and courier services"),
    "waste": mark("Waste management"),
    "chemicals": mark("Chemicals"),
    "food": mark("Food"),
    "manufacturing": mark("Manufacturing"),
    "digital_providers": mark("Digital providers"),
    "research": mark("Research"),
    "other": mark("Another sector"),
    "none": mark("None of these"),
    "credit_institution": mark("Credit institution"),
    "payment_institution": mark("Payment institution"),
    "e_money_institution": mark("Electronic money institution"),
    "investment_firm": mark("Investment firm"),
    "crypto_asset_provider": mark("Crypto-asset service provider"),
    "central_depository": mark("Central securities depository"),
    "central_counterparty": mark("Central counterparty"),
    "trading_venue": mark("Trading venue"),
    "aif_manager": mark("Manager of alternative investment funds"),
    "management_company": mark("Management company"),
    "insurer": mark("Insurance or reinsurance undertaking"),
    "insurance_intermediary": mark("Insurance intermediary"),
    "pension_institution": mark("Institution for occupational retirement provision"),
    "rating_agency": mark("Credit rating agency"),
    "benchmark_administrator": mark("Administrator of critical benchmarks"),
    "crowdfunding_provider": mark("Crowdfunding service provider"),
    "other_of_dora": mark("Another financial entity of the list of DORA"),
    "not_qualified": mark("Yes, none of them qualified"),
    "qualified": mark("Yes, qualified ones"),
}
KINDS = {
    "obligation": mark("obligation"),
    "prohibition": mark("prohibition"),
    "permission": mark("permission"),
    "right": mark("right"),
}
STATES = {
    "open": mark("not begun"),
    "evidence": mark("evidence is there"),
    "done": mark("done"),
    "not_applicable": mark("does not apply"),
}
EVIDENCE = {
    "text": mark("Text"),
    "document": mark("Document"),
    "file": mark("Digest of a file"),
    "url": mark("Web address"),
    "algorithm": mark("Entry of the AI system register"),
    "evaluation": mark("Evaluation"),
}
TIMES = (
    ("soon", mark("With a time in hours, days or months, or at once")),
    ("day", mark("By a day of the calendar")),
    ("always", mark("Without a time of its own")),
)
"""Groups of duties by the time that they name."""
