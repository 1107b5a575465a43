"""``casemate enclave``: the sandbox by itself, and what this machine can enforce."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from casemate.cli.common import Desk, JsonOption, Shown, command, exits, one_line, show, table
from casemate.clock import timestamp
from casemate.enclave import PackageSet, sandbox
from casemate.enclave.execute import Executed, execute
from casemate.enclave.limits import MIB, Limits
from casemate.errors import BadInput, Unavailable

app = typer.Typer(no_args_is_help=True)
environments = typer.Typer(no_args_is_help=True)
app.add_typer(environments, name="environment", help="What programs run on.")

Reference = Annotated[str, typer.Argument(help="NAME, its newest version, or NAME@VERSION.")]

LIMIT_EXCEEDED = 6
OWN_CODES = 64
"""Added to a command's own exit code, so that it is told from ours; 127 stands for all from 63 on."""


@app.command("exec")
def exec_(
    source: Annotated[Path, typer.Option("--input", help="Folder whose files become /in.")],
    target: Annotated[
        Path, typer.Option("--output", help="Folder for what is left in /out: new, or empty.")
    ],
    words: Annotated[list[str], typer.Argument(help="The command and its words, after --.")],
    memory: Annotated[
        int, typer.Option(min=1, max=2**30, help="Memory of the whole tree, in MiB.")
    ] = 4096,
    cpu: Annotated[int, typer.Option(min=1, max=10**6, help="CPU time, in seconds.")] = 600,
    wall: Annotated[int, typer.Option(min=1, max=10**6, help="Wall time, in seconds.")] = 900,
    pids: Annotated[int, typer.Option(min=1, max=30_000, help="Processes and threads.")] = 64,
    as_json: JsonOption = False,
) -> None:
    """Run one command in exactly the enclave's sandbox; exit code 64+N is its own N, 6 a limit reached."""
    limits = Limits(
        memory_bytes=memory * MIB, cpu_seconds=cpu, wall_seconds=float(wall), processes=pids
    )
    with exits():
        executed = execute(source, target, words, limits)
    result = executed.result
    if as_json:
        show(Shown(_report(executed, words, limits)), as_json=True)
    else:
        _pass_on(result)
    if not executed.written:
        print(one_line(f"Ended: {result.reason}"), file=sys.stderr)
    raise typer.Exit(exit_code(result))


@app.command("doctor")
def doctor(as_json: JsonOption = False) -> None:
    """Try every wall on this machine: what the enclave can enforce here, and what it cannot."""
    walls = sandbox.doctor()
    rows: list[list[object]] = [
        [
            one.name,
            "required" if one.required else "optional",
            "holds" if one.available else "MISSING",
            one.how,
        ]
        for one in walls
    ]
    missing = [one.name for one in walls if one.required and not one.available]
    data = {"walls": [asdict(one) for one in walls], "runs": not missing}
    show(Shown(data, table(["Wall", "Kind", "Here", "By what"], rows)), as_json=as_json)
    with exits():
        if missing:
            raise Unavailable(
                f"the enclave refuses to run here, walls are missing: {', '.join(missing)}"
            )


def exit_code(result: sandbox.SandboxResult) -> int:
    """0 finished; 64 + its own code where the command failed (127 at most); 6 where a limit ended it."""
    if result.ended == "finished":
        return 0
    if result.ended == "failed":
        own = result.exit_code or 1
        return OWN_CODES + (own if 0 < own < OWN_CODES else OWN_CODES - 1)
    return LIMIT_EXCEEDED


def _report(executed: Executed, command: list[str], limits: Limits) -> dict[str, Any]:
    result = executed.result
    return {
        "command": command,
        "ended": result.ended,
        "reason": result.reason,
        "exit_code": result.exit_code,
        "limits": asdict(limits),
        "limits_held": result.limits_held,
        "resources": result.resources,
        "outputs": [
            {"name": one.name, "bytes": len(one.data), "digest": one.sha256}
            for one in (result.outputs if executed.written else ())
        ],
        "rejected": [asdict(one) for one in result.rejected],
        "stdout": result.stdout.decode(errors="backslashreplace"),
        "stderr": result.stderr.decode(errors="backslashreplace"),
        "walls": [asdict(one) for one in executed.walls],
    }


