"""The four steps of a run, each safe to do twice: what a crash cut off is simply done again.

A step looks where the run is, does its work outside any transaction, and then takes the run on by
compare-and-set in one transaction with the ledger. Whoever comes second finds the run moved and
throws its own work away; so a run may be executed twice, but its outputs are kept, checked and
released once.
"""

import logging
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from resource import RUSAGE_SELF, getrusage
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from casemate.access import Grant, OutputRules, Permits
from casemate.canonical import canonical_json, digest
from casemate.clock import Clock
from casemate.enclave import kinds, recipes, sandbox
from casemate.enclave.checking import Checker
from casemate.enclave.collect import CollectedFile, Rejected
from casemate.enclave.environments import Environments
from casemate.enclave.evaluating import OUTPUT, Evaluated, Evaluator, read_request
from casemate.enclave.guard import current_permit, require_grants, why_ended
from casemate.enclave.judging import is_spelled_out
from casemate.enclave.outputs import Outputs, Sealed
from casemate.enclave.permit_watch import PermitWatch
from casemate.enclave.recipes.memory import ReleaseMemory
from casemate.enclave.records import ACTIVE, SYSTEM, OutputKind, Run, RunState, View
from casemate.enclave.runs import Runs, limits_of
from casemate.enclave.views import Views
from casemate.errors import CasemateError, Conflict, NotAllowed, Unavailable
from casemate.store import Store

RETRY_SECONDS = 1.0
"""Between two attempts at a step while the database is away."""

log = logging.getLogger("casemate.enclave")


class WorkerStopping(BaseException):
    """The process is going down: the step must leave no trace, so that it is done again.

    Derives from ``BaseException``, as ``KeyboardInterrupt`` does, because DBOS records every
    ``Exception`` as the step's outcome, and this one is not.
    """


Exchange = Callable[[Session, str, Sealed], None]
"""Lets sealed bytes that trusted code made be the content of an output from now on."""


@dataclass(frozen=True)
class Rooms:
    """What the steps work with."""

    store: Store
    permits: Permits
    views: Views
    runs: Runs
    outputs: Outputs
    recipes: recipes.RecipeShelf
    memory: ReleaseMemory
    exchange: Exchange
    environments: Environments
    clock: Clock
    evaluator: Evaluator | None = None


Step = Callable[["Steps", str], bool]


def _ends_the_run(step: Step) -> Step:
    """Let what goes wrong in a step end the run with a plain reason, instead of the worker.

    A database that is away ends nothing: the step is done again until it is back.
    """

    @wraps(step)
    def guarded(self: "Steps", run_id: str) -> bool:
        while True:
            try:
                return self.attempt(step, run_id)
            except (OperationalError, Unavailable) as failure:
                if not _is_of_the_database(failure):
                    raise
                log.warning("run %s waits: the database is away or busy", run_id)
            self.pause()

    return guarded


def _is_of_the_database(failure: BaseException) -> bool:
    """Whether the database is away or busy; that it lacks a table or a column no patience mends."""
    cause = failure if isinstance(failure, OperationalError) else failure.__cause__
    return isinstance(cause, OperationalError) and "no such" not in str(cause.orig)


