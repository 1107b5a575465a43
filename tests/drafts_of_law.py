"""An invented draft with something wrong of every kind, and small helpers. No test."""

from datetime import date
from io import BytesIO

import docx

from casemate.knowledge.drafting import Finding, read_draft, report_on

DRAFT = """Projet de loi relative aux chiens
Chapitre 1er - Dispositions générales
Art. 1er. Objet
La présente loi règle la détention des chiens.
Art. 2. Définitions
Au sens de la présente loi, on entend par :
1° « chien » : un animal de l'espèce canine ;
2° « détenteur » : toute personne qui détient un chien ;
4° « refuge » : un établissement qui accueille des chiens.
Art. 2bis. Registre
(1) Le ministre doit tenir un registre et les communes doivent lui parler, conformément à l'annexe II.
(3) Le registre est public.
Chapitre 3 - Sanctions
Art. 5. Amendes
Est puni d'une amende quiconque ne respecte pas l'article 12.
Art. 4. Délais
Les détenteurs se mettent en conformité au plus tard le 31 février 2026.
Les demandes sont introduites au plus tard le 1er mars 2025.
La période transitoire court du 1er juin 2027 au 1er mai 2026.
Art. 6. Mise en vigueur
La présente loi entre en vigueur le 1er janvier 2027.
Art. 7.
Annexe I
Liste des races.
"""


def found_in(text: str, *, name: str = "draft.txt", published: date | None = None) -> list[Finding]:
    """The findings in a draft that is plain text."""
    return list(report_on(read_draft(text.encode(), name), published=published).findings)


def kinds_in(text: str) -> list[str]:
    """Their kinds, in the order of the text."""
    return [one.kind for one in found_in(text)]


def as_docx(text: str) -> bytes:
    """The text as a Word document, a paragraph a line, without styles."""
    made, content = docx.Document(), BytesIO()
    for line in text.splitlines():
        made.add_paragraph(line)
    made.save(content)
    return content.getvalue()
