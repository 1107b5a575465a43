"""Who may do what: the whole of it in one table, then the messages and the ways policies can fail."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import pytest

from casemate.access.policies import (
    HOME,
    Policies,
    Resource,
    UnknownAction,
    UnknownResource,
)
from casemate.access.policy_file import Policy, policy_text
from casemate.access.policy_model import ACTIONS, FACTS
from casemate.access.records import State
from casemate.errors import BadInput, NotAllowed
from casemate.identity import Account, Role

COLUMNS = (
    "visitor", "public", "holder", "user", "authority", "checker", "operator", "auditor"
)  # fmt: skip
ROLES = {
    "public": Role.PUBLIC,
    "holder": Role.DATA_HOLDER,
    "user": Role.DATA_USER,
    "authority": Role.AUTHORITY,
    "checker": Role.OUTPUT_CHECKER,
    "operator": Role.OPERATOR,
    "auditor": Role.AUDITOR,
}

# Each line: an act, how the actor stands to what it is done to, and who may (y) and may not (.).
# "visitor" is the public without an account, "public" an account with no other role.
TABLE = """
act                   actor is            visitor public holder user authority checker operator auditor

catalogue.read        anyone                 y      y      y     y      y         y       y        y
dataset.list          anyone                 y      y      y     y      y         y       y        y
dataset.publish       of the holder          .      .      y     .      .         .       .        .
dataset.publish       a stranger             .      .      .     .      .         .       .        .
dataset.retire        of the holder          .      .      y     .      .         .       .        .
dataset.retire        a stranger             .      .      .     .      .         .       .        .
dataset.budget        of the holder          .      .      y     .      y         .       .        y
dataset.budget        a stranger             .      .      .     .      y         .       .        y
dataset.preview       a stranger             .      .      .     .      .         .       .        .
dataset.preview       of the holder          .      .      .     .      .         .       .        .
dataset.preview       open to all            y      y      y     y      y         y       y        y

application.create    the applicant          .      .      .     y      .         .       .        .
application.create    applying for another   .      .      .     .      .         .       .        .
application.create    lying on employer      .      .      .     .      .         .       .        .
application.submit    the applicant          .      .      .     y      .         .       .        .
application.submit    a named person         .      .      .     .      .         .       .        .
application.submit    a stranger             .      .      .     .      .         .       .        .
application.revise    the applicant          .      .      .     y      .         .       .        .
application.revise    a named person         .      .      .     .      .         .       .        .
application.revise    lying on employer      .      .      .     .      .         .       .        .
application.revise    a stranger             .      .      .     .      .         .       .        .
application.message   the applicant          .      y      y     y      y         y       y        y
application.message   the draft's applicant  .      .      .     .      .         .       .        .
application.message   a named person         .      .      .     .      .         .       .        .
application.message   a colleague            .      .      .     .      .         .       .        .
application.message   of the holder          .      .      .     .      y         .       .        .
application.message   a stranger             .      .      .     .      y         .       .        .
application.message   a draft's stranger     .      .      .     .      .         .       .        .
application.inbox     anyone                 .      .      .     .      y         .       .        .
application.preview   the applicant          .      .      .     .      .         .       .        .
application.preview   only the applicant     .      .      .     .      .         .       .        .
application.preview   a named person         .      .      .     .      .         .       .        .
application.preview   a colleague            .      .      .     .      .         .       .        .
application.preview   of the holder          .      .      .     .      y         .       .        .
application.preview   a stranger             .      .      .     .      y         .       .        .
application.preview   a draft's stranger     .      .      .     .      .         .       .        .
application.read      the applicant          .      y      y     y      y         y       y        y
application.read      the draft's applicant  .      y      y     y      y         y       y        y
application.read      a named person         .      y      y     y      y         y       y        y
application.read      a colleague            .      .      .     .      y         .       .        y
application.read      of the holder          .      .      y     .      y         .       .        y
application.read      of a draft's holder    .      .      .     .      .         .       .        .
application.read      a stranger             .      .      .     .      y         .       .        y
application.read      a draft's stranger     .      .      .     .      .         .       .        .
application.withdraw  the applicant          .      y      y     y      y         y       y        y
application.withdraw  a named person         .      .      .     .      .         .       .        .
application.withdraw  a stranger             .      .      .     .      .         .       .        .
application.appeal    the applicant          .      y      y     y      y         y       y        y
application.appeal    a named person         .      .      .     .      .         .       .        .
application.appeal    a stranger             .      .      .     .      .         .       .        .
application.decide    the applicant          .      .      .     .      .         .       .        .
application.decide    only the applicant     .      .      .     .      .         .       .        .
application.decide    a named person         .      .      .     .      .         .       .        .
application.decide    a colleague            .      .      .     .      .         .       .        .
application.decide    of the holder          .      .      .     .      y         .       .        .
application.decide    a stranger             .      .      .     .      y         .       .        .

