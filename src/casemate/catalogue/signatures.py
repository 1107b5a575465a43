"""What a file really is, told by its first bytes, whatever its ending says."""

from pathlib import Path

from casemate.errors import BadInput, NotFound

HEAD_BYTES = 4096

KINDS = {
    ".csv": "CSV", ".tsv": "CSV", ".txt": "CSV", ".tab": "CSV",
    ".parquet": "Parquet", ".pq": "Parquet",
    ".json": "JSON", ".ndjson": "JSON", ".jsonl": "JSON",
    ".xlsx": "Excel", ".xlsm": "Excel", ".xlsb": "Excel", ".xls": "Excel", ".ods": "Excel",
    ".dta": "Stata", ".sav": "SPSS", ".zsav": "SPSS", ".por": "SPSS portable",
    ".sas7bdat": "SAS", ".xpt": "SAS transport",
}  # fmt: skip
"""File ending to what it promises."""

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PAR1", "Parquet"),
    (0, b"PARE", "encrypted Parquet"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file"),
    (0, b"SQLite format 3\0", "an SQLite database"),
    (8, b"DUCK", "a DuckDB database"),
    (0, b"$FL2", "SPSS"),
    (0, b"$FL3", "SPSS"),
    (0, b"<stata_dta>", "Stata"),
    (0, b"HEADER RECORD*******L", "SAS transport"),
    (12, b"\xc2\xea\x81\x60", "SAS"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (0, b"\xfd7zXZ", "an XZ archive"),
    (0, b"7z\xbc\xaf", "a 7-Zip archive"),
    (0, b"ARROW1", "an Arrow file"),
    (0, b"\x7fELF", "a program"),
    (0, b"{\\rtf", "an RTF document"),
    (0, b"\x89PNG", "a PNG image"),
)
_TEXT_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"<!doctype html", "HTML"),
    (b"<html", "HTML"),
    (b"<table", "HTML"),
    (b"<?xml", "XML"),
    (b'{"', "JSON"),
    (b"[{", "JSON"),
)


def kind_of(path: Path) -> str:
    """The kind that the file's ending promises and its first bytes confirm.

    Raises ``NotFound`` where there is no such file, ``BadInput`` where it is empty, of an unknown
    ending, or not what its ending says.
    """
    if not path.exists():
        raise NotFound(f"there is no file {path}: check the path")
    if not path.is_file():
        raise BadInput(f"{path} is not a file: give the file that holds the table")
    promised = KINDS.get(path.suffix.lower())
    if promised is None:
        raise BadInput(
            f"{path.name} has the ending {path.suffix or '(none)'!r}, which is not known; "
            f"known: {' '.join(sorted(KINDS))}"
        )
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except PermissionError:
        raise BadInput(f"{path} may not be read by this account: change its permissions") from None
    if not head.strip(b" \t\r\n\xef\xbb\xbf\xff\xfe"):
        if not head or path.stat().st_size <= HEAD_BYTES:
            raise BadInput(f"{path.name} is empty: nothing to publish")
        raise BadInput(f"{path.name} begins with {HEAD_BYTES:,} blank bytes: it is not {promised}")
    found = _found(head)
    if not _agree(promised, found, path.suffix.lower()):
        raise BadInput(
            f"{path.name} ends in {path.suffix} but {_says(promised, found)}: "
            "rename it to what it is, or export it again"
        )
    return promised


def _found(head: bytes) -> str:
    for offset, magic, kind in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return kind
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    compact = b"".join(start.split())
    for magic, kind in _TEXT_MAGIC:
        # JSON may have spaces between its signs; the others are one word.
        if (compact if kind == "JSON" else start).startswith(magic):
            return kind
    return ""


def _agree(promised: str, found: str, suffix: str) -> bool:
    """Whether what was found can be what was promised; no finding is allowed where none is sure."""
    if promised == "Excel":
        return found == ("an old Office file" if suffix == ".xls" else "a ZIP archive")
    if promised == "CSV":
        return found == ""
    if promised == "JSON":
        return found in ("JSON", "")
    if promised == "SPSS portable":
        return found == ""
    if promised == "Stata":  # before format 117 a Stata file starts with its version number only
        return found in ("Stata", "")
    return found == promised


def _says(promised: str, found: str) -> str:
    return f"holds {found}" if found else f"is not {promised}"
