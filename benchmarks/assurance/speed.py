"""Samples a second beside lm-evaluation-harness: the same model file, prompts and limits, one thread each.

    python -m venv /tmp/lmeval && /tmp/lmeval/bin/pip install 'lm-eval[api]==0.4.13'
    python benchmarks/assurance/speed.py --lm-eval /tmp/lmeval/bin/python --prompts 200 --rounds 3

lm-eval asks a server of llama.cpp (the same wheel) over loopback, its prompt cache on, as its users do;
ours has the model in its process. Rounds alternate. Wall seconds suffer from what else the machine does,
so CPU seconds (of client and server together) stand beside them; both are without loading the model and
importing. Prints JSON.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from casemate.assurance.suites import suite
from casemate.language.packaged import model_file, packaged

_LANGUAGES = ("en", "fr", "de", "lb")
_TOKENS = 16
_TASK = """task: casemate_short
dataset_path: json
dataset_kwargs: {{data_files: {{test: {data}}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{prompt}}}}"
doc_to_target: "x"
generation_kwargs: {{until: [], max_gen_toks: {tokens}, temperature: 0.0, do_sample: false}}
metric_list: [{{metric: bypass}}]
metadata: {{version: 1}}
"""
_SERVER = """import sys, time, xllamacpp
given = xllamacpp.CommonParams()
given.model.path, given.n_ctx, given.port, given.verbosity = sys.argv[1], 2048, int(sys.argv[2]), -1
given.cpuparams.n_threads = given.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(given)
print("ready", flush=True)
sys.stdin.read()
"""
_OURS = """import json, sys, time
from pathlib import Path
from casemate.assurance.language.journal import open_journal
from casemate.assurance.language.runner import run
from casemate.assurance.language.trial import Plan, key_of
from benchmarks_given import Given, model
with model() as loaded:
    plan = Plan(Given(Path(sys.argv[1])), "en")
    with open_journal(Path(sys.argv[2]), key_of(plan, loaded.card)) as journal:
        loaded.reply(plan.samples()[0].asks[0], 1, plan.sampling(plan.samples()[0], 0))
        wall, cpu = time.monotonic(), time.process_time()
        trial = run(plan, loaded, journal)
        told = {"seconds": time.monotonic() - wall, "cpu_seconds": time.process_time() - cpu}
    print(json.dumps({**told, "texts": {one.sample: one.answer.text for one in trial.done}}))
"""
_GIVEN = """import json
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from casemate.assurance.language.local import packaged_model
from casemate.language.packaged import packaged
from casemate.assurance.suites import Judgement, Outcome, Sample, Suite, question, suite
class Given(Suite):
    def __init__(self, path):
        self.about, self._path = replace(suite("basics").about, name="short-prompts"), path
    def samples(self, language, seed=0, limit=None):
        lines = map(json.loads, self._path.read_text().splitlines())
        return [Sample(one["id"], (question(one["prompt"]),), most_tokens=one["tokens"]) for one in lines]
    def score(self, answer, sample):
        return Judgement(Outcome.FINE)