permit.read           the applicant          .      y      y     y      y         y       y        y
permit.read           only the applicant     .      y      y     y      y         y       y        y
permit.read           a named person         .      y      y     y      y         y       y        y
permit.read           of the holder          .      .      y     .      y         y       .        y
permit.read           a stranger             .      .      .     .      y         y       .        y
permit.read           anyone, it stands      y      y      y     y      y         y       y        y
permit.verify         a stranger             y      y      y     y      y         y       y        y
permit.revoke         a named person         .      .      .     .      y         .       .        .
permit.revoke         of the holder          .      .      .     .      y         .       .        .
permit.revoke         a stranger             .      .      .     .      y         .       .        .
permit.renew          the applicant          .      .      .     .      .         .       .        .
permit.renew          only the applicant     .      .      .     .      .         .       .        .
permit.renew          a named person         .      .      .     .      .         .       .        .
permit.renew          a colleague            .      .      .     .      .         .       .        .
permit.renew          a stranger             .      .      .     .      y         .       .        .
permit.environments   a named person         .      .      .     .      y         .       .        .
permit.environments   of the holder          .      .      .     .      y         .       .        .
permit.environments   a stranger             .      .      .     .      y         .       .        .
permit.ask            the applicant          .      .      .     y      .         .       .        .
permit.ask            only the applicant     .      .      .     .      .         .       .        .
permit.ask            a named person         .      .      .     y      .         .       .        .
permit.ask            a colleague            .      .      .     .      .         .       .        .
permit.ask            a stranger             .      .      .     .      .         .       .        .
permit.ask            anyone, it stands      .      .      .     .      .         .       .        .

run.draft             the submitter          .      .      .     y      .         .       .        .
run.draft             named, for another     .      .      .     .      .         .       .        .
run.draft             not in the permit      .      .      .     .      .         .       .        .
run.draft             a stranger             .      .      .     .      .         .       .        .
run.submit            the submitter          .      .      .     y      .         .       .        .
run.submit            named, for another     .      .      .     .      .         .       .        .
run.submit            not in the permit      .      .      .     .      .         .       .        .
run.submit            a stranger             .      .      .     .      .         .       .        .
run.read              the submitter          .      y      y     y      y         y       y        y
run.read              not in the permit      .      y      y     y      y         y       y        y
run.read              named, for another     .      y      y     y      y         y       y        y
run.read              a stranger             .      .      .     .      y         y       .        y
run.cancel            the submitter          .      y      y     y      y         y       y        y
run.cancel            named, for another     .      y      y     y      y         y       y        y
run.cancel            a stranger             .      .      .     .      y         .       y        .
run.replay            the submitter          .      y      y     y      y         y       y        y
run.replay            not in the permit      .      .      .     .      .         y       .        .
run.replay            named, for another     .      y      y     y      y         y       y        y
run.replay            a stranger             .      .      .     .      .         y       .        .

output.queue          anyone                 .      .      .     .      .         y       .        .
output.list           the submitter          .      y      y     y      y         y       y        y
output.list           not in the permit      .      y      y     y      y         y       y        y
output.list           a named person         .      y      y     y      y         y       y        y
output.list           a stranger             .      .      .     .      y         y       .        y
output.read_evidence  the submitter          .      .      .     .      .         .       .        .
output.read_evidence  not in the permit      .      .      .     .      .         .       .        .
output.read_evidence  a named person         .      .      .     .      .         .       .        .
output.read_evidence  a stranger             .      .      .     .      .         y       .        .
output.review         the submitter          .      .      .     .      .         .       .        .
output.review         not in the permit      .      .      .     .      .         .       .        .
output.review         a named person         .      .      .     .      .         .       .        .
output.review         a stranger             .      .      .     .      .         y       .        .
output.review         first of two           .      .      .     .      .         y       .        .
output.clear          the submitter          .      .      .     .      .         .       .        .
output.clear          not in the permit      .      .      .     .      .         .       .        .
output.clear          a named person         .      .      .     .      .         .       .        .
output.clear          a stranger             .      .      .     .      .         y       .        .
output.clear          first of two           .      .      .     .      .         .       .        .
output.clear          second of two          .      .      .     .      .         y       .        .
output.release        the submitter          .      .      .     .      .         .       .        .
output.release        not in the permit      .      .      .     .      .         .       .        .
output.release        a named person         .      .      .     .      .         .       .        .
output.release        a stranger             .      .      .     .      .         y       .        .
output.release        stranger, it passed    .      .      .     .      .         y       .        .
output.release        stranger, refused it   .      .      .     .      .         .       .        .
output.release        stranger, unchecked    .      .      .     .      .         .       .        .
output.release        first of two           .      .      .     .      .         .       .        .
output.release        second of two          .      .      .     .      .         .       .        .
output.release        either of two          .      .      .     .      .         y       .        .
output.fetch          the submitter          .      y      y     y      y         y       y        y
output.fetch          not in the permit      .      .      .     .      .         .       .        .
output.fetch          a named person         .      y      y     y      y         y       y        y
output.fetch          named, while held      .      .      .     .      .         .       .        .
output.fetch          a stranger             .      .      .     .      .         .       .        .
output.repair         the submitter          .      y      y     y      y         y       y        y
output.repair         not in the permit      .      y      y     y      y         y       y        y
output.repair         a named person         .      y      y     y      y         y       y        y
output.repair         a stranger             .      .      .     .      .         y       .        .

