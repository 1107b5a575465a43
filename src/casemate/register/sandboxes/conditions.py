"""The ten conditions on which personal data are processed further in the sandbox: AI Act Art. 59(1).

The wording is ours and shorter than the law's; the letter leads to it. Art. 59 was not among the articles
that Regulation (EU) 2026/1744 changed, as far as the rule base that ``register.law`` stands on tells.
"""

from dataclasses import dataclass
from typing import Literal

Letter = Literal["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]


@dataclass(frozen=True)
class Condition:
    """One condition: its letter, what it asks, and what this platform does towards it by itself."""

    letter: Letter
    asks: str
    platform: str = ""


CONDITIONS: tuple[Condition, ...] = (
    Condition(
        "a",
        "The system safeguards a substantial public interest in one of the five areas that the law names.",
    ),
    Condition(
        "b",
        "The data are necessary for a requirement on high-risk systems (Articles 8 to 15), and anonymised, "
        "synthetic or other data would not do.",
    ),
    Condition(
        "c",
        "It is watched whether high risks to people's rights arise, and the risks are mitigated at once or "
        "the processing stops.",
        "The authority suspends the participation, and incidents are recorded with their dates.",
    ),
    Condition(
        "d",
        "The data are in a separate, isolated and protected environment, and only authorised people have "
        "access.",
        "Permits open data in the enclave alone, to the people whom they name.",
    ),
    Condition(
        "e",
        "Collected data are shared only as data protection law allows; data made in the sandbox never "
        "leave it.",
        "Nothing leaves the enclave unchecked.",
    ),
    Condition(
        "f",
        "The processing leads to no measure or decision on the people concerned, and takes nothing from "
        "their rights.",
    ),
    Condition(
        "g",
        "The data are protected by technical and organisational measures, and deleted when the "
        "participation or their retention period ends.",
        "With its permit's end, a protected view is sealed and its key is destroyed.",
    ),
    Condition(
        "h",
        "The logs of the processing are kept for the duration of the participation.",
        "Every act is on the ledger, and nothing is taken off it.",
    ),
    Condition(
        "i",
        "How and why the system was trained, tested and validated is described, and kept with the results "
        "of the tests (Annex IV).",
        "Evaluations are kept with their settings, and attached to the tests of the plan.",
    ),
    Condition(
        "j",
        "The authority publishes a short summary of the project, its objectives and expected results.",
        "The summary is on the public page from admission on; not for law enforcement.",
    ),
)
