"""The report on a synthesis: how it was made, what it is worth, what attacks find; and as a page."""

from importlib.resources import files
from typing import Any

from casemate.errors import BadInput
from casemate.protection.privacy_loss import Accounting
from casemate.protection.synthesis.domain_files import domain_to_dict
from casemate.protection.synthesis.domains import Domain
from casemate.protection.synthesis.downstream import downstream_model
from casemate.protection.synthesis.mechanism import ExpectedNoise, Synthetic
from casemate.protection.synthesis.quality import synthesis_quality
from casemate.protection.synthesis.risks import synthesis_risks

_WORST = 10


def synthesis_report(
    real: Any,
    made: Synthetic,
    domain: Domain,
    noise: ExpectedNoise,
    *,
    control: Any = None,
    target: str | None = None,
    declared: bool = True,
) -> dict[str, Any]:
    """A document with floats. ``control``: real records that took no part, for the attacks and for the
    model that foretells ``target``; ``declared``: whether the domain was, or else read off the data."""
    if target is not None and control is None:
        raise BadInput("a model is tried on control records: give some, or no target")
    origin = "declared" if declared else "read off the data, which are given away by it"
    report: dict[str, Any] = {
        "kind": "synthesis",
        "loss": {
            **made.loss.to_dict(),
            "text": str(made.loss),
            "rho": ""
            if made.loss.accounting is Accounting.RHO
            else f"{float(made.rho.amount):.6g}",
        },
        "records": len(made.table),
        "tree": [list(pair) for pair in made.tree],
        "more": [list(pair) for pair in made.more],
        "rare": dict(made.rare),
        "noise": {"single": noise.single, "pair": noise.pair},
        "domain": {"origin": origin, **domain_to_dict(domain)},
        "quality": synthesis_quality(real, made.table, domain).to_dict(),
        "downstream": None,
        "risks": None,
    }
    if control is not None:
        columns = list(domain)
        report["risks"] = synthesis_risks(real, control, made.table, columns=columns).to_dict()
    if target is not None:
        report["downstream"] = downstream_model(real, made.table, control, domain, target).to_dict()
    return report


def synthesis_html(report: dict[str, Any], *, title: str) -> str:
    """The report as one page that needs nothing else."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    place = files("casemate.protection.synthesis").joinpath("report.html.j2")
    template = environment.from_string(place.read_text(encoding="utf-8"))
    pairs = sorted(report["quality"]["two_way"].items(), key=lambda pair: -pair[1])
    return template.render(title=title, report=report, worst=pairs[:_WORST], f="{:.3f}".format)
