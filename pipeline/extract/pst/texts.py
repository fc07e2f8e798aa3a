"""Texts of a store as an Arrow column, without a Python string for each: a quarter of the time."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Numbers = npt.NDArray[Any]

_TWO_BYTES, _THREE_BYTES = 0x80, 0x800  # the first characters that UTF-8 writes in so many


def array(stored: bytes, starts: Numbers, ends: Numbers, rows: Numbers, size: int) -> pa.Array:
    """Return a column of `size` texts: at `rows` those that stand at `starts` to `ends` in `stored`, else null.

    Rows ascend; the texts are UTF-16 without surrogates, each of whole characters.
    """
    spans = zip(starts.tolist(), ends.tolist(), strict=True)
    taken = b"".join([stored[start:end] for start, end in spans])
    offsets = np.append(0, np.cumsum((ends - starts) >> 1))
    text = taken.decode("utf-16-le").encode()
    if len(text) != offsets[-1]:  # not all ASCII
        offsets = _places(np.frombuffer(taken, dtype="<u2"))[offsets]
    return _spread(text, offsets, rows, size)


def _places(units: Numbers) -> Numbers:
    """Return where in UTF-8 each character begins, and the last ends."""
    sizes = 1 + (units >= _TWO_BYTES).astype(np.int8) + (units >= _THREE_BYTES)
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int32)])


def _spread(text: bytes, offsets: Numbers, rows: Numbers, size: int) -> pa.Array:
    """Return the texts as a column, null in the rows that have none."""
    if len(rows) == size:
        return pa.Array.from_buffers(
            pa.string(), size, [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(text)]
        )
    is_present = np.zeros(size, dtype=bool)
    is_present[rows] = True
    ends = np.zeros(size + 1, dtype=np.int32)
    ends[1:][rows] = np.diff(offsets)
    validity = pa.py_buffer(np.packbits(is_present, bitorder="little"))
    buffers = [validity, pa.py_buffer(np.cumsum(ends, dtype=np.int32)), pa.py_buffer(text)]
    return pa.Array.from_buffers(pa.string(), size, buffers, size - len(rows))
