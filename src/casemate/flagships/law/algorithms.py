"""What the law flagship runs: an assistant that quotes. Here is its record for the register."""

from typing import Any

ASSISTANT: dict[str, Any] = {
    "name": {
        "en": "Answers from the law",
        "fr": "Réponses tirées de la loi",
        "de": "Antworten aus dem Gesetz",
        "lb": "Äntwerten aus dem Gesetz",
    },
    "short_description": {
        "en": "Finds provisions that answer a question and quotes them as in force on a day."
        " Writes no text.",
        "fr": "Trouve les dispositions qui répondent à une question et les cite telles qu'en vigueur un"
        " jour donné. N'écrit aucun texte.",
        "de": "Findet Bestimmungen, die eine Frage beantworten, und zitiert sie, wie sie an einem Tag in"
        " Kraft waren. Schreibt keinen Text.",
        "lb": "Fënnt Bestëmmungen, déi eng Fro beäntweren, an zitéiert se, wéi se un engem Dag a Kraaft"
        " waren. Schreift keen Text.",
    },
    "status": "in_use",
}
"""The fields of the register that are the same wherever it runs."""
