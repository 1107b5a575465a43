"""The bill of materials of an AI system (AI-BOM): CycloneDX 1.6, with the model's card and its figures.

The library writes and validates the document; it has no classes for the ``modelCard`` of the standard yet,
which is put in here and held against the standard's own schema with the rest.
"""

import json
import uuid
from typing import Any

from casemate.assurance.files.scanning import Scanned
from casemate.assurance.results import Evaluation, Figure, Subject
from casemate.errors import BadInput

_SPACE = uuid.UUID("5b7d2f6c-6d3e-5f0e-9a55-3f3b1a0c9e41")
"""Serial numbers are drawn in this space from what the document is of: the same gives the same."""


def bill_of_materials(evaluation: Evaluation, scanned: Scanned | None = None) -> bytes:
    """The model, the data it was tried on and the packages, as CycloneDX JSON that is valid."""
    document = json.loads(_outputter(evaluation, scanned).output_as_string(indent=None))
    document["metadata"].pop(
        "timestamp", None
    )  # the library's own clock: nothing here knows the time
    document["metadata"]["component"]["modelCard"] = _card(evaluation)
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
    require_valid(text)
    return text.encode() + b"\n"


def require_valid(text: str) -> None:
    """Raise ``BadInput`` unless ``text`` is CycloneDX 1.6 by the standard's strict schema."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    if found := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise BadInput(f"the bill of materials is not valid CycloneDX: {str(found)[:300]}")


def _outputter(evaluation: Evaluation, scanned: Scanned | None) -> Any:
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6

    model = _component(evaluation.model, ComponentType.MACHINE_LEARNING_MODEL, _seen(scanned))
    data = _component(evaluation.data, ComponentType.DATA, {})
    bom = Bom(serial_number=uuid.uuid5(_SPACE, evaluation.model.digest + evaluation.data.digest))
    bom.metadata.component = model
    bom.components.add(data)
    for name, version in evaluation.machine["packages"].items():
        if version != "not installed":
            bom.components.add(
                Component(
                    name=name,
                    version=version,
                    type=ComponentType.LIBRARY,
                    bom_ref=f"package {name}",
                )
            )
    bom.register_dependency(model, [data])
    return JsonV1Dot6(bom)


def _component(subject: Subject, kind: Any, more: dict[str, str]) -> Any:
    from cyclonedx.model import HashAlgorithm, HashType, Property
    from cyclonedx.model.component import Component

    algorithm, _, content = subject.digest.partition(":")
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=content)] if algorithm == "sha256" else []
    told = {"kind": subject.kind, **more}
    return Component(
        name=subject.name,
        type=kind,
        bom_ref=f"{kind.value} {subject.digest}",
        hashes=hashes,
        properties=[Property(name=f"casemate:{name}", value=value) for name, value in told.items()],
    )


def _seen(scanned: Scanned | None) -> dict[str, str]:
    if scanned is None:
        return {}
    found = {"size": str(scanned.size), "parameters": str(scanned.parameters)}
    if scanned.operators:
        found["operators"] = ", ".join(scanned.operators)
    for one in scanned.scans:
        found[f"scanner {one['scanner']}"] = one["state"]
    return found


def _card(evaluation: Evaluation) -> dict[str, Any]:
    data = evaluation.data
    return {
        "modelParameters": {
            "approach": {"type": "supervised"},
            "task": "binary classification",
            "architectureFamily": evaluation.model.kind,
            "datasets": [{"ref": f"data {data.digest}"}],
            "inputs": [{"format": name} for name in data.details["features"]],
            "outputs": [{"format": f"{data.details['target']} = {data.details['positive']}"}],
        },
        "quantitativeAnalysis": {
            "performanceMetrics": [
                _metric(one) for one in evaluation.figures if one.estimate is not None
            ]
        },
        "considerations": {
            "technicalLimitations": [
                f"not tested: {one.check}: {one.why}" for one in evaluation.not_tested
            ]
        },
    }


def _metric(one: Figure) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": f"{one.check}: {one.measure}",
        "value": f"{one.estimate:.6g}",
        "slice": one.group,
    }
    if one.low is not None and one.high is not None:
        found["confidenceInterval"] = {
            "lowerBound": f"{one.low:.6g}",
            "upperBound": f"{one.high:.6g}",
        }
    return found
