"""Plain questions with four answers, in four languages: does the model understand, and keep to a format?

Small, and written for this project: an example of a suite, and a first look before a long one.
"""

from dataclasses import replace
from random import Random

from casemate.assurance.suites.contract import (
    SEED,
    About,
    Answer,
    Ask,
    Judgement,
    Outcome,
    Sample,
    Suite,
    drawn,
    question,
)
from casemate.assurance.suites.reading import declined, letter

_LETTERS = "ABCD"
_ASKED = {
    "en": "Answer with one letter only: A, B, C or D.",
    "fr": "Répondez par une seule lettre : A, B, C ou D.",
    "de": "Antworten Sie nur mit einem Buchstaben: A, B, C oder D.",
    "lb": "Äntwert nëmme mat engem Buschtaf: A, B, C oder D.",
}
# the question, the right answer, and three that are wrong
_QUESTIONS: dict[str, tuple[tuple[str, str, str, str, str], ...]] = {
    "en": (
        ("What is the capital of France?", "Paris", "Lyon", "Madrid", "Berlin"),
        ("How many days are in a week?", "Seven", "Five", "Eight", "Ten"),
        ("What is two plus three?", "Five", "Four", "Six", "Eight"),
        ("Which animal barks?", "The dog", "The cat", "The cow", "The bird"),
        ("What do people drink when they are thirsty?", "Water", "Sand", "Paper", "Glass"),
        ("Which month comes after March?", "April", "February", "June", "December"),
        ("What is the opposite of hot?", "Cold", "Warm", "Large", "Green"),
        ("Where does the sun rise?", "In the east", "In the west", "In the north", "In the south"),
        ("Which of these is a colour?", "Red", "Seven", "Table", "Monday"),
        ("Which of these is a fruit?", "Apple", "Chair", "River", "Shoe"),
        ("What is the largest city of Luxembourg?", "Luxembourg", "Paris", "Trier", "Brussels"),
        ("What is used to write?", "A pen", "A spoon", "A shoe", "A cloud"),
    ),
    "fr": (
        ("Quelle est la capitale de la France ?", "Paris", "Lyon", "Madrid", "Berlin"),
        ("Combien de jours compte une semaine ?", "Sept", "Cinq", "Huit", "Dix"),
        ("Combien font deux plus trois ?", "Cinq", "Quatre", "Six", "Huit"),
        ("Quel animal aboie ?", "Le chien", "Le chat", "La vache", "L'oiseau"),
        ("Que boit-on quand on a soif ?", "De l'eau", "Du sable", "Du papier", "Du verre"),
        ("Quel mois vient après mars ?", "Avril", "Février", "Juin", "Décembre"),
        ("Quel est le contraire de chaud ?", "Froid", "Tiède", "Grand", "Vert"),
        ("Où le soleil se lève-t-il ?", "À l'est", "À l'ouest", "Au nord", "Au sud"),
        ("Lequel de ces mots est une couleur ?", "Rouge", "Sept", "Table", "Lundi"),
        ("Lequel de ces mots est un fruit ?", "Pomme", "Chaise", "Rivière", "Chaussure"),
        ("Quelle est la plus grande ville du Luxembourg ?", "Luxembourg", "Paris", "Trèves", "Bruxelles"),
        ("Avec quoi écrit-on ?", "Un stylo", "Une cuillère", "Une chaussure", "Un nuage"),
    ),
    "de": (
        ("Was ist die Hauptstadt von Frankreich?", "Paris", "Lyon", "Madrid", "Berlin"),
        ("Wie viele Tage hat eine Woche?", "Sieben", "Fünf", "Acht", "Zehn"),
        ("Was ist zwei plus drei?", "Fünf", "Vier", "Sechs", "Acht"),
        ("Welches Tier bellt?", "Der Hund", "Die Katze", "Die Kuh", "Der Vogel"),
        ("Was trinkt man, wenn man Durst hat?", "Wasser", "Sand", "Papier", "Glas"),
        ("Welcher Monat kommt nach März?", "April", "Februar", "Juni", "Dezember"),
        ("Was ist das Gegenteil von heiß?", "Kalt", "Warm", "Groß", "Grün"),
        ("Wo geht die Sonne auf?", "Im Osten", "Im Westen", "Im Norden", "Im Süden"),
        ("Welches dieser Wörter ist eine Farbe?", "Rot", "Sieben", "Tisch", "Montag"),
        ("Welches dieser Wörter ist eine Frucht?", "Apfel", "Stuhl", "Fluss", "Schuh"),
        ("Was ist die größte Stadt Luxemburgs?", "Luxemburg", "Paris", "Trier", "Brüssel"),
        ("Was braucht man zum Schreiben?", "Ein Stift", "Ein Löffel", "Ein Schuh", "Eine Wolke"),
    ),
    "lb": (
        ("Wat ass d'Haaptstad vu Frankräich?", "Paräis", "Lyon", "Madrid", "Berlin"),
        ("Wéi vill Deeg huet eng Woch?", "Siwen", "Fënnef", "Aacht", "Zéng"),
        ("Wat ass zwee plus dräi?", "Fënnef", "Véier", "Sechs", "Aacht"),
        ("Wéi en Déier billt?", "Den Hond", "D'Kaz", "D'Kou", "De Vugel"),
        ("Wat drénkt een, wann een Duuscht huet?", "Waasser", "Sand", "Pabeier", "Glas"),
        ("Wéi e Mount kënnt no Mäerz?", "Abrëll", "Februar", "Juni", "Dezember"),
        ("Wat ass de Géigendeel vu waarm?", "Kal", "Lau", "Grouss", "Gréng"),
        ("Wou geet d'Sonn op?", "Am Osten", "Am Westen", "Am Norden", "Am Süden"),
        ("Wat vun dësem ass eng Faarf?", "Rout", "Siwen", "Dësch", "Méindeg"),
        ("Wat vun dësem ass eng Uebst?", "Apel", "Stull", "Floss", "Schong"),
        ("Wat ass déi gréisst Stad vu Lëtzebuerg?", "Lëtzebuerg", "Paräis", "Tréier", "Bréissel"),
        ("Wat brauch een fir ze schreiwen?", "E Bic", "E Läffel", "E Schong", "Eng Wollek"),
    ),
}  # fmt: skip
_METHOD = (
    "Each question has four answers in an order drawn by the seed. {how} "
    "Guessing is right in a quarter. It tells whether a model understands plain questions in a language; "
    "with so few questions it ranks no two good models."
)


