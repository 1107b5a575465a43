"""Small files of laws in the forms that publishers use, written for the tests."""

import json
from datetime import date
from pathlib import Path

AKN = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0/CSD13"
ADDRESS = "http://data.legilux.public.lu/eli/etat/leg/loi/2020/01/15/n1"
PARAGRAPH = (
    "Toute personne qui tient un chien le déclare à l'administration de la commune où il est tenu."
)


def article(key: str, number: str, *paragraphs: str, since: str = "") -> str:
    """An article as Legilux writes it."""
    jolux = (
        "<scl:JOLUXWork><scl:JOLUXLegalResource>"
        f'<scl:jolux scl:name="uriThis">{ADDRESS}/{key}</scl:jolux>'
        f'<scl:jolux scl:name="dateApplicability">{since}</scl:jolux>'
        "</scl:JOLUXLegalResource></scl:JOLUXWork>"
    )
    words = "".join(f"<alinea><content><p>{one}</p></content></alinea>" for one in paragraphs)
    named = f' id="{key}"' if key else ""
    return f"<article{named}>{jolux}<num><b>{number}</b></num>{words}</article>"


def akoma_ntoso(*articles: str, language: str = "FRA", body: str | None = None) -> str:
    """A whole act."""
    inner = "".join(articles) if body is None else body
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<akomaNtoso xmlns="{AKN}" xmlns:scl="http://www.scl.lu"><act name="">
<meta><identification source="#x"><FRBRWork><FRBRthis value="{ADDRESS}/jo"/></FRBRWork>
<FRBRExpression><FRBRlanguage language="http://example.org/language/{language}"/></FRBRExpression>
<scl:JOLUXWork><scl:JOLUXComplexWork><scl:jolux scl:name="uriThis">{ADDRESS}</scl:jolux>
</scl:JOLUXComplexWork><scl:JOLUXLegalResource>
<scl:jolux scl:name="typeDocument">http://example.org/resource-type/LOI</scl:jolux>
</scl:JOLUXLegalResource></scl:JOLUXWork></identification></meta>
<preface><longTitle><p>Loi du 15 janvier 2020 relative aux chiens.</p></longTitle></preface>
<body>{inner}</body></act></akomaNtoso>"""


def legilux_version(
    folder: Path,
    begins: date,
    content: str,
    *,
    ends: date | None = None,
    published: date | None = None,
    work: str = "loi-2020-01-15-n1",
) -> Path:
    """A version in the folders of Legilux, with its metadata beside it."""
    where = folder / work / begins.isoformat()
    where.mkdir(parents=True, exist_ok=True)
    file = where / "fr.xml"
    file.write_text(content, encoding="utf-8")
    told = {
        "work_identifier": ADDRESS if work == "loi-2020-01-15-n1" else ADDRESS.replace("n1", work),
        "document_type": "LOI",
        "valid_from": begins.isoformat(),
        "valid_to": ends and ends.isoformat(),
        "publication_date": published and published.isoformat(),
        "expressions": [{"language": "fr", "title": "Loi du 15 janvier 2020 relative aux chiens."}],
    }
    (where / "meta.json").write_text(json.dumps(told), encoding="utf-8")
    return file


FORMEX = """<ACT xsi:noNamespaceSchemaLocation="http://formex.publications.europa.eu/schema/formex-06.00.xd"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><BIB.INSTANCE><NO.DOC><COM>EU</COM><YEAR>2030</YEAR>
<NO.CURRENT>12</NO.CURRENT></NO.DOC><DATE ISO="20300313">20300313</DATE><LG.DOC>EN</LG.DOC></BIB.INSTANCE>
<TITLE><TI><P>Regulation (EU) 2030/12</P></TI></TITLE><PREAMBLE><GR.CONSID><CONSID><NP><NO.P>(1)</NO.P>
<TXT>Dogs cross borders.<NOTE><P>A footnote.</P></NOTE></TXT></NP></CONSID></GR.CONSID></PREAMBLE>
<ENACTING.TERMS><DIVISION><TITLE><TI><P>Chapter 1</P></TI><STI><P>General</P></STI></TITLE>
<ARTICLE IDENTIFIER="001"><TI.ART>Article 1</TI.ART><STI.ART>Scope</STI.ART><PARAG IDENTIFIER="001.001">
<NO.PARAG>1.</NO.PARAG><ALINEA>This Regulation applies to dogs.</ALINEA></PARAG></ARTICLE>
<ARTICLE IDENTIFIER="002"><TI.ART>Article 2</TI.ART><ALINEA>In Regulation 1 Article 9 is replaced:
<QUOT.S><ARTICLE IDENTIFIER="009"><TI.ART>Article 9</TI.ART><ALINEA>Cats.</ALINEA></ARTICLE></QUOT.S>
</ALINEA></ARTICLE></DIVISION></ENACTING.TERMS></ACT>"""

EURLEX = """<!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><body>
<p class="oj-hd-uniq">2030/12</p><p class="oj-hd-date">22.3.2030</p><p class="oj-hd-lg">EN</p>
<div class="eli-main-title" id="tit_1"><p class="oj-doc-ti">REGULATION (EU) 2030/12</p></div>
<div class="eli-subdivision" id="rct_1"><p>(1)</p>
<p>Dogs cross borders.<a id="ntr1" href="#n">(1)</a></p></div>
<div id="cpt_1"><p class="oj-ti-section-1">Chapter 1</p><p class="oj-ti-section-2">General</p>
<div class="eli-subdivision" id="art_1"><p class="oj-ti-art">Article 1</p>
<div class="eli-title" id="art_1.tit_1"><p class="oj-sti-art">Scope</p></div>
<div id="001.001"><p>1.   This Regulation applies to dogs.</p></div></div>
</div></body></html>"""
