"""Values of the usual shape: a simple pattern, matched in bulk, of which every match also matches the real one.

So of a million addresses that look like one, great-expectations is asked about one; the laws of the tests hold every
simple pattern to its real one. A pattern that a project writes itself is asked about every different value.
"""

from collections.abc import Callable, Mapping
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

# Python's own engine knows no \p, and its \d takes full-width digits too: so these stand in for Zoho's patterns
# (zoho-api.md 3.4) in the shipped suites.
MAIL = (
    r"^[\+\-A-Za-z0-9\x80-\U0010ffff_]([A-Za-z0-9\x80-\U0010ffff!#$%&'*+\-\/=?^_`{|}~.]*)"
    r"@(?=.{4,256}$)(([A-Za-z0-9\x80-\U0010ffff]+)(([\-_]*[A-Za-z0-9\x80-\U0010ffff])*)[.])+"
    r"[A-Za-z\x80-\U0010ffff]{2,22}$"
)
PHONE = (
    r"^([+]?)(?![.-])(?>(?>[.-]?[ ]?[0-9a-zA-Z]+)+"
    r"|([ ]?((?![.-])(?>[ .-]?[0-9a-zA-Z]+)+)(?![.])([ -]?[0-9a-zA-Z]+)?)+)+"
    r"(?>(?>([,]+)?[;]?[0-9a-zA-Z]+)+(([#][0-9a-zA-Z]+)+)?)?[#;]?$"
)
# The same, in what a linear matcher (RE2) does: ASCII only, single separators.
SIMPLE: Mapping[str, str] = {
    MAIL: r"^[A-Za-z0-9_+-][A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]*@([A-Za-z0-9]+([-_]+[A-Za-z0-9]+)*\.)+[A-Za-z]{2,22}$",
    PHONE: r"^\+?[0-9A-Za-z]+([-. ][0-9A-Za-z]+)*$",
}
_LONGEST = 256  # bytes


def shape(regex: str) -> Callable[[pa.Array], pa.Array] | None:
    """Return what tells the values of the usual shape from others, for a pattern that has one; nulls are usual."""
    simple = SIMPLE.get(regex)
    return None if simple is None else partial(_has_shape, simple)


def _has_shape(simple: str, column: pa.Array) -> pa.Array:
    matches = pc.match_substring_regex(column, simple)
    return pc.fill_null(pc.and_(matches, pc.less_equal(pc.binary_length(column), _LONGEST)), fill_value=True)
