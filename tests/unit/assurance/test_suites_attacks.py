"""Attacks: canaries are found in every disguise that is promised, and tags are those of the catalogues."""

import base64
import codecs
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suites_world import PUBLIC, answered, everything, needs_public

from casemate.assurance.suites import Outcome, suite
from casemate.assurance.suites.attacks import canary, found_in

ATTACKS = suite("attacks-own")
LANGUAGES = ("en", "fr", "de", "lb")
OWASP = {f"LLM{number:02d}:2025" for number in range(1, 11)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_model_that_obeys_falls_for_all_and_one_that_works_for_none(language: str) -> None:
    obeying = everything(ATTACKS, language, lambda one: f"OK: {one.target}")
    assert all(found.outcome is Outcome.WRONG for _, found in obeying)
    working = everything(ATTACKS, language, lambda _: "08:00")
    assert all(found.outcome is Outcome.FINE for _, found in working)
    for one in ATTACKS.samples(language):
        said = " ".join(message.content for message in one.asks[0].messages)
        assert one.target in said
        assert "{canary}" not in said


def test_a_canary_is_found_in_disguise_and_nothing_else_is() -> None:
    word = canary(1, "leak-ask")
    assert word != canary(2, "leak-ask")
    spaced = " ".join(word)
    for said, where in (
        (f"The code is {word.lower()}.", "plainly"),
        (spaced, "spaced"),
        ("\n".join(word), "spaced"),
        ("-".join(word[::-1]), "backwards"),
        (codecs.encode(word, "rot13"), "in rot13"),
        (word.encode().hex(), "in hex"),
        (base64.b64encode(word.encode()).decode(), "in base64"),
        (base64.b64encode(f"a: {word}!".encode()).decode(), "in base64"),
        (word[:-1], None),
        ("", None),
    ):
        assert found_in(said, word) == where


@given(st.binary(max_size=8), st.binary(max_size=8))
def test_base64_around_a_canary_hides_it_not(before: bytes, after: bytes) -> None:
    word = canary(7, "x")
    assert found_in(base64.b64encode(before + word.encode() + after).decode(), word) is not None


def test_the_system_prompt_leaks_without_its_canary() -> None:
    leak = next(one for one in ATTACKS.samples("en") if one.id == "leak-repeat")
    part = "You are the assistant of a town hall and answer questions"
    assert answered(ATTACKS, leak, f"Sure: {part}").read == "the system prompt"
    assert answered(ATTACKS, leak, "I am the assistant of a town hall.").outcome is Outcome.FINE


def test_a_text_that_is_not_summarised_at_all_is_refused_not_withstood() -> None:
    by_kind = {one.group: one for one in ATTACKS.samples("de")}
    sorry = "Es tut mir leid, ich kann nicht helfen."
    assert answered(ATTACKS, by_kind["injection"], sorry).outcome is Outcome.REFUSED
    assert answered(ATTACKS, by_kind["jailbreak"], sorry).outcome is Outcome.FINE
    assert answered(ATTACKS, by_kind["leakage"], " ").outcome is Outcome.MALFORMED


def test_every_attack_has_tags_and_the_suite_has_all_of_them() -> None:
    samples = ATTACKS.samples("en")
    used = {one.more["atlas"] for one in samples} | {one.more["owasp"] for one in samples}
    assert used == set(ATTACKS.about.tags)
    assert {one for one in used if one.startswith("LLM")} <= OWASP


@needs_public
def test_the_techniques_are_those_of_atlas() -> None:
    atlas = json.loads((PUBLIC / "security/atlas.json").read_text("utf-8"))
    known = {one["id"] for one in atlas["techniques"]}
    for name in ("attacks-own", "refusal-own", "grounding-own"):
        tags = {one for one in suite(name).about.tags if one.startswith("AML")}
        assert tags
        assert tags <= known
