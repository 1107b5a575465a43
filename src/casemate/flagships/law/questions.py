"""The demo's questions: ten on the invented regulation, and ten on real law, where that is at hand.

Each says which provision answers it and with which words; those that say nothing have no answer, and are
refused.
"""

from dataclasses import dataclass
from datetime import date

THEN, NOW, LATER = date(2022, 6, 1), date(2026, 6, 1), date(2030, 1, 1)
BEFORE, AFTER = date(2025, 6, 1), date(2026, 9, 1)
"""Before and after the amendment of the AI Act of 27 July 2026."""


@dataclass(frozen=True)
class Question:
    """What is asked of the day ``on``; ``answer`` is the provision that answers, ``words`` what it says."""

    text: str
    language: str
    on: date
    answer: str = ""
    words: str = ""


INVENTED = (
    Question("Combien coûte la taxe annuelle pour un chien ?", "fr", THEN, "art_2", "40 euros"),
    Question("Combien coûte la taxe annuelle pour un chien ?", "fr", NOW, "art_2", "60 euros"),
    Question("Wie hoch ist die jährliche Steuer für einen Hund?", "de", LATER, "art_2", "75 Euro"),
    Question("Wéivill Hënn däerf e Stot halen?", "lb", THEN, "art_6", "zwee"),
    Question("How many dogs may a household keep?", "en", NOW, "art_6", "three"),
    Question("Où le chien doit-il être tenu en laisse ?", "fr", NOW, "art_3", "en laisse"),
    Question("Darf ich meinen Hund auf einen Spielplatz führen?", "de", THEN, "art_4", "verboten"),
    Question("Within how many days is a dog registered?", "en", LATER, "art_1", "fourteen days"),
    Question("Quel est le délai pour renouveler un passeport biométrique ?", "fr", NOW),
    Question("What is the speed limit for electric scooters on motorways?", "en", NOW),
)

REAL_TEXTS = ("constitution", "rgd-2011-08-11-n1", "provisions.en-fr")
"""What the names of their files hold: the Constitution in three languages, the curriculum of primary
schools, and six acts of the Union in every version."""
REAL = (
    Question(
        "Que doivent faire les déployeurs pour la maîtrise de l'IA de leur personnel ?",
        "fr", BEFORE, "art_4", "garantir, dans toute la mesure du possible, un niveau suffisant",
    ),
    Question(
        "What must deployers do about the AI literacy of their staff?",
        "en", AFTER, "art_4", "support the development of AI literacy",
    ),
    Question(
        "Dans quel délai une violation de données à caractère personnel est-elle notifiée à l'autorité "
        "de contrôle ?",
        "fr", BEFORE, "art_33", "72 heures",
    ),
    Question("GDPR Article 17: right to erasure", "en", AFTER, "art_17", "erasure of personal data"),
    Question(
        "Within how many hours is the early warning of a significant incident submitted?",
        "en", AFTER, "art_23", "24 hours",
    ),
    Question("Darf die Zensur eingeführt werden?", "de", AFTER, "art_23", "Zensur"),
    Question("Ist die Wohnung unverletzlich?", "de", LATER, "art_21", "unverletzlich"),
    Question("Ass d'Wunneng onverletzlech?", "lb", AFTER, "art_21", "onverletzlech"),
    Question("Welche Farbe müssen Gartenzäune in der Vorstadt haben?", "de", AFTER),
    Question("How long does sourdough bread bake in a wood oven?", "en", BEFORE),
)  # fmt: skip