def _pass_on(result: sandbox.SandboxResult) -> None:
    """The command's own words: as they are into a file or pipe, harmless on a terminal."""
    for stream, data in ((sys.stdout, result.stdout), (sys.stderr, result.stderr)):
        text = data.decode(errors="backslashreplace")
        if stream.isatty():
            text = "".join(
                one if one.isprintable() or one in "\n\t" else one.encode("unicode_escape").decode()
                for one in text
            )
        stream.write(text)
        stream.flush()
    for one in result.rejected:
        print(one_line(f"Not taken: {one.name} {one.reason}"), file=sys.stderr)


@command(environments, "add")
def add(
    desk: Desk,
    name: Annotated[str, typer.Argument(help="Its name: small letters, digits and '-'.")],
    lock: Annotated[
        Path | None, typer.Option(help="requirements.txt with a hash for every package.")
    ] = None,
    wheels: Annotated[
        Path | None, typer.Option(help="Folder of wheel files: pip then asks no index.")
    ] = None,
    library: Annotated[
        Path | None, typer.Option(help="Instead of a lock: an R library, installed elsewhere.")
    ] = None,
) -> Shown:
    """Build an environment that programs run on: read-only, named by all of its content."""
    if (lock is None) == (library is None):
        raise BadInput(
            "an environment is built from --lock FILE, or taken from --library FOLDER (R)"
        )
    text = b"" if lock is None else _read(lock)
    made = desk.platform.add_environment(
        desk.actor, name, lock=text, wheels=wheels, library=library
    )
    return Shown(made, f"{made.label} is ready: {_facts(made)}.")


@command(environments, "list")
def list_(desk: Desk) -> Shown:
    """Which environments a run may name; without one it runs on Casemate's own packages."""
    known = desk.platform.environments(desk.actor)
    rows: list[list[object]] = [
        [one.label, one.kind, len(one.packages), one.size, timestamp(one.added_at), one.missing]
        for one in known
    ]
    columns = ["Environment", "Kind", "Packages", "Bytes", "Added", "Not usable here"]
    return Shown(known, table(columns, rows))


@command(environments, "show")
def show_one(desk: Desk, name: Reference) -> Shown:
    """An environment's packages and digest."""
    known = desk.platform.environment(desk.actor, name)
    rows: list[list[object]] = [[*one] for one in known.packages.items()]
    return Shown(known, table([known.label, known.digest], rows))


@command(environments, "verify")
def verify(desk: Desk, name: Reference) -> Shown:
    """Read every byte of an environment, and say whether it is what was built."""
    known = desk.platform.environment(desk.actor, name, verify=True)
    return Shown(known, f"{known.label} is what was built: {_facts(known)}.")


@command(environments, "remove")
def remove(desk: Desk, name: Reference) -> Shown:
    """Take a version away: no run uses it again, and those that did cannot be replayed."""
    removed = desk.platform.remove_environment(desk.actor, name)
    return Shown(removed, f"{removed.label} is removed.")


@command(environments, "allow")
def allow(
    desk: Desk,
    permit: Annotated[str, typer.Argument(help="The permit's id.")],
    name: Annotated[
        list[str] | None,
        typer.Option(
            help="An environment that its runs may use, or `default`; repeat it. None: any."
        ),
    ] = None,
) -> Shown:
    """Say which environments runs under a permit may use; for the authority."""
    names = sorted(desk.platform.allow_environments(desk.actor, permit, name or []))
    told = ", ".join(names) or "any environment"
    return Shown({"permit": permit, "environments": names}, f"Runs under {permit} use {told}.")


def _facts(one: PackageSet) -> str:
    left_out = f", left out: {', '.join(one.left_out)}" if one.left_out else ""
    return f"{len(one.packages)} packages, {one.files} files, {one.digest}{left_out}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as failure:
        raise BadInput(f"the lock file {path} cannot be read: {failure.strerror}") from failure