class Basics(Suite):
    """The model writes the letter of its answer."""

    about = About(
        name="basics",
        version="1",
        title="Plain questions",
        concern="ability",
        languages=("en", "fr", "de", "lb"),
        licence="CC0-1.0",
        source="written for this project",
        method=_METHOD.format(
            how="The model is asked for one letter; anything else is malformed, not wrong."
        ),
        own=True,
        chance=0.25,
    )

    def samples(self, language: str, seed: int = SEED, limit: int | None = None) -> list[Sample]:
        """The questions in ``language``, their answers in an order drawn by ``seed``."""
        self.require_language(language)
        every = [
            _sample(language, at, seed, given)
            for at, given in enumerate(_QUESTIONS[language], start=1)
        ]
        return drawn(every, seed, limit)

    def score(self, answer: Answer, sample: Sample) -> Judgement:
        """Fine where the letter is the right one."""
        read = letter(answer.text, _LETTERS)
        if read is not None:
            return Judgement(Outcome.FINE if read == sample.target else Outcome.WRONG, read)
        refused = answer.replies[0].stopped == "content_filter" or declined(
            answer.text, sample.more["language"]
        )
        return Judgement(Outcome.REFUSED if refused else Outcome.MALFORMED)


class BasicsLikelihood(Basics):
    """The model tells which letter it holds likeliest; there is no format to miss."""

    about = replace(
        Basics.about,
        name="basics-likelihood",
        title="Plain questions, by log-likelihood",
        method=_METHOD.format(
            how="The letter with the highest log-likelihood counts, so that no format can be missed; how "
            "sure the model was is held against how often it is right (calibration)."
        ),
        log_likelihoods=True,
    )

    def samples(self, language: str, seed: int = SEED, limit: int | None = None) -> list[Sample]:
        """The same questions, with the four letters as options."""
        return [
            replace(one, asks=tuple(Ask(ask.messages, options=tuple(_LETTERS)) for ask in one.asks))
            for one in super().samples(language, seed, limit)
        ]

    def score(self, answer: Answer, sample: Sample) -> Judgement:
        """Fine where the right letter is the likeliest."""
        read = _LETTERS[answer.replies[0].likeliest]
        return Judgement(Outcome.FINE if read == sample.target else Outcome.WRONG, read)


def _sample(language: str, at: int, seed: int, given: tuple[str, ...]) -> Sample:
    asked, right, *wrong = given
    options = [right, *wrong]
    Random(f"{seed} {at}").shuffle(options)  # noqa: S311 - an order to be repeated, not a secret
    listed = "\n".join(f"{name}. {text}" for name, text in zip(_LETTERS, options, strict=True))
    ask = question(f"{asked}\n{listed}\n{_ASKED[language]}")
    return Sample(
        id=f"{language}-{at:02d}",
        asks=(ask,),
        target=_LETTERS[options.index(right)],
        most_tokens=8,
        more={"language": language, "right": right},
    )


BASICS = Basics()
BASICS_LIKELIHOOD = BasicsLikelihood()
