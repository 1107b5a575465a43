"""Files on their way in: written as they arrive, in a folder of mode 0700, until they are published.

A table is a plain file here, as it was on its holder's own disk, for as long as publishing takes: the
vault has it sealed after that, and the upload is removed, published or not. What nobody publishes is
removed after a day.
"""

import hashlib
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from starlette.concurrency import run_in_threadpool

from casemate.errors import BadInput, NotFound, TooLarge, Unavailable
from casemate.ids import new_id

KEPT_SECONDS = 24 * 3600
LARGEST = 64 * 2**30
"""Bytes of one upload."""
LEAST_FREE = 2**30
"""Bytes that stay free on the disk, whatever is uploaded: the ledger needs them."""
_IS_ID = re.compile(r"^upload-[a-z2-7]{12}$")
_ENDING = re.compile(r"^(\.[a-z0-9]{1,10}){0,2}$")


@dataclass(frozen=True)
class Upload:
    """A file that arrived whole: its size in bytes and the digest of its content."""

    id: str
    size: int
    digest: str


class Uploads:
    """The files that were sent to one home and are not published yet."""

    def __init__(self, folder: Path, *, largest: int = LARGEST) -> None:
        self._folder = folder
        self._largest = largest
        folder.mkdir(mode=0o700, exist_ok=True)

    async def keep(self, owner: str, name: str, content: AsyncIterator[bytes]) -> Upload:
        """Write ``content`` down as it comes; ``name``'s ending is kept, since it tells the format.

        Raises ``TooLarge``, ``Unavailable`` where the disk is nearly full, ``BadInput`` for an ending
        that is none. What did not arrive whole leaves nothing behind.
        """
        self.sweep()
        ending = "".join(PurePosixPath(name.lower()).suffixes[-2:])
        if not _ENDING.match(ending):
            raise BadInput(
                f"Content-Name: {name!r} has no ending that tells a format, such as .csv"
            )
        upload = new_id("upload")
        own = self._folder / owner
        own.mkdir(mode=0o700, exist_ok=True)
        folder = own / upload
        folder.mkdir(mode=0o700)
        size, told = 0, hashlib.sha256()
        try:
            with (folder / f"data{ending}").open("wb") as file:
                async for piece in content:
                    size += len(piece)
                    self._require_room(size)
                    await run_in_threadpool(file.write, piece)
                    told.update(piece)
            if size == 0:
                raise BadInput("the request's body is empty: send the file in it")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return Upload(upload, size, f"sha256:{told.hexdigest()}")

    def file(self, owner: str, upload: str) -> Path:
        """The file of ``upload``, which stays; raises ``NotFound`` for what ``owner`` has not sent."""
        folder = self._folder / owner / upload
        files = sorted(folder.iterdir()) if _IS_ID.match(upload) and folder.is_dir() else []
        if not files:
            raise NotFound(f"you have sent no file {upload!r}: upload it first")
        return files[0]

    @contextmanager
    def taken(self, owner: str, upload: str) -> Iterator[Path]:
        """The file of ``upload``, for the block; afterwards it is gone unless the block failed.

        Raises ``NotFound`` for what ``owner`` has not sent.
        """
        file = self.file(owner, upload)
        yield file
        shutil.rmtree(file.parent, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what was sent over a day ago and never published."""
        for folder in self._folder.glob("*/upload-*"):
            with suppress(FileNotFoundError):  # published, or swept by another request, meanwhile
                if time.time() - folder.stat().st_mtime > KEPT_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)

    def _require_room(self, size: int) -> None:
        if size > self._largest:
            raise TooLarge(f"an upload has at most {self._largest:,} bytes")
        free = os.statvfs(self._folder)
        if free.f_bavail * free.f_frsize < LEAST_FREE:
            raise Unavailable(
                "the disk is nearly full: the operator makes room before more is sent"
            )