algorithm.record      a colleague            .      .      y     y      y         .       .        .
algorithm.record      a stranger             .      .      .     .      .         .       .        .
algorithm.read        a colleague            .      y      y     y      y         y       y        y
algorithm.read        a stranger             .      .      .     .      y         .       .        y
algorithm.read        a colleague, hidden    .      y      y     y      y         y       y        y
algorithm.read        a stranger, hidden     .      .      .     .      y         .       .        .
algorithm.read        a stranger, national   .      .      .     .      y         .       .        y
algorithm.view        a stranger             .      .      .     .      .         .       .        .
algorithm.view        a stranger, published  y      y      y     y      y         y       y        y
algorithm.view        a stranger, hidden     .      .      .     .      y         .       .        .
algorithm.view        a colleague, hidden    .      y      y     y      y         y       y        y
algorithm.view        a stranger, national   .      .      .     .      y         .       .        y
algorithm.publish     a colleague            .      .      y     y      y         .       .        .
algorithm.publish     a stranger             .      .      .     .      .         .       .        .
algorithm.except      a colleague            .      .      .     .      .         .       .        .
algorithm.except      a stranger             .      .      .     .      y         .       .        .
feedback.give         a stranger             .      .      .     .      .         .       .        .
feedback.give         a stranger, published  y      y      y     y      y         y       y        y
feedback.give         a stranger, hidden     .      .      .     .      y         .       .        .
feedback.give         a stranger, national   .      .      .     .      y         .       .        y
feedback.read         a colleague            .      .      y     y      y         .       .        .
feedback.read         a stranger             .      .      .     .      y         .       .        .
feedback.answer       a colleague            .      .      y     y      y         .       .        .
feedback.answer       a stranger             .      .      .     .      .         .       .        .
document.make         a colleague            .      .      y     y      y         .       .        .
document.make         a stranger             .      .      .     .      y         .       .        .
algorithm.assess      a colleague            .      .      y     y      y         .       .        .
algorithm.assess      a stranger             .      .      .     .      y         .       .        .
algorithm.list        anyone                 y      y      y     y      y         y       y        y
evaluation.record     a colleague            .      .      y     y      y         .       .        .
evaluation.record     a stranger             .      .      .     .      .         .       .        .
evaluation.read       a colleague            .      y      y     y      y         y       y        y
evaluation.read       a stranger             .      .      .     .      y         .       .        y
evaluation.read       anyone, published      y      y      y     y      y         y       y        y
evaluation.read       published, no entry    .      .      .     .      y         .       .        y
evaluation.read       of a hidden entry      .      .      .     .      y         .       .        .
evaluation.read       colleague, hidden      .      y      y     y      y         y       y        y
evaluation.list       anyone                 y      y      y     y      y         y       y        y
evaluation.publish    a colleague            .      .      y     y      y         .       .        .
evaluation.publish    a stranger             .      .      .     .      y         .       .        .
evaluation.publish    colleague, no entry    .      .      .     .      .         .       .        .

