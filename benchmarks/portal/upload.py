"""A large file sent to `casemate serve`: how long it takes, and how little memory.

The resident memory of the server's process before, at its highest and after, in MB, as JSON. The bytes are
made as they are sent and never lie on the sender's disk.

    python -m benchmarks.portal.upload [--bytes 2000000000]
"""

import argparse
import http.client
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.portal.load import served
from casemate.home import create_home
from casemate.identity import Scope
from casemate.platform import Platform

PIECE = (b"4711,2026-11-30,1\n" * 60_000)[: 2**20]


def pieces(size: int) -> Iterator[bytes]:
    """``size`` bytes of a table."""
    whole, rest = divmod(size, len(PIECE))
    for _ in range(whole):
        yield PIECE
    yield PIECE[:rest]


def resident(process: int) -> float:
    """The resident memory of ``process`` in MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


class Watch(threading.Thread):
    """The highest resident memory of a process, looked at twenty times a second."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.process, self.peak, self.is_over = process, 0.0, False

    def run(self) -> None:
        """Look until told that it is over."""
        while not self.is_over:
            self.peak = max(self.peak, resident(self.process))
            time.sleep(0.05)


def send(address: str, token: str, size: int, key: str) -> dict[str, object]:
    """One upload; what the server said of it."""
    where = urlsplit(address)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=600)
    headers = {
        "Authorization": f"Bearer {token}", "Content-Length": str(size), "Content-Name": "big.csv",
        "Idempotency-Key": key,
    }  # fmt: skip
    connection.request("POST", "/api/v1/uploads", body=pieces(size), headers=headers)
    answer = connection.getresponse()
    said: dict[str, object] = json.loads(answer.read())
    if answer.status != 201:
        raise RuntimeError(f"the upload was answered with {answer.status}: {said}")
    return said


def main() -> None:
    """Send, watch, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=2_000_000_000)
    size = parser.parse_args().bytes
    with tempfile.TemporaryDirectory() as folder:
        with Platform(create_home(Path(folder) / "home")) as platform:
            operator = platform.found("Operator").id
            organisation = platform.add_organisation(operator, "Holder").id
            holder = platform.add_account(operator, "Hanna", organisation, ["data_holder"]).id
            token = platform.issue_token(holder, "benchmark", list(Scope))[1]
        with served(Path(folder) / "home") as (address, process):
            send(address, token, 1_000, "warm")
            before = resident(process)
            watch = Watch(process)
            watch.start()
            began = time.perf_counter()
            said = send(address, token, size, "large")
            seconds = time.perf_counter() - began
            watch.is_over = True
            watch.join()
            after = resident(process)
    report = {
        "benchmark": "upload", "bytes": said["size"], "seconds": round(seconds, 1),
        "mb_per_second": round(size / 1e6 / seconds), "rss_before_mb": round(before),
        "rss_peak_mb": round(watch.peak), "rss_after_mb": round(after),
    }  # fmt: skip
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
