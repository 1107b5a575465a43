"""What runs first inside the sandbox, as its process 1: start the job, wait, send /out to the parent.

This file is not imported by the sandbox: its compiled form is handed to ``python -c``, so it uses
nothing of Casemate and as little of the standard library as it can (each import is paid at every
start). As process 1 of its namespace it cannot be signalled by the job, and what the job leaves running
is killed before /out is read, so nothing changes under the reader's feet. It is on the job's side of
the wall all the same: the parent treats every byte it sends as hostile.

Arguments: the pipe's fd, resource limits as ``NUMBER:soft:hard,...``, the places of modules (joined by
``:``), the fd on which the parent gives the word to start, ``script`` or ``command``, then the path or
the words of the command. Records sent: ``ready``, ``exit CODE USED``, then for each thing in /out
``file NAMEHEX SIZE`` followed by its bytes or ``reject NAMEHEX CODE``, then ``end``.
"""

import _ctypes
import _sitebuiltins
import builtins
import gc
import os
import stat
import sys

MAX_ENTRIES = 1000
MAX_DEPTH = 3
CHUNK = 1 << 20

# Rights of Landlock, linux/landlock.h.
_EXECUTE, _WRITE, _READ, _LIST, _TRUNCATE, _IOCTL = 1, 2, 4, 8, 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _IOCTL
_DEVICES = 1 << 6 | 1 << 11  # making them


def main() -> None:
    pipe, limits, modules, go, kind, *words = sys.argv[1:]
    sender = int(pipe)
    _send(sender, b"ready\n")
    if not os.read(int(go), 1):  # the parent has gone: nobody would end us
        os._exit(1)
    gc.freeze()  # or the job's end would copy every page of ours to look for what it could free
    child = os.fork()
    if child == 0:
        os.closerange(3, 65536)
        os.environ["PYTHONPATH"] = modules
        _landlock()
        _limit(limits)
        if kind == "command":
            _execute(words)
        else:
            _run_script(words[0])
        return
    code = _wait(child)
    used = os.statvfs("/out")
    _send(sender, b"exit %d %d\n" % (code, (used.f_blocks - used.f_bfree) * used.f_frsize))
    if code == 0:
        _send_folder(sender, "/out", "", [MAX_ENTRIES])
        _send(sender, b"end\n")
    os._exit(0)


def _limit(limits: str) -> None:
    for item in limits.split(","):
        number, soft, hard = (int(word) for word in item.split(":"))
        both = soft.to_bytes(8, "little") + hard.to_bytes(8, "little")
        if _call("setrlimit", number, both):
            os.write(2, b"a limit cannot be set: nothing runs without it\n")
            os._exit(126)


def _call(name: str, *words: object) -> int:
    """A function of the C library. The C module is used directly: importing ctypes takes milliseconds."""
    address = _ctypes.dlsym(_ctypes.dlopen(None, 0), name)  # type: ignore[arg-type]
    return int(_ctypes.call_function(address, words))


def _landlock() -> None:
    """Where the kernel has Landlock: what the mounts say, said a second time by another part of it.

    The job can be refused by either wall and weaken neither. A kernel without it changes nothing.
    """
    version = _call("syscall", 444, None, 0, 1)
    if version < 1:
        return
    every = (1 << (13 + (version >= 2) + (version >= 3) + (version >= 5))) - 1
    handled = [every, *((3,) if version >= 4 else ()), *((3,) if version >= 6 else ())]
    head = b"".join(
        right.to_bytes(8, "little") for right in handled
    )  # files; TCP; sockets, signals
    rules = _call("syscall", 444, head, len(head), 0)
    for path, wanted in _places(every):
        place = _opened(path)
        if place >= 0:
            rights = wanted if os.path.isdir(path) else wanted & _OF_FILES  # noqa: PTH112
            rule = rights.to_bytes(8, "little") + place.to_bytes(4, "little")
            added = _call("syscall", 445, rules, 1, rule, 0)
            os.close(place)
            if added:
                _no_landlock()
    if rules < 0 or _call("syscall", 446, rules, 0):
        _no_landlock()
    os.close(rules)


def _places(every: int) -> list[tuple[str, int]]:
    """Each place with what may be done below it; nothing may be done anywhere else."""
    system = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/packages", "/casemate.zip")
    return [
        ("/", _LIST),
        *((path, _EXECUTE | _READ | _LIST) for path in (*system, sys.base_prefix)),
        *((path, _READ | _LIST) for path in ("/in", "/etc", "/proc")),
        ("/dev", every & (_READ | _WRITE | _LIST | _IOCTL)),
        *((path, every & ~_DEVICES) for path in ("/out", "/tmp", "/dev/shm")),  # noqa: S108
    ]