corpus.load           a colleague            .      .      y     .      .         .       .        .
corpus.load           a stranger             .      .      .     .      .         .       .        .
company.keep          a colleague            .      .      y     y      y         .       .        .
company.keep          a stranger             .      .      .     .      .         .       .        .
company.read          a colleague            .      y      y     y      y         y       y        y
company.read          a stranger             .      .      .     .      .         .       .        .
company.list          anyone                 .      y      y     y      y         y       y        y
draft.check           anyone                 .      y      y     y      y         y       y        y
memory.import         a colleague            .      .      y     .      .         .       .        .
memory.import         a stranger             .      .      .     .      .         .       .        .
text.translate        anyone                 .      y      y     y      y         y       y        y
corpus.watch          a colleague            .      .      y     .      .         .       y        .
corpus.watch          a stranger             .      .      .     .      .         .       y        .
casefile.open         the owner              .      y      y     y      y         y       y        y
casefile.open         a stranger             .      .      .     .      .         .       .        .
casefile.read         the owner              .      y      y     y      y         y       y        y
casefile.read         a named reader         .      y      y     y      y         y       y        y
casefile.read         of a reading house     .      y      y     y      y         y       y        y
casefile.read         a stranger             .      .      .     .      .         .       .        .
casefile.change       the owner              .      y      y     y      y         y       y        y
casefile.change       a named writer         .      y      y     y      y         y       y        y
casefile.change       of a writing house     .      y      y     y      y         y       y        y
casefile.change       a named reader         .      .      .     .      .         .       .        .
casefile.change       of a reading house     .      .      .     .      .         .       .        .
casefile.change       a stranger             .      .      .     .      .         .       .        .
casefile.export       the owner              .      y      y     y      y         y       y        y
casefile.export       a named reader         .      y      y     y      y         y       y        y
casefile.export       a stranger             .      .      .     .      .         .       .        .
casefile.share        the owner              .      y      y     y      y         y       y        y
casefile.share        a named writer         .      .      .     .      .         .       .        .
casefile.share        of a writing house     .      .      .     .      .         .       .        .
casefile.share        a stranger             .      .      .     .      .         .       .        .
casefile.delete       the owner              .      y      y     y      y         y       y        y
casefile.delete       a named writer         .      .      .     .      .         .       .        .
casefile.delete       a stranger             .      .      .     .      .         .       .        .
casefile.list         anyone                 .      y      y     y      y         y       y        y
casefile.erase        a closed account       .      .      .     .      .         .       y        .
casefile.erase        an open account        .      .      .     .      .         .       .        .
corpus.note_answer    a stranger             y      y      y     y      y         y       y        y
corpus.reword         anyone                 .      y      y     y      y         y       y        y
sandbox.apply         the participant        .      .      y     y      .         .       .        .
sandbox.apply         a colleague            .      .      .     .      .         .       .        .
sandbox.apply         of another employer    .      .      .     .      .         .       .        .
sandbox.apply         a stranger             .      .      .     .      .         .       .        .
sandbox.take_part     the participant        .      .      y     y      .         .       .        .
sandbox.take_part     a colleague            .      .      y     y      .         .       .        .
sandbox.take_part     of another employer    .      .      .     .      .         .       .        .
sandbox.take_part     a stranger             .      .      .     .      .         .       .        .
sandbox.withdraw      the participant        .      y      y     y      y         y       y        y
sandbox.withdraw      a colleague            .      .      .     .      .         .       .        .
sandbox.withdraw      a stranger             .      .      .     .      .         .       .        .
sandbox.conclude      the participant        .      .      y     y      .         .       .        .
sandbox.conclude      a colleague            .      .      y     y      .         .       .        .
sandbox.conclude      a stranger             .      .      .     .      y         .       .        .
sandbox.read          the participant        .      y      y     y      y         y       y        y
sandbox.read          a colleague            .      y      y     y      y         y       y        y
sandbox.read          a stranger             .      .      .     .      y         .       .        y
sandbox.read          a draft's stranger     .      .      .     .      .         .       .        .
sandbox.message       the participant        .      y      y     y      y         y       y        y
sandbox.message       a colleague            .      .      y     y      .         .       .        .
sandbox.message       the draft's applicant  .      .      .     .      .         .       .        .
sandbox.message       a stranger             .      .      .     .      y         .       .        .
sandbox.message       a draft's stranger     .      .      .     .      .         .       .        .
sandbox.decide        the participant        .      .      .     .      .         .       .        .
sandbox.decide        of another employer    .      .      .     .      .         .       .        .
sandbox.decide        a colleague            .      .      .     .      .         .       .        .
sandbox.decide        a stranger             .      .      .     .      y         .       .        .
sandbox.inbox         anyone                 .      .      .     .      y         .       .        .
sandbox.list          anyone                 .      y      y     y      y         y       y        y
sandbox.publications  anyone                 y      y      y     y      y         y       y        y

