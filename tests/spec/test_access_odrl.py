"""A permit in ODRL: read as RDF by a JSON-LD processor, and by the Dataspace Protocol's schema."""

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from access_world import AUTHORITY, OFFER, World
from conftest import SHARED, MovableClock
from rdflib import RDF, Graph, Literal, Namespace, URIRef

from casemate.access import export_odrl
from casemate.ledger import Ledger
from casemate.store import Store
from casemate.store.keys import Keyring

ODRL = Namespace("http://www.w3.org/ns/odrl/2/")
DCT = Namespace("http://purl.org/dc/terms/")
XSD_DATETIME = URIRef("http://www.w3.org/2001/XMLSchema#dateTime")
DSP = SHARED / "data" / "catalogue" / "dsp-2025-1"


@pytest.fixture
def policy(store: Store, ledger: Ledger, clock: MovableClock, keyring: Keyring) -> dict[str, Any]:
    world = World.open(store, ledger, clock, keyring)
    return export_odrl(world.grant(conditions=("publish the results",)))


def graph(policy: dict[str, Any]) -> Graph:
    return Graph().parse(data=json.dumps(policy), format="json-ld")


def test_the_agreement_says_what_the_permit_says(policy: dict[str, Any]) -> None:
    triples = graph(policy)
    agreement = triples.value(predicate=RDF.type, object=ODRL.Agreement)
    assert agreement is not None
    assert triples.value(agreement, ODRL.assignee) == URIRef("urn:casemate:account:ana")
    permission = triples.value(agreement, ODRL.permission)
    assert triples.value(permission, ODRL.action) == ODRL.use
    assert triples.value(permission, ODRL.target) == URIRef("urn:casemate:dataset:nhefs:1")
    assert {str(name) for name in triples.objects(permission, ODRL.assignee)} == {
        "urn:casemate:account:ana",
        "urn:casemate:account:ben",
    }
    constraints = {
        (
            triples.value(constraint, ODRL.leftOperand),
            triples.value(constraint, ODRL.operator),
        ): set(triples.objects(constraint, ODRL.rightOperand))
        for constraint in triples.objects(permission, ODRL.constraint)
    }
    assert constraints[ODRL.purpose, ODRL.isA] == {
        URIRef("https://w3id.org/dpv#ScientificResearch")
    }
    assert constraints[ODRL.dateTime, ODRL.gteq] == {
        Literal("2026-03-02T09:00:00Z", datatype=XSD_DATETIME)
    }
    assert constraints[ODRL.dateTime, ODRL.lt] == {
        Literal("2027-03-02T09:00:00Z", datatype=XSD_DATETIME)
    }
    assert len(constraints) == 4
    described = set(triples.objects(None, DCT.description))
    assert described == {Literal("publish the results")}
    prohibited = {
        triples.value(rule, ODRL.action) for rule in triples.objects(agreement, ODRL.prohibition)
    }
    assert {ODRL.distribute, ODRL.sell} < prohibited


def test_a_standing_permit_is_a_set_that_binds_nobody(
    store: Store, ledger: Ledger, clock: MovableClock, keyring: Keyring
) -> None:
    world = World.open(store, ledger, clock, keyring)
    offer = replace(OFFER, open=True, direct_identifiers=frozenset())
    with store.transaction() as tx:
        policy = export_odrl(world.permits.standing_permit(tx, AUTHORITY, offer))
    triples = graph(policy)
    assert triples.value(predicate=RDF.type, object=ODRL.Set)
    assert not list(triples.objects(None, ODRL.assignee))
    assert "9999" not in json.dumps(policy)


def test_the_dataspace_protocol_reads_it(policy: dict[str, Any]) -> None:
    schema_file = DSP / "negotiation" / "contract-schema.json"
    if not schema_file.exists():
        pytest.skip("the Dataspace Protocol's schemas are not on this machine (shared/data)")
    schema = json.loads(schema_file.read_text())
    agreement = {"$ref": "#/definitions/Agreement", "definitions": schema["definitions"]}
    jsonschema.validate(policy, agreement)
    theirs = json.loads((DSP / "context" / "odrl.jsonld").read_text())["@context"]
    for name, ours in policy["@context"].items():
        meaning = theirs.get(name, ours)
        assert _iri(meaning) == _iri(ours), name


def _iri(term: str | dict[str, str]) -> str:
    return term if isinstance(term, str) else term["@id"]
