"""One output, one verdict: the permit's own rules first, then the check of the content."""

from pathlib import PurePosixPath

from casemate.access import OutputRules
from casemate.canonical import digest
from casemate.enclave import checks
from casemate.enclave.checks import CheckContext, Reason, Verdict
from casemate.enclave.collect import CollectedFile
from casemate.enclave.records import Output, OutputKind


def judge(
    output: Output,
    data: bytes,
    context: CheckContext,
    rules: OutputRules,
    card: bytes | None = None,
) -> Verdict:
    """The machine's verdict on ``data``, which ``output`` names; ``card`` is that of a model.

    A log is always for a person to read. A file of a type that the permit does not allow, or larger
    than it allows, is refused. A file whose name the script does not spell out could carry data in
    its name, so it passes only through a person.
    """
    if output.kind is OutputKind.log:
        return Verdict("review", (Reason("log", "a log is free text: a person reads it first"),))
    if refusal := against_the_permit(output.name, len(data), rules):
        return Verdict("refuse", (refusal,))
    return with_known_name(
        output, checks.check(CollectedFile(output.name, data, digest(data)), context, card)
    )


def with_known_name(output: Output, verdict: Verdict) -> Verdict:
    """``verdict``, but that a file whose name the script does not spell out passes through a person."""
    if verdict.decision == "pass" and not output.name_is_known:
        doubt = Reason(
            "name", "the script does not spell this file's name out: it could carry data"
        )
        return Verdict("review", (*verdict.reasons, doubt))
    return verdict


def is_spelled_out(name: str, script: bytes) -> bool:
    """Whether each part of the file's path stands in the script's text as it is."""
    return all(part.encode() in script for part in PurePosixPath(name).parts)


def against_the_permit(
    name: str, size: int, rules: OutputRules, *, drawn: bool = False
) -> Reason | None:
    """Why the permit itself does not let the file out, or ``None``.

    A figure that trusted code has ``drawn`` may leave where images may: it holds less than they do.
    """
    kind = PurePosixPath(name).suffix.lower().removeprefix(".")
    if kind not in rules.allowed_types and not (drawn and "png" in rules.allowed_types):
        allowed = ", ".join(rules.allowed_types)
        return Reason("type", f"the permit lets out {allowed}; this is .{kind or '(no ending)'}")
    if size > rules.max_output_bytes:
        return Reason(
            "size",
            f"the file has {size} bytes; the permit lets out {rules.max_output_bytes}",
            {"bytes": size, "allowed": rules.max_output_bytes},
        )
    return None
