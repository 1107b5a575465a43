"""No output leaves before the entry of its algorithm tells what the house asks for."""

from casemate.errors import NotAllowed
from casemate.register.keeping import KeptRecord
from casemate.register.minimum import untold


class EntryIncomplete(NotAllowed):
    """The entry of an output's algorithm lacks something; the message says what, and what to do."""

    title = "Held for the register"


def require_complete(kept: KeptRecord, what: str) -> None:
    """Raise ``EntryIncomplete``, naming ``what`` is held, unless ``kept`` tells the house's minimum.

    A practice that the Act prohibits lets nothing out, however well it is described.
    """
    if kept.record.told.get("ai_act_class") == "prohibited":
        raise EntryIncomplete(
            f"{what} stays inside: {kept.algorithm} is a prohibited practice by its entry (AI Act Art. 5)"
        )
    lacking = [one.field for one in untold(kept.record)]
    if lacking:
        raise EntryIncomplete(
            f"{what} is held until the register's entry {kept.algorithm} tells {', '.join(lacking)}: "
            f"its organisation runs `casemate register complete {kept.algorithm}`"
        )
