"""The words of references in each language: what a provision, its parts and a text are called.

All patterns are bounded: none has a repetition within a repetition whose parts could match the same
signs, so that the longest hostile line is read in the time of its length.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

LATIN = (
    r"(?:bis|ter|quater|quinquies|sexies|septies|octies|novies|nonies|decies|undecies|duodecies"
    r"|terdecies|quaterdecies|quindecies)(?!\w)"
)
_NUMERALS = r"\d{1,5}"
_END = r"(?![\w/])"


@dataclass(frozen=True)
class Words:
    """One language's words as patterns; none takes part in a match beyond what it names."""

    article: str
    annex: str
    part: str
    """What parts of a provision are called."""
    ordinal: str
    """Which part: "first", where it stands before or after the part's name."""
    and_: str
    to: str
    of: str
    """What binds a provision to its text, and a part to its provision."""
    again: str
    """What stands before a further provision of the same text: "and of Article"."""
    this: str
    same: str
    """What points to a text named before."""
    kinds: tuple[tuple[str, str], ...]
    """What texts of a day are called, the longest first, and the kind that each is."""
    dated: str
    """What stands between the text's name and its day."""
    months: str
    union: str
    """Acts of the European Union, before their number."""
    codes: str
    others: str
    """Texts that have neither day nor number here."""
    before: str
    after: str
    itself: str
    units: str
    """What a number counts where it is no provision's."""
    amended: str
    """What is said of a provision that another text changes."""
    gap: str = r"[\s-]?"
    """What may stand between a number and bis, ter, quater."""


_FR = Words(
    article=r"articles?(?!\w)|art\.|art(?=\s?\d)|arts\.",
    annex=r"annexes?(?!\w)",
    part=r"paragraphes?|par\.|§|alinéas?|al\.|points?|lettres?|litt\.|littéras?|tirets?|phrases?|numéros?|n°",
    ordinal=r"premi(?:er|ère)|1er|1ère|deuxième|second|seconde|2e|troisième|quatrième|cinquième|sixième"
    r"|septième|huitième|neuvième|dixième|dernier|dernière|avant-dernier|unique",
    and_=r"et|ou|ainsi que|respectivement",
    to=r"à|jusqu['’]à",
    of=r"(?:de l['’]|à l['’]|(?:de la|du|des|de cette|de ce|de cet|dudit|de ladite|desdits|desdites|à la|au"
    r"|de|dans la|dans le)(?!\w))",
    again=r"(?:de l['’]|à l['’]|des|aux|l['’]|les|par l['’]|par les)",
    this=r"(?:la |le |les |l['’])?présente?s?(?= (?:loi|lois|règlement|arrêté|code|ordonnance|directive"
    r"|décision|constitution|convention|statut|texte|décret))(?: [\w-]{1,20}){1,2}",
    same=r"(?:la |le |les |l['’])?(?:mêmes?|ledit|ladite|dit|dite|cette|ce|cet|précitée?|susvisée?"
    r"|susdite?)",
    kinds=(
        (r"règlements? grand[- ]ducal(?:e|aux)?|règl\. g\.-d\.|r\.g\.d\.", "rgd"),
        (r"règlements? ministériels?", "rmin"),
        (r"règlements? du Gouvernement en Conseil", "rgc"),
        (r"arrêtés? grand[- ]duca(?:l|ux)|a\.g\.d\.", "agd"),
        (r"arrêtés? royal grand-ducal|arrêtés? royaux grand-ducaux", "argd"),
        (r"arrêtés? ministériels?", "amin"),
        (r"arrêtés? du Gouvernement en Conseil", "agc"),
        (r"arrêtés?", "arrete"),
        (r"règlements?", "reglement"),
        (r"lois?(?:-cadre)?", "loi"),
        (r"ordonnances?", "ord"),
        (r"décrets?", "decret"),
    ),
    dated=r"(?:\s[\w’'.,°/-]{1,22}){0,6}?\s(?:du|des)\s",
    months="janvier|février|fevrier|mars|avril|mai|juin|juillet|août|aout|septembre|octobre|novembre"
    "|décembre|decembre",
    union=r"(?:règlements?|directives?|décisions?)(?:\s(?:délégué|d['’]exécution|modifié|cadre|précité)e?s?)?",
    codes=r"code\s(?:général\s(?:des?\s)?[\w-]{3,25}|(?:de\sla\s|de\sl['’]|des\s|du\s|de\s|d['’])"
    r"(?!conduite|déontologie|bonne|pratique|couleur)[\w-]{3,25}(?:\s(?:civile|pénale|pénal|sociale"
    r"|administrative|publique|intellectuelle|électronique))?|(?:civil|pénal|rural|électoral|forestier|minier"
    r"|monétaire\set\sfinancier)(?!\w))",
    others=r"constitution|convention|traité|statuts?|protocole|charte|accord|contrat|cahier|avenant|décision"
    r"|directive|recueil|code|loi|règlement|arrêté|ordonnance|décret|titre|statut",
    before=r"article\s(?:précédent|qui précède)|articles\s(?:précédents|qui précèdent)",
    after=r"article\s(?:suivant|qui suit)|articles\s(?:suivants|qui suivent)",
    itself=r"présent\sarticle",
    units=r"jours?|mois|ans?|années?|euros?|heures?|semaines?|pour cent|francs?|mètres?|membres?|%|€|°",
    amended=r"(?:est|sont|a été|ont été) (?:ainsi |également |en outre )?(?:modifié|complété|remplacé"
    r"|abrogé|supprimé|inséré|rétabli|ajouté|amendé|rédigé|renuméroté)e?s?(?!\w)"
    r"|prend(?:ra)? la teneur|prennent la teneur|aura la teneur",
)  # fmt: skip

