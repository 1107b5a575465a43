"""The words that policies are written in: actions, kinds of resources, and the facts of each kind.

The Cedar schema that ``policies.cedar`` is validated against is drawn from these two tables, so a
policy that misspells an action or a fact does not load.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class Fact(Enum):
    """What a fact of a resource holds. The value is its Cedar type."""

    ACCOUNT = "Account"
    ACCOUNTS = "Set<Account>"
    ORGANISATION = "Organisation"
    ORGANISATIONS = "Set<Organisation>"
    TEXT = "String"
    FLAG = "Bool"


FACTS: Mapping[str, Mapping[str, Fact]] = MappingProxyType(
    {
        "dataset": {"holder": Fact.ORGANISATION, "access_right": Fact.TEXT},
        "application": {
            "applicant": Fact.ACCOUNT,
            "people": Fact.ACCOUNTS,
            "organisation": Fact.ORGANISATION,
            "holders": Fact.ORGANISATIONS,
            "state": Fact.TEXT,
        },
        "permit": {
            "applicant": Fact.ACCOUNT,
            "people": Fact.ACCOUNTS,
            "organisation": Fact.ORGANISATION,
            "holders": Fact.ORGANISATIONS,
            "standing": Fact.FLAG,
        },
        "run": {"submitted_by": Fact.ACCOUNT, "people": Fact.ACCOUNTS},
        "output": {
            "submitted_by": Fact.ACCOUNT,
            "people": Fact.ACCOUNTS,
            "state": Fact.TEXT,
            "verdict": Fact.TEXT,
            "four_eyes": Fact.FLAG,
            "cleared_by": Fact.ACCOUNTS,
            "seconded": Fact.FLAG,
        },
        "algorithm": {
            "organisation": Fact.ORGANISATION,
            "published": Fact.FLAG,
            "section": Fact.TEXT,
        },
        "evaluation": {
            "organisation": Fact.ORGANISATION,
            "published": Fact.FLAG,
            "entry_is_public": Fact.FLAG,
            "section": Fact.TEXT,
        },
        "corpus": {"organisation": Fact.ORGANISATION},
        "casefile": {
            "owner": Fact.ACCOUNT,
            "readers": Fact.ACCOUNTS,
            "writers": Fact.ACCOUNTS,
            "reading_houses": Fact.ORGANISATIONS,
            "writing_houses": Fact.ORGANISATIONS,
        },
        "company": {"organisation": Fact.ORGANISATION},
        "sandbox": {
            "applicant": Fact.ACCOUNT,
            "organisation": Fact.ORGANISATION,
            "state": Fact.TEXT,
        },
        "account": {"organisation": Fact.ORGANISATION, "active": Fact.FLAG},
        "organisation": {},
        "ledger": {},
        "home": {},
    }
)
"""Each kind of resource with its facts. ``organisation`` is the applicant's; an output is ``seconded``
once two different people have cleared it. The ``section`` of an algorithm is where the AI Act has it
registered: ``public``, ``non_public`` (Art. 49(4)) or ``national`` (Art. 49(5)). The entry of an
evaluation is that of its algorithm; where it has none, none is hidden."""

ACTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "dataset.publish": ("dataset",),
        "dataset.retire": ("dataset",),
        "dataset.budget": ("dataset",),
        "dataset.preview": ("dataset",),
        "dataset.list": ("dataset", "home"),
        "catalogue.read": ("dataset", "home"),
        "application.create": ("application",),
        "application.submit": ("application",),
        "application.revise": ("application",),
        "application.read": ("application",),
        "application.message": ("application",),
        "application.inbox": ("home",),
        "application.preview": ("application",),
        "application.withdraw": ("application",),
        "application.decide": ("application",),
        "application.appeal": ("application",),
        "permit.read": ("permit",),
        "permit.verify": ("permit",),
        "permit.revoke": ("permit",),
        "permit.renew": ("permit",),
        "permit.ask": ("permit",),
        "permit.environments": ("permit",),
        "run.draft": ("run",),
        "run.submit": ("run",),
        "run.read": ("run",),
        "run.cancel": ("run",),
        "run.replay": ("run",),
        "output.queue": ("home",),
        "output.list": ("output",),
        "output.read_evidence": ("output",),
        "output.review": ("output",),
        "output.clear": ("output",),
        "output.release": ("output",),
        "output.fetch": ("output",),
        "output.repair": ("output",),
        "algorithm.record": ("algorithm",),
        "algorithm.publish": ("algorithm",),
        "algorithm.except": ("algorithm",),
        "algorithm.assess": ("algorithm",),
        "algorithm.read": ("algorithm",),
        "algorithm.view": ("algorithm",),
        "feedback.give": ("algorithm",),
        "feedback.read": ("algorithm",),
        "feedback.answer": ("algorithm",),
        "algorithm.list": ("home",),
        "document.make": ("algorithm",),
        "evaluation.record": ("evaluation",),
        "evaluation.read": ("evaluation",),
        "evaluation.list": ("home",),
        "evaluation.publish": ("evaluation",),
        "corpus.load": ("corpus",),
        "company.keep": ("company",),
        "company.read": ("company",),
        "company.list": ("home",),
        "draft.check": ("home",),
        "memory.import": ("corpus",),
        "text.translate": ("home",),
        "corpus.watch": ("corpus",),
        "casefile.open": ("casefile",),
        "casefile.read": ("casefile",),
        "casefile.change": ("casefile",),
        "casefile.share": ("casefile",),
        "casefile.export": ("casefile",),
        "casefile.delete": ("casefile",),
        "casefile.list": ("home",),
        "casefile.erase": ("account",),
        "corpus.note_answer": ("corpus",),
        "corpus.reword": ("home",),
        "sandbox.apply": ("sandbox",),
        "sandbox.take_part": ("sandbox",),
        "sandbox.withdraw": ("sandbox",),
        "sandbox.conclude": ("sandbox",),
        "sandbox.read": ("sandbox",),
        "sandbox.message": ("sandbox",),
        "sandbox.decide": ("sandbox",),
        "sandbox.inbox": ("home",),
        "sandbox.list": ("home",),
        "sandbox.publications": ("home",),
        "ledger.read": ("ledger", "home"),
        "ledger.checkpoint": ("ledger", "home"),
        "account.add": ("account", "home"),
        "account.change": ("account",),
        "account.list": ("account", "home"),
        "account.token": ("home",),
        "account.credentials": ("home",),
        "account.invite": ("account",),
        "organisation.add": ("organisation", "home"),
        "organisation.change": ("organisation",),
        "home.inspect": ("home",),
        "key.rotate": ("home",),
        "environment.add": ("home",),
        "environment.list": ("home",),
        "environment.remove": ("home",),
    }
)
"""Each action with the kinds of resource it is done to; ``home`` where it is to the whole house."""


def cedar_type(kind: str) -> str:
    """The Cedar entity type of a kind: ``dataset`` is ``Dataset``."""
    return kind.capitalize()


def cedar_schema() -> str:
    """The tables above as a Cedar schema."""
    entities = [
        f"entity {cedar_type(kind)}{' in [Role]' if kind == 'account' else ''} = {{"
        + ", ".join(f"{name}: {fact.value}" for name, fact in facts.items())
        + "};"
        for kind, facts in FACTS.items()
    ]
    actions = [
        f'action "{action}" appliesTo {{ principal: [Visitor, Account], '
        f"resource: [{', '.join(map(cedar_type, kinds))}] }};"
        for action, kinds in ACTIONS.items()
    ]
    return "\n".join(["entity Role;", "entity Visitor in [Role];", *entities, *actions])
