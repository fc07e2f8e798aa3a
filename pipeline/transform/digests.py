"""Keys of whole columns: SHA-256 in hex, and the number that a key begins with."""

from hashlib import sha256

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)
_EMPTY = sha256()
_BYTES = 32  # of a SHA-256
_NIBBLES = np.zeros(256, np.uint64)
_NIBBLES[_DIGITS] = np.arange(16)


def sha256_hex(texts: pa.Array, digits: int) -> pa.Array:
    """Return the first `digits` hex digits of the SHA-256 of each text; null for null."""
    hashed = b"".join([_digest(raw or b"") for raw in texts.cast(pa.binary()).to_pylist()])
    whole = np.frombuffer(hashed, np.uint8).reshape(-1, _BYTES)[:, : digits // 2]
    letters = np.stack([_DIGITS[whole >> 4], _DIGITS[whole & 15]], axis=-1)
    ends = pa.py_buffer(np.arange(0, digits * (len(texts) + 1), digits, dtype=np.int32))
    found = pa.StringArray.from_buffers(len(texts), ends, pa.py_buffer(np.ascontiguousarray(letters)))
    return pc.if_else(texts.is_valid(), found, None) if texts.null_count else found


def _digest(raw: bytes) -> bytes:
    found = _EMPTY.copy()  # takes less time than another one
    found.update(raw)
    return found.digest()


def numbers(keys: pa.Array) -> npt.NDArray[np.uint64]:
    """Return the first 16 hex digits of each key as a number: the order of the keys stays. All keys have one length."""
    if not len(keys):
        return np.empty(0, np.uint64)
    _, offsets, values = keys.buffers()
    starts = np.frombuffer(offsets, np.int32)[keys.offset : keys.offset + len(keys) + 1]
    width = int(starts[1] - starts[0])
    letters = np.frombuffer(values, np.uint8)[starts[0] : starts[-1]].reshape(-1, width)[:, :16]
    found = np.zeros(len(keys), np.uint64)
    for digit in range(16):
        found = found << np.uint64(4) | _NIBBLES[letters[:, digit]]
    return found
