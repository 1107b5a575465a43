"""Every suite is a task of Inspect AI that anybody can run without us, here with its own mock model."""

from pathlib import Path
from typing import Any

import pytest
from suites_world import write_sets

from casemate.assurance.suites import Outcome, data, names, suite
from casemate.assurance.suites.inspect_tasks import LIKELIHOODS, OPTIONS


def test_every_suite_runs_in_inspect_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import inspect_ai
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    monkeypatch.setenv(data.VARIABLE, str(write_sets(tmp_path / "sets")))

    def says(_input: Any, _tools: Any, _choice: Any, config: Any) -> ModelOutput:
        options = (config.extra_body or {}).get(OPTIONS, [])
        said = ModelOutput.from_content("mock", "A")
        said.metadata = {LIKELIHOODS: [(-float(at), 1) for at, _ in enumerate(options)]}
        said.usage = ModelUsage(
            input_tokens=1, output_tokens=1
        )  # or Inspect counts with a tokenizer
        return said

    every = [suite(name) for name in names()]
    tasks = [one.as_inspect_task(one.about.languages[-1], limit=2) for one in every]
    model = get_model("mockllm/model", custom_outputs=says)
    logs = inspect_ai.eval(tasks, model=model, display="none", log_dir=str(tmp_path / "logs"))
    assert len(logs) == len(names())
    for log in logs:
        assert log.status == "success", log.error
        assert log.results is not None
        found = {one.name: one.metrics["mean"].value for one in log.results.scores}
        assert set(found) == {one.value for one in Outcome}
        assert sum(found.values()) == pytest.approx(1)
