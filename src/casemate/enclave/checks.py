"""The output check: what comes out of the sandbox is a claim, and trusted code recomputes it.

An output with a recipe is judged in ``recipes``, from the recipe alone; here are those without one.
``check`` gives one of three decisions, the strictest of its findings:

- *refuse*: a rule is broken, a claim is not what the inputs give, or the file is of a kind that never
  leaves by this door (serialised objects, executables, archives, drawings that hold their data);
- *review*: nothing is wrong that a machine can see, but it could not recompute everything: free text,
  images, notebooks, unknown columns, an n that is no selection it knows. A person decides;
- *pass*: every figure was recomputed from the inputs (tables), or is one of few figures of a model whose
  n was recomputed and that leaves enough degrees of freedom (estimates). That an estimate itself is
  right is not recomputed here; what one number of a fitted model can tell of a person is bounded by n.

No data of a hostile file reaches a parser before its size, lines, nesting and numbers are bounded.
"""

from casemate.enclave.checks_estimates import check_estimates
from casemate.enclave.checks_model import (
    CheckContext,
    Decision,
    Findings,
    Reason,
    Rules,
    Verdict,
)
from casemate.enclave.checks_parse import Malformed, as_table, decode, parse_csv, parse_json
from casemate.enclave.checks_records import scan_pseudonyms, scan_values
from casemate.enclave.checks_tables import check_table
from casemate.enclave.checks_types import sniff
from casemate.enclave.collect import CollectedFile
from casemate.enclave.formats import judge_format

__all__ = ["CheckContext", "Decision", "Reason", "Rules", "Verdict", "check"]


def check(output: CollectedFile, context: CheckContext, card: bytes | None = None) -> Verdict:
    """Judge ``output`` against what the data themselves give. Bounded in time and memory.

    ``card`` is the model card that the run left beside a model's file, if it did.
    """
    verdict = judge_format(output, context, card)
    if verdict is not None:  # no table and no document: told by its content, and never passed
        return verdict
    findings = Findings()
    limit = context.rules.max_bytes
    if len(output.data) > limit:
        findings.refuse(
            "too large", f"it has {len(output.data)} bytes; at most {limit} leave", threshold=limit
        )
        return findings.verdict()
    kind, what = sniff(output.name, output.data)
    if kind == "refused":
        findings.refuse("file type", f"it is {what}, which never leaves")
    elif kind in {"image", "unknown"}:
        findings.review("file type", f"it is {what}: a person must look at it")
        text = output.data.decode("latin-1")
        scan_pseudonyms(text, context, findings)
        scan_values(text, context, findings)
    else:
        _check_text(kind, what, output, context, findings)
    return findings.verdict()


def _check_text(
    kind: str, what: str, output: CollectedFile, context: CheckContext, findings: Findings
) -> None:
    try:
        text = decode(output.data)
        scan_pseudonyms(text, context, findings)
        if kind == "table":
            separator = "\t" if output.name.lower().endswith(".tsv") else ","
            check_table(parse_csv(text, context.rules, separator), context, findings)
        elif kind == "json":
            _check_json(text, context, findings)
        else:
            findings.review("file type", f"it is {what}: a person must read it")
        if not findings.has("reproduced") or findings.has("not recomputed"):
            scan_values(text, context, findings)
    except Malformed as problem:
        findings.refuse("malformed", str(problem))


def _check_json(text: str, context: CheckContext, findings: Findings) -> None:
    document = parse_json(text)
    table = as_table(document, context.rules)
    if table is not None and not any(
        name.lower() in {"estimate", "coef"} for name in table.columns
    ):
        check_table(table, context, findings)
    else:
        check_estimates(document, context, findings)
