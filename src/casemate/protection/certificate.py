"""The certificate of a protected table: every claim made of it, and a check of each one anew.

A certificate is a JSON document without floats (figures are decimal text of ten significant digits):
plan, models with parameters, risk before and after, loss, counts, the version of this tool, and
``content_digest``s of what came in and what left. Its own ``digest`` finds a slip of the pen; against
somebody who means it there is the signature, Ed25519 over the same bytes (RFC 8032, RFC 8785).

``verify`` recomputes. From the table that left: its digest, counts, columns, every model of the plan,
the risk. With the table that came in also: its digest, the risk before, and generalisation, loss,
suppression and content of what the plan makes of it at the levels claimed. Both tables stream: memory
is that of their distinct combinations. That no other levels would have lost less is not recomputed:
that is the search itself.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from casemate.canonical import canonical_json, digest
from casemate.errors import BadInput, CasemateError, IntegrityFailure, NotFound
from casemate.protection.anonymise import Result, suppression_share
from casemate.protection.apply import (
    Protected,
    ProtectionReport,
    apply_plan,
    without_floats,
)
from casemate.protection.contents import content_digest
from casemate.protection.finished import check_models, risk_of_grouped
from casemate.protection.frames import open_frame
from casemate.protection.grouping import Grouped, group_table, one_class
from casemate.protection.plan import Plan
from casemate.protection.protected_files import anonymise_lazily, count_records, streams
from casemate.protection.same_records import same_records

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

KIND = "casemate protection certificate"
VERSION = 1
_ROUNDING = 1e-9
_SHORT = 120

Certificate = dict[str, Any]


@dataclass(frozen=True)
class Verified:
    """The claims that hold, by name, and those that could not be looked at, each with why."""

    holds: tuple[str, ...]
    unchecked: tuple[tuple[str, str], ...]


def certify(
    plan: Plan, report: ProtectionReport, *, signing_key: Ed25519PrivateKey | None = None
) -> Certificate:
    """The certificate of a protected file: ``report`` holds ``content_digest``s (``anonymise_file``)."""
    body = _body(plan, report)
    certificate = {**body, "digest": digest(canonical_json(body))}
    if signing_key is None:
        return certificate
    public = signing_key.public_key().public_bytes_raw()
    return certificate | {
        "signature": {
            "algorithm": "Ed25519",
            "public_key": _base64(public),
            "value": _base64(signing_key.sign(canonical_json(body))),
        }
    }


def certify_frames(
    table: Any,
    plan: Plan,
    protected: Protected,
    *,
    signing_key: Ed25519PrivateKey | None = None,
) -> Certificate:
    """The certificate of what ``apply_plan`` made of ``table``."""
    names = protected.report.variables
    report = replace(
        protected.report,
        input_digest=content_digest(_polars(table).select(names)),
        output_digest=content_digest(_polars(protected.frame).select(names)),
    )
    return certify(plan, report, signing_key=signing_key)


def _body(plan: Plan, report: ProtectionReport) -> Certificate:
    body: Certificate = without_floats(
        {
            "kind": KIND,
            "version": VERSION,
            "tool": {"name": "casemate", "version": version("casemate")},
            "plan": plan.to_dict(),
            "plan_digest": plan.digest,
            "models": [model.to_dict() for model in plan.models],
            "measure": report.measure,
            "variables": list(report.variables),
            "pseudonymised": list(report.pseudonymised),
            "generalisation": report.generalisation,
            "records_in": report.records_in,
            "records_out": report.records_out,
            "suppressed": report.suppressed,
            "loss": report.loss,
            "gap": report.gap,
            "attribute_losses": report.attribute_losses,
            "risk_before": report.risk_before.to_dict(),
            "risk_after": report.risk_after.to_dict(),
            "input_digest": report.input_digest,
            "output_digest": report.output_digest,
        }
    )
    return body


def read_certificate(path: str | Path) -> Certificate:
    """The certificate in a JSON file; raises NotFound or BadInput."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound(f"there is no certificate {path}") from None
    except OSError as error:
        raise BadInput(f"the certificate {path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the certificate {path} is no JSON document: {error}") from None
    if not isinstance(found, dict):
        raise BadInput(f"the certificate {path} is no JSON object")
    return found


