"""Documents of evaluations, small and whole. No test."""

from typing import Any

MODEL = "sha256:" + "a" * 64


def evaluation(**changes: Any) -> dict[str, Any]:
    """The document of an evaluation of a model that hires as many women as men."""
    told: dict[str, Any] = {
        "model": {"name": "sorter.onnx", "kind": "onnx", "digest": MODEL},
        "suite": "casemate-tabular",
        "suite_version": "1",
        "seed": 7,
        "settings": {"level": 0.95, "least": 10},
        "machine": {"python": "3.11.2"},
        "figures": [
            {
                "check": "performance",
                "measure": "accuracy",
                "group": "everybody",
                "estimate": 0.8125,
                "low": 0.78,
                "high": 0.84,
            }
        ],
        "not_tested": [{"check": "evasion", "why": "it was not asked for"}],
        "energy": {"cpu_seconds": 1.5},
    }
    return told | changes
