"""A plan whose model is differential privacy, carried out on a file by ``safepub``."""

from pathlib import Path

from casemate.errors import BadInput
from casemate.protection.files import require_writable, scan_table, whole_file, write_table
from casemate.protection.plan import Plan
from casemate.protection.safepub import DifferentialPrivacy, SafePublication, safepub


def privacy_of(plan: Plan) -> DifferentialPrivacy | None:
    """The differential privacy that a plan asks for, or None."""
    return next((one for one in plan.models if isinstance(one, DifferentialPrivacy)), None)


def safepub_file(source: str | Path, plan: Plan, output: str | Path) -> SafePublication:
    """Publish the quasi-identifiers of the table in ``source`` as ``plan`` says; see ``safepub``.

    Every other column stays behind. Raises as ``safepub``, ``scan_table`` and ``write_table`` do,
    and BadInput for a plan without the model, or with a part that ``safepub`` does not carry out.
    """
    privacy, source, output = privacy_of(plan), Path(source), Path(output)
    if privacy is None:
        raise BadInput("the plan does not name the model differential-privacy")
    done = {"version", "quasi_identifiers", "models", "suppression", "measure", "levels", "drop"}
    if idle := [name for name, part in plan.to_dict().items() if part and name not in done]:
        raise BadInput(
            f"the plan has {idle[0]!r}, which differential privacy by sampling does not carry out: "
            "only quasi-identifiers leave, generalised"
        )
    table = scan_table(source)
    if output.exists() and source.samefile(output):
        raise BadInput(f"{output} is the table that is read: write to another file")
    require_writable(output)
    made = safepub(table, plan.quasi_identifiers, privacy, levels=plan.levels)
    with whole_file(output) as part:
        write_table(made.table, part)
    return made
