"""The header of a store: its kind and form, its encryption, and where the two trees begin ([MS-PST] 2.2.2.6)."""

import struct
from dataclasses import dataclass

from pipeline.extract.content import UnreadableError
from pipeline.extract.pst.direct import form as forms
from pipeline.extract.pst.direct.damage import DamageError
from pipeline.extract.pst.direct.form import Encryption, Form
from pipeline.extract.pst.direct.source import Source, checksum

_MAGIC = b"!BDN"
_KINDS = {b"SM": "pst", b"SO": "ost", b"AB": "pab"}
_FORMS = {14: forms.ANSI, 15: forms.ANSI, 36: forms.UNICODE_4K}
_FIRST_UNICODE = 21  # of recovery programs; Outlook writes 23, and 37 when it supports Information Protection
_ANSI_LENGTH, _WIDE_LENGTH = 512, 564
_CHECKED = slice(8, 8 + 471)  # what dwCRCPartial covers
_WIDE_CHECKED = slice(8, 8 + 516)  # what dwCRCFull covers
_WIDE_CHECKSUM = 524
_INFORMATION_PROTECTION = 0x10  # NDB_CRYPT_EDPCRYPTED: keys are with Windows, not in the file
_START = struct.Struct("<4sI2sHH")
# ROOT (2.2.2.5) from ibFileEof: size, last map, free, free, (bid, ib) of both trees, validity of the maps
_ANSI_ROOT, _ANSI_ROOT_AT, _ANSI_METHOD = struct.Struct("<IIIIIIIIB"), 168, 461
_WIDE_ROOT, _WIDE_ROOT_AT, _WIDE_METHOD = struct.Struct("<QQQQQQQQB"), 184, 513


@dataclass(frozen=True, slots=True)
class PageRef:
    """Where a page of a tree is, and the identifier that it must carry (`BREF`, 2.2.2.4)."""

    identifier: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the header says.

    `kind`: pst, ost or pab. `version`: `wVer`. `declared_size`: bytes that the file says it has. `is_checksum_right`:
    whether the header's own checksums match. `are_maps_valid`: false after Outlook was killed while it wrote.
    """

    kind: str
    form: Form
    version: int
    client_version: int
    encryption: Encryption
    declared_size: int
    is_checksum_right: bool
    are_maps_valid: bool
    node_root: PageRef
    block_root: PageRef


def read_header(source: Source) -> Header:
    """Read and check the header.

    A checksum that does not match is reported in the result, not refused: whether the store can be read is decided by
    the pages and blocks, which carry checksums of their own.

    Raises:
        UnreadableError: not_a_store, truncated_store, unknown_store_version or encrypted_store.
    """
    if source.size < _ANSI_LENGTH:
        raise UnreadableError("not_a_store", f"This is no Outlook store: it has only {source.size} bytes.")
    try:
        head = source.read(0, min(source.size, _WIDE_LENGTH))
    except DamageError as error:
        raise UnreadableError("unreadable_file", error.reason) from error
    magic, _partial, client, version, client_version = _START.unpack_from(head)
    if magic != _MAGIC or client not in _KINDS:
        raise UnreadableError("not_a_store", "This is no Outlook store: it does not begin as one.")
    form = _form_of(version)
    if form.is_wide and len(head) < _WIDE_LENGTH:
        raise UnreadableError("truncated_store", f"The file ends inside its header, after {source.size} bytes.")
    root = (_WIDE_ROOT if form.is_wide else _ANSI_ROOT).unpack_from(
        head, _WIDE_ROOT_AT if form.is_wide else _ANSI_ROOT_AT
    )
    return Header(
        kind=_KINDS[client],
        form=form,
        version=version,
        client_version=client_version,
        encryption=_encryption_of(head[_WIDE_METHOD if form.is_wide else _ANSI_METHOD]),
        declared_size=root[0],
        is_checksum_right=_is_checksum_right(head, form),
        are_maps_valid=bool(root[8]),
        node_root=PageRef(root[4], root[5]),
        block_root=PageRef(root[6], root[7]),
    )


def _form_of(version: int) -> Form:
    if version in _FORMS:
        return _FORMS[version]
    if version >= _FIRST_UNICODE:
        return forms.UNICODE
    raise UnreadableError("unknown_store_version", f"This store has the unknown format version {version}.")


def _encryption_of(method: int) -> Encryption:
    if method == _INFORMATION_PROTECTION:
        raise UnreadableError(
            "encrypted_store", "This store is encrypted by Windows Information Protection; only its owner can open it."
        )
    try:
        return Encryption(method)
    except ValueError:
        raise UnreadableError("encrypted_store", f"This store is encoded in an unknown way ({method}).") from None


def _is_checksum_right(head: bytes, form: Form) -> bool:
    (partial,) = struct.unpack_from("<I", head, 4)
    if checksum(head[_CHECKED]) != partial:
        return False
    return not form.is_wide or struct.unpack_from("<I", head, _WIDE_CHECKSUM)[0] == checksum(head[_WIDE_CHECKED])
