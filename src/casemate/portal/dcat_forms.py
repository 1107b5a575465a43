"""The forms that DCAT-AP is written in, by the ending of their address."""

from casemate.platform import CatalogueForm

FORMS: dict[str, tuple[CatalogueForm, str]] = {
    "ttl": ("turtle", "text/turtle"),
    "jsonld": ("json-ld", "application/ld+json"),
    "rdf": ("xml", "application/rdf+xml"),
}