ledger.read           anyone                 y      y      y     y      y         y       y        y
ledger.checkpoint     anyone                 y      y      y     y      y         y       y        y
account.add           anyone                 .      .      .     .      .         .       y        .
account.add           another                .      .      .     .      .         .       y        .
account.add           oneself                .      .      .     .      .         .       .        .
account.change        another                .      .      .     .      .         .       y        .
account.change        oneself                .      .      .     .      .         .       .        .
environment.add       anyone                 .      .      .     .      .         .       y        .
environment.list      anyone                 .      y      y     y      y         y       y        y
environment.remove    anyone                 .      .      .     .      .         .       y        .
account.list          anyone                 .      .      .     .      y         .       y        y
account.token         anyone                 .      y      y     y      y         y       y        y
account.credentials   anyone                 .      y      y     y      y         y       y        y
account.invite        another                .      .      .     .      .         .       y        .
account.invite        oneself                .      .      .     .      .         .       y        .
organisation.add      anyone                 .      .      .     .      .         .       y        .
organisation.change   a stranger             .      .      .     .      .         .       y        .
home.inspect          anyone                 .      .      .     .      .         .       y        y
key.rotate            anyone                 .      .      .     .      .         .       y        .
"""

ME, MY_ORG = "acct-me", "org-mine"
OTHERS: Mapping[str, Mapping[str, Any]] = {
    "dataset": {"holder": "org-other", "access_right": "restricted"},
    "application": {
        "applicant": "acct-ada",
        "people": {"acct-ada", "acct-bob"},
        "organisation": "org-other",
        "holders": {"org-hospital"},
        "state": "submitted",
    },
    "permit": {
        "applicant": "acct-ada",
        "people": {"acct-ada", "acct-bob"},
        "organisation": "org-other",
        "holders": {"org-hospital"},
        "standing": False,
    },
    "algorithm": {"organisation": "org-other", "published": False, "section": "public"},
    "corpus": {"organisation": "org-other"},
    "casefile": {
        "owner": "acct-ada",
        "readers": {"acct-bob"},
        "writers": {"acct-bob"},
        "reading_houses": {"org-hospital"},
        "writing_houses": {"org-hospital"},
    },
    "account": {"organisation": "org-other", "active": True},
    "company": {"organisation": "org-other"},
    "evaluation": {
        "organisation": "org-other",
        "published": False,
        "entry_is_public": True,
        "section": "public",
    },
    "sandbox": {"applicant": "acct-ada", "organisation": "org-other", "state": "running"},
    "run": {"submitted_by": "acct-ada", "people": {"acct-ada", "acct-bob"}},
    "output": {
        "submitted_by": "acct-ada",
        "people": {"acct-ada", "acct-bob"},
        "state": "held",
        "verdict": "review",
        "four_eyes": False,
        "cleared_by": set(),
        "seconded": False,
    },
}
"""Each kind of resource as it is to a stranger."""

NAMED = {"people": {"acct-ada", ME}}
HELD = {"application": {"holders": {MY_ORG}}, "permit": {"holders": {MY_ORG}}}
RELATIONS: Mapping[str, Mapping[str, Any]] = {
    "anyone": {},
    "another": {},
    "a stranger": {},
    "open to all": {"access_right": "public"},
    "a named person": NAMED,
    "a colleague": {"organisation": MY_ORG},
    "a stranger, published": {"published": True},
    "a stranger, hidden": {"published": True, "section": "non_public"},
    "a colleague, hidden": {"organisation": MY_ORG, "published": True, "section": "non_public"},
    "a stranger, national": {"published": True, "section": "national"},
    "anyone, published": {"published": True},
    "published, no entry": {"published": True, "entry_is_public": False},
    "of a hidden entry": {"published": True, "section": "non_public", "entry_is_public": False},
    "colleague, hidden": {"organisation": MY_ORG, "section": "non_public"},
    "colleague, no entry": {"organisation": MY_ORG, "entry_is_public": False},
    "the applicant": {"applicant": ME, "people": {ME}, "organisation": MY_ORG},
    "only the applicant": {"applicant": ME},
    "applying for another": NAMED | {"organisation": MY_ORG},
    "the participant": {"applicant": ME, "organisation": MY_ORG},
    "of another employer": {"applicant": ME},
    "lying on employer": {"applicant": ME, "people": {ME}},
    "the draft's applicant": {"applicant": ME, "organisation": MY_ORG, "state": "draft"},
    "of a draft's holder": {"holders": {MY_ORG}, "state": "draft"},
    "a draft's stranger": {"state": "draft"},
    "anyone, it stands": {"standing": True},
    "the submitter": {"submitted_by": ME, "people": {ME}},
    "named, for another": NAMED,
    "not in the permit": {"submitted_by": ME},
    "named, while held": NAMED,
    "stranger, it passed": {"verdict": "pass"},
    "stranger, refused it": {"verdict": "refuse"},
    "stranger, unchecked": {"verdict": ""},
    "the owner": {"owner": ME},
    "a named reader": {"readers": {"acct-bob", ME}},
    "a named writer": {"readers": {ME}, "writers": {ME}},
    "of a reading house": {"reading_houses": {MY_ORG}},
    "of a writing house": {"reading_houses": {MY_ORG}, "writing_houses": {MY_ORG}},
    "a closed account": {"active": False},
    "an open account": {},
    "first of two": {"four_eyes": True, "cleared_by": {ME}},
    "second of two": {"four_eyes": True, "cleared_by": {"acct-other"}},
    "either of two": {"four_eyes": True, "cleared_by": {ME, "acct-other"}, "seconded": True},
}


def rows() -> list[tuple[str, str, dict[str, bool]]]:
    """The table's lines: the act, the relation, and for each column whether it may."""
    found = []
    for line in TABLE.strip().splitlines()[1:]:
        if line:
            action, relation, *marks = re.split(r"\s{2,}", line)
            allowed = {name: mark == "y" for name, mark in zip(COLUMNS, marks, strict=True)}
            found.append((action, relation, allowed))
    return found