_EN = Words(
    article=r"articles?(?!\w)|art\.|arts\.|sections?(?=\s\d)",
    annex=r"annex(?:es)?(?!\w)",
    part=r"paragraphs?|subparagraphs?|sub-paragraphs?|points?|indents?|sentences?|paras?\.?|subsections?",
    ordinal=r"first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last",
    and_=r"and|or|as well as|and/or",
    to=r"to|through|–|—",
    of=r"of(?: the| that| those| said)?(?!\w)|in(?: the)?(?!\w)|to the(?!\w)|under(?: the)?(?!\w)",
    again=r"(?:of |in |to |with |under |by )?(?:the )?",
    this=r"this (?:regulation|directive|act|law|code|decision|convention|agreement|constitution|ordinance)",
    same=r"(?:the )?(?:that|those|same|said|aforementioned)",
    kinds=(
        (r"grand[- ]ducal regulations?", "rgd"), (r"ministerial regulations?", "rmin"),
        (r"grand[- ]ducal (?:decree|order)s?", "agd"), (r"laws?", "loi"), (r"acts?", "loi"),
        (r"municipal regulations?", "reglement"), (r"regulations?", "reglement"), (r"orders?", "arrete"),
        (r"decrees?", "decret"),
    ),
    dated=r"(?:\s[\w’'.,°/-]{1,22}){0,5}?\s(?:of|dated)\s",
    months="january|february|march|april|may|june|july|august|september|october|november|december",
    union=r"(?:(?:commission|council)\s)?(?:(?:delegated|implementing|framework)\s)?"
    r"(?:regulations?|directives?|decisions?)",
    codes=r"(?:(?:labour|civil|criminal|penal|commercial|consumer|tax|insurance)\scode"
    r"|code\sof\s(?:civil\sprocedure|criminal\sprocedure|commerce|(?!conduct|practice|good)\w{3,25}))",
    others=r"constitution|convention|treaty|statutes?|protocol|charter|agreement|contract|decision|directive"
    r"|regulation|act|law|code|order|ordinance|decree",
    before=r"(?:preceding|previous|foregoing)\sarticles?",
    after=r"(?:following|next|subsequent)\sarticles?",
    itself=r"this\sarticle",
    units=r"days?|months?|years?|euros?|hours?|weeks?|per cent|percent|metres?|members?|%|€|EUR",
    amended=r"(?:is|are|shall be) (?:hereby )?(?:amended|replaced|deleted|repealed|inserted|added"
    r"|renumbered)",
    gap=r"[\s-]?",
)  # fmt: skip