def verify(
    table: pl.DataFrame | pl.LazyFrame | Any,
    certificate: Mapping[str, Any],
    public_key: Ed25519PublicKey | None = None,
    *,
    source: pl.DataFrame | pl.LazyFrame | Any = None,
) -> Verified:
    """Recompute every claim that can be recomputed; give back which.

    ``table`` is what left, ``source`` what came in where the holder has it. With ``public_key`` the
    certificate must bear that key's signature. Raises IntegrityFailure naming the first claim that
    does not hold, BadInput where the document is no certificate at all.
    """
    if certificate.get("kind") != KIND:
        raise BadInput(f"the document is no {KIND}: its kind is {certificate.get('kind')!r}")
    output = _polars(table)
    held = list(_document_claims(certificate, public_key))
    plan = _plan(certificate)
    claims = _Claims(certificate, plan)
    held += claims.of_output(output)
    unchecked: list[tuple[str, str]] = []
    if public_key is None:
        unchecked.append(("signature", "no public key was given"))
    if source is None:
        why = "the table that came in was not given"
        compared = [model.describe() for model in plan.models if model.needs_collected]
        unchecked += [(claim, why) for claim in (*_NEED_SOURCE, *compared)]
    else:
        held += claims.of_source(_polars(source), output)
        if plan.sampling is not None:
            why = "it is of a sample, and a draw cannot be repeated"
            unchecked += [(claim, why) for claim in ("generalisation", "loss", "attribute_losses")]
    unchecked.append(("gap", "that no other generalisation loses less needs the search again"))
    return Verified(tuple(held), tuple(unchecked))


_NEED_SOURCE = ("input_digest", "risk_before", "generalisation", "loss", "attribute_losses")
_PARTS = {
    "kind", "version", "tool", "plan", "plan_digest", "models", "measure", "variables",
    "pseudonymised", "generalisation", "records_in", "records_out", "suppressed", "loss", "gap",
    "attribute_losses", "risk_before", "risk_after", "input_digest", "output_digest", "digest",
}  # fmt: skip


def _document_claims(
    certificate: Mapping[str, Any], public_key: Ed25519PublicKey | None
) -> Iterator[str]:
    """What the document says of itself: its parts, its digest, its signature."""
    parts = set(certificate) - {"signature"}
    if odd := sorted(parts ^ _PARTS):
        raise IntegrityFailure(f"the certificate's part {odd[0]!r} is missing or unknown")
    _require("version", certificate["version"] == VERSION, f"we read {VERSION}")
    body = {part: certificate[part] for part in _PARTS - {"digest"}}
    try:
        signed = canonical_json(body)
    except (ValueError, TypeError):
        raise IntegrityFailure("the certificate holds a figure that none of ours has") from None
    _require("digest", certificate["digest"] == digest(signed), "its text was changed")
    yield "digest"
    signature = certificate.get("signature")
    if public_key is not None:
        _require_signature(signature, public_key, signed)
        yield "signature"


def _require_signature(signature: Any, key: Ed25519PublicKey, signed: bytes) -> None:
    from cryptography.exceptions import InvalidSignature

    if not isinstance(signature, dict):
        raise IntegrityFailure("the certificate bears no signature")
    shown = (signature.get("algorithm"), signature.get("public_key"))
    expected = ("Ed25519", _base64(key.public_bytes_raw()))
    _require("signature", shown == expected, "it is of another key than the one given")
    try:
        key.verify(base64.b64decode(str(signature.get("value")), validate=True), signed)
    except (InvalidSignature, ValueError):
        _require("signature", False, "it is not that of this document")


