"""An invented law on bridges, a regulation under it and an act that changes it: who cites whom."""

import json
from pathlib import Path

from casemate.knowledge.documents import Library

BRIDGES, FERRIES, CHANGE = "loi-2001-05-02-n1", "rgd-2002-06-03-n1", "loi-2010-03-01-n1"
_LAW = "Loi du 2 mai 2001 sur les ponts"
_RULE = "Règlement grand-ducal du 3 juin 2002 sur les bacs"
_ACT = "Loi du 1er mars 2010 modifiant la loi du 2 mai 2001 sur les ponts"

_OLD = {
    "art_1er": "Art. 1er.\nAux fins de la présente loi, on entend par « pont » un ouvrage sur une eau.",
    "art_2": "Art. 2.\nUn péage est dû pour chaque pont. L'article précédent s'applique.",
    "art_3": "Art. 3.\nLes infractions aux articles 1er et 2 sont punies d'une amende.",
}
_NEW = {
    **_OLD,
    "art_2": "Art. 2.\n(Loi du 1er mars 2010)\nAucun péage n'est dû. Voir l'article 9 du Code civil.",
    "art_2bis": "Art. 2bis.\nLe ministre publie la liste visée à l'article 2.",
}
_FERRIES = {
    "art_1": "Art. 1.\nLe péage visé à l'article 2 de la loi du 2 mai 2001 sur les ponts vaut aux bacs.",
    "art_2": "Art. 2.\nLe règlement (UE) 2016/679 et l'article 4 de la loi du 2 mai 2001 s'appliquent.",
}
_CHANGE = {
    "art_1": "Art. 1.\nL'article 2 de la loi du 2 mai 2001 sur les ponts est remplacé comme suit :\n"
    "« Art. 2. Aucun péage n'est dû. »",
    "art_2": "Art. 2.\nLa présente loi entre en vigueur le 1er avril 2010.",
}


def rows() -> list[dict[str, str]]:
    """The rows of all four versions."""
    found: list[dict[str, str]] = []
    for work, title, begins, ends, texts in (
        (BRIDGES, _LAW, "2001-06-01", "2010-03-31", _OLD),
        (BRIDGES, _LAW, "2010-04-01", "", _NEW),
        (FERRIES, _RULE, "2002-07-01", "", _FERRIES),
        (CHANGE, _ACT, "2010-04-01", "", _CHANGE),
    ):
        for key, text in texts.items():
            row = {"id": f"{work}:{begins}#{key}", "work": work, "work_title": title, "anchor": key,
                   "lang": "fr", "text": text, "version": begins, "type": "article",
                   "licence": "CC0-1.0", "attribution": "Casemate, an invented text"}  # fmt: skip
            found.append(row | ({"valid_to": ends} if ends else {}))
    return found


def write(folder: Path, more: list[dict[str, str]] | None = None) -> Path:
    """A file of them in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "bridges.jsonl"
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in [*rows(), *(more or [])])
    file.write_text(text, encoding="utf-8")
    return file


def library(folder: Path, more: list[dict[str, str]] | None = None) -> Library:
    """A library of them."""
    file = write(folder, more)
    found = Library(folder / "library.sqlite")
    found.load(folder, [file])
    return found
