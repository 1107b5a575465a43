"""The suites for ``inspect eval``, without Casemate's own runner.

inspect eval casemate/suite -T name=basics -T language=fr --model openai-api/…
"""

from inspect_ai import Task, task

from casemate.assurance.suites.contract import SEED
from casemate.assurance.suites.registry import suite as named


@task
def suite(
    name: str = "basics", language: str = "en", seed: int = SEED, limit: int | None = None
) -> Task:
    """Any suite by its name."""
    return named(name).as_inspect_task(language, seed, limit)