def _opened(path: str) -> int:
    try:
        return os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return -1


def _no_landlock() -> None:
    os.write(2, b"the kernel has Landlock and refuses to use it: nothing runs without it here\n")
    os._exit(126)


def _execute(words: list[str]) -> None:
    try:
        os.execvp(words[0], words)  # noqa: S606
    except OSError as failure:
        os.write(2, f"cannot run {words[0]!r}: {failure.strerror}\n".encode())
        os._exit(127)


def _run_script(path: str) -> None:
    """Run the script as ``python script.py`` would, without paying for a second interpreter."""
    builtins.exit = _sitebuiltins.Quitter("exit", "Ctrl-D (i.e. EOF)")
    builtins.quit = _sitebuiltins.Quitter("quit", "Ctrl-D (i.e. EOF)")
    with open(path, "rb") as file:  # noqa: PTH123  (pathlib costs milliseconds)
        source = file.read()
    module = type(sys)("__main__")
    module.__dict__.update(__file__=path, __builtins__=__builtins__)
    sys.modules["__main__"] = module
    sys.argv[:] = [path]
    # put last, where an installed package may hide no standard one
    packages = os.environ["PYTHONPATH"].split(":")
    sys.path[:] = [*(place for place in sys.path if place not in packages), *packages]
    sys.excepthook = _without_stage
    exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)  # noqa: S102


def _without_stage(kind: type, error: BaseException, trace: object) -> None:
    """Show a traceback as it would be had the script been started by itself."""
    own = error.__traceback__
    while own is not None and own.tb_frame.f_code.co_filename in ("<stage>", "<string>"):
        own = own.tb_next
    sys.__excepthook__(kind, error.with_traceback(own), own)


def _wait(child: int) -> int:
    """Reap until the job itself ends, then end and reap everything it left; its exit code."""
    code = 0
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            break
    try:
        os.kill(-1, 9)
        while True:
            os.wait()
    except (ChildProcessError, ProcessLookupError):
        return code


def _send_folder(sender: int, folder: str, prefix: str, left: list[int]) -> None:
    entries = []
    try:
        with os.scandir(folder) as found:
            for entry in found:
                left[0] -= 1
                if left[0] < 0:
                    break
                entries.append(entry)
    except OSError:
        _send_rejection(sender, prefix.rstrip("/"), b"unreadable")
    for entry in sorted(entries, key=lambda entry: entry.name):
        _send_entry(sender, entry, prefix + entry.name, left)
    if left[0] < 0:
        _send_rejection(sender, prefix, b"many")
        left[0] = 0


def _send_entry(sender: int, entry: "os.DirEntry[str]", name: str, left: list[int]) -> None:
    about = entry.stat(follow_symlinks=False)
    if stat.S_ISLNK(about.st_mode):
        _send_rejection(sender, name, b"link")
    elif stat.S_ISDIR(about.st_mode):
        if name.count("/") + 2 > MAX_DEPTH:
            _send_rejection(sender, name, b"deep")
        else:
            _send_folder(sender, entry.path, name + "/", left)
    elif not stat.S_ISREG(about.st_mode):
        _send_rejection(sender, name, b"special")
    elif about.st_nlink != 1:
        _send_rejection(sender, name, b"hardlink")
    else:
        _send_file(sender, entry.path, name)


def _send_file(sender: int, path: str, name: str) -> None:
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        _send_rejection(sender, name, b"unreadable")
        return
    size = os.fstat(file).st_size
    _send(sender, b"file %s %d\n" % (os.fsencode(name).hex().encode(), size))
    while size > 0:
        chunk = os.read(file, min(CHUNK, size))
        if not chunk:
            os._exit(1)  # shorter than it said: the stream breaks off and nothing is taken
        _send(sender, chunk)
        size -= len(chunk)
    os.close(file)


def _send_rejection(sender: int, name: str, code: bytes) -> None:
    _send(sender, b"reject %s %s\n" % (os.fsencode(name).hex().encode() or b"-", code))


def _send(sender: int, data: bytes) -> None:
    while data:
        data = data[os.write(sender, data) :]


if __name__ == "__main__":
    main()
