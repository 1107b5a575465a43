"""Duties in the vocabulary of LegalRuleML 1.0 (OASIS Standard, 30 August 2021).

Each duty is a prescriptive statement (a right or permission too: the standard has them under the same),
with its bearer, its source and the day from which it applies; each fine is a penalty, and a reparation ties
it to what it punishes. What the words say stands as a paraphrase in their own language: no formula is made
of them, since none was found.
"""

import re
from collections.abc import Callable, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

from casemate.knowledge.obligations.binding import CompanyDuty, Overview
from casemate.knowledge.obligations.model import DutyKind, Sanction

LRML = "http://docs.oasis-open.org/legalruleml/ns/v1.0/"
RULEML = "http://ruleml.org/spec"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XML = "http://www.w3.org/XML/1998/namespace"
_STATUS = "http://docs.oasis-open.org/legalruleml/ns/v1.0/vocab#"
_OPERATORS = {
    DutyKind.OBLIGATION: "Obligation", DutyKind.PROHIBITION: "Prohibition",
    DutyKind.PERMISSION: "Permission", DutyKind.RIGHT: "Right",
}  # fmt: skip
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legalruleml(found: Overview) -> bytes:
    """The duties of a day, those to come included, as one document."""
    for prefix, uri in (("lrml", LRML), ("ruleml", RULEML), ("xsi", XSI)):
        register_namespace(prefix, uri)
    duties = (*found.duties, *found.coming)
    root = Element(f"{{{LRML}}}LegalRuleML")
    _sources(root, duties)
    _times(root, duties)
    _roles(root, duties)
    _associations(root, duties)
    statements = _lrml(root, "Statements", key="statements")
    for one in duties:
        _statement(statements, one)
    _penalties(statements, duties)
    indent(root)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _sources(root: Element, duties: Sequence[CompanyDuty]) -> None:
    sources = _lrml(root, "LegalReferences")
    for one in _once(duties, _source_key):
        _lrml(
            sources, "LegalReference", refersTo=_source_key(one),
            refID=f"{one.source.work}/{one.source.provision}@{one.source.version}/{one.source.language}",
            refIDSystemName="work/provision@version/language",
        )  # fmt: skip


def _times(root: Element, duties: Sequence[CompanyDuty]) -> None:
    """The days on which duties begin, and that they begin then."""
    dated = [one for one in duties if one.since is not None]
    if not dated:
        return
    instants = _lrml(root, "TimeInstants")
    for one in _once(dated, _day_key):
        time = _ruleml(instants, "Time", key=_day_key(one))
        data = _ruleml(time, "Data")
        data.set(f"{{{XSI}}}type", "xs:date")
        data.text = str(one.since)
    characteristics = _lrml(root, "TemporalCharacteristics")
    for one in _once(dated, _day_key):
        begins = _lrml(characteristics, "TemporalCharacteristic", key=f"from-{_day_key(one)}")
        _lrml(begins, "forStatus", iri=f"{_STATUS}Applicable")
        _lrml(begins, "hasStatusDevelopment", iri=f"{_STATUS}Starts")
        _lrml(begins, "atTime", keyref=f"#{_day_key(one)}")


def _roles(root: Element, duties: Sequence[CompanyDuty]) -> None:
    named = sorted({(one.instrument, role) for one in duties for role in one.bearers})
    if not named:
        return
    roles = _lrml(root, "Roles")
    for instrument, role in named:
        _lrml(roles, "Role", key=_key(instrument, role), iri=f"{instrument}#{role}")


def _associations(root: Element, duties: Sequence[CompanyDuty]) -> None:
    if not duties:
        return
    associations = _lrml(root, "Associations")
    for one in duties:
        tie = _lrml(associations, "Association")
        _lrml(tie, "appliesSource", keyref=f"#{_source_key(one)}")
        if one.since is not None:
            _lrml(tie, "appliesTemporalCharacteristic", keyref=f"#from-{_day_key(one)}")
        _lrml(tie, "toTarget", keyref=f"#{_key(one.id)}")


def _statement(statements: Element, one: CompanyDuty) -> None:
    statement = _lrml(statements, "PrescriptiveStatement", key=_key(one.id))
    paraphrase = _lrml(statement, "Paraphrase")
    paraphrase.set(f"{{{_XML}}}lang", one.source.language)
    paraphrase.text = _text(one.quote)
    rule = _ruleml(statement, "Rule", key=f"{_key(one.id)}-rule", closure="universal")
    if one.conditions:
        condition = _ruleml(_ruleml(rule, "if"), "And")
        for words in one.conditions:
            _atom(condition, words)
    operator = _lrml(_ruleml(rule, "then"), _OPERATORS[one.kind])
    for role in one.bearers:
        slot = _ruleml(operator, "slot")
        _lrml(slot, "Bearer", keyref=f"#{_key(one.instrument, role)}")
        _ruleml(slot, "Var").text = role
    _atom(operator, one.action or one.quote)


def _atom(parent: Element, words: str) -> None:
    _ruleml(_ruleml(parent, "Atom"), "Rel").text = _text(words)


def _penalties(statements: Element, duties: Sequence[CompanyDuty]) -> None:
    """Each fine once, and which duties it punishes."""
    known: dict[tuple[str, Sanction], str] = {}
    for one in duties:
        for fine in one.sanctions:
            name = _key(one.instrument, fine.provision, f"{fine.start}-{fine.end}")
            if (one.instrument, fine) not in known:
                known[one.instrument, fine] = name
                penalty = _lrml(statements, "PenaltyStatement", key=name)
                paraphrase = _lrml(penalty, "Paraphrase")
                paraphrase.set(f"{{{_XML}}}lang", one.source.language)
                paraphrase.text = _text(fine.words)
            reparation = _lrml(
                _lrml(statements, "ReparationStatement", key=f"{_key(one.id)}-{name}"), "Reparation"
            )
            _lrml(reparation, "appliesPenalty", keyref=f"#{name}")
            _lrml(reparation, "toPrescriptiveStatement", keyref=f"#{_key(one.id)}")


def _once(duties: Sequence[CompanyDuty], by: Callable[[CompanyDuty], str]) -> list[CompanyDuty]:
    """One duty of each name that ``by`` gives."""
    return list({by(one): one for one in duties}.values())


def _source_key(one: CompanyDuty) -> str:
    return _key("source", one.instrument, one.source.provision, one.source.language)


def _day_key(one: CompanyDuty) -> str:
    return f"day-{one.since}"


def _key(*parts: str) -> str:
    """A name that XML takes."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join(parts)).strip("_")


def _text(words: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", words)


def _lrml(parent: Element, name: str, **attributes: str) -> Element:
    return SubElement(parent, f"{{{LRML}}}{name}", attributes)


def _ruleml(parent: Element, name: str, **attributes: str) -> Element:
    return SubElement(parent, f"{{{RULEML}}}{name}", attributes)
