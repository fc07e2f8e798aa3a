"""The bytes of a store: reads that are within the file or say that they are not, and the checksum of the format."""

import os
import stat
import zlib
from pathlib import Path

from pipeline.extract.content import UnreadableError
from pipeline.extract.pst.direct.damage import DamageError

INVERTED = 0xFFFFFFFF
"""What a checksum begins with, and is combined with, for those who call the CRC themselves."""


def checksum(data: bytes) -> int:
    """Return the CRC of [MS-PST] 5.3: the usual CRC-32, but it begins with 0 and is not inverted at the end."""
    return zlib.crc32(data, INVERTED) ^ INVERTED


class Source:
    """A file that is read at any place.

    It is read with `pread`, not mapped into memory: a file that shrinks or a disk that fails is then an error here,
    where it would otherwise kill the process.
    """

    __slots__ = ("_descriptor", "size")

    def __init__(self, path: Path) -> None:
        flags = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            self._descriptor = os.open(path, flags)
            status = os.fstat(self._descriptor)
        except OSError as error:
            raise UnreadableError("unreadable_file", f"The file cannot be opened: {error.strerror}.") from error
        if not stat.S_ISREG(status.st_mode):
            self.close()
            raise UnreadableError("not_a_file", "This is no regular file.")
        self.size = status.st_size

    def read(self, offset: int, size: int) -> bytes:
        """Return exactly `size` bytes from `offset`; both may be numbers that the file gives.

        Raises:
            DamageError: they are not all in the file, or the disk does not give them.
        """
        try:
            data = os.pread(self._descriptor, size, offset)
        except OverflowError as error:
            raise DamageError("outside_file", f"No file has an offset {offset:#x}.") from error
        except OSError as error:
            raise DamageError(
                "unreadable_disk", f"{size} bytes at offset {offset:#x} cannot be read: {error.strerror}."
            ) from error
        if len(data) != size:
            raise DamageError("outside_file", f"{size} bytes at offset {offset:#x} are not all in the file.")
        return data

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
