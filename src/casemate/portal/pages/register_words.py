"""What the register's fields, steps and classes are called on pages.

The labels and reasons of fields stand here to be translated; a test holds them to the register's own.
"""

from collections.abc import Mapping

from casemate.portal.pages.language import mark

FIELD_TEXTS: frozenset[str] = frozenset(
    (
        mark("Name / trade name"),
        mark("Without a name nobody can ask about it."),
        mark("Short plain-language description"),
        mark("It is all that most people read: what it does, in plain words."),
        mark("Responsible organisation"),
        mark("It says who answers for the algorithm."),
        mark("Department or team"),
        mark("Inside a large body, it says which desk answers."),
        mark("Public contact (mail/URL)"),
        mark("It is the way in for a question, a complaint or a correction."),
        mark("Senior responsible owner / competent authority"),
        mark("One named function decides and is accountable; a team is not."),
        mark("Policy theme / function"),
        mark("People look for algorithms by the matter they are about."),
        mark("Status (development, in use, withdrawn)"),
        mark(
            "What is only being tried, or was withdrawn, is read differently from what decides today."
        ),
        mark("Start date"),
        mark("Whoever was decided on earlier can see that it played no part."),
        mark("End date"),
        mark("It tells until when decisions were made with it."),
        mark("Category (high-risk AI / impactful / other)"),
        mark("It says why the algorithm is in the register, and which duties follow."),
        mark("AI Act risk class and Annex III point"),
        mark("Every duty under the AI Act follows from the class."),
        mark("Art. 6(3) condition and short summary of grounds"),
        mark(
            "A use of Annex III is treated as not high-risk on this ground alone (AI Act Art. "
            "6(3)-(4))."
        ),
        mark("Public page of the organisation"),
        mark("There people find the service that the algorithm is part of."),
        mark("Link to source (decentral) registration"),
        mark("Two registers with one algorithm must be seen to speak of the same."),
        mark("Goal and impact on citizens"),
        mark(
            "It is what the algorithm is for and what it does to people: the centre of every standard."
        ),
        mark("Considerations, benefits, proportionality"),
        mark("It shows that somebody weighed benefit against harm, and how."),
        mark("Alternatives considered, previous process"),
        mark("It shows that something lighter was looked at first."),
        mark("Human intervention / oversight"),
        mark("People must know whether a person decides, and when (AI Act Art. 14)."),
        mark("Training required of users"),
        mark("Oversight by somebody who was not taught what the tool can do is none."),
        mark("Appeal, review, objection route"),
        mark("Without it a decision cannot be contested."),
        mark("Risk management and mitigations"),
        mark("Known risks with what is done about them: what is not written is not managed."),
        mark("Legal basis"),
        mark("A public body may do only what the law allows it to do."),
        mark("Links to legal basis"),
        mark("Whoever doubts the basis can read it."),
        mark("Link to record of processing (GDPR Art. 30)"),
        mark("It leads to the record of processing (GDPR Art. 30)."),
        mark("Impact assessments (DPIA, IAMA/FRIA, other)"),
        mark("They are the evidence that rights were looked at before use."),
        mark("Summary of FRIA (Art. 27)"),
        mark("A public deployer registers it (AI Act Art. 27, Annex VIII C)."),
        mark("Summary of DPIA where applicable"),
        mark("A deployer registers it where one was needed (GDPR Art. 35, AI Act Art. 26(9))."),
        mark("Data used (description, sources, fields)"),
        mark("What goes in bounds what can come out; a person can see whether it is about them."),
        mark("Links to data sources"),
        mark("The sources can be looked at."),
        mark("Personal data / special categories"),
        mark("It tells whose privacy is touched, and whether special categories are."),
        mark("Sharing and access terms"),
        mark("It tells who else sees the data."),
        mark("Completeness and representativeness"),
        mark("Who is missing from the data is judged worst."),
        mark("Storage place and retention"),
        mark("It tells where the data lie and for how long."),
        mark("Technical operation, logic, architecture"),
        mark("An expert must be able to understand how it works."),
        mark("Type of algorithm/model"),
        mark("Rules, statistics and learnt models fail in different ways."),
        mark("Performance measures"),
        mark('Without figures, "it works" is a claim.'),
        mark("Equality and non-discrimination measures"),
        mark("It shows what was done so that groups are treated alike."),
        mark("Protected attributes used"),
        mark("It tells whether the algorithm sees them, and why."),
        mark("Supplier"),
        mark("It says who built it, and who can correct it."),
        mark("Supplier identifier and role"),
        mark("Names of firms change; an identifier does not."),
        mark("Procurement procedure / contract reference"),
        mark("It leads to the contract that public money paid for."),
        mark("Source code link"),
        mark("What can be read can be checked."),
        mark("Frequency and scale of use"),
        mark("Ten decisions a year and ten thousand a day are different matters."),
        mark("Maintenance and monitoring"),
        mark("Models age; it tells who looks, and how often."),
        mark("Language of the record"),
        mark("A reader must know in which languages the record is."),
        mark("Persistent identifier"),
        mark("It stays when name and owner change."),
        mark("Publication and last-change dates"),
        mark("A reader sees how old the record is."),
        mark("Country and geographical area of use"),
        mark("It tells where, and so on whom, it is used."),
        mark("Decision-making process it is part of"),
        mark("The algorithm is one step; it tells of what."),
        mark("Information the tool gives the decision maker"),
        mark("What the person who decides sees is what they can weigh."),
        mark("Training data, as distinct from input data"),
        mark("What a model learnt from is not what it is fed."),
        mark("Version of the standard"),
        mark("Another program can read the record only if it knows the form."),
        mark("Revision date"),
        mark("It tells when somebody last looked at the record."),
        mark("Tags"),
        mark("They lead to similar algorithms."),
        mark("Independent audit / auditor"),
        mark("Somebody independent looked, and it says who."),
        mark("Provider name, address, contact"),
        mark("The provider registers with name, address and contact (AI Act Annex VIII)."),
        mark("Authorised representative"),
        mark("A provider outside the Union acts through one (AI Act Art. 22)."),
        mark("Person who submits on behalf"),
        mark("It says who entered the record on whose behalf."),
        mark("Intended purpose, components and functions supported"),
        mark("The class under the AI Act is decided by it."),
        mark("Basic and concise description of information used and operating logic"),
        mark("The EU database asks for the information used and the operating logic, in brief."),
        mark("Certificate type, number, expiry, notified body and scanned copy"),
        mark("It shows that a notified body assessed the system, and until when that holds."),
        mark("Member States where made available"),
        mark("It tells which authorities are concerned."),
        mark("EU declaration of conformity copy"),
        mark("By it the provider takes responsibility (AI Act Art. 47)."),
        mark("Electronic instructions for use (not for law enforcement/migration)"),
        mark("A deployer can use the system rightly only by them (AI Act Art. 13)."),
        mark("URL of the provider's entry in the EU database"),
        mark("It ties the deployer's entry to the provider's."),
        mark("Points of Annex III that cover the use"),
        mark("They decide whether the entry is public, and what it shows (AI Act Art. 49(4)-(5))."),
        mark("Area in which it is used"),
        mark(
            "A biometric system is registered out of the public's sight in law enforcement, "
            "migration, asylum and border control alone (AI Act Art. 49(4))."
        ),
        mark("Domain of policy"),
        mark("Registers sort algorithms by one list of domains; free text fits none."),
        mark("Country of the organisation"),
        mark("Registers of several countries are read together."),
        mark("Whether it learns, follows rules, or both"),
        mark("What learns can change by itself; what follows rules cannot."),
        mark("What its result is used for"),
        mark("To describe is one thing; to say what should be done to somebody is another."),
    )
)
"""Labels and reasons of fields, as ``casemate.register.records`` has them."""