def _plan(certificate: Mapping[str, Any]) -> Plan:
    try:
        plan = Plan.from_dict(certificate["plan"])
    except CasemateError as error:
        raise IntegrityFailure(f"the certificate's plan is no plan: {error}") from None
    _require("plan", plan.to_dict() == certificate["plan"], "it is not written as plans are")
    return plan


class _Claims:
    """The claims of one certificate; each method gives the names of those that hold."""

    def __init__(self, certificate: Mapping[str, Any], plan: Plan) -> None:
        self._said = certificate
        self._plan = plan

    def of_output(self, output: pl.LazyFrame) -> list[str]:
        """What the table that left can tell."""
        names = output.collect_schema().names()
        self._equal("plan_digest", self._plan.digest)
        self._equal("models", [model.to_dict() for model in self._plan.models])
        self._equal("measure", self._plan.measure)
        self._equal("variables", names)
        dropped = [name for name in self._plan.drop if name in names]
        _require("plan", not dropped, f"the table holds {dropped}, which the plan drops")
        self._equal("pseudonymised", [name for name in self._plan.pseudonymise if name in names])
        self._equal("output_digest", content_digest(output))
        found = self._grouped(output, names)
        self._equal("records_out", int(found.counts.sum()))
        self._counts()
        self._pseudonyms(output)
        self._models(found)
        self._risk("risk_after", found)
        return [
            "plan", "plan_digest", "models", "variables", "pseudonymised", "output_digest",
            "records_out", "suppressed", "risk_after",
        ]  # fmt: skip

    def _grouped(self, table: pl.LazyFrame, names: Sequence[str]) -> Grouped:
        """The classes of the quasi-identifiers in ``names``, with what the models look at; all
        records are one class where there are none."""
        quasi = self._quasi(names)
        if not quasi:
            return one_class(count_records(table))
        guarded = dict.fromkeys(model.attribute for model in self._plan.models_for(list(names)))
        try:
            return group_table(table, quasi, [name for name in guarded if name is not None])
        except BadInput as error:
            raise IntegrityFailure(f"the table cannot be what the plan makes: {error}") from None

    def _models(self, found: Grouped) -> None:
        """Each model, on the finished table, but those that compare it with the one collected."""
        columns = [*found.names, *found.sensitive]
        alone = [one for one in self._plan.models_for(columns) if not one.needs_collected]
        try:
            if found.names and len(found.counts):
                check_models(found, alone, found, {})
        except IntegrityFailure as error:
            raise IntegrityFailure(f"the certificate's models do not hold: {error}") from None

    def of_source(self, source: pl.LazyFrame, output: pl.LazyFrame) -> list[str]:
        """What the table that came in can tell too."""
        names = list(self._said["variables"])
        absent = [name for name in names if name not in source.collect_schema().names()]
        _require("variables", not absent, f"the table that came in has no column {absent}")
        self._equal("input_digest", content_digest(source.select(names)))
        found = self._grouped(source, names)
        self._equal("records_in", int(found.counts.sum()))
        self._risk("risk_before", found)
        if self._plan.sampling is not None:
            return ["input_digest", "risk_before", "records_in"]
        keyed = {*self._said["pseudonymised"], *self._plan.shifted}
        clear = [name for name in names if name not in keyed]
        if clear:
            figures, made = self._made_again(source.select(clear), clear)
            self._figures(figures)
            _require(
                "generalisation", same_records(made, output.select(clear)),
                "the table is not what the plan makes of what came in",
            )  # fmt: skip
        return [*_NEED_SOURCE, "records_in", "content"]

    def _made_again(
        self, source: pl.LazyFrame, names: list[str]
    ) -> tuple[Result | ProtectionReport | None, pl.LazyFrame]:
        """What the plan makes of the source at the levels claimed: one node, no search."""
        try:
            levels = {
                name: (int(level), int(level))
                for name, level in self._said["generalisation"].items()
            }
            fixed = self._plan.remade(levels)
            if streams(fixed):
                result = anonymise_lazily(source, fixed, names)
                return result, source if result is None else result.table
            made = apply_plan(source.collect(engine="streaming"), fixed, names)
            return made.report, pl.DataFrame(made.frame).lazy()
        except (CasemateError, TypeError, ValueError, AttributeError) as error:
            raise IntegrityFailure(
                f"the certificate's generalisation cannot be what the plan chose: {error}"
            ) from None

    def _figures(self, made: Result | ProtectionReport | None) -> None:
        self._equal("generalisation", made.generalisation if made else {})
        self._equal("suppressed", made.suppressed if made else 0)
        self._close("loss", made.loss if made else 0.0, self._said["loss"])
        losses, found = self._said["attribute_losses"], made.attribute_losses if made else {}
        named = isinstance(losses, dict) and set(losses) == set(found)
        _require("attribute_losses", named, "it does not name the quasi-identifiers")
        for name, loss in found.items():
            self._close("attribute_losses", loss, losses[name])

    def _quasi(self, names: Sequence[str]) -> list[str]:
        return [name for name in self._plan.quasi_identifiers if name in names]

    def _counts(self) -> None:
        said = self._said
        counts = [said["records_in"], said["records_out"], said["suppressed"]]
        whole = all(type(count) is int and count >= 0 for count in counts)
        sampling = self._plan.sampling
        drawn = counts[0]
        if sampling is not None and whole:
            enough = drawn >= (sampling.records or 1)
            _require("records_in", enough, "they are fewer than the plan draws")
            drawn = sampling.size(drawn)
        _require("suppressed", whole and drawn - counts[1] == counts[2], "counts do not add up")
        allowed = int(suppression_share(self._plan.suppression) * drawn)
        _require("suppressed", counts[2] <= allowed, f"the plan allows {allowed}")

    def _pseudonyms(self, output: pl.LazyFrame) -> None:
        for name in self._said["pseudonymised"]:
            kind = output.collect_schema()[name]
            looks = self._plan.pseudonym_form(name)
            fits = kind == pl.String and bool(
                output.select(pl.col(name).str.contains(looks).all()).collect().item()
            )
            _require("pseudonymised", fits, f"the column {name!r} holds what is no pseudonym")

    def _risk(self, claim: str, classes: Grouped) -> None:
        said = self._said[claim]
        try:
            threshold = int(said["threshold"])
            found = risk_of_grouped(classes, threshold)
        except (CasemateError, TypeError, ValueError, KeyError) as error:
            raise IntegrityFailure(f"the certificate's {claim} cannot be: {error}") from None
        columns = [*classes.names, *classes.sensitive]
        models = self._plan.models_for(columns) if classes.names else self._plan.models
        smallest = max((model.smallest_table() for model in models), default=1)
        _require(claim, threshold == smallest, "its threshold is not that of the models")
        self._equal(claim, without_floats(found.to_dict()))

    def _equal(self, claim: str, found: Any) -> None:
        said = self._said[claim]
        _require(
            claim, bool(said == found), f"it says {_short(said)}, and {_short(found)} is found"
        )

    def _close(self, claim: str, found: float, said: Any) -> None:
        """Sums may round differently from run to run, in the last of a float's digits."""
        try:
            near = abs(float(said) - found) <= _ROUNDING * max(1.0, abs(found))
        except (TypeError, ValueError):
            near = False
        _require(claim, near, f"it says {_short(said)}, and {found:.10g} is found")


def _polars(table: Any) -> pl.LazyFrame:
    if isinstance(table, pl.LazyFrame | pl.DataFrame):
        return table.lazy()
    try:
        return open_frame(table).to_polars().lazy()
    except (TypeError, ValueError) as error:
        raise BadInput(f"a column mixes types: give every value one type ({error})") from None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _SHORT else text[:_SHORT] + "…"


def _require(claim: str, holds: bool, why: str) -> None:
    if not holds:
        raise IntegrityFailure(f"the certificate's claim {claim!r} does not hold: {why}")
