"""What ready contacts are compared by for suggestions, in columns: hashes of numbers, names in companies and e-mails.

A hint only brings contacts together; `suggest` looks at the values. So it must be the same for all that are near.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.clean import likeness
from pipeline.clean.texts import text_bytes
from pipeline.targets import Kind, Target
from pipeline.transform import index, plain
from pipeline.transform.drafts import chunk
from pipeline.transform.index import Hashes, Rows

NAME, PHONE, MAIL = "name", "phone", "mail"
_NO_OWN = ("fax", "assistant")  # in sources of numbers that are not the contact's own
_FURTHER = r"(?:^|\n)(?:E-mail 3|電子メール 3): (?P<address>\S+)"
_ODD = np.ones(256, np.bool_)  # bytes that are neither small letters nor digits
_ODD[[*b"abcdefghijklmnopqrstuvwxyz0123456789"]] = False
_KANJI = "^[\u3041-\u3096\u4e00-\u9fff]*$"


@dataclass(frozen=True, slots=True)
class Hints:
    """Hashes and the rows that have them: of names in companies, of numbers, and of e-mails after the first.

    The last bit of a name's or number's hash says whether the row asks who has the same; the others only answer.
    """

    names: Hashes
    name_rows: Rows
    numbers: Hashes
    number_rows: Rows
    seconds: Hashes

    def __iter__(self) -> Iterator[tuple[str, Hashes, Rows]]:
        """Yield kind, hashes and rows of what is compared by hashes alone."""
        yield NAME, self.names, self.name_rows
        yield PHONE, self.numbers, self.number_rows


def columns(target: Target) -> list[str]:
    """Return the columns of the ready table that are compared."""
    there = [name for name in ("Last_Name", "First_Name", "Account_Name", "Description") if name in target.names]
    return ["cluster_key", "source_keys", *there, *_phones(target), *_mails(target)]


def _phones(target: Target) -> list[str]:
    phones = [one for one in target.fields if one.kind is Kind.PHONE]
    return [one.api_name for one in phones if not any(word in one.source for word in _NO_OWN)]


def _mails(target: Target) -> list[str]:
    return [one.api_name for one in target.fields if one.kind is Kind.EMAIL]


def of_table(table: pa.Table, target: Target) -> Hints:
    """Return the hints of a table of ready contacts."""
    names, name_rows = _names(table)
    numbers, number_rows = _numbers(table, target)
    further = index.hashed(_lower(_others(table, target).flatten()))
    return Hints(names, name_rows, numbers, number_rows, further)


def values(table: pa.Table, target: Target) -> pa.Table:
    """Return what is looked at of each row: names, company, first e-mail, the others, numbers."""
    return pa.table(
        {
            "cluster_key": table.column("cluster_key"),
            "source_keys": table.column("source_keys"),
            "last": _of(table, "Last_Name"),
            "first": _of(table, "First_Name"),
            "company": _of(table, "Account_Name"),
            "email": _of(table, "Email"),
            "numbers": _listed([chunk(table, name) for name in _phones(target)], table.num_rows),
            "others": _others(table, target),
        }
    )


def mails(table: pa.Table, target: Target, wanted: Hashes) -> tuple[Hashes, Rows]:
    """Return the rows with an e-mail, first or other, that is one of `wanted`, once for each."""
    if not len(wanted):
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    first = index.hashed(_lower(_of(table, "Email")))
    others = _others(table, target)
    keys = np.concatenate([first, index.hashed(_lower(others.flatten()))])
    rows = np.concatenate([np.arange(len(first)), pc.list_parent_indices(others).to_numpy()])
    is_wanted = np.isin(keys, wanted) & (keys != 0)
    is_wanted[len(first) :] = True
    return keys[is_wanted], rows[is_wanted]


def _lower(column: pa.Array) -> pa.Array:
    """Return texts in lower case, as Python has it for letters beyond ASCII."""
    if pc.all(pc.string_is_ascii(column)).as_py() is not False:
        return pc.ascii_lower(column)
    return pa.array([None if one is None else one.lower() for one in column.to_pylist()], pa.string())


def _of(table: pa.Table, name: str) -> pa.Array:
    return chunk(table, name) if name in table.schema.names else pa.nulls(table.num_rows, pa.string())


def _others(table: pa.Table, target: Target) -> pa.Array:
    """Return the e-mail addresses of each row after the first."""
    further = [chunk(table, name) for name in _mails(target) if name != "Email"]
    notes = _of(table, "Description")
    is_there = plain.filled(pc.match_substring(notes, " 3: "), otherwise=False)
    if is_there.any():
        kept = pc.if_else(pa.array(is_there), notes, None)
        further.append(pc.struct_field(pc.extract_regex(kept, _FURTHER), "address"))
    return _listed(further, table.num_rows)


def _listed(parts: list[pa.Array], count: int) -> pa.Array:
    """Return the values of each row as a list, in the order of the parts, without nulls."""
    kept = [plain.filled(pc.greater(pc.binary_length(part), 0), otherwise=False) for part in parts]
    rows = np.concatenate([np.empty(0, np.int64), *(np.flatnonzero(one) for one in kept)])
    found = [part.filter(pa.array(one)) for part, one in zip(parts, kept, strict=True)]
    values = pa.concat_arrays([pa.array([], pa.string()), *(one.cast(pa.string()) for one in found)])
    ends = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=count))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), values.take(pa.array(np.argsort(rows, kind="stable"))))


def end_of(digits: str) -> int:
    """Return the last digits of a number (likeness.digits) as a number: its hint."""
    return int(digits[-likeness.END_DIGITS :])


def _numbers(table: pa.Table, target: Target) -> tuple[Hashes, Rows]:
    """Return the last digits of each number; one row may have them twice."""
    ends, rows = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for name in _phones(target):
        column = chunk(table, name)
        if column.null_count < len(column):
            found, has = _ends(column)
            ends.append(asking(found[has]))
            rows.append(np.flatnonzero(has))
    return np.concatenate(ends), np.concatenate(rows)


def asking(numbers: Hashes) -> Hashes:
    """Return the hint of numbers."""
    return numbers << np.uint64(1) | np.uint64(1)


def _ends(column: pa.Array) -> tuple[Hashes, plain.Mask]:
    """Return end_of(likeness.digits) of each number, and which numbers are long enough to tell whose they are."""
    starts, data = text_bytes(column)
    is_digit = (data >= ord("0")) & (data <= ord("9"))
    digits = data[is_digit] - ord("0")
    before = np.concatenate([[0], np.cumsum(is_digit)])
    first, last = before[starts[:-1]], before[starts[1:]]
    significant = np.append(np.flatnonzero(digits), len(digits))
    has = last - significant[np.searchsorted(significant, first)] >= likeness.LEAST_DIGITS
    found = np.zeros(len(column), np.uint64)
    padded = np.append(digits, 0).astype(np.uint64)
    for place in range(likeness.END_DIGITS):
        at = last - 1 - place
        found += np.where(at >= first, padded[at], 0).astype(np.uint64) * np.uint64(10**place)
    return found, has


def _names(table: pa.Table) -> tuple[Hashes, Rows]:
    """Return hashes of each company with a name: all that two names share when they are near (likeness.are_near).

    Both names as one, in whichever order; the last name with an initial, which only one that is an initial asks about;
    and of a name in letters its first half, or what is behind the letter after that: a single slip changes only one.
    """
    rows = np.flatnonzero(plain.has(_of(table, "Account_Name")) & plain.has(_of(table, "Last_Name")))
    at = pa.array(rows)
    company = index.hashed(_of(table, "Account_Name").take(at))
    last, first = (folded(pc.fill_null(_of(table, name).take(at), "")) for name in ("Last_Name", "First_Name"))
    both = pc.binary_join_element_wise(last, first, "")
    is_less = pc.less(last, first)
    whole = pc.binary_join_element_wise(pc.if_else(is_less, last, first), pc.if_else(is_less, first, last), "")
    lettered = _lettered(both)
    found = [(index.hashed(whole), np.arange(len(rows)), 1), *_halves(both, lettered)]
    keys = [index.mixed((hashes ^ np.uint64(sign)) * np.uint64(3) + company[places]) for hashes, places, sign in found]
    hints = [key | np.uint64(1) for key in keys]
    at = pa.array(lettered)
    initials, is_one = _initials(last.take(at), first.take(at))
    initials = index.mixed(initials + company[lettered])
    hints.append(np.where(is_one, initials | np.uint64(1), initials & ~np.uint64(1)))
    return np.concatenate(hints), np.concatenate([rows[places] for _, places, _ in found] + [rows[lettered]])


def _initials(last: pa.Array, first: pa.Array) -> tuple[Hashes, plain.Mask]:
    """Return hashes of last names with the initial of the first, and which first names are but that."""
    found = pc.binary_join_element_wise(last, pc.utf8_slice_codeunits(first, start=0, stop=1), " ")
    return index.hashed(found), pc.equal(pc.utf8_length(first), 1).to_numpy(zero_copy_only=False)


def _halves(both: pa.Array, lettered: Rows) -> Iterator[tuple[Hashes, Rows, int]]:
    """Yield hashes of the parts of names that are long enough for a slip, their places, and a number for each kind.

    A name and one that is longer by a letter are both cut as the shorter is.
    """
    names = both.take(pa.array(lettered))
    lengths = pc.utf8_length(names).to_numpy(zero_copy_only=False)
    for length in np.unique(lengths[lengths >= likeness.LEAST_LETTERS]).tolist():
        chosen = np.flatnonzero(lengths == length)
        of_length = names.take(pa.array(chosen))
        for short in {max(length - 1, likeness.LEAST_LETTERS), length}:
            half = short // 2
            for sign, cut in enumerate(({"start": 0, "stop": half}, {"start": half + 1 - short})):
                part = pc.utf8_slice_codeunits(of_length, **cut)
                yield index.hashed(part), lettered[chosen], 4 * short + sign


def _lettered(both: pa.Array) -> Rows:
    """Return the names in which a slip of one letter is a slip: not those in kana or ideographs."""
    is_ascii = pc.string_is_ascii(both).to_numpy(zero_copy_only=False)
    others = np.flatnonzero(~is_ascii)
    is_ascii[others] = ~plain.is_japanese(both.take(pa.array(others)))
    found: Rows = np.flatnonzero(is_ascii)
    return found


def folded(column: pa.Array) -> pa.Array:
    """Return likeness.name of each value: plain ASCII and plain ideographs in bulk."""
    ascii_ = pc.string_is_ascii(column)
    small = _letters(pc.ascii_lower(column))
    is_usual = pc.and_(pc.match_substring_regex(column, _KANJI), pc.invert(_has_old(column)))
    odd = np.flatnonzero(~plain.filled(pc.or_(ascii_, is_usual), otherwise=False))
    found = pc.if_else(ascii_, small, column)
    if not len(odd):
        return found
    mask = np.zeros(len(column), np.bool_)
    mask[odd] = True
    names = [likeness.name(text) for text in column.take(pa.array(odd)).to_pylist()]
    return pc.replace_with_mask(found, pa.array(mask), pa.array(names, pa.string()))


def _letters(lower: pa.Array) -> pa.Array:
    """Return texts in small letters without what is neither letter nor digit of ASCII."""
    starts, data = text_bytes(lower)
    odd = np.flatnonzero(_ODD[data])
    if not len(odd):
        return lower
    mask = np.zeros(len(lower), np.bool_)
    mask[np.searchsorted(starts, odd, side="right") - 1] = True
    found = pc.replace_substring_regex(lower.filter(pa.array(mask)), "[^a-z0-9]+", "")
    return pc.replace_with_mask(lower, pa.array(mask), found)


def _has_old(column: pa.Array) -> pa.Array:
    return pc.match_substring_regex(column, f"[{likeness.OLD}]")
