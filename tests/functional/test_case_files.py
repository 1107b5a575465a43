"""Case files: kept, shared, changed by one at a time; alerts, each told once; taken out, deleted."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from case_world import (
    COLLEAGUE,
    COMING,
    DAY,
    HOLDER,
    LEASH,
    OPERATOR,
    OWNER,
    STRANGER,
    THEN,
    WORK,
    Laws,
    house,
    pinned,
)

from casemate.errors import BadInput, Conflict, NotAllowed, NotFound
from casemate.knowledge.casefiles import keeping
from casemate.platform import Platform


@pytest.fixture
def texts(tmp_path: Path) -> Iterator[Laws]:
    with house(tmp_path) as made:
        yield made


@pytest.fixture
def platform(texts: Laws) -> Platform:
    return texts.platform


def told(platform: Platform, case: str) -> list[tuple[str, str]]:
    return sorted((one.kind.value, one.key) for one in platform.case_file_alerts(OWNER, case))


def test_what_is_in_a_case_file_is_nowhere_in_the_home_to_be_read(texts: Laws) -> None:
    secret = "Mandant Wëlleschter"
    case = texts.platform.open_case_file(OWNER, f"{secret} gegen X", f"{secret} hat drei Hunde")
    texts.platform.pin_provision(OWNER, case.id, "law", WORK, "art_1", "fr", DAY)
    texts.version(COMING, ("art_1", "Trois chiens."))
    for file in texts.platform.home.root.rglob("*"):
        if file.is_file():
            assert b"Wellesch" not in file.read_bytes()
            assert secret.encode() not in file.read_bytes(), file
    acts = [one for one in texts.platform.entries() if one.subject in (case.id, "law")]
    assert "Hunde" not in str(acts)
    assert not any("art_1" in str(one) for one in acts)
    assert {one.act for one in acts} >= {
        "case_file.opened",
        "case_file.changed",
        "case_files.watched",
    }


def test_a_pin_holds_the_words_of_its_day(platform: Platform) -> None:
    old = pinned(platform, on=date(2021, 1, 1)).pins[0]
    new = pinned(platform).pins[0]
    assert (old.valid_from, old.valid_to) == (date(2020, 2, 1), THEN)
    assert (new.valid_from, new.valid_to) == (THEN, None)
    assert old.digest != new.digest
    with pytest.raises(NotFound, match="nothing to pin"):
        pinned(platform, key="art_9")


def test_the_same_pin_twice_is_told(platform: Platform) -> None:
    case = pinned(platform)
    with pytest.raises(BadInput, match="is pinned in this case file already"):
        platform.pin_provision(OWNER, case.id, "law", WORK, "art_1", "fr", DAY)


def test_a_wording_to_come_is_told_once_with_what_changes(texts: Laws) -> None:
    case = pinned(texts.platform)
    assert told(texts.platform, case.id) == []
    texts.version(COMING, ("art_1", "Trois chiens."), ("art_2", LEASH))
    (alert,) = texts.platform.case_file_alerts(OWNER, case.id)
    assert (alert.kind.value, alert.begins, alert.seen) == ("coming", COMING, False)
    assert ("Deux" in alert.before, "Trois" in alert.after) == (True, True)
    texts.load()
    texts.platform.watch_case_files(HOLDER, "law")
    texts.platform.watch_case_files(OPERATOR, "law")
    assert told(texts.platform, case.id) == [("coming", "art_1")]


def test_words_that_come_into_force_are_told_on_their_day(
    texts: Laws, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = pinned(texts.platform)
    texts.version(COMING, ("art_1", "Trois chiens."))
    now = texts.platform.clock()
    monkeypatch.setattr(texts.platform, "clock", lambda: now.replace(year=2090, month=1, day=2))
    assert texts.platform.watch_case_files(OPERATOR, "law") == 1
    assert told(texts.platform, case.id) == [("coming", "art_1"), ("words", "art_1")]


def test_a_look_that_has_nothing_new_opens_nothing_that_people_put_in(
    texts: Laws, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned(texts.platform)
    texts.platform.watch_case_files(OPERATOR, "law")
    opened: list[str] = []
    unseal = texts.platform._keyring.unseal

    def noted(sealed: bytes, context: str) -> str:
        opened.append(context.rpartition(":")[2])
        return unseal(sealed, context)

    monkeypatch.setattr(texts.platform._keyring, "unseal", noted)
    assert texts.platform.watch_case_files(OPERATOR, "law") == 0
    assert opened == ["watched"]


def test_what_a_look_writes_does_not_say_whose_law_has_changed(texts: Laws) -> None:
    """All are written anew, also where nothing has changed: two copies of the database tell nothing."""
    cases = [pinned(texts.platform, key=key).id for key in ("art_1", "art_2")]

    def kept() -> list[bytes]:
        with texts.platform.store.read() as tx:
            return [texts.platform.case_files_kept.row(tx, one).watched for one in cases]

    texts.platform.watch_case_files(OPERATOR, "law")
    before = kept()
    texts.version(COMING, ("art_1", "Deux chiens."), ("art_2", LEASH.replace("laisse", "cage")))
    assert all(new != old for new, old in zip(kept(), before, strict=True))


def test_a_repeal_a_correction_and_an_end_are_told(texts: Laws) -> None:
    repealed, corrected = (pinned(texts.platform, key=key) for key in ("art_1", "art_2"))
    texts.version(COMING, ("art_2", LEASH))
    (alert,) = texts.platform.case_file_alerts(OWNER, repealed.id)
    assert (alert.kind.value, alert.ends) == ("repealed", COMING)
    texts.version(THEN, ("art_1", "Deux chiens."), ("art_2", LEASH.replace("laisse", "cage")))
    assert ("words", "art_2") in told(texts.platform, corrected.id)


def test_a_correction_of_the_day_that_was_pinned_is_told(texts: Laws) -> None:
    case = pinned(texts.platform, on=date(2021, 1, 1))
    texts.version(date(2020, 2, 1), ("art_1", "Un seul chien."), ("art_2", LEASH), ends=THEN)
    (alert,) = texts.platform.case_file_alerts(OWNER, case.id)
    assert (alert.kind.value, "Un chien" in alert.before) == ("corrected", True)


def test_what_the_pinned_words_cite_is_watched(texts: Laws) -> None:
    case = pinned(texts.platform, key="art_2")
    texts.version(COMING, ("art_1", "Trois chiens."), ("art_2", LEASH))
    assert told(texts.platform, case.id) == [("cited", "art_1")]


def test_a_saved_search_tells_what_is_new_in_it(texts: Laws) -> None:
    platform = texts.platform
    platform.index_corpus(HOLDER, "law")
    case = platform.open_case_file(OWNER, "Muzzles")
    platform.save_search(OWNER, case.id, "law", "muselière des chiens", "fr", works=[WORK])
    texts.version(date(2025, 1, 1), ("art_1", "Deux chiens."), ("art_3", "La muselière."))
    assert told(platform, case.id) == []  # not before the index is built
    platform.index_corpus(HOLDER, "law")
    assert ("found", "art_3") in told(platform, case.id)
    quoted = platform.pin_quote(OWNER, case.id, "law", "Que dit l'art. 1 ?", "fr", DAY)
    assert quoted.quotes[0].quote.text in "Deux chiens."
    assert quoted.quotes[0].receipt.startswith("sha256:")
    with pytest.raises(NotFound, match="and no number 9"):
        platform.pin_quote(OWNER, case.id, "law", "Que dit l'art. 1 ?", "fr", DAY, number=9)


def test_alerts_are_seen_by_each_for_themselves(texts: Laws) -> None:
    platform, case = texts.platform, pinned(texts.platform)
    platform.share_case_file(OWNER, case.id, COLLEAGUE)
    texts.version(COMING, ("art_1", "Trois chiens."))
    assert platform.unseen_case_alerts(OWNER) == 1
    assert platform.mark_case_alerts_seen(OWNER, case.id) == 1
    assert platform.mark_case_alerts_seen(OWNER, case.id) == 0
    assert (platform.unseen_case_alerts(OWNER), platform.unseen_case_alerts(COLLEAGUE)) == (0, 1)
    with pytest.raises(NotFound, match="has no alert"):
        platform.mark_case_alerts_seen(OWNER, case.id, ["alert-none"])


def test_of_two_editors_the_second_is_told(platform: Platform) -> None:
    case = platform.open_case_file(OWNER, "Dogs")
    platform.share_case_file(OWNER, case.id, COLLEAGUE, "write")
    seen = platform.case_file(OWNER, case.id).version
    platform.describe_case_file(COLLEAGUE, case.id, "Dogs", "mine", seen=seen)
    with pytest.raises(Conflict, match="look again"):
        platform.describe_case_file(OWNER, case.id, "Dogs", "and mine", seen=seen)
    assert platform.case_file(OWNER, case.id).notes == "mine"


def test_the_order_is_the_readers(platform: Platform) -> None:
    case = pinned(platform)
    case = platform.pin_provision(OWNER, case.id, "law", WORK, "art_2", "fr", DAY)
    items = [one.id for one in case.pins][::-1]
    assert [one.id for one in platform.arrange_case_file(OWNER, case.id, items).pins] == items
    assert len(platform.take_from_case_file(OWNER, case.id, items[0]).pins) == 1
    with pytest.raises(NotFound):
        platform.arrange_case_file(OWNER, case.id, ["pin-none"])


def test_there_are_limits_and_they_say_so(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = pinned(platform)
    with pytest.raises(BadInput, match=r"100,000 characters; 50,000 is the most"):
        platform.describe_case_file(OWNER, case.id, "Dogs", "x" * 100_000)
    with pytest.raises(BadInput, match="a case file's title has 1 to 200"):
        platform.open_case_file(OWNER, " \n ")
    monkeypatch.setattr(keeping, "MOST_ITEMS", 1)
    with pytest.raises(BadInput, match="holds 1 pins"):
        platform.pin_provision(OWNER, case.id, "law", WORK, "art_2", "fr", DAY)
    monkeypatch.setattr(keeping, "MOST_BYTES", 500)
    with pytest.raises(BadInput, match="holds 500 bytes at most"):
        platform.describe_case_file(OWNER, case.id, "Dogs", "x" * 501)
    monkeypatch.setattr(keeping, "MOST_FILES", 1)
    with pytest.raises(BadInput, match="which is the most"):
        platform.open_case_file(OWNER, "Cats")


def test_the_same_case_file_is_the_same_file(platform: Platform) -> None:
    case = pinned(platform)
    for form in ("html", "docx", "md", "json", "csl", "bib", "ris"):
        made = [platform.export_case_file(OWNER, case.id, form, style="eu") for _ in range(2)]
        assert made[0].content == made[1].content
    (cited,) = json.loads(platform.export_case_file(OWNER, case.id, "csl").content)
    assert (cited["type"], cited["version"]) == ("legislation", THEN.isoformat())
    assert cited["custom"]["sha256"] == case.pins[0].digest
    assert cited["custom"]["as_of"] == DAY.isoformat()
    assert cited["custom"]["licence"] == "CC-BY-4.0"
    with pytest.raises(BadInput, match="files are made as"):
        platform.export_case_file(OWNER, case.id, "exe")


def test_what_was_pinned_is_taken_out_as_it_was_pinned(texts: Laws) -> None:
    case = pinned(texts.platform)
    texts.version(THEN, ("art_1", "Personne."), ("art_2", LEASH))
    text = texts.platform.export_case_file(OWNER, case.id, "md").content.decode()
    assert "Deux chiens" in text
    assert "Personne" not in text


def test_a_new_master_key_opens_case_files(texts: Laws) -> None:
    case = pinned(texts.platform)
    texts.version(COMING, ("art_1", "Trois chiens."))
    texts.platform.rotate_keys(OPERATOR)
    assert texts.platform.case_file(OWNER, case.id).notes == "Ask the owner."
    assert told(texts.platform, case.id) == [("coming", "art_1")]
    texts.version(COMING + timedelta(days=1), ("art_1", "Quatre chiens."))
    assert len(told(texts.platform, case.id)) == 2


def test_data_are_given_and_erased(texts: Laws) -> None:
    platform, case = texts.platform, pinned(texts.platform)
    data: Any = platform.my_case_data(OWNER)
    assert [one["case_file"].id for one in data["case_files"]] == [case.id]
    assert platform.my_case_data(STRANGER)["case_files"] == []
    with pytest.raises(NotAllowed):
        platform.erase_case_files_of(OPERATOR, OWNER)
    platform.deactivate_account(OPERATOR, OWNER)
    assert platform.erase_case_files_of(OPERATOR, OWNER) == 1
    platform.reactivate_account(OPERATOR, OWNER)
    assert platform.case_files(OWNER) == []


def test_what_is_deleted_is_gone_with_its_alerts(texts: Laws) -> None:
    case = pinned(texts.platform)
    texts.version(COMING, ("art_1", "Trois chiens."))
    texts.platform.delete_case_file(OWNER, case.id)
    with pytest.raises(NotFound):
        texts.platform.case_file_alerts(OWNER, case.id)
    assert texts.platform.unseen_case_alerts(OWNER) == 0
