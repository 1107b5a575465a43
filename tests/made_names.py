"""Made people of Luxembourg and their records, with the errors that registers make and known truth.

Names are common ones of four languages put together at random: nobody is meant. Last names get
endings so that there are many rare ones besides, as in any register.
"""

import random
from datetime import date, timedelta
from typing import Any

import polars as pl

FIRST = {
    "lb": "Joseph Jean-Pierre Nicolas Mathias Michel Pierre François Romain Guy Marc Catherine Marie "
    "Josée Monique Sylvie Martine Danielle Léon Aloyse Marianne Tom Luc Claude Anne Mett Jos",
    "fr": "Étienne Gaël Hélène Chloé Zoé Benoît Sébastien Éléonore Agnès Françoise Jérôme Raphaël "
    "Camille Philippe Stéphane Marie-Claire Jean-François Aurélie Noémie Théo Maëlle Ève",
    "de": "Jürgen Käthe Günther Björn Heinz-Peter Ursula Johannes Katharina Jörg Matthias Wolfgang "
    "Sabine Stefan Klaus Lieselotte Hans-Jürgen Christoph Dörte Uwe Friedrich Anneliese Ruth",
    "pt": "João José Conceição Fátima Filipe António Inês Luís Sónia Gonçalo Catarina Vítor Rui "
    "Tiago Beatriz Miguel Henrique Sérgio Leonor Mafalda Assunção Nuno Paulo Graça Cecília",
}
LAST = {
    "lb": "Schmit Müller Weber Wagner Hoffmann Thill Schmitz Kieffer Reuter Klein Muller Weis Kremer "
    "Faber Meyer Diederich Hansen Pütz Goergen Theis Wolff Becker Schroeder Simon Steichen Majerus",
    "fr": "Lefèvre d'Hondt Dupont-Moretti Lemaître Bérard Gauthier Van den Berghe Chevalier Besançon "
    "L'Hermite Renaud Lacroix Étienne Dubois Moreau Garçon Hébert Noël Perrin Fournier Vandenbosch",
    "de": "Schäfer Größer Köhler Weiß Schröder von Bülow Strauß Krüger Jäger Böhm Vogt Fröhlich "
    "Zimmermann Hartmann Lehmann Kühn Baumgärtner Pfeiffer Brandt Götz Huber Schulze",
    "pt": "da Silva dos Santos Ferreira Gonçalves Sousa de Almeida Araújo Simões Conceição Guimarães "
    "Magalhães Leitão Henriques Esteves Carvalho Rodrigues Fonseca Lourenço Mendonça Brandão",
}
_ENDINGS = ("", "", "", "s", "er", "mann", "in", "el", "ert", "eau", "inho", "eira", "ich", "ens")
_PARTICLES = ("d'", "l'", "von", "van", "den", "da", "dos", "de")
_PLAIN = str.maketrans("éèêëàâäçíîïóôõöúùûüãÉñ", "eeeeaaaciiioooouuuuaEn")
_TWO = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}
COMMUNES = [f"commune {number}" for number in range(102)]


def last_names(language: str) -> list[str]:
    """The names of a language, with their particles."""
    found: list[str] = []
    waiting: list[str] = []
    for word in LAST[language].split():
        waiting.append(word)
        if word.casefold() not in _PARTICLES:
            found.append(" ".join(waiting))
            waiting = []
    return found


def made_people(many: int, seed: int = 1) -> pl.DataFrame:
    """``many`` people: ``truth``, ``first``, ``last``, ``born``, ``commune``."""
    draw = random.Random(seed)  # a sample, no secret
    pools = {language: last_names(language) for language in LAST}
    rows = []
    for number in range(many):
        language = draw.choices(list(FIRST), (40, 20, 15, 25))[0]
        first = draw.choice(FIRST[language].split())
        last = draw.choice(pools[language]) + draw.choice(_ENDINGS)
        if draw.random() < 0.4:  # the long tail: a made name
            last = draw.choice(pools[language])[:4] + draw.choice("aeiou") + draw.choice("lrnkt")
            last += draw.choice(_ENDINGS[3:])
        if draw.random() < 0.08:
            last += "-" + draw.choice(pools[language])
        born = date(1930, 1, 1) + timedelta(days=draw.randrange(33_000))
        rows.append((number, first, last, born.isoformat(), draw.choice(COMMUNES)))
    return pl.DataFrame(rows, ["truth", "first", "last", "born", "commune"], orient="row")


def seen_again(people: pl.DataFrame, seed: int = 2, *, errors: float = 0.6) -> pl.DataFrame:
    """The same people as another register has them: a share of ``errors`` with one or two errors."""
    draw = random.Random(seed)  # a sample, no secret
    rows = []
    for row in people.iter_rows(named=True):
        if draw.random() < errors:
            for _ in range(draw.choice((1, 1, 2))):
                row = draw.choice(_ERRORS)(row, draw)
        rows.append(tuple(row.values()))
    draw.shuffle(rows)
    return pl.DataFrame(rows, people.columns, orient="row")


def _typed(text: str, draw: random.Random) -> str:
    at = draw.randrange(1, max(2, len(text) - 1))
    kind = draw.randrange(4)
    letter = draw.choice("aeinrstl")
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + letter + text[at:]
    if kind == 2:
        return text[:at] + letter + text[at + 1 :]
    return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]


def _with(row: dict[str, Any], **new: str) -> dict[str, Any]:
    return row | {name: value for name, value in new.items() if value}


def _two_letters(text: str) -> str:
    return "".join(_TWO.get(letter, letter) for letter in text)


_ERRORS = (
    lambda row, draw: _with(row, last=_typed(row["last"], draw)),
    lambda row, draw: _with(row, first=_typed(row["first"], draw)),
    lambda row, draw: _with(row, first=row["last"], last=row["first"]),
    lambda row, draw: _with(
        row, first=row["first"].translate(_PLAIN), last=row["last"].translate(_PLAIN)
    ),
    lambda row, draw: _with(row, first=_two_letters(row["first"]), last=_two_letters(row["last"])),
    lambda row, draw: _with(row, last=row["last"].split("-")[draw.randrange(2) - 1]),
    lambda row, draw: _with(row, last=row["last"] + "-" + draw.choice(last_names("lb"))),
    lambda row, draw: _with(row, last=row["last"].upper(), first=row["first"].upper()),
    lambda row, draw: _with(row, first=row["first"].split("-")[0][: draw.choice((3, 4))]),
    lambda row, draw: _with(row, last=row["last"].replace("ph", "f").replace("w", "v")),
    lambda row, draw: _with(row, born=row["born"][:5] + row["born"][8:] + "-" + row["born"][5:7]),
    lambda row, draw: _with(row, born=row["born"][:3] + str(draw.randrange(10)) + row["born"][4:]),
    lambda row, draw: _with(row, commune=draw.choice(COMMUNES)),
)


def judged(found: set[tuple[int, int]], true: set[tuple[int, int]]) -> tuple[float, float]:
    """Precision and recall of found pairs."""
    right = len(found & true)
    return right / max(1, len(found)), right / max(1, len(true))
