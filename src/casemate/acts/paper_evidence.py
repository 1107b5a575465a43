"""What the platform knows of an algorithm, as blocks of a document, each with what it was read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from casemate.acts.paper_sandbox import sandbox_blocks
from casemate.clock import timestamp
from casemate.papers import Block, Gap, Paragraph, Source, Table, marked
from casemate.register.documents.kinds import fixed_words

if TYPE_CHECKING:
    from casemate.access import Permit
    from casemate.assurance.gate import Standing
    from casemate.assurance.keeping import KeptEvaluation
    from casemate.assurance.naming import NamedModel
    from casemate.catalogue import Dataset
    from casemate.enclave import Run
    from casemate.register.keeping import Revision
    from casemate.register.known import Fact

_MOST_ROWS = 60
"""Figures of one evaluation; the rest is read with the evaluation itself."""


@dataclass(frozen=True)
class Seen:
    """The records that one reader may read."""

    history: tuple[Revision, ...] = ()
    evaluations: tuple[KeptEvaluation, ...] = ()
    permits: tuple[Permit, ...] = ()
    unread: tuple[str, ...] = ()
    """Permits that the answers name and the reader may not read."""
    datasets: tuple[Dataset, ...] = ()
    runs: tuple[Run, ...] = ()
    models: tuple[NamedModel, ...] = ()
    standing: Standing | None = None
    energy: Fact | None = None
    sandbox: Mapping[str, Any] | None = None
    """The facts of its exit report; with ``signed`` where it is."""


def platform_blocks(seen: Seen, algorithm: str, language: str) -> Mapping[str, tuple[Block, ...]]:
    """By name, what each question about the platform is answered with; nothing where nothing is known."""
    said = fixed_words(language)
    hidden = _hidden(seen, said, algorithm)
    found: dict[str, tuple[Block | None, ...]] = {
        "versions": (_version(seen, said),),
        "changes": (_changes(seen, said),),
        "evaluations": tuple(_figures(one, said, "") for one in seen.evaluations),
        "fairness": tuple(_figures(one, said, "fairness") for one in seen.evaluations),
        "permits": (_permits(seen, said), *hidden),
        "datasets": (_datasets(seen, said), *hidden),
        "protection": (_protection(seen, said), *hidden),
        "reidentification": (_risks(seen, said), *hidden),
        "runs": (_runs(seen, said), _energy(seen, language)),
        "models": (_models(seen, said),),
        "standing": (_standing(seen, said),),
        **sandbox_blocks(seen.sandbox, said),
    }
    return {name: tuple(one for one in blocks if one is not None) for name, blocks in found.items()}


def _version(seen: Seen, said: Mapping[str, Any]) -> Paragraph | None:
    newest = seen.history[0].kept
    when = timestamp(newest.kept_at)
    told = said["version_line"].format(version=newest.version, when=when, digest=newest.digest)
    return Paragraph(told, (Source("platform", f"{newest.algorithm}, {newest.version}"),))


def _changes(seen: Seen, said: Mapping[str, Any]) -> Table | None:
    rows = tuple(
        (
            str(one.kept.version),
            timestamp(one.kept.kept_at),
            one.kept.reason or "—",
            ", ".join(change.field for change in one.changes),
        )
        for one in seen.history
    )
    source = Source("ledger", f"algorithm.recorded {seen.history[0].kept.algorithm}")
    return _table(said, "changes", "change", rows, (source,))


def _figures(one: KeptEvaluation, said: Mapping[str, Any], check: str) -> Table | None:
    rows = tuple(
        (
            str(figure["measure"]),
            str(figure["group"]),
            _number(figure.get("estimate")),
            _interval(figure),
            str(figure.get("verdict") or figure.get("withheld") or "—"),
        )
        for figure in one.figures
        if check in ("", figure["check"])
    )[:_MOST_ROWS]
    head = tuple(
        said["evaluation"][name] for name in ("measure", "of", "estimate", "interval", "finding")
    )
    caption = (
        f"{said['evaluation']['id']} {one.id}: {one.suite} {one.suite_version}, "
        f"{said['evaluation']['model']} {one.model_name} ({one.model_digest})"
    )
    return Table(caption, head, rows, (Source("evaluation", one.id),)) if rows else None


def _number(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else "—"


def _interval(figure: Mapping[str, Any]) -> str:
    low, high = figure.get("low"), figure.get("high")
    return "—" if low is None or high is None else f"{_number(low)} – {_number(high)}"


def _permits(seen: Seen, said: Mapping[str, Any]) -> Table | None:
    rows = tuple(
        (
            one.id,
            f"{one.purpose} {one.purpose_text}".strip(),
            _basis(one),
            ", ".join(name for scope in one.scopes for name in scope.variables),
            str(len(one.people)),
            one.valid_until.date().isoformat(),
        )
        for one in seen.permits
    )
    sources = tuple(Source("ledger", f"permit.granted {one.id}") for one in seen.permits)
    return _table(said, "permits", "permit", rows, sources)


def _basis(permit: Permit) -> str:
    told = permit.legal_basis.model_dump(mode="json", exclude_none=True)
    return "; ".join(str(one) for one in told.values() if one) or "—"


def _datasets(seen: Seen, said: Mapping[str, Any]) -> Table | None:
    rows = tuple(
        (one.id, next(iter(one.titles.values())), str(one.version), f"{one.rows:,}", one.holder)
        for one in seen.datasets
    )
    return _table(said, "datasets", "dataset", rows, _of_datasets(seen))


def _protection(seen: Seen, said: Mapping[str, Any]) -> Table | None:
    rows = tuple(
        (
            scope.dataset,
            "; ".join(map(_model, scope.plan.get("models", ()))) or "—",
            ", ".join(scope.pseudonyms) or "—",
            ", ".join(scope.plan.get("drop", ())) or "—",
        )
        for one in seen.permits
        for scope in one.scopes
        if scope.plan
    )
    sources = tuple(Source("ledger", f"permit.granted {one.id}") for one in seen.permits)
    return _table(said, "protection", "protected", rows, sources)


def _model(document: Mapping[str, Any]) -> str:
    return " ".join(str(one) for one in document.values())


def _risks(seen: Seen, said: Mapping[str, Any]) -> Table | None:
    rows = tuple(
        (one.id, name, _risk(one.risk[name]))
        for one in seen.datasets
        for name in ("uniques", "smallest_class", "prosecutor_highest", "at_risk", "marketer")
        if name in one.risk
    )
    return _table(said, "risks", "risk", rows, _of_datasets(seen))


def _risk(value: Any) -> str:
    return str(value) if isinstance(value, int | str) else f"{float(value):.4f}"


def _runs(seen: Seen, said: Mapping[str, Any]) -> Table | None:
    rows = tuple(
        (one.id, one.script_digest, one.state.value, timestamp(one.submitted_at))
        for one in seen.runs[:_MOST_ROWS]
    )
    sources = tuple(Source("ledger", f"run.submitted {one.id}") for one in seen.runs[:_MOST_ROWS])
    return _table(said, "runs", "run", rows, sources)


def _models(seen: Seen, said: Mapping[str, Any]) -> Table | None:
    rows = tuple((one.digest, one.output or "—", timestamp(one.named_at)) for one in seen.models)
    sources = tuple(Source("platform", one.digest) for one in seen.models)
    return _table(said, "models", "model", rows, sources)


def _energy(seen: Seen, language: str) -> Paragraph | None:
    if seen.energy is None:
        return None
    sources = tuple(Source("ledger", str(one)) for one in seen.energy.entries)
    return Paragraph(seen.energy.says[language], sources)


def _standing(seen: Seen, said: Mapping[str, Any]) -> Paragraph | None:
    """By what was measured; nothing where no rule of the house holds for the entry."""
    if seen.standing is None or seen.standing.passes is None:
        return None
    told = said["standing"].format(why=seen.standing.why)
    return Paragraph(told, (Source("platform", "gate"),))


def _of_datasets(seen: Seen) -> tuple[Source, ...]:
    return tuple(Source("ledger", f"dataset.published {one.id}") for one in seen.datasets)


def _table(
    said: Mapping[str, Any],
    caption: str,
    heads: str,
    rows: tuple[tuple[str, ...], ...],
    sources: tuple[Source, ...],
) -> Table | None:
    head = tuple(map(str, said[heads].values()))
    return Table(said[caption], head, rows, sources) if rows else None


def _hidden(seen: Seen, said: Mapping[str, Any], algorithm: str) -> tuple[Gap, ...]:
    """A gap for each permit that the reader may not read: nothing of it is told."""
    return tuple(
        Gap(
            what=f"{said['permit']['permit']} {one}",
            who=said["who"]["controller"],
            why=said["unread_why"],
            where=marked(said["unread_where"].format(permit=one)),
            sources=(Source("answer", "permits"),),
            key=f"permits.{one}",
        )
        for one in seen.unread
    )
