"""Whole columns of text: what can be told of all values at once, from their bytes."""

from json.encoder import encode_basestring

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Starts = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
_FIRST_ASTRAL, _FIRST_NO_CONTROL = 0xF0, 0x20
_ASTRAL = "[\U00010000-\U0010ffff]"
_ESCAPES = (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))
_OTHER_CONTROLS = "[\x00-\x08\x0b\x0c\x0e-\x1f]"


def text_bytes(column: pa.Array) -> tuple[Starts, Bytes]:
    """Return where each text starts, one more for the end, and the bytes of all."""
    _, offsets, values = column.buffers()
    starts = np.zeros(1, np.int32)
    if len(column):
        starts = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    data = np.frombuffer(values, np.uint8) if values is not None else np.empty(0, np.uint8)
    return starts - starts[0], data[starts[0] : starts[-1]]


def quoted(column: pa.Array) -> pa.Array:
    """Return each text as JSON has it (json.dumps, ensure_ascii=False), null for null."""
    return pc.binary_join_element_wise('"', escaped(column), '"', "")


def escaped(column: pa.Array) -> pa.Array:
    """Return each text as JSON has it between its quotation marks, null for null."""
    _, data = text_bytes(column)
    found = column
    for raw, escaped in _ESCAPES:
        if (data == ord(raw)).any():
            found = pc.replace_substring(found, raw, escaped)
    if not (data < _FIRST_NO_CONTROL).any():
        return found
    is_odd = pc.fill_null(pc.match_substring_regex(column, _OTHER_CONTROLS), fill_value=False)
    exact = [encode_basestring(text)[1:-1] for text in column.filter(is_odd).to_pylist()]
    return pc.replace_with_mask(found, is_odd, pa.array(exact, pa.string())) if exact else found


def utf16_length(column: pa.Array) -> pa.Array:
    """Return how long Zoho counts each text: a character beyond the basic plane counts twice."""
    if column.null_count == len(column):
        return pa.nulls(len(column), pa.int32())
    length = pc.utf8_length(column)
    if (text_bytes(column)[1] >= _FIRST_ASTRAL).any():
        length = pc.add(length, pc.count_substring_regex(column, _ASTRAL))
    return length


def fit(column: pa.Array, length: int) -> npt.NDArray[np.bool_]:
    """Return which texts are not longer than `length`, as Zoho counts; nulls are not."""
    sizes = np.diff(text_bytes(column)[0])
    if not len(sizes) or sizes.max() <= length:  # no text has more characters than bytes
        return np.ones(len(column), np.bool_)
    found: npt.NDArray[np.bool_] = pc.fill_null(pc.less_equal(utf16_length(column), length), fill_value=True).to_numpy(
        zero_copy_only=False
    )
    return found