_DE = Words(
    article=r"artikeln?(?!\w)|artikels(?!\w)|art\.|art(?=\s?\d)|paragraph(?:en)?(?=\s\d)",
    annex=r"anh[aä]ng(?:e|en|s)?(?!\w)|anlagen?(?!\w)",
    part=r"absatz|absätze|absätzen|absatzes|abs\.|unterabsatz|unterabs\.|uabs\.|buchstaben?|buchst\.|lit\."
    r"|nummern?|nr\.|satz|sätze|sätzen|ziffern?|ziff\.|halbsatz|halbs\.|alt\.|punkt|punkte|gedankenstrich",
    ordinal=r"erste[rnms]?|zweite[rnms]?|dritte[rnms]?|vierte[rnms]?|fünfte[rnms]?|letzte[rnms]?",
    and_=r"und|oder|sowie|bzw\.|beziehungsweise",
    to=r"bis(?: zu)?|–|—",
    of=r"(?:des|der|dem|den|von|vom|zu|zum|zur|im|in der|in dem|in)(?!\w)",
    again=r"(?:des |der |den |dem |nach |gemäß |von |in )?",
    this=r"(?:dieser|dieses|diesem|diese|vorliegende[nrms]?|der vorliegenden|des vorliegenden)"
    r" (?:verordnung|gesetz(?:es|e)?|richtlinie|reglements?|beschluss(?:es)?|abkommens"
    r"|gesetzbuch(?:e?s)?|verfassung)",
    same=r"(?:jene[rsm]|desselben|derselben|dem?selben|genannten|besagten|vorgenannten)",
    kinds=(
        (r"großherzogliche[nrs]? (?:verordnung|reglements?)", "rgd"),
        (r"großherzogliche[nrs]? (?:beschluss(?:es)?|erlass(?:es)?)", "agd"),
        (r"ministerielle[nrs]? (?:verordnung|reglements?)", "rmin"),
        (r"gemeindereglements?", "reglement"), (r"gesetz(?:es|e)?", "loi"), (r"verordnung", "reglement"),
        (r"reglements?", "reglement"), (r"erlass(?:es)?", "arrete"), (r"beschluss(?:es)?", "arrete"),
    ),
    dated=r"(?:\s[\w’'.,°/-]{1,22}){0,5}?\svom\s",
    months="januar|jänner|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember",
    union=r"(?:(?:delegierten?|durchführungs|rahmen)\s?-?)?(?:verordnung(?:en)?|richtlinien?|beschluss(?:es)?"
    r"|durchführungsverordnung)",
    codes=r"(?:arbeits|straf|zivil|handels|steuer|sozial)gesetzbuch(?:e?s)?|zivilprozessordnung|strafprozessordnung",
    others=r"verfassung|abkommens?|vertrage?s?|übereinkommens?|satzung|protokolls?|charta|gesetz(?:es|buch(?:e?s)?)?"
    r"|verordnung|richtlinie|beschluss(?:es)?|erlass(?:es)?|reglements?|\w{3,40}gesetz(?:es)?|\w{3,40}ordnung",
    before=r"(?:vorstehende|vorangehende|vorhergehende|vorherige)[nmrs]?\sartikels?",
    after=r"(?:nachstehende|nachfolgende|folgende)[nmrs]?\sartikels?",
    itself=r"diese[rsmn]?\sartikels?",
    units=r"tage?n?|monate?n?|jahre?n?|euro|stunden?|wochen?|prozent|meter|mitglieder|%|€",
    amended=r"(?:wird|werden) (?:wie folgt |durch [^.;]{1,80} )?(?:geändert|ersetzt|gestrichen|aufgehoben"
    r"|eingefügt|ergänzt)"
    r"|erhält folgende fassung|erhalten folgende fassung",
    gap="",
)  # fmt: skip