class Steps:
    """prepare, execute, check, settle. Each gives whether the next one has work to do."""

    def __init__(self, rooms: Rooms, *, stopping: Callable[[], bool] = lambda: False) -> None:
        self._rooms = rooms
        self._stopping = stopping
        self._checker = Checker(rooms, stopping)

    @_ends_the_run
    def prepare(self, run_id: str) -> bool:
        """queued -> running, with every view made that the permit opens."""
        rooms = self._rooms
        with rooms.store.read() as tx:
            run = rooms.runs.get(tx, run_id)
            if run.state is not RunState.queued:
                return run.state in ACTIVE
            grants = self._grants(tx, run)
        views = [self._view(grant) for grant in grants]
        with rooms.store.transaction() as tx:
            run = rooms.runs.lock(tx, run_id)
            self._grants(tx, run)
            inputs = {file: _input(view) for file, view in _files(views).items()}
            environment = rooms.environments.record(tx, run.parameters.get("environment"))
            changes = {"inputs": inputs, "environment": environment}
            rooms.runs.move(
                tx, run, RunState.running, actor=SYSTEM, changes=changes,
                environment=changes["environment"], inputs=digest(canonical_json(inputs)),
            )  # fmt: skip
        return True

    @_ends_the_run
    def execute(self, run_id: str) -> bool:
        """running -> checking, with the outputs sealed; or failed, or cancelled."""
        rooms = self._rooms
        with rooms.store.read() as tx:
            run = rooms.runs.get(tx, run_id)
            if run.state is not RunState.running:
                return run.state in ACTIVE
            rules = self._grants(tx, run)[0].output_rules
            tries = kinds.kind_of(run.filename) == "evaluation"
            job = None if tries else self.job(tx, run, rules)
            program = kinds.text_of(rooms.runs.script(tx, run_id), run.filename)
        watch = PermitWatch(
            rooms.store, rooms.runs, rooms.permits, rooms.clock, run, self._stopping
        )
        result = self._tried(run, rules) if job is None else sandbox.run(job, should_stop=watch)
        if watch.worker_stopping:
            raise WorkerStopping
        self._record_result(run, result, rules, program)
        return self.is_active(run_id)

    def _tried(self, run: Run, rules: OutputRules) -> sandbox.SandboxResult:
        """What trusted code found of a model, in the form of a job's result."""
        begun, used = time.monotonic(), time.thread_time()
        with self._rooms.store.read() as tx:
            found = evaluated(self._rooms, tx, run, rules)
        output = CollectedFile(OUTPUT, found.document, digest(found.document))
        resources = {
            "wall_ms": round(1000 * (time.monotonic() - begun)),
            "cpu_ms": round(1000 * (time.thread_time() - used)),
            "max_rss_bytes": 1024 * getrusage(RUSAGE_SELF).ru_maxrss,
            "start_ms": 0,
            "stdout_bytes": 0,
            "stderr_bytes": 0,
            "output_bytes": len(found.document),
        }
        return sandbox.SandboxResult(0, "finished", "", (output,), b"", b"", resources, {})

    @_ends_the_run
    def check(self, run_id: str) -> bool:
        """A verdict on every output, by trusted code that recomputes from the views."""
        rooms = self._rooms
        with rooms.store.read() as tx:
            run = rooms.runs.get(tx, run_id)
            if run.state is not RunState.checking:
                return run.state in ACTIVE
            rules = self._grants(tx, run)[0].output_rules
            inputs = self._checker.inputs(tx, run, rules)
            outputs = rooms.outputs.list(tx, run=run_id)
            script = rooms.runs.script(tx, run_id)

        def may_record(tx: Session) -> bool:
            return rooms.runs.lock(tx, run_id).state is RunState.checking

        if not self._checker.check(run, outputs, inputs, script, may_record):
            raise WorkerStopping
        return True

    @_ends_the_run
    def settle(self, run_id: str) -> bool:
        """checking -> awaiting_review, released or refused."""
        rooms = self._rooms
        with rooms.store.transaction() as tx:
            run = rooms.runs.lock(tx, run_id)
            if run.state is not RunState.checking:
                return False
            rules = self._grants(tx, run)[0].output_rules
            automatic = rules.review == "automatic"
            lacking = rooms.outputs.clear_by_machine(tx, run) if automatic else None
            to = rooms.outputs.verdict_of_run(tx, run_id)
            reason = "the script left no output in /out" if to is RunState.failed else lacking
            rooms.runs.move(tx, run, to, actor=SYSTEM, reason=reason)
        return False

    def attempt(self, step: Step, run_id: str) -> bool:
        """Do ``step``; what goes wrong in it, but for the database, ends the run."""
        try:
            return step(self, run_id)
        except Conflict:
            return self.is_active(run_id)  # somebody moved the run meanwhile: look again
        except CasemateError as failure:
            if _is_of_the_database(failure):
                raise
            self._end_because(run_id, failure)
        except OperationalError:
            raise
        except Exception as bug:  # noqa: BLE001 - the worker outlives our bugs, and the run must end
            # The message may quote data, so only the place goes to the log.
            place = "".join(traceback.format_tb(bug.__traceback__))
            log.error("run %s: %s\n%s", run_id, type(bug).__name__, place)  # noqa: TRY400
            self.end(run_id, RunState.failed, f"internal error ({type(bug).__name__}), see the log")
        return False

    def pause(self) -> None:
        """Wait before a step is done again; not at all where the worker is going down."""
        until = time.monotonic() + RETRY_SECONDS
        while time.monotonic() < until:
            if self._stopping():
                raise WorkerStopping
            time.sleep(0.05)

    def is_active(self, run_id: str) -> bool:
        """Whether the machine has work left on this run."""
        with self._rooms.store.read() as tx:
            return self._rooms.runs.get(tx, run_id).state in ACTIVE

    def _end_because(self, run_id: str, failure: CasemateError) -> None:
        """A permit that has ended comes first: what else went wrong may follow from that."""
        rooms = self._rooms
        with rooms.store.read() as tx:
            permit = rooms.runs.get(tx, run_id).permit
            ended = why_ended(rooms.permits, tx, permit, rooms.clock)
        refused = ended is not None or isinstance(failure, NotAllowed)
        to = RunState.cancelled if refused else RunState.failed
        self.end(run_id, to, ended or str(failure))

    def end(self, run_id: str, to: RunState, reason: str) -> None:
        """End an active run early; outputs it left undecided are refused."""
        rooms = self._rooms
        with rooms.store.transaction() as tx:
            run = rooms.runs.lock(tx, run_id)
            if run.state in ACTIVE:
                rooms.outputs.drop(tx, run)
                rooms.runs.move(tx, run, to, actor=SYSTEM, reason=reason)

    def _grants(self, tx: Session, run: Run) -> tuple[Grant, ...]:
        permits = self._rooms.permits
        if ended := why_ended(permits, tx, run.permit, self._rooms.clock):
            raise NotAllowed(ended)
        current = current_permit(permits, tx, run.permit)
        return require_grants(
            permits, tx, current, person=run.submitted_by, purpose=run.purpose,
            rows=kinds.meets_rows(run.filename),
        )  # fmt: skip

    def _view(self, grant: Grant) -> View:
        """The view of one scope, made outside any transaction, since protection takes its time."""
        rooms = self._rooms
        with rooms.store.read() as tx:
            if found := rooms.views.find(tx, grant):
                return found
            source = rooms.views.source(tx, grant)
        draft = rooms.views.make(source, grant)
        with rooms.store.transaction() as tx:
            return rooms.views.keep(tx, draft)

    def job(self, tx: Session, run: Run, rules: OutputRules) -> sandbox.Job:
        """What the sandbox is given for ``run``: its program, its views, its packages, its limits."""
        views = self._rooms.views
        inputs: dict[str, bytes] = {}
        for file, recorded in run.inputs.items():
            inputs[f"{file}.parquet"] = views.parquet(tx, recorded["view"])
            book = views.codebook(tx, recorded["view"])
            inputs[f"{file}.codebook.json"] = canonical_json(book)
        limits = limits_of(run)
        return kinds.job_of(
            self._rooms.runs.script(tx, run.id),
            run.filename,
            inputs,
            replace(limits, output_bytes=min(limits.output_bytes, rules.max_output_bytes)),
            self._rooms.environments.folder(tx, run.parameters.get("environment")),
        )

    def _record_result(
        self, run: Run, result: sandbox.SandboxResult, rules: OutputRules, script: bytes
    ) -> None:
        """Seal what the run left, then take the run on; whoever comes second discards its files."""
        rooms = self._rooms
        paired = recipes.pair(result.outputs)
        to, reason = _outcome(result, len(paired.outputs), rules)
        sealed = self._seal(result, paired.outputs, to, script)
        beside = [
            rooms.recipes.seal(one.id, paired.recipes[one.name])
            for one in sealed
            if one.name in paired.recipes and one.kind is OutputKind.file
        ]
        kept = False
        try:
            with rooms.store.transaction() as tx:
                now = rooms.runs.lock(tx, run.id)
                if now.state is not RunState.running:
                    return
                rooms.outputs.keep(tx, now, sealed)
                rooms.recipes.keep(tx, beside)
                rejected = (*result.rejected, *paired.alone)
                changes = {"resources": _resources(result, rejected, script)}
                # What was used goes into the row: sizes and times to the millisecond could carry data.
                rooms.runs.move(
                    tx, now, to, actor=SYSTEM, reason=reason, changes=changes, ended=result.ended
                )
            kept = True
        finally:
            if not kept:
                rooms.outputs.discard(sealed)
                rooms.recipes.discard(beside)

    def _seal(
        self,
        result: sandbox.SandboxResult,
        outputs: tuple[CollectedFile, ...],
        to: RunState,
        script: bytes,
    ) -> tuple[Sealed, ...]:
        if to is RunState.cancelled:
            return ()
        seal = self._rooms.outputs.seal
        files = () if to is RunState.failed else outputs
        logs = {"stdout": result.stdout, "stderr": result.stderr}
        return (
            *(
                seal(
                    file.name,
                    OutputKind.file,
                    file.data,
                    name_is_known=is_spelled_out(file.name, script),
                )
                for file in files
            ),
            *(seal(f"{name}.log", OutputKind.log, data) for name, data in logs.items() if data),
        )


