"""What commands on files share: keys that nobody else may read, documents written whole."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from casemate.cli.common import writing
from casemate.errors import BadInput, NotFound
from casemate.plain import plain

Source = Annotated[Path, typer.Argument(help="The table: CSV or Parquet.")]
Output = Annotated[Path, typer.Option(help="Where the table goes: .csv or .parquet.")]
KeyFile = Annotated[
    Path | None,
    typer.Option(help="The secret of the pseudonyms: 32 or more hexadecimal digits, mode 0600."),
]
Report = Annotated[Path | None, typer.Option(help="Write the report as JSON.")]
Html = Annotated[Path | None, typer.Option(help="Write the report as a page.")]
Language = Annotated[
    str, typer.Option("--lang", help="The page's language: en, fr, de or lb (Luxembourgish).")
]


def names_in(text: str) -> list[str]:
    """The names in a list with commas between."""
    return [name.strip() for name in text.split(",") if name.strip()]


def pair(text: str, option: str, value: str = "FILE") -> tuple[str, str]:
    """The two sides of NAME=VALUE; raises BadInput naming the ``option`` where it is none."""
    name, sign, rest = text.partition("=")
    if not sign or not name.strip() or not rest.strip():
        raise BadInput(f"{option} is NAME={value}, not {text!r}")
    return name.strip(), rest.strip()


def secret_in(path: Path) -> bytes:
    """A key of hexadecimal digits in a file that nobody else may read."""
    try:
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise BadInput(f"{path} can be read by others: run `chmod 600 {path}`")
        text = path.read_text(encoding="ascii").strip()
        key = bytes.fromhex(text)
    except FileNotFoundError:
        raise NotFound(
            f"there is no key {path}: make one with `(umask 077; openssl rand -hex 32 > {path})`"
        ) from None
    except OSError as error:
        raise BadInput(f"the key {path} cannot be read: {error.strerror}") from None
    except ValueError:  # its text stays out of the message: it may be a secret all the same
        raise BadInput(f"the key {path} does not hold hexadecimal digits") from None
    if len(key) < 16:
        raise BadInput(f"the key {path} is too short: give 32 hexadecimal digits or more")
    return key


def private_key(path: Path) -> Ed25519PrivateKey:
    """An Ed25519 private key, to sign with."""
    key = _pem(path, lambda data: load_pem_private_key(data, None))
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput(f"the key {path} is no Ed25519 private key")
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """An Ed25519 public key, to check a signature with."""
    key = _pem(path, load_pem_public_key)
    if not isinstance(key, Ed25519PublicKey):
        raise BadInput(f"the key {path} is no Ed25519 public key")
    return key


def _pem(path: Path, load: Callable[[bytes], Any]) -> Any:
    try:
        return load(path.read_bytes())
    except FileNotFoundError:
        raise NotFound(f"there is no key {path}") from None
    except OSError as error:
        raise BadInput(f"the key {path} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadInput(f"the key {path} is no unencrypted PEM of the kind asked for") from None


def require_folders(*paths: Path | None) -> None:
    """Raise BadInput where one cannot be written for want of a folder: before the work, not after."""
    for path in paths:
        if path is not None and not path.parent.is_dir():
            raise BadInput(f"{path} cannot be written: there is no folder {path.parent}")


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8."""
    with writing(path):
        path.write_text(text, encoding="utf-8")


def write_json(path: Path, document: Any) -> None:
    """Write ``document`` as JSON; dates, paths and records become text."""
    text = json.dumps(plain(document), ensure_ascii=False, allow_nan=False, indent=1)
    write_text(path, text + "\n")
