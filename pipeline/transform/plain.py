"""Which values of a whole column every cleaner leaves as they are: decided on bytes, in bulk.

A mask may be False for a value that a cleaner would leave alone, too; then that value takes the slow way and comes out
the same. It must never be True for one that a cleaner would change: the laws of the tests hold it to that.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.clean.text import fold
from pipeline.clean.texts import text_bytes

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

# Bytes of text that needs a closer look: controls, and lead bytes of letters that NFC may compose, that are spaces or
# that lie beyond the basic plane. Left: printable ASCII, Latin (U+00C0 to U+017F), Cyrillic, kana, ideographs, full-
# and half-width forms.
_ODD = np.ones(256, np.bool_)
_ODD[0x20:0x7F] = False
_ODD[0x80:0xC0] = False
_ODD[[0xC3, 0xC4, 0xC5, 0xD0, 0xD1, *range(0xE3, 0xEA), 0xEF]] = False
_LAST_ASCII = 0x7F
_LINE_FEED, _TAB, _SPACE = 0x0A, 0x09, 0x20
_ODD_IN_LINES = _ODD.copy()
_ODD_IN_LINES[[_LINE_FEED, _TAB]] = False

_KANA, _VOICED, _HALF_VOICED = 0x82, 0x99, 0x9A  # the bytes of U+3099 and U+309A after 0xE3
_F000, _FIRST_WIDTH, _LAST_WIDTH = 0xEF, 0xBC, 0xBE  # U+FF00 to U+FFBF
_WIDE_SPACE = (0xE3, 0x80, 0x80)

_EMAIL = (
    r"^[A-Za-z0-9_+-][A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]*"
    r"@([A-Za-z0-9]+(-+[A-Za-z0-9]+)*\.)+[A-Za-z]{2,22}$"
)
_PHONE = r"^\+?[0-9]+([-. ][0-9]+)*$"
_MOST_DIGITS = 15
# ASCII, kana and ideographs that NFKC leaves as they are; not the voicing marks, nor kana that stand for two letters.
_FOLDS_SIMPLY = "^[ -~\u3041-\u3096\u30a1-\u30fa\u30fb-\u30fe\u3005\u3007\u4e00-\u9fff]*$"
JAPANESE = "[\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]"


def text(column: pa.Array, length: int | None = None, *, has_lines: bool = False) -> Mask:
    """Return which values are empty, or text that cleaning leaves as it is and that fits into `length`."""
    mask = ~_odd(column, has_lines=has_lines)
    if length is not None:
        mask &= filled(pc.less_equal(pc.utf8_length(column), length), otherwise=True)
    return mask


def email(column: pa.Array, length: int | None) -> Mask:
    """Return which values are empty, or an e-mail address of the usual kind."""
    return _shaped(column, _EMAIL, length)


def phone(column: pa.Array, length: int | None) -> Mask:
    """Return which values are empty, or one number in digits with single separators."""
    mask = _shaped(column, _PHONE, length)
    is_long = filled(pc.greater(pc.binary_length(column), _MOST_DIGITS), otherwise=False)
    if is_long.any():
        digits = pc.count_substring_regex(column.filter(pa.array(is_long)), "[0-9]")
        mask[is_long] &= filled(pc.less_equal(digits, _MOST_DIGITS), otherwise=True)
    return mask


def is_japanese(column: pa.Array) -> Mask:
    """Return which values have kana or ideographs (clean.text.is_japanese)."""
    return matches(column, JAPANESE)


def matches(column: pa.Array, pattern: str) -> Mask:
    """Return in which values a pattern is found."""
    if column.null_count == len(column):
        return np.zeros(len(column), np.bool_)
    return filled(pc.match_substring_regex(column, pattern), otherwise=False)


def folded(column: pa.Array) -> pa.Array:
    """Return what clean.text.fold makes of each value, null for null: most are folded by putting them in lower case."""
    if column.null_count == len(column):
        return column
    is_usual = filled(pc.match_substring_regex(column, _FOLDS_SIMPLY), otherwise=True)
    is_usual &= ~matches(column, "^ |  | $")
    lower = pc.ascii_lower(column)
    if is_usual.all():
        return lower
    others = [fold(value) for value in column.filter(pa.array(~is_usual)).to_pylist()]
    return pc.replace_with_mask(lower, pa.array(~is_usual), pa.array(others, pa.string()))


def has(column: pa.Array) -> Mask:
    """Return which values are not null."""
    return filled(pc.is_valid(column), otherwise=False)


def filled(column: pa.Array, *, otherwise: bool) -> Mask:
    """Return a column of booleans as a mask, nulls as `otherwise`."""
    mask: Mask = pc.fill_null(column, otherwise).to_numpy(zero_copy_only=False)
    return mask


def _shaped(column: pa.Array, pattern: str, length: int | None) -> Mask:
    if column.null_count == len(column):
        return np.ones(len(column), np.bool_)
    mask = filled(pc.match_substring_regex(column, pattern), otherwise=True)
    if length is not None:
        mask &= filled(pc.less_equal(pc.binary_length(column), length), otherwise=True)
    return mask


def _odd(column: pa.Array, *, has_lines: bool) -> Mask:
    """Return which values have a byte that needs a closer look, or space at an end; nulls have none, "" is odd."""
    odd = np.zeros(len(column), np.bool_)
    if column.null_count == len(column):
        return odd
    starts, data = text_bytes(column)
    flags = (_ODD_IN_LINES if has_lines else _ODD)[data]
    if len(data) and data.max() > _LAST_ASCII:
        flags[1:] |= _is_voicing(data)
        flags[:-1] |= _is_beyond_widths(data)
    found = np.flatnonzero(flags)
    if len(found):
        odd[np.searchsorted(starts, found, side="right") - 1] = True
    return odd | _is_spaced(column, starts, data)


def _is_voicing(data: npt.NDArray[np.uint8]) -> Mask:
    """Return where the last byte of U+3099 or U+309A stands: a sound mark that NFC joins to the kana before it."""
    found: Mask = (data[:-1] == _KANA) & ((data[1:] == _VOICED) | (data[1:] == _HALF_VOICED))
    return found


def _is_beyond_widths(data: npt.NDArray[np.uint8]) -> Mask:
    """Return where U+Fxxx begins that is no full- or half-width form: compatibility ideographs, marks of order."""
    found: Mask = (data[:-1] == _F000) & ((data[1:] < _FIRST_WIDTH) | (data[1:] > _LAST_WIDTH))
    return found


def _is_spaced(column: pa.Array, starts: npt.NDArray[np.int32], data: npt.NDArray[np.uint8]) -> Mask:
    """Return which values are "", or begin or end with a space of any width."""
    lengths = np.diff(starts)
    filled_ = lengths > 0
    spaced = (~filled_) & has(column)
    first, last = starts[:-1][filled_], starts[1:][filled_] - 1
    found = (data[first] <= _SPACE) | (data[last] <= _SPACE)
    wide = lengths[filled_] >= 3  # noqa: PLR2004 - bytes of U+3000
    for at, back in ((first, 0), (last, 2)):
        begin = np.where(wide, at - back, 0)
        ends = np.minimum(begin + 2, len(data) - 1)
        at_each = (begin, np.minimum(begin + 1, ends), ends)
        found |= wide & np.logical_and.reduce([data[n] == byte for n, byte in zip(at_each, _WIDE_SPACE, strict=True)])
    spaced[filled_] |= found
    return spaced
