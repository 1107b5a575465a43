"""The verdict on what comes out without a recipe: inert models, pictures, drawings, words.

The machine only ever refuses here or hands over to a person, with what it could tell: nothing passes.
What a parser says ran on hostile bytes, and no sum shows that a picture or a text is harmless.

The researcher reads a rule and a sentence of ours; findings are evidence, for the checker.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from casemate.enclave.checks_model import CheckContext, Findings, Verdict
from casemate.enclave.checks_parse import Malformed, decode, parse_csv
from casemate.enclave.checks_records import scan_pseudonyms, scan_values
from casemate.enclave.checks_tables import check_table
from casemate.enclave.collect import CollectedFile
from casemate.enclave.formats import evidence, models
from casemate.enclave.formats.facts import Facts, HostileKind
from casemate.enclave.formats.inspection import Inspection, Uninspectable, inspect_file
from casemate.enclave.formats.kinds import kind_of
from casemate.enclave.model_attacks import ModelRules
from casemate.enclave.model_attacks.card import SUFFIX
from casemate.errors import Unavailable

_RECOGNISED = (".csv", ".tsv", ".json")


def judge_format(
    output: CollectedFile,
    context: CheckContext,
    card: bytes | None = None,
    rules: ModelRules | None = None,
) -> Verdict | None:
    """The verdict on ``output``, or ``None`` where it is a table or a document that others recompute.

    ``card`` is the content of the model's ``FILE.model.json``. A picture or drawing that is not refused
    leaves as it was written again: the verdict's ``instead``. Bounded in time and memory.
    """
    findings = Findings()
    limit = context.rules.max_bytes
    if len(output.data) > limit:
        findings.refuse("too large", f"it is larger than {limit} bytes", threshold=limit)
        return findings.verdict()
    found = kind_of(output.name, output.data)
    clean = None
    if found.kind == "text":
        if card is not None and models.judge_coefficients(
            output.data, card, context, rules or ModelRules(), findings
        ):
            return findings.verdict()
        if output.name.lower().endswith(_RECOGNISED):
            return None
        if output.name.lower().endswith(".ipynb"):
            _notebook(output.data, context, findings)
        else:
            _words(output.data, found.what, context, findings)
    elif found.kind == "onnx" or found.kind == "safetensors" or found.kind == "gguf":
        models.judge_model(found.kind, output.data, card, context, rules or ModelRules(), findings)
    elif found.kind == "png" or found.kind == "jpeg":
        clean = _picture(found.kind, output.data, findings)
        _strings(output.data, context, findings)
    elif found.kind == "svg":
        clean = _drawing(output, context, findings)
    elif found.kind == "parquet":
        clean = _columns(output.data, context, findings)
    else:
        _refuse(found.kind, found.what, output.data, findings)
    verdict = findings.verdict()
    return verdict if verdict.decision == "refuse" else replace(verdict, instead=clean)


def pair_cards(
    outputs: Sequence[CollectedFile],
) -> tuple[tuple[CollectedFile, ...], Mapping[str, bytes]]:
    """(outputs without the cards of models among them, card by the name of its model's file)."""
    names = {output.name for output in outputs}
    cards = {
        output.name.removesuffix(SUFFIX): output.data
        for output in outputs
        if output.name.endswith(SUFFIX) and output.name.removesuffix(SUFFIX) in names
    }
    return tuple(
        one for one in outputs if one.name.removesuffix(SUFFIX) not in cards or one.name in cards
    ), cards


def _words(data: bytes, what: str, context: CheckContext, findings: Findings) -> None:
    found = evidence.look(data, context)
    text = data.decode("utf-8", errors="replace")
    scan_pseudonyms(text, context, findings)
    scan_values(text, context, findings)
    if found.problems:
        findings.refuse(
            "hidden data", "its text holds data, or hides something", found=found.problems
        )
    findings.review("file type", f"it is {what}: a person must read it", seen=found.notes)


def _notebook(data: bytes, context: CheckContext, findings: Findings) -> None:
    """What its cells printed is judged as words; its pictures are for the eye."""
    inspection = _inspect(data, "notebook", findings)
    if inspection is None:
        return
    _words(inspection.files.get("text", b""), "a notebook", context, findings)
    whole = evidence.look(data, context)  # what is written beside the outputs, and in disguise
    if whole.problems:
        findings.refuse("hidden data", "it holds data, or hides something", found=whole.problems)
    seen = [*inspection.facts.notes, *whole.notes]
    findings.review("notebook", "it is a notebook: a person must look at all of it", seen=seen)


def _picture(kind: HostileKind, data: bytes, findings: Findings) -> bytes | None:
    inspection = _inspect(data, kind, findings)
    if inspection is None:
        return None
    facts = inspection.facts
    seen = [*facts.notes, *facts.texts, f"{evidence.entropy(data):.1f} bits a byte"]
    findings.review(
        "picture", "it is a picture: a person must look at it", seen=seen, sizes=facts.counts
    )
    return inspection.files.get("clean")


def _strings(data: bytes, context: CheckContext, findings: Findings) -> None:
    """People's identifiers and long numbers that stand in the bytes as they are."""
    text = data.decode("latin-1")
    scan_pseudonyms(text, context, findings)
    scan_values(text, context, findings)


def _drawing(output: CollectedFile, context: CheckContext, findings: Findings) -> bytes | None:
    """The drawing as it was written again; what was taken out of it is told to the checker."""
    inspection = _inspect(output.data, "svg", findings)
    clean = None if inspection is None else inspection.files.get("clean", b"")
    if inspection is None or clean is None:
        return None
    if kind_of(output.name, clean).kind != "svg" or len(clean) > 2 * len(output.data) + 1024:
        findings.refuse("malformed", "nothing of it is a drawing")
        return None
    counts, seen = inspection.facts.counts, list(inspection.facts.notes)
    rows = {frame.height for frame in context.inputs.values()}
    if counts.get("alike", 0) in rows - set(range(context.rules.min_cell)):
        findings.refuse("holds people", "it has as many marks of a kind as there are people")
    found = evidence.look(clean, context)
    # coordinates are data by design: only disguise refuses, the rest is for the checker
    if found.problems:
        findings.refuse(
            "hidden data", "its text holds data, or hides something", found=found.problems
        )
    scan_pseudonyms(clean.decode(), context, findings)
    before = evidence.look(output.data, context).problems
    seen += [f"taken out, or written in another way: {one}" for one in before]
    findings.review(
        "drawing",
        "it is a drawing, whose points may be people: it leaves as it was written again",
        seen=[*seen, *found.notes],
        sizes=counts,
    )
    return clean


def _columns(data: bytes, context: CheckContext, findings: Findings) -> bytes | None:
    """The table as it was written again, judged as the CSV that it is; a person looks at it as well."""
    inspection = _inspect(data, "parquet", findings)
    if inspection is None:
        return None
    clean, rows = inspection.files.get("clean"), inspection.files.get("table.csv")
    if clean is None or rows is None or len(clean) > context.rules.max_bytes:
        findings.refuse("file type", "it is a large table in Parquet: write a table of results")
        return None
    try:
        text = decode(rows)
        scan_pseudonyms(text, context, findings)
        check_table(parse_csv(text, context.rules, ","), context, findings)
        if not findings.has("reproduced") or findings.has("not recomputed"):
            scan_values(text, context, findings)
    except Malformed as problem:
        findings.refuse("malformed", str(problem))
    findings.review("file type", "it is a table in Parquet: it leaves as it was written again")
    return clean


def _refuse(kind: str, what: str, data: bytes, findings: Findings) -> None:
    """What never leaves; serialised objects and tables in binary form are looked into for the record."""
    said: dict[str, object] = {}
    if kind in ("pickle", "arrow"):
        parsed: HostileKind = "pickle" if kind == "pickle" else "arrow"
        try:
            facts = inspect_file(data, parsed).facts
            _require_scanners(facts)
            said = facts.model_dump(mode="json", exclude_defaults=True, exclude={"columns"})
        except Uninspectable as problem:
            said = {"parser": str(problem)}
    way = {
        "pickle": "write a model as ONNX or safetensors, or its coefficients as JSON",
        "arrow": "write a table of results as CSV",
        "unknown": "write a known format",
    }.get(kind, "which never leaves")
    findings.refuse("file type", f"it is {what}: {way}", scan=said)


def _require_scanners(facts: Facts) -> None:
    """Raise ``Unavailable`` where a scanner of pickles is not installed: a part is missing, and the file
    stays as it is, unchecked, until it is there."""
    missing = [one.scanner for one in facts.scans if one.state == "missing"]
    if missing:
        raise Unavailable(
            f"the scanner {' and '.join(missing)} of serialised objects is not installed where the enclave "
            "runs: install Casemate with all that it depends on"
        )


def _inspect(data: bytes, kind: HostileKind, findings: Findings) -> Inspection | None:
    try:
        inspection = inspect_file(data, kind)
    except Uninspectable as problem:
        findings.refuse("malformed", f"it cannot be read as {kind}", parser=str(problem))
        return None
    if inspection.facts.problems:
        findings.refuse(
            "malformed", f"it cannot be read as plain {kind}", found=list(inspection.facts.problems)
        )
        return None
    return inspection
