"""What one user of the load test does: searches with facets, one after another, without a pause.

Run by ``load.py``, never imported: Locust patches sockets. ``CASEMATE_LOAD`` names a file of JSON:
``paths`` (which are asked in turn) and ``name`` (under which they are counted).
"""

import itertools
import json
import os
import random
from pathlib import Path

from locust import FastHttpUser, constant, task

PLAN = json.loads(Path(os.environ["CASEMATE_LOAD"]).read_text(encoding="utf-8"))


class Reader(FastHttpUser):
    """One reader of the catalogue."""

    wait_time = constant(0)

    def on_start(self) -> None:
        """Everybody begins elsewhere, so that they do not ask the same at once."""
        paths = PLAN["paths"][:]
        random.shuffle(paths)
        self.paths = itertools.cycle(paths)

    @task
    def search(self) -> None:
        """One search."""
        with self.client.get(next(self.paths), name=PLAN["name"], catch_response=True) as answer:
            if answer.status_code != 200:
                answer.failure(f"status {answer.status_code}")