def actor_of(column: str) -> Account | None:
    if column == "visitor":
        return None
    return Account(ME, "Me", MY_ORG, frozenset({ROLES[column]}), has_password=False, active=True)


def resource_of(action: str, relation: str) -> Resource:
    if relation == "another":
        return Resource("account", "acct-ada")
    if relation == "oneself":
        return Resource("account", ME)
    kind = "home" if relation == "anyone" else ACTIONS[action][0]
    facts = dict(OTHERS.get(kind, {}))
    if relation == "of the holder":
        return Resource(kind, "x", facts | HELD.get(kind, {"holder": MY_ORG}))
    if action == "output.fetch" and relation != "named, while held":
        facts["state"] = "released"
    return Resource(kind, f"{kind}-1", facts | dict(RELATIONS[relation]))


CELLS = [
    pytest.param(action, relation, column, expected, id=f"{action}-{relation}-{column}")
    for action, relation, allowed in rows()
    for column, expected in allowed.items()
]


@pytest.fixture(scope="module")
def policies() -> Policies:
    return Policies()


@pytest.mark.parametrize(("action", "relation", "column", "expected"), CELLS)
def test_who_may_do_what(
    policies: Policies, action: str, relation: str, column: str, expected: bool
) -> None:
    explanation = policies.explain(actor_of(column), action, resource_of(action, relation))
    assert explanation.allowed is expected, explanation.sentence
    assert explanation.missing == ()
    assert explanation.errors == ()


def test_the_table_has_every_act_and_every_role() -> None:
    assert {action for action, _, _ in rows()} == set(ACTIONS)
    assert set(ROLES.values()) == set(Role)


def decisions(
    policies: Policies, actors: Mapping[str, Account | None], actions: Collection[str] = ACTIONS
) -> list[bool]:
    return [
        policies.is_allowed(actor, action, resource_of(action, relation))
        for action, relation, _ in rows()
        if action in actions
        for actor in actors.values()
    ]


ONE_ROLE_EACH = {column: actor_of(column) for column in COLUMNS}
EVERY_ROLE = Account(ME, "Me", MY_ORG, frozenset(Role), has_password=False, active=True)


EVERYBODY = ONE_ROLE_EACH | {
    "everything": EVERY_ROLE,
    "closed": replace(EVERY_ROLE, active=False),
}


@pytest.mark.parametrize("policy", list(Policies()), ids=lambda policy: policy.id)
def test_every_policy_bears_weight(policies: Policies, policy: Policy) -> None:
    """Without any one policy some cell of the table changes: none is idle, none untested."""
    actions = {action for action, _ in policy.reads}  # of others it does not speak
    less = decisions(Policies(without(policy.id)), EVERYBODY, actions)
    assert less != decisions(policies, EVERYBODY, actions)


def without(policy: str) -> str:
    """The policies less the one with that id."""
    blocks = policy_text().split('@id("')
    kept = [block for block in blocks[1:] if not block.startswith(f'{policy}"')]
    assert len(kept) == len(blocks) - 2
    return "".join([blocks[0], *(f'@id("{block}' for block in kept)])


# Separation of duties, whatever the roles


@pytest.mark.parametrize("action", ["application.decide", "permit.renew"])
@pytest.mark.parametrize(
    ("relation", "policy"),
    [
        ("only the applicant", "the-applicant-never-decides"),
        ("a named person", "the-named-people-never-decide"),
        ("a colleague", "the-applicants-organisation-never-decides"),
    ],
)
def test_a_member_of_the_authority_never_decides_on_their_own_cause(
    policies: Policies, action: str, relation: str, policy: str
) -> None:
    explanation = policies.explain(EVERY_ROLE, action, resource_of(action, relation))
    assert not explanation.allowed
    assert [decisive.id for decisive in explanation.policies] == [policy]
    assert policies.is_allowed(EVERY_ROLE, action, resource_of(action, "a stranger"))


@pytest.mark.parametrize(
    "action", ["output.read_evidence", "output.review", "output.clear", "output.release"]
)
@pytest.mark.parametrize(
    ("relation", "policy"),
    [
        ("not in the permit", "who-ran-it-never-clears-it"),
        ("a named person", "the-permits-people-never-clear-outputs"),
    ],
)
def test_a_checker_on_the_permit_never_clears_its_outputs(
    policies: Policies, action: str, relation: str, policy: str
) -> None:
    explanation = policies.explain(EVERY_ROLE, action, resource_of(action, relation))
    assert not explanation.allowed
    assert [decisive.id for decisive in explanation.policies] == [policy]
    assert policies.is_allowed(EVERY_ROLE, action, resource_of(action, "a stranger"))