@contextmanager
def model():
    yield packaged_model(packaged("smollm2"), Path("unused"))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--lm-eval", type=Path, required=True, help="The Python that has lm-eval.")
    parser.add_argument("--prompts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        prompts = write_prompts(work / "prompts.jsonl", asked.prompts)
        (work / "casemate_short.yaml").write_text(_TASK.format(data=prompts, tokens=_TOKENS))
        (work / "benchmarks_given.py").write_text(_GIVEN)
        rounds = []
        for at in range(asked.rounds):
            order = (ours, theirs) if at % 2 else (theirs, ours)
            told = {each.__name__: each(work, prompts, at, asked.lm_eval) for each in order}
            rounds.append(told)
            print(f"round {at + 1} of {asked.rounds} done", file=sys.stderr)
        print(json.dumps(summary(rounds, asked.prompts), indent=1))


def write_prompts(path: Path, count: int) -> Path:
    """The short prompts of our suite of social bias, in all languages by turns."""
    every = [suite("social-bias-own").samples(one) for one in _LANGUAGES]
    mixed = [one for each in zip(*every, strict=False) for one in each if len(one.asks) == 1]
    if len(mixed) < count:
        raise SystemExit(f"there are {len(mixed)} prompts, not {count}")
    lines = [
        {
            "id": f"{at}-{one.id}",
            "prompt": one.asks[0].messages[0].content,
            "tokens": _TOKENS,
        }
        for at, one in enumerate(mixed[:count])
    ]
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    return path


def ours(work: Path, prompts: Path, at: int, _python: Path) -> dict[str, Any]:
    """Our runner, journal and all."""
    found = subprocess.run(
        [sys.executable, "-c", _OURS, str(prompts), str(work / f"journal{at}")],
        env={**os.environ, "PYTHONPATH": f"{work}:{os.environ.get('PYTHONPATH', '')}", **_ONE},
        capture_output=True,
        check=True,
        text=True,
    )
    told: dict[str, Any] = json.loads(found.stdout)
    return told


def theirs(work: Path, prompts: Path, at: int, python: Path) -> dict[str, Any]:
    """lm-eval against a server, less what the same command takes for a single prompt: its start."""
    model, port = model_file(packaged("smollm2"), work), 18_000 + os.getpid() % 1000 + at
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(model), str(port)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, **_ONE},
    )  # fmt: skip
    assert server.stdout is not None
    assert server.stdin is not None
    server.stdout.readline()
    try:
        start = _harness(work, work / f"start{at}", port, python, "--limit", "1")
        before = cpu_of(server.pid)
        whole = _harness(work, work / f"out{at}", port, python)
        served = cpu_of(server.pid) - before
    finally:
        server.stdin.close()
        server.wait()
    (samples,) = (work / f"out{at}").rglob("samples_*.jsonl")
    lines = map(json.loads, samples.read_text().splitlines())
    return {
        "seconds": whole[0] - start[0],
        "cpu_seconds": whole[1] - start[1] + served,
        "of_which_server": served,
        "seconds_of_start": start[0],
        "texts": {line["doc"]["id"]: line["resps"][0][0] for line in lines},
    }


def _harness(work: Path, out: Path, port: int, python: Path, *more: str) -> tuple[float, float]:
    """Wall and CPU seconds of one command of lm-eval."""
    address = f"http://127.0.0.1:{port}/v1/chat/completions"
    words = [
        str(python), "-m", "lm_eval", "--model", "local-chat-completions",
        "--model_args", f"model=smollm2,base_url={address},num_concurrent=1,tokenizer_backend=None",
        "--tasks", "casemate_short", "--include_path", str(work), "--apply_chat_template",
        "--log_samples", "--output_path", str(out), *more,
    ]  # fmt: skip
    quiet = {"HF_DATASETS_OFFLINE": "1", "HF_HUB_OFFLINE": "1", "HF_HOME": str(work / "hf")}
    start, own = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    found = subprocess.run(
        words, env={**os.environ, **_ONE, **quiet}, check=False, capture_output=True, text=True
    )
    if found.returncode:
        raise SystemExit(f"lm-eval failed: {found.stderr[-2000:]}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime - own.ru_utime - own.ru_stime
    return time.monotonic() - start, cpu


def summary(rounds: list[dict[str, Any]], count: int) -> dict[str, Any]:
    """Medians and ratios; how many answers are the same, as rounding may turn a near tie."""
    told: dict[str, Any] = {"prompts": count, "most_tokens": _TOKENS, "load": os.getloadavg()}
    for name in ("ours", "theirs"):
        for unit in ("seconds", "cpu_seconds"):
            every = [count / one[name][unit] for one in rounds]
            told[f"{name}_samples_a_{unit.removesuffix('s')}"] = round(statistics.median(every), 3)
    for unit in ("second", "cpu_second"):
        ratios = [one["theirs"][f"{unit}s"] / one["ours"][f"{unit}s"] for one in rounds]
        told[f"ratio_a_{unit}"] = round(statistics.median(ratios), 2)
    told["server_cpu_share"] = round(
        statistics.median(
            one["theirs"]["of_which_server"] / one["theirs"]["cpu_seconds"] for one in rounds
        ),
        3,
    )
    first = rounds[0]
    same = sum(
        first["ours"]["texts"][name].strip() == text.strip()
        for name, text in first["theirs"]["texts"].items()
    )
    told["same_answers"] = f"{same} of {len(first['theirs']['texts'])}"
    told["rounds"] = [
        {name: {k: v for k, v in one[name].items() if k != "texts"} for name in one}
        for one in rounds
    ]
    return told


def cpu_of(pid: int) -> float:
    """The CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


_ONE = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


if __name__ == "__main__":
    main()
