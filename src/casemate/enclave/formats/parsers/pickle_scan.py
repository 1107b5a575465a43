"""Pickles, wherever they hide: found, scanned by two scanners and by our own reading; never loaded.

Looks into zip (torch, npz, keras), npy and plain streams. The scanners are fickling (abstract
interpretation) and picklescan (known dangerous globals); each tells how many streams it looked at. A
pickle is refused whatever they say: their findings are for the checker's record.
"""

import io
import pickletools
import zipfile
import zlib
from collections.abc import Iterator
from importlib import import_module
from typing import Any

_MAX_MEMBERS = 200
_MAX_BYTES = 32 << 20
_MAX_OPERATIONS = 2_000_000
_CALLS = {"GLOBAL", "STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "REDUCE", "BUILD"}
_EXTENSIONS = {"EXT1", "EXT2", "EXT4", "PERSID", "BINPERSID"}


def facts(data: bytes) -> dict[str, Any]:
    streams: list[tuple[str, bytes]] = []
    notes: list[str] = []
    for where, content in _members(data, notes):
        streams.append((where, content))
    scans = [_ours(streams), _fickling(streams), _picklescan(streams)]
    return {"scans": scans, "notes": notes[:40], "counts": {"streams": len(streams)}}


def _members(data: bytes, notes: list[str]) -> Iterator[tuple[str, bytes]]:
    """(place, content) of each stream that may be a pickle, bounded in number and size."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        yield "the file", _body(data)
        return
    left = _MAX_BYTES
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        if len(members) > _MAX_MEMBERS:
            notes.append(
                f"an archive of more than {_MAX_MEMBERS} members, of which the rest is not scanned"
            )
        for place, member in enumerate(members[:_MAX_MEMBERS], start=1):
            try:
                with archive.open(member) as opened:
                    content = opened.read(left + 1)
            except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError):
                notes.append(f"member {place} cannot be read")
                continue
            if len(content) > left:
                notes.append("its members are too large when unpacked: a bomb, or too much to scan")
                return
            left -= len(content)
            yield f"member {place}", _body(content)


def _body(content: bytes) -> bytes:
    """What follows the header of an npy array, else all of it."""
    if content[:6] != b"\x93NUMPY" or len(content) < 12:
        return content
    wide = content[6] >= 2
    size = int.from_bytes(content[8 : 12 if wide else 10], "little")
    return content[(12 if wide else 10) + size :]


def _ours(streams: list[tuple[str, bytes]]) -> dict[str, Any]:
    """Opcodes that import or call, counted by pickletools; names are those that stand in the stream."""
    findings = []
    for where, content in streams:
        texts: list[str] = []
        calls, names, operations = 0, set(), 0
        try:
            for operation, value, _ in pickletools.genops(content):
                operations += 1
                if operations > _MAX_OPERATIONS:
                    break
                if operation.name in {"GLOBAL", "INST"}:
                    names.add(str(value).replace(" ", "."))
                elif operation.name == "STACK_GLOBAL":
                    names.add(".".join(texts[-2:]))
                elif isinstance(value, str):
                    texts = [*texts[-3:], value]
                calls += operation.name in _CALLS or operation.name in _EXTENSIONS
        except Exception:  # noqa: BLE001  (no pickle, or a broken one: what was read so far counts)
            if not calls:
                continue
        listed = ", ".join(_plain(name) for name in sorted(names)[:6])
        if operations > 1:
            findings.append(
                f"{where}: a pickle that calls {calls} times; names {listed or 'none'}"[:300]
            )
    return _scan("casemate", findings, len(streams))


def _fickling(streams: list[tuple[str, bytes]]) -> dict[str, Any]:
    try:
        check_safety = import_module("fickling.analysis").check_safety
        load = import_module("fickling.fickle").Pickled.load
    except ImportError:
        return {"scanner": "fickling", "state": "missing"}
    findings, looked = [], 0
    for where, content in streams:
        try:
            result = check_safety(load(content))
            looked += 1
        except Exception as problem:  # noqa: BLE001  (no pickle, or one that it cannot follow)
            looked += content[:1] != b"\x80"
            if content[:1] == b"\x80":
                findings.append(f"{where}: cannot be followed ({type(problem).__name__})")
            continue
        if result.severity.name != "LIKELY_SAFE":
            findings.append(f"{where}: {result.severity.name}")
    return _scan("fickling", findings, looked)


def _picklescan(streams: list[tuple[str, bytes]]) -> dict[str, Any]:
    try:
        scan_pickle_bytes = import_module("picklescan.scanner").scan_pickle_bytes
    except ImportError:
        return {"scanner": "picklescan", "state": "missing"}
    findings, looked = [], 0
    for where, content in streams:
        try:
            result = scan_pickle_bytes(io.BytesIO(content), where)
            looked += 1
        except Exception as problem:  # noqa: BLE001
            findings.append(f"{where}: failed ({type(problem).__name__})")
            continue
        for found in result.globals:
            if found.safety.name != "Innocuous":
                name = _plain(f"{found.module}.{found.name}")
                findings.append(f"{where}: {found.safety.name.lower()} {name}")
    return _scan("picklescan", findings, looked)


def _scan(scanner: str, findings: list[str], looked: int) -> dict[str, Any]:
    """``failed`` where streams were there and it could look at none of them."""
    shown = [finding[:300] for finding in findings[:40]]
    state = "found" if findings else "clean"
    return {
        "scanner": scanner,
        "state": state if looked else "failed",
        "findings": shown,
        "looked": looked,
    }


def _plain(name: str) -> str:
    return name.encode("ascii", "backslashreplace").decode()[:60]
