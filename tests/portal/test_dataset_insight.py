"""What anyone may look at of a dataset: its history, its likes, its citation; of open data some rows."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from portal_world import Portal, served
from rdflib import Graph, URIRef
from rdflib.namespace import RDF

HOLDER = "acct-holder"
DCAT_DATASET = URIRef("http://www.w3.org/ns/dcat#Dataset")


def described(
    dataset_id: str, *columns: str, title: str = "Bus stops", **said: Any
) -> dict[str, Any]:
    variables = {name: {"role": "other", "label": {"en": name}} for name in columns}
    document: dict[str, Any] = {
        "id": dataset_id, "title": {"en": title, "fr": "Arrêts"}, "description": {"en": "Stops."},
        "access_right": "public", "variables": variables,
    }  # fmt: skip
    return document | said


def publish(portal: Portal, content: str, description: dict[str, Any]) -> Any:
    upload = portal.upload(HOLDER, content.encode(), "stops.csv")
    document = {"upload": upload, "description": description}
    return portal.must(HOLDER, "POST", "/datasets", json=document)


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with served(tmp_path_factory.mktemp("insight"), works=False) as portal:
        portal.publish()
        publish(portal, "stop,zone\nGare,1\nHamilius,1\n", described("stops", "stop", "zone"))
        lines = "".join(f"s{number},{number / 4},2026-01-{number:02}\n" for number in range(1, 31))
        second = described("stops", "stop", "fare", "since", title="Bus stops and fares")
        publish(portal, "stop,fare,since\n" + lines, second)
        yield portal


def test_the_history_of_a_dataset_tells_what_each_version_changed(portal: Portal) -> None:
    told = portal.must(None, "GET", "/datasets/stops/lineage")
    first, second = told["versions"]
    assert (first["version"], first["rows"], first["rows_more"], first["added"]) == (1, 2, None, [])
    assert (second["rows"], second["rows_more"]) == (30, 28)
    assert (second["added"], second["removed"], second["redefined"]) == (
        ["fare", "since"], ["zone"], [],
    )  # fmt: skip
    assert told["uses"] == {
        "permits": 0, "permits_in_force": 0, "views": 0, "runs": 0, "released": 0,
    }  # fmt: skip


def test_uses_are_counted_and_nobody_is_named(portal: Portal) -> None:
    permit = portal.permit()["id"]
    run = {"permit": permit, "script": "print(1)"}
    portal.must("acct-researcher", "POST", "/runs", json=run)
    answer = portal.ask(None, "GET", "/datasets/clinic/lineage")
    uses = answer.json()["uses"]
    assert (uses["permits"], uses["permits_in_force"], uses["runs"]) == (1, 1, 1)
    assert "acct-" not in answer.text
    assert permit not in answer.text


def test_open_data_show_their_first_rows_and_each_look_is_on_the_ledger(portal: Portal) -> None:
    before = len(portal.platform.entries(subject="stops"))
    shown = portal.must(None, "GET", "/datasets/stops/preview")
    assert shown["columns"] == ["stop", "fare", "since"]
    assert len(shown["rows"]) == 20
    assert shown["rows"][0] == ["s1", 0.25, "2026-01-01"]
    assert shown["version"] == 2
    entry = portal.platform.entries(subject="stops")[-1]
    assert len(portal.platform.entries(subject="stops")) == before + 1
    assert (entry.act, entry.actor) == ("data.previewed", "public")
    portal.must("acct-researcher", "GET", "/datasets/stops/preview", params={"rows": 1})
    assert portal.platform.entries(subject="stops")[-1].actor == "acct-researcher"
    assert portal.platform.verify_ledger().ok


@pytest.mark.parametrize(
    "who", [None, HOLDER, "acct-researcher", "acct-authority", "acct-operator"]
)
def test_of_other_data_nobody_is_shown_a_row(portal: Portal, who: str | None) -> None:
    refused = portal.ask(who, "GET", "/datasets/clinic/preview")
    assert refused.status_code == 403
    assert "P0" not in refused.text
    assert portal.platform.entries()[-1].act == "act.refused"


def test_a_version_that_is_no_longer_open_is_not_shown(portal: Portal) -> None:
    publish(portal, "a\n1\n", described("turned", "a"))
    portal.must(None, "GET", "/datasets/turned/preview")
    publish(portal, "a\n2\n", described("turned", "a", access_right="restricted"))
    assert portal.ask(None, "GET", "/datasets/turned/preview").status_code == 403


def test_what_is_retired_is_not_shown(portal: Portal) -> None:
    publish(portal, "a\n1\n", described("gone", "a"))
    portal.must(HOLDER, "POST", "/datasets/gone/retire", json={"reason": "An error in it."})
    assert portal.ask(None, "GET", "/datasets/gone/preview").status_code == 403


def test_a_preview_stays_small_whatever_the_table_holds(portal: Portal) -> None:
    names = [f"c{number}" for number in range(150)]
    long = ",".join(["x" * 50_000, *("=1+1" for _ in names[1:])])
    publish(portal, ",".join(names) + "\n" + long + "\n", described("wide", *names))
    shown = portal.must(None, "GET", "/datasets/wide/preview")
    assert (len(shown["columns"]), shown["left_out"]) == (100, 50)
    assert len(shown["rows"][0][0]) == 200
    for rows in (0, 21):
        assert portal.ask(None, "GET", f"/datasets/wide/preview?rows={rows}").status_code == 422


def test_a_dataset_is_cited_in_words_for_bibtex_and_for_programs(portal: Portal) -> None:
    cited = portal.must(None, "GET", "/datasets/stops/citation", params={"language": "fr"})
    assert re.fullmatch(
        r"Clinic \(\d{4}\): Arrêts\. Version 2\. Clinic\. \(Dataset\)\. "
        r"http://testserver/dataset/stops",
        cited["text"],
    )
    assert cited["csl"]["type"] == "dataset"
    assert cited["csl"]["version"] == "2"
    assert cited["bibtex"].startswith("@dataset{stops-2,\n")


def test_a_title_cannot_write_bibtex(portal: Portal) -> None:
    title = "A } , url = {http://evil.example/},\n title = {B \\input{x} 50% & $1_000"
    publish(portal, "a\n1\n", described("sly", "a", title=title))
    (line,) = [
        line
        for line in portal.must(None, "GET", "/datasets/sly/citation")["bibtex"].splitlines()
        if line.startswith("  title")
    ]
    value = line.removeprefix("  title = {").removesuffix("},")
    assert not re.search(r"(?<!\\)[{}%&$_]", value.replace("\\textbackslash{}", ""))


def test_datasets_that_share_rare_words_are_alike(portal: Portal) -> None:
    made = {"trams": "Tram stops and fares", "turbines": "Wind turbines", "halts": "Stops of trams"}
    for number, (name, title) in enumerate(made.items()):
        publish(portal, f"a\n{number}\n", described(name, "a", title=title))
    ids = [one["id"] for one in portal.must(None, "GET", "/datasets/trams/similar")["items"]]
    assert set(ids[:2]) == {"stops", "halts"}  # which share stops, fares, trams
    assert "trams" not in ids
    assert "turbines" not in ids
    assert portal.ask(None, "GET", "/datasets/none/similar").status_code == 404


def test_one_dataset_is_given_as_dcat(portal: Portal) -> None:
    for ending, form in (("ttl", "turtle"), ("jsonld", "json-ld"), ("rdf", "xml")):
        answer = portal.client.get(f"/datasets/stops.{ending}")
        graph = Graph().parse(data=answer.text, format=form)
        (node,) = graph.subjects(RDF.type, DCAT_DATASET)
        assert str(node) == "http://testserver/dataset/stops"
    assert portal.client.get("/datasets/stops.csv").status_code == 404
    assert portal.client.get("/datasets/none.ttl").status_code == 404


def test_a_datasets_own_address_leads_people_and_programs_on(portal: Portal) -> None:
    def led(accept: str, language: str = "en") -> str:
        headers = {"Accept": accept, "Accept-Language": language}
        answer = portal.client.get("/dataset/stops", headers=headers, follow_redirects=False)
        assert answer.status_code == 303
        return str(answer.headers["location"])

    assert led("text/html,*/*", "fr") == "/fr/catalogue/stops"
    assert led("*/*") == "/en/catalogue/stops"
    assert led("text/turtle") == "/datasets/stops.ttl"
    assert led("application/ld+json, text/turtle;q=0.5") == "/datasets/stops.jsonld"
    assert portal.client.get("/dataset/none", follow_redirects=False).status_code == 404