STEPS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "about": (mark("What it is and who answers for it"), ("identity",)),
    "use": (mark("What it is used for"), ("purpose", "lifecycle")),
    "class": (mark("Its class, and what the AI Act asks"), ("classification", "ai_act")),
    "people": (mark("People who oversee it, risks and appeal"), ("oversight", "risk")),
    "law": (mark("Legal basis, impact and tests"), ("legal", "assurance")),
    "data": (mark("Data"), ("data",)),
    "technique": (mark("How it works and who supplied it"), ("technical", "supply")),
    "register": (mark("The entry itself"), ("meta",)),
}
"""The steps of the form: each with its title and the groups of fields in it."""

CLASSES: Mapping[str, str] = {
    "out_of_scope": mark(
        "The European law on artificial intelligence does not apply to it: it is no AI system in the law's "
        "sense, or its use is left out."
    ),
    "prohibited": mark("The European law on artificial intelligence forbids such a practice."),
    "high_risk": mark(
        "It can affect people's health, safety or rights. The law asks for tests, documentation, human "
        "oversight and registration."
    ),
    "not_high_risk_6_3": mark(
        "It is used in a sensitive area, but only for a narrow or preparatory task, so that it is treated "
        "as not high-risk. That has to be documented and registered."
    ),
    "gpai_systemic": mark(
        "It is a model for many purposes, so capable that its risks concern society as a whole. Its "
        "provider has special duties."
    ),
    "gpai": mark("It is a model for many purposes. Its provider documents how it was made."),
    "transparency": mark(
        "People must be told that they deal with an AI system, or that content was made by one."
    ),
    "minimal": mark("The law sets no duties of its own for it."),
}
"""What a class means, in plain words."""
HINTS: Mapping[str, str] = {
    "long_sentences": mark("The sentences are long: one thought in each."),
    "one_long_sentence": mark("One sentence is very long: make two of it."),
    "long_words": mark("Many words are long: everyday ones are shorter."),
}