def evaluated(rooms: Rooms, tx: Session, run: Run, rules: OutputRules) -> Evaluated:
    """The evaluation that ``run`` asks for: done, or done again for the check."""
    if rooms.evaluator is None:
        raise Unavailable("this process opened the enclave without what tries models")
    request = read_request(rooms.runs.script(tx, run.id), run.filename)
    recorded = run.inputs[request.input_of(sorted(run.inputs))]
    frame = rooms.views.frame(tx, recorded["view"])
    model = request.carried()
    if model is None:
        model = rooms.outputs.model(tx, str(request.output), run)
    return rooms.evaluator(request, frame, recorded["digest"], model, rules.min_cell)


def _outcome(
    result: sandbox.SandboxResult, files: int, rules: OutputRules
) -> tuple[RunState, str | None]:
    if result.ended == "stopped":
        return RunState.cancelled, result.reason
    if result.ended != "finished":
        return RunState.failed, result.reason
    if files > rules.max_files:
        return (
            RunState.failed,
            f"the script left {files} files; its permit allows {rules.max_files}",
        )
    return RunState.checking, None


def _resources(
    result: sandbox.SandboxResult, rejected: tuple[Rejected, ...], script: bytes
) -> dict[str, Any]:
    """What the run used, and what of /out was not taken; a name could carry data, so only names that
    the script spells out are told."""
    return {
        "used": result.resources,
        "limits_held": result.limits_held,
        "ended": result.ended,
        "exit_code": result.exit_code,
        "rejected": [
            {
                "name": item.name if is_spelled_out(item.name, script) else None,
                "reason": item.reason,
            }
            for item in rejected
        ],
    }


def _files(views: list[View]) -> dict[str, View]:
    """File names under /in: the dataset's id, with the version where a permit opens two of them."""
    ids = [view.dataset for view in views]
    return {
        view.dataset if ids.count(view.dataset) == 1 else f"{view.dataset}-v{view.version}": view
        for view in views
    }


def _input(view: View) -> dict[str, Any]:
    return {
        "view": view.id,
        "dataset": view.dataset,
        "version": view.version,
        "digest": view.digest,
        "rows": view.rows,
    }