@pytest.mark.parametrize(("action", "relation"), [row[:2] for row in rows()])
def test_a_deactivated_account_does_nothing(policies: Policies, action: str, relation: str) -> None:
    closed = replace(EVERY_ROLE, active=False)
    explanation = policies.explain(closed, action, resource_of(action, relation))
    assert not explanation.allowed
    assert "the account is deactivated" in explanation.sentence


def test_an_account_without_any_role_may_do_what_the_public_may(policies: Policies) -> None:
    nobody = replace(EVERY_ROLE, roles=frozenset())
    public = replace(EVERY_ROLE, roles=frozenset({Role.PUBLIC}))
    assert decisions(policies, {"": nobody}) == decisions(policies, {"": public})


# What a refusal says


@pytest.mark.parametrize(
    ("actor", "action", "resource", "message"),
    [
        (
            EVERY_ROLE,
            "dataset.publish",
            Resource("dataset", "nhefs", {"holder": "org-other"}),
            "may not dataset.publish on dataset nhefs: a dataset is published and retired by the "
            "organisation that holds it, and this is another's [only-the-holder-touches-its-datasets]",
        ),
        (
            replace(EVERY_ROLE, roles=frozenset({Role.AUDITOR, Role.DATA_USER})),
            "key.rotate",
            HOME,
            "acct-me (auditor, data_user) may not key.rotate on this home: no policy allows it; it "
            "takes the role operator",
        ),
        (
            None,
            "account.list",
            HOME,
            "the public may not account.list on this home: no policy allows it; it takes the role "
            "auditor or authority or operator",
        ),
        (
            EVERY_ROLE,
            "application.appeal",
            Resource("application", "app-1", {"applicant": "acct-ada"}),
            "no policy allows it; the rule is: an applicant reads, withdraws and appeals their own "
            "application [applicants-keep-their-rights]",
        ),
        (
            EVERY_ROLE,
            "application.decide",
            Resource("application", "app-1", {"applicant": "acct-ada", "people": None}),
            "may not application.decide on application app-1: it depends on facts that are not "
            "known (organisation, people)",
        ),
    ],
)
def test_a_refusal_says_who_what_which_and_why(
    policies: Policies, actor: Account | None, action: str, resource: Resource, message: str
) -> None:
    with pytest.raises(NotAllowed) as refusal:
        policies.require(actor, action, resource)
    assert message in str(refusal.value)


def test_consent_names_the_policy_that_gives_it(policies: Policies) -> None:
    policies.require(EVERY_ROLE, "key.rotate", HOME)
    explanation = policies.explain(EVERY_ROLE, "key.rotate", HOME)
    assert [policy.id for policy in explanation.policies] == ["operators-run-the-house"]
    assert "acct-me" in explanation.sentence
    assert "may key.rotate" in explanation.sentence


def test_a_refusal_names_the_roles_that_would_do(policies: Policies) -> None:
    nobody = replace(EVERY_ROLE, roles=frozenset())
    stranger = resource_of("application.read", "a stranger")
    assert policies.explain(nobody, "application.read", stranger).roles == {
        Role.AUTHORITY,
        Role.AUDITOR,
    }


# What is not known is refused


@pytest.mark.parametrize(("action", "relation"), [row[:2] for row in rows()])
def test_a_missing_fact_is_never_consent(policies: Policies, action: str, relation: str) -> None:
    full = resource_of(action, relation)
    for actor in [*ONE_ROLE_EACH.values(), EVERY_ROLE]:
        allowed = policies.is_allowed(actor, action, full)
        for fact in full.attrs:
            rest = {name: value for name, value in full.attrs.items() if name != fact}
            less = policies.is_allowed(actor, action, Resource(full.kind, full.id, rest))
            assert allowed or not less, f"without {fact}, {action} is allowed"


@pytest.mark.parametrize(
    ("action", "fact"),
    [
        ("application.decide", "applicant"),
        ("application.decide", "people"),
        ("application.decide", "organisation"),
        ("permit.renew", "organisation"),
        ("output.review", "people"),
        ("output.release", "submitted_by"),
        ("output.release", "verdict"),
        ("dataset.publish", "holder"),
    ],
)
def test_a_forbids_missing_fact_is_named(policies: Policies, action: str, fact: str) -> None:
    full = resource_of(action, "a stranger")
    rest = {name: value for name, value in full.attrs.items() if name != fact}
    explanation = policies.explain(EVERY_ROLE, action, Resource(full.kind, full.id, rest))
    assert not explanation.allowed
    assert explanation.missing == (fact,)


ANYTHING_GOES = '@id("open") @reason("anyone does anything") permit (principal, action, resource);'


