"""The catalogue in the words of every other catalogue: DCAT-AP 3, as Turtle or JSON-LD.

Source: SEMIC, DCAT-AP 3.0.1. Codes become IRIs of the European Union's authority tables. Every node
has an IRI of its own and all is written in order, so that equal catalogues give equal texts.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, get_args
from urllib.parse import quote

from rdflib import BNode, Graph, Namespace, URIRef
from rdflib import Literal as Value
from rdflib.namespace import DCTERMS, FOAF, RDF, SKOS, XSD
from rdflib.term import Node

from casemate.catalogue.description import DatasetDescription
from casemate.catalogue.records import Dataset
from casemate.catalogue.vocabularies import AUTHORITY, LANGUAGES, LEGISLATION, THEMES, authority
from casemate.clock import timestamp
from casemate.errors import BadInput

DCAT = Namespace("http://www.w3.org/ns/dcat#")  # rdflib's own knows DCAT 2 only
DCATAP = Namespace("http://data.europa.eu/r5r/")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
ELI = Namespace("http://data.europa.eu/eli/ontology#")
DPV = Namespace("https://w3id.org/dpv#")
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
MEDIA_TYPE = URIRef("http://www.iana.org/assignments/media-types/application/vnd.apache.parquet")
_IS_BASE = re.compile(r"^https?://[^\s<>\"{}|\\^`#?]+$")

Format = Literal["turtle", "json-ld", "xml"]


@dataclass(frozen=True)
class CatalogueCard:
    """What the catalogue says of itself."""

    title: Mapping[str, str] = field(default_factory=lambda: {"en": "Data catalogue"})
    description: Mapping[str, str] = field(
        default_factory=lambda: {"en": "Datasets given under permits, and open data."}
    )
    publisher: str = "Casemate"


@dataclass(frozen=True)
class PageOf:
    """Which part of a catalogue a document holds: page ``number`` (from 1) of ``pages``, at ``here``."""

    here: str
    number: int
    pages: int
    datasets: int

    def at(self, number: int) -> str:
        """The address of another page."""
        return f"{self.here}?page={number}"


def export(
    datasets: Sequence[Dataset],
    base_uri: str,
    format: Format,  # noqa: A002 - rdflib's own word
    card: CatalogueCard,
    holder_names: Mapping[str, str],
    page: PageOf | None = None,
) -> str:
    """``datasets`` as one catalogue whose IRIs begin with ``base_uri``; raises ``BadInput``.

    ``page`` says that they are a part of it, and where the others are (Hydra Core Vocabulary)."""
    _require_usable(base_uri, format)
    graph = build_graph(datasets, base_uri.rstrip("/"), card, holder_names, page)
    return _written(graph, format)


def export_one(
    dataset: Dataset,
    base_uri: str,
    format: Format,  # noqa: A002 - rdflib's own word
    holder_names: Mapping[str, str],
) -> str:
    """``dataset`` alone, with the same IRIs as in the whole catalogue; raises ``BadInput``."""
    _require_usable(base_uri, format)
    graph = _new_graph()
    _Writer(graph, base_uri.rstrip("/"), holder_names).dataset(dataset)
    return _written(graph, format)


def _require_usable(base_uri: str, form: str) -> None:
    if not _IS_BASE.match(base_uri):
        raise BadInput(
            f"{base_uri!r} cannot begin an IRI: give one such as https://data.example.org"
        )
    if form not in get_args(Format):
        raise BadInput(f"the catalogue is not exported as {form!r}: choose turtle, json-ld or xml")


def _written(graph: Graph, form: Format) -> str:
    return _json_ld(graph) if form == "json-ld" else graph.serialize(format=form)


def build_graph(
    datasets: Sequence[Dataset],
    base: str,
    card: CatalogueCard,
    holder_names: Mapping[str, str],
    page: PageOf | None = None,
) -> Graph:
    """The catalogue as a graph."""
    graph = _new_graph()
    writer = _Writer(graph, base, holder_names)
    writer.catalogue(card, datasets)
    if page is not None:
        graph.bind("hydra", HYDRA)
        writer.page(page)
    for dataset in datasets:
        writer.dataset(dataset)
    return graph


def _new_graph() -> Graph:
    graph = Graph(bind_namespaces="none")
    for prefix, space in (
        ("dcat", DCAT), ("dct", DCTERMS), ("foaf", FOAF), ("skos", SKOS), ("xsd", XSD),
        ("vcard", VCARD), ("dcatap", DCATAP), ("eli", ELI), ("dpv", DPV), ("rdf", RDF),
    ):  # fmt: skip
        graph.bind(prefix, space)
    return graph


class _Writer:
    """Adds what each thing says of itself to one graph."""

    def __init__(self, graph: Graph, base: str, holder_names: Mapping[str, str]) -> None:
        self._graph = graph
        self._base = base
        self._holder_names = holder_names
        self._catalogue = URIRef(f"{base}/catalogue")

    def catalogue(self, card: CatalogueCard, datasets: Sequence[Dataset]) -> None:
        """The catalogue itself and its taxonomy of themes."""
        themes = URIRef(f"{AUTHORITY}data-theme")
        self._typed(self._catalogue, DCAT.Catalog)
        self._texts(self._catalogue, DCTERMS.title, card.title)
        self._texts(self._catalogue, DCTERMS.description, card.description)
        self._add(self._catalogue, DCTERMS.publisher, self._agent("catalogue", card.publisher))
        self._add(self._catalogue, FOAF.homepage, self._typed(URIRef(self._base), FOAF.Document))
        self._add(self._catalogue, DCAT.themeTaxonomy, self._typed(themes, SKOS.ConceptScheme))
        self._add(themes, DCTERMS.title, Value("Data theme", lang="en"))
        for language in sorted(card.title):
            self._add(self._catalogue, DCTERMS.language, self._language(language))
        if datasets:
            self._moment(self._catalogue, DCTERMS.issued, min(d.issued_at for d in datasets))
            self._moment(self._catalogue, DCTERMS.modified, max(d.published_at for d in datasets))

    def page(self, page: PageOf) -> None:
        """Which part of the catalogue this is, and where the parts beside it are."""
        view = self._typed(URIRef(page.at(page.number)), HYDRA.PartialCollectionView)
        self._typed(self._catalogue, HYDRA.Collection)
        total = Value(str(page.datasets), datatype=XSD.integer)
        self._add(self._catalogue, HYDRA.totalItems, total)
        self._add(self._catalogue, HYDRA.view, view)
        self._add(view, HYDRA.first, URIRef(page.at(1)))
        self._add(view, HYDRA.last, URIRef(page.at(page.pages)))
        if page.number > 1:
            self._add(view, HYDRA.previous, URIRef(page.at(page.number - 1)))
        if page.number < page.pages:
            self._add(view, HYDRA.next, URIRef(page.at(page.number + 1)))

    def dataset(self, dataset: Dataset) -> None:
        """One dataset with its distribution and its record in the catalogue."""
        said = dataset.description
        node = URIRef(f"{self._base}/dataset/{dataset.id}")
        self._add(self._catalogue, DCAT.dataset, self._typed(node, DCAT.Dataset))
        # Said in full, for validators that infer no superclass: the full 3.0.1 shapes ask for it.
        self._typed(node, DCAT.Resource)
        self._texts(node, DCTERMS.title, said.title)
        self._texts(node, DCTERMS.description, said.description)
        self._add(node, DCTERMS.identifier, Value(dataset.id))
        self._add(node, DCAT.version, Value(str(dataset.version)))
        self._moment(node, DCTERMS.issued, dataset.issued_at)
        self._moment(node, DCTERMS.modified, dataset.published_at)
        name = said.publisher or self._holder_names.get(dataset.holder, dataset.holder)
        self._add(node, DCTERMS.publisher, self._agent(dataset.holder, name))
        self._subjects(node, said)
        self._coverage(node, said)
        self._rights(node, said)
        self._distribution(node, dataset)
        self._record(node, dataset)

    def _subjects(self, node: URIRef, said: DatasetDescription) -> None:
        for theme in said.themes:
            concept = URIRef(authority("data-theme", theme))
            self._concept(concept, "data-theme", THEMES[theme])
            self._add(node, DCAT.theme, concept)
        for language, keywords in said.keywords.items():
            for keyword in keywords:
                self._add(node, DCAT.keyword, Value(keyword, lang=language))
        for language in said.languages:
            self._add(node, DCTERMS.language, self._language(language))
        if said.contact is not None:
            self._contact(node, said)
        if said.landing_page is not None:
            page = self._typed(URIRef(said.landing_page), FOAF.Document)
            self._add(node, DCAT.landingPage, page)

    def _contact(self, node: URIRef, said: DatasetDescription) -> None:
        assert said.contact is not None
        desk = self._typed(URIRef(f"{node}#contact"), VCARD.Kind)
        self._add(node, DCAT.contactPoint, desk)
        self._add(desk, VCARD.fn, Value(said.contact.name))
        if said.contact.email is not None:
            address = quote(said.contact.email, safe="@.+-_")
            self._add(desk, VCARD.hasEmail, URIRef(f"mailto:{address}"))
        if said.contact.url is not None:
            self._add(desk, VCARD.hasURL, URIRef(said.contact.url))

    def _coverage(self, node: URIRef, said: DatasetDescription) -> None:
        for code in said.spatial:
            place = self._typed(URIRef(authority("country", code)), DCTERMS.Location)
            self._add(place, SKOS.inScheme, URIRef(f"{AUTHORITY}country"))
            self._add(node, DCTERMS.spatial, place)
        if said.temporal is not None:
            period = self._typed(URIRef(f"{node}#period"), DCTERMS.PeriodOfTime)
            self._add(node, DCTERMS.temporal, period)
            self._day(period, DCAT.startDate, said.temporal.start)
            self._day(period, DCAT.endDate, said.temporal.end)
        if said.frequency is not None:
            frequency = URIRef(authority("frequency", said.frequency))
            self._add(frequency, SKOS.inScheme, URIRef(f"{AUTHORITY}frequency"))
            self._add(node, DCTERMS.accrualPeriodicity, self._typed(frequency, DCTERMS.Frequency))
        if said.provenance:
            origin = self._typed(URIRef(f"{node}#provenance"), DCTERMS.ProvenanceStatement)
            self._texts(origin, DCTERMS.description, said.provenance)
            self._add(node, DCTERMS.provenance, origin)

    def _rights(self, node: URIRef, said: DatasetDescription) -> None:
        right = URIRef(authority("access-right", said.access_right.upper()))
        self._add(right, SKOS.inScheme, URIRef(f"{AUTHORITY}access-right"))
        self._add(node, DCTERMS.accessRights, self._typed(right, DCTERMS.RightsStatement))
        law = self._typed(URIRef(LEGISLATION[said.regime]), ELI.LegalResource)
        self._add(node, DCATAP.applicableLegislation, law)
        for purpose in said.allowed_purposes:
            vocabulary, _, term = purpose.partition(":")
            if vocabulary == "dpv":
                self._add(node, DPV.hasPurpose, DPV[term])

    def _distribution(self, dataset_node: URIRef, dataset: Dataset) -> None:
        said = dataset.description
        node = self._typed(URIRef(f"{dataset_node}#distribution"), DCAT.Distribution)
        self._add(dataset_node, DCAT.distribution, node)
        self._texts(node, DCTERMS.title, said.title)
        # What is behind the address is an application, not a download: access needs a permit.
        self._add(node, DCAT.accessURL, dataset_node)
        file_type = URIRef(authority("file-type", "PARQUET"))
        self._add(file_type, SKOS.inScheme, URIRef(f"{AUTHORITY}file-type"))
        self._add(node, DCTERMS["format"], self._typed(file_type, DCTERMS.MediaTypeOrExtent))
        self._add(node, DCAT.mediaType, self._typed(MEDIA_TYPE, DCTERMS.MediaType))
        self._add(node, DCAT.byteSize, Value(str(dataset.size), datatype=XSD.nonNegativeInteger))
        self._moment(node, DCTERMS.issued, dataset.issued_at)
        self._moment(node, DCTERMS.modified, dataset.published_at)
        rights = self._typed(URIRef(f"{dataset_node}#rights"), DCTERMS.RightsStatement)
        self._add(rights, DCTERMS.description, Value(_rights_text(said), lang="en"))
        self._add(node, DCTERMS.rights, rights)
        if said.license is not None:
            licence = said.license
            iri = licence if licence.startswith("http") else authority("licence", licence)
            self._add(node, DCTERMS.license, self._typed(URIRef(iri), DCTERMS.LicenseDocument))

    def _record(self, dataset_node: URIRef, dataset: Dataset) -> None:
        node = self._typed(URIRef(f"{dataset_node}#record"), DCAT.CatalogRecord)
        self._add(self._catalogue, DCAT.record, node)
        self._add(node, FOAF.primaryTopic, dataset_node)
        self._moment(node, DCTERMS.issued, dataset.issued_at)
        self._moment(node, DCTERMS.modified, dataset.published_at)

    def _agent(self, identifier: str, name: str) -> URIRef:
        agent = URIRef(f"{self._base}/organisation/{quote(identifier, safe='')}")
        if (agent, FOAF.name, None) not in self._graph:
            self._add(agent, FOAF.name, Value(name))
        return self._typed(agent, FOAF.Agent)

    def _concept(self, concept: URIRef, table: str, label: str) -> None:
        self._typed(concept, SKOS.Concept)
        self._add(concept, SKOS.prefLabel, Value(label, lang="en"))
        self._add(concept, SKOS.inScheme, URIRef(f"{AUTHORITY}{table}"))

    def _language(self, code: str) -> URIRef:
        language = URIRef(authority("language", LANGUAGES[code]))
        self._add(language, SKOS.inScheme, URIRef(f"{AUTHORITY}language"))
        return self._typed(language, DCTERMS.LinguisticSystem)

    def _texts(self, node: URIRef, predicate: URIRef, texts: Mapping[str, str]) -> None:
        for language, text in texts.items():
            self._add(node, predicate, Value(text, lang=language))

    def _moment(self, node: URIRef, predicate: URIRef, moment: datetime) -> None:
        stated = timestamp(moment)
        self._add(node, predicate, Value(stated, datatype=XSD.dateTime, normalize=False))

    def _day(self, node: URIRef, predicate: URIRef, day: date | None) -> None:
        if day is not None:
            self._add(node, predicate, Value(day.isoformat(), datatype=XSD.date))

    def _typed(self, node: URIRef, kind: URIRef) -> URIRef:
        self._add(node, RDF.type, kind)
        return node

    def _add(self, subject: Node, predicate: Node, thing: Node) -> None:
        assert not isinstance(thing, BNode)
        self._graph.add((subject, predicate, thing))


def _rights_text(said: DatasetDescription) -> str:
    if said.access_right == "public":
        return "Open to everyone for every purpose, under its licence."
    return (
        "Use needs a permit of the data access body; the data do not leave the secure environment."
    )


def _json_ld(graph: Graph) -> str:
    """The graph as JSON-LD with prefixes, every list and key in order."""
    context = {
        prefix: str(space) for prefix, space in sorted(graph.namespaces()) if prefix != "xml"
    }
    document = json.loads(graph.serialize(format="json-ld", context=context, auto_compact=False))
    return json.dumps(_ordered(document), ensure_ascii=False, indent=2) + "\n"


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return sorted(
            (_ordered(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True)
        )
    return value
