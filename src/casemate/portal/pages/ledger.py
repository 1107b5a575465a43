"""The ledger, for anyone: its entries, its checkpoints, and proofs that a browser checks by itself."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from fastapi import Path, Query, Response

from casemate.errors import CasemateError
from casemate.ledger import ConsistencyProof, Wanted
from casemate.ledger.merkle import leaf_hash
from casemate.portal.pages import charts
from casemate.portal.pages.language import mark
from casemate.portal.pages.router import PageRouter, Posted
from casemate.portal.pages.visit import Anyone, Navigation, Visit

NAVIGATION: Navigation = (mark("Ledger"), "ledger", None)
router = PageRouter()
ON_A_PAGE = 25
MONTHS_DRAWN = 12
Index = Annotated[int, Path(ge=0, le=2**53)]


@router.get("/ledger")
def ledger(
    seen: Anyone,
    act: Annotated[str, Query(max_length=64)] = "",
    subject: Annotated[str, Query(max_length=200)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
    before: Annotated[int | None, Query(ge=0, le=2**53)] = None,
) -> Response:
    """The newest entries first, and what there is to look for."""
    asked = {"act": act, "subject": subject.strip(), "since": since, "until": until}
    wrong = [name for name in ("since", "until") if asked[name] and _day(asked[name]) is None]
    wanted = Wanted(act or None, asked["subject"] or None, _day(since), _day(until))
    found = seen.platform.explore(wanted, seen.looks_as, before=before, limit=ON_A_PAGE + 1)
    shown, more = found[:ON_A_PAGE], len(found) > ON_A_PAGE
    activity = seen.platform.ledger_activity(seen.looks_as)
    acts = sorted({known for _, known in activity})
    return seen.page(
        "ledger/ledger.html",
        status=422 if wrong else 200,
        entries=[(one, datetime.fromisoformat(one.time)) for one in shown],
        asked=asked,
        wrong=wrong,
        problems=[(name, seen.gettext("Write a day as 2026-03-01.")) for name in wrong],
        acts=[("", seen.gettext("Every act")), *((one, one) for one in acts)],
        size=sum(activity.values()),
        chart=_by_month(seen, activity),
        newest=seen.url("ledger", asked) if before is not None else None,
        older=seen.url("ledger", asked | {"before": shown[-1].index}) if more else None,
    )


def _by_month(seen: Visit, activity: Mapping[tuple[str, str], int]) -> charts.Chart | None:
    counts = Counter[str]()
    for (month, _), entries in activity.items():
        counts[month] += entries
    if not counts:
        return None
    x, y = seen.gettext("Month"), seen.gettext("Entries")
    rows: list[dict[str, Any]] = [
        {x: month, y: counts[month]} for month in sorted(counts)[-MONTHS_DRAWN:]
    ]
    told = seen.gettext(
        "Bars, one a month; the last is %(month)s with %(count)s entries.",
        month=rows[-1][x],
        count=rows[-1][y],
    )
    title = seen.gettext("Entries by month")
    return charts.bars(rows, x=x, y=y, title=title, alternative=told)


@router.get("/ledger/entries/{index}", name="ledger_entry")
def entry(seen: Anyone, index: Index) -> Response:
    """One entry with the text that was hashed, and its proof."""
    found, body = seen.platform.ledger_entry(index, seen.looks_as)
    told = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    return seen.page(
        "ledger/entry.html",
        entry=found,
        when=datetime.fromisoformat(found.time),
        json=told,
        leaf=leaf_hash(body).hex(),
        keys=_vkeys(seen),
        command=_command(seen),
    )


@router.get("/ledger/checkpoints", name="ledger_checkpoints")
def checkpoints(seen: Anyone) -> Response:
    """Today's checkpoint, the keys that signed, and whether an older one still holds."""
    return _checkpoints(seen)


@router.post("/ledger/checkpoints", name="ledger_compare")
def compare(seen: Anyone, form: Posted) -> Response:
    """Whether today's ledger begins with what an older checkpoint fixed."""
    note = re.sub(r"\s*\Z", "", "\n".join(form.texts("checkpoint"))).lstrip() + "\n"
    try:
        proof = seen.platform.compare(note, seen.looks_as)
    except CasemateError as refused:
        return _checkpoints(seen, note, problem=str(refused))
    return _checkpoints(seen, note, proof=proof, was_compared=True)


def _checkpoints(
    seen: Visit,
    note: str = "",
    *,
    problem: str = "",
    proof: ConsistencyProof | None = None,
    was_compared: bool = False,
) -> Response:
    return seen.page(
        "ledger/checkpoints.html",
        status=422 if problem else 200,
        checkpoint=seen.platform.checkpoint(seen.looks_as),
        keys=known_keys(seen),
        signs=signs(seen),
        vkeys=_vkeys(seen),
        command=f"{_command(seen)} --checkpoint checkpoint.txt",
        note=note,
        problem=problem,
        proof=proof,
        was_compared=was_compared,
    )


def known_keys(seen: Visit) -> list[dict[str, Any]]:
    """The public keys with their times as moments."""

    def moment(text: str | None) -> datetime | None:
        return None if text is None else datetime.fromisoformat(text)

    return [
        {
            "purpose": one.purpose,
            "key": one.key,
            "since": moment(one.since),
            "until": moment(one.until),
        }
        for one in seen.platform.keys(seen.looks_as)
    ]


def signs(seen: Visit) -> dict[str, str]:
    """What each kind of key signs, in words."""
    return {
        "ledger": seen.gettext("The ledger"),
        "permit": seen.gettext("Permits"),
        "certificate": seen.gettext("Certificates of protection"),
    }


def _command(seen: Visit) -> str:
    """What does the same on one's own machine: every entry, and the verifier that stands alone."""
    address = str(seen.request.base_url)
    return (
        f"curl -o ledger.jsonl {address}api/v1/ledger/export\n"
        f"python verifier.py ledger.jsonl --key '{_vkeys(seen)[0]}'"
    )


def _vkeys(seen: Visit) -> list[str]:
    return [one.key for one in seen.platform.keys(seen.looks_as) if one.purpose == "ledger"]


def _day(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC) if text else None
    except ValueError:
        return None
