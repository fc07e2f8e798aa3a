"""The header of an Outlook store ([MS-PST] 2.2.2.6): which kind it is, and what is wrong with a file that is none."""

import struct
from dataclasses import dataclass
from pathlib import Path

from pipeline.extract.content import UnreadableError

LENGTH = 564  # of the Unicode header, the longer one
_MAGIC = b"!BDN"
_CLIENTS = {b"SM": "pst", b"SO": "ost", b"AB": "address book"}
_ANSI_VERSIONS = (14, 15)
_UNICODE_VERSION = 23
_REPAIR = "Run Outlook's Inbox Repair Tool (scanpst.exe) on a copy of it, or give the original file."


@dataclass(frozen=True, slots=True)
class StoreHeader:
    """`kind` is pst-unicode, pst-ansi or ost; `length` is how many bytes the file says it has."""

    kind: str
    length: int


def parse(head: bytes, size: int) -> StoreHeader:
    """Read the header of a store of `size` bytes from its first `LENGTH` bytes.

    Raises:
        UnreadableError: this is no Outlook store, or it has been cut off.
    """
    if not size:
        raise UnreadableError("empty_file", "The file is empty (0 bytes): it was not copied or exported to its end.")
    if not head.startswith(_MAGIC):
        raise UnreadableError("not_a_store", 'This is no Outlook store: it does not begin with the signature "!BDN".')
    if len(head) < LENGTH:
        raise UnreadableError("truncated_store", f"The file ends inside its header, after {size} bytes. {_REPAIR}")
    header = _parse_complete(head)
    if size < header.length:
        raise UnreadableError(
            "truncated_store",
            f"The file has {size} bytes of the {header.length} it says it has: it was cut off. {_REPAIR}",
        )
    return header


def read(path: Path) -> StoreHeader:
    """Read the header of a file.

    Raises:
        UnreadableError: this is no Outlook store, has been cut off, or cannot be opened.
    """
    try:
        with path.open("rb") as file:
            head = file.read(LENGTH)
        return parse(head, path.stat().st_size)
    except OSError as error:
        raise UnreadableError("unreadable_file", f"The file cannot be read: {error.strerror}.") from error


def _parse_complete(head: bytes) -> StoreHeader:
    client = _CLIENTS.get(head[8:10], "unknown")
    (version,) = struct.unpack_from("<H", head, 10)
    if client not in ("pst", "ost"):
        raise UnreadableError("not_a_mailbox", f"This Outlook file holds no mailbox items (its kind is {client}).")
    if version in _ANSI_VERSIONS:
        return StoreHeader("pst-ansi" if client == "pst" else "ost", *struct.unpack_from("<I", head, 0xA8))
    if version >= _UNICODE_VERSION:
        return StoreHeader("pst-unicode" if client == "pst" else "ost", *struct.unpack_from("<Q", head, 0xB8))
    raise UnreadableError("unknown_store_version", f"This store has the unknown format version {version}. {_REPAIR}")


def reason_of(error: str) -> UnreadableError:
    """Say in a person's words why libpff could not open a store whose header looks right."""
    return damaged_header() if "checksum" in error else damaged("The store cannot be opened")


def damaged_header() -> UnreadableError:
    """Return the error of a store whose header was changed or overwritten, so that nothing can be found in it."""
    return UnreadableError(
        "damaged_header", f"The checksum of the header does not match: the file is damaged. {_REPAIR}"
    )


def advised(error: UnreadableError) -> UnreadableError:
    """Return the error with what a person can do, where the store is damaged as a whole."""
    return UnreadableError(error.rule, f"{error.reason} {_REPAIR}") if error.rule == "damaged_store" else error


def damaged(what: str) -> UnreadableError:
    """Return the error of a store that is damaged as a whole; `what` says what cannot be done with it."""
    return UnreadableError("damaged_store", f"{what}: the file is damaged. {_REPAIR}")