_LB = Words(
    article=r"artikel(?:en)?(?!\w)|art\.|art(?=\s?\d)",
    annex=r"annexen?(?!\w)|unhang(?!\w)",
    part=r"paragraph(?:en)?|par\.|alinea(?:en)?|absaz|absätz|absatz|punkten?|buschtaf|buschtawen|saz|nummer"
    r"|nr\.|lit\.",
    ordinal=r"éischten?|éischter|zweeten?|zweeter|drëtten?|véierten?|leschten?",
    and_=r"an|oder|souwéi|a",
    to=r"bis(?: de)?|–|—",
    of=r"(?:vum|vun der|vun dem|vun de|vun|vu|am|an der|zum|zur|aus der|aus dem)(?!\w)",
    again=r"(?:vum |vun den |vun |den |dem |am |d['’])?",
    this=r"(?:dëst|dësem|dëser|dës) (?:gesetz|reglement|verfassung|direktiv|verdrag)",
    same=r"(?:datselwecht|demselwechten|derselwechter|genannten?|dat genannt)",
    kinds=(
        (r"groussherzoglech\w{0,3} reglement", "rgd"), (r"ministeriell\w{0,3} reglement", "rmin"),
        (r"gemengereglement", "reglement"), (r"gesetz", "loi"), (r"reglement", "reglement"),
        (r"arrêté", "arrete"), (r"verfassung", "constitution"),
    ),
    dated=r"(?:\s[\w’'.,°/-]{1,22}){0,5}?\s(?:vum|vun?\sden)\s",
    months="januar|februar|mäerz|abrëll|mee|juni|juli|august|september|oktober|november|dezember",
    union=r"(?:reglement|direktiv|decisioun|verordnung|richtlinn)",
    codes=r"(?:aarbechts|straf|zivil|handels)gesetzbuch|code\s(?:du\s|de\sla\s|de\sl['’]|de\s)?\w{3,25}",
    others=r"verfassung|ofkommes|vertrag|konventioun|statut|protokoll|gesetz|reglement|arrêté|direktiv",
    before=r"(?:viregten|viischten|virdrun)\sartikel",
    after=r"(?:nächsten|folgenden)\sartikel",
    itself=r"dësen?\sartikel|dësem\sartikel",
    units=r"deeg|méint|joer|euro|stonnen?|wochen?|prozent|meter|memberen|%|€",
    amended=r"(?:gëtt|ginn) (?:esou |wéi follegt )?(?:geännert|ersat|gestrach|opgehuewen|agesat|ergänzt)",
    gap="",
)  # fmt: skip

WORDS = {"fr": _FR, "en": _EN, "de": _DE, "lb": _LB}


@cache
def short_names() -> dict[str, str]:
    """Short names under which acts are known, as printed, and the act's number (CELEX)."""
    told = json.loads(files(__package__).joinpath("names.json").read_text(encoding="utf-8"))
    return {name: work for work, names in told.items() for name in names}


def spaced(pattern: str) -> str:
    """``pattern`` with any white space where it has a blank: texts of laws break their lines anywhere."""
    return _BLANK.sub(_any_space, pattern)


_BLANK = re.compile(r"\[[^\]]*\]|\\s\??| \??")


def _any_space(found: re.Match[str]) -> str:
    told = found[0]
    if told.startswith("["):
        return told
    return r"\s{0,3}" if told.endswith("?") else r"\s{1,3}"


def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern that looks away from case."""
    return re.compile(pattern, re.IGNORECASE)


def number_pattern(words: Words) -> str:
    """A provision's number: "5", "5bis", "L. 121-1", "3.2.3-8", "1er", "II", "premier"."""
    letter = r"(?-i:[a-z])(?!\w)"
    first = rf"{_NUMERALS}(?:{words.gap}{LATIN}|{letter}|\s?er(?!\w)|(?:re|ère)(?!\w))?"
    more = rf"(?:[-–‑.]\d{{1,4}}(?:{words.gap}{LATIN}|{letter})?){{0,6}}"
    code = r"(?-i:[LRDA])(?:\.\s?|\s)?\*?\s?"
    roman = r"(?-i:[IVXLC]{1,7})(?:(?:bis|ter|er)(?!\w))?"
    return rf"(?:(?:{code})?{first}{more}|{roman}|premier|unique){_END}"
