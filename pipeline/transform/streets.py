"""Streets of several lines as one, whole columns at once: what clean.address.street makes of text that is plain."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.transform import plain
from pipeline.transform.plain import Mask

# A line end with the space and commas before it; several with nothing but those between them are one.
_BREAK = "(?:[,、 ]*[ \\t\\n\u3000]*\\n[ \\t\\n\u3000]*)+"
_COMMA_FIRST = "^[,、 \\t\u3000]*[,、]"


def joined(raw: pa.Array) -> tuple[pa.Array, Mask]:
    """Return streets on one line, and for which of them that holds; `raw`: plain text of several lines."""
    is_japanese = pa.array(plain.is_japanese(raw))
    values = pc.if_else(
        is_japanese,
        pc.replace_substring_regex(raw, _BREAK, " "),
        pc.replace_substring_regex(raw, _BREAK, ", "),
    )
    odd = plain.matches(raw, _COMMA_FIRST)  # a first line of nothing but a comma is dropped
    return values, np.logical_not(odd)