def test_a_forbid_that_fails_to_evaluate_refuses() -> None:
    """Cedar passes over it: the applicant is not among the entities, so its attribute is an error."""
    text = (
        ANYTHING_GOES
        + '@id("f") @reason("r") forbid (principal is Account, action == Action::"application.decide",'
        " resource) when { resource.applicant.organisation == principal.organisation };"
    )
    policies = Policies(text)
    application = resource_of("application.decide", "a stranger")
    explanation = policies.explain(EVERY_ROLE, "application.decide", application)
    assert not explanation.allowed
    assert len(explanation.errors) == 1
    with pytest.raises(NotAllowed, match="could not be evaluated"):
        policies.require(EVERY_ROLE, "application.decide", application)
    policies.require(EVERY_ROLE, "application.read", application)


def test_a_number_too_large_refuses() -> None:
    text = ANYTHING_GOES + (
        '@id("f") @reason("r") forbid (principal, action, resource) '
        "when { 9223372036854775807 + 1 > 0 };"
    )
    assert not Policies(text).is_allowed(EVERY_ROLE, "key.rotate", HOME)


def test_a_fact_that_is_only_looked_for_is_needed_too() -> None:
    text = ANYTHING_GOES + (
        '@id("f") @reason("r") forbid (principal is Account, action, resource is Run) '
        "when { resource has people };"
    )
    policies = Policies(text)
    assert policies.explain(EVERY_ROLE, "run.read", Resource("run", "r")).missing == ("people",)


# What cannot be asked


@pytest.mark.parametrize("action", ["dataset.delete", "", "Dataset.publish", 'x" || true'])
def test_unknown_acts_are_refused(policies: Policies, action: str) -> None:
    with pytest.raises(UnknownAction, match="there is no act"):
        policies.require(EVERY_ROLE, action, HOME)


def test_an_act_is_done_to_its_own_kind_of_resource(policies: Policies) -> None:
    with pytest.raises(UnknownAction, match=r"dataset.publish is done to dataset, not to home"):
        policies.is_allowed(EVERY_ROLE, "dataset.publish", HOME)


@pytest.mark.parametrize(
    ("kind", "attrs", "message"),
    [
        ("database", {}, "no kind of resource 'database'"),
        ("dataset", {"owner": "org-x"}, "a dataset has no fact 'owner'; there are holder"),
        ("run", {"people": "acct-ada"}, "the fact 'people' of run r is 'acct-ada'; give a set of"),
        ("run", {"people": {""}}, "give a set of account ids"),
        ("run", {"people": {"acct-ada": True}}, "give a set of account ids"),
        ("run", {"submitted_by": ["acct-ada"]}, "give an account id"),
        ("run", {"submitted_by": ""}, "give an account id"),
        ("permit", {"standing": 1}, "give True or False"),
        ("output", {"verdict": {"decision": "pass"}}, "give a text"),
    ],
)
def test_unknown_resources_and_facts_are_refused(
    kind: str, attrs: dict[str, Any], message: str
) -> None:
    with pytest.raises(UnknownResource, match=message):
        Resource(kind, "r", attrs)


def test_facts_cannot_change_after_they_were_given(policies: Policies) -> None:
    people = {"acct-ada", ME}
    output = Resource("output", "o", {**OTHERS["output"], "people": people})
    people.remove(ME)
    assert not policies.is_allowed(EVERY_ROLE, "output.review", output)
    with pytest.raises(TypeError):
        output.attrs["people"] = frozenset()  # type: ignore[index]


# The file itself


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("permit everything", "cannot be read"),
        ('@id("a") permit (principal, action, resource);', "needs both @id and @reason"),
        ("permit (principal, action, resource);", "policy0 needs both"),
        (ANYTHING_GOES + ANYTHING_GOES, "two policies have the same @id"),
        (ANYTHING_GOES.replace(", resource", ", resource == ?resource"), "template"),
        (
            ANYTHING_GOES.replace("action,", 'action == Action::"data.publish",'),
            "do not fit the vocabulary.*data.publish",
        ),
        (
            ANYTHING_GOES.replace("resource);", "resource is Dataset) when {resource.owner == 1};"),
            "do not fit the vocabulary.*owner",
        ),
        (
            ANYTHING_GOES.replace("(principal,", '(principal in Role::"king",'),
            "no role 'king'",
        ),
    ],
)
def test_a_broken_policy_file_does_not_load(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Policies(text)


def test_policies_are_written_in_the_words_of_the_rooms(policies: Policies) -> None:
    text = policy_text()
    assert f'resource.state != "{State.DRAFT}"' in text
    assert all(policy.reads for policy in policies)
    assert set(FACTS) == {kind for kinds in ACTIONS.values() for kind in kinds}


def test_every_policy_is_explained_in_words() -> None:
    lines = policy_text().splitlines()
    for number, line in enumerate(lines):
        if line.startswith("@id("):
            assert lines[number - 1].startswith("// "), f"{line} has no comment above it"
            assert lines[number + 1].startswith("@reason(")
