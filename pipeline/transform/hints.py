"""What ready contacts are compared by for suggestions, in columns: hashes of numbers, names in companies and e-mails.

A hint only brings contacts together; `suggest` looks at the values. So it must be the same for all that are near.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.clean import likeness
from pipeline.targets import Kind, Target
from pipeline.transform import index, plain
from pipeline.transform.drafts import chunk
from pipeline.transform.index import Hashes, Rows

NAME, PHONE, MAIL = "name", "phone", "mail"
_NO_OWN = ("fax", "assistant")  # in sources of numbers that are not the contact's own
_FURTHER = r"(?:^|\n)(?:E-mail 3|電子メール 3): (?P<address>\S+)"
_BLOCK = likeness.LEAST_LETTERS // 2  # of two names with one slip, these first or these last letters are the same
_ROW_BITS = 32  # of a number that holds both the end of a telephone number, of 30 bits, and a row
_KANJI = "^[\u3041-\u3096\u4e00-\u9fff]*$"


@dataclass(frozen=True, slots=True)
class Hints:
    """Hashes and the rows that have them: of names in companies, of numbers, and of e-mails after the first."""

    names: Hashes
    name_rows: Rows
    numbers: Hashes
    number_rows: Rows
    seconds: Hashes


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
    """Return the last digits of each number, once a row."""
    ends, rows = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for name in _phones(target):
        digits = pc.utf8_ltrim(pc.replace_substring_regex(chunk(table, name), "[^0-9]", ""), characters="0")
        has = plain.filled(pc.greater_equal(pc.utf8_length(digits), likeness.LEAST_DIGITS), otherwise=False)
        last = pc.utf8_slice_codeunits(digits.filter(pa.array(has)), start=-likeness.END_DIGITS)
        ends.append(last.cast(pa.int64()).to_numpy())
        rows.append(np.flatnonzero(has))
    pairs = np.unique(np.concatenate(ends) << _ROW_BITS | np.concatenate(rows))
    return (pairs >> _ROW_BITS).astype(np.uint64), pairs & (1 << _ROW_BITS) - 1


def _names(table: pa.Table) -> tuple[Hashes, Rows]:
    """Return hashes of each company with both names in one, with their first letters, and with their last."""
    rows = np.flatnonzero(plain.has(_of(table, "Account_Name")) & plain.has(_of(table, "Last_Name")))
    at = pa.array(rows)
    company = _of(table, "Account_Name").take(at)
    last, first = (folded(pc.fill_null(_of(table, name).take(at), "")) for name in ("Last_Name", "First_Name"))
    both = pc.binary_join_element_wise(last, first, "")
    is_less = pc.less(last, first)
    whole = pc.binary_join_element_wise(pc.if_else(is_less, last, first), pc.if_else(is_less, first, last), "")
    lettered = _lettered(both)
    found = [_hashed(company, whole, "=")]
    for sign, part in (("<", {"start": 0, "stop": _BLOCK}), (">", {"start": -_BLOCK})):
        cut = pc.utf8_slice_codeunits(both.take(pa.array(lettered)), **part)
        found.append(_hashed(company.take(pa.array(lettered)), cut, sign))
    return np.concatenate(found), np.concatenate([rows, rows[lettered], rows[lettered]])


def _lettered(both: pa.Array) -> npt.NDArray[np.int64]:
    """Return the names in which a slip of one letter is a slip: not those in kana or ideographs."""
    return np.flatnonzero(~plain.filled(pc.match_substring_regex(both, plain.JAPANESE), otherwise=False))


def _hashed(company: pa.Array, text: pa.Array, sign: str) -> Hashes:
    return index.hashed(pc.binary_join_element_wise(company, text, sign))


def folded(column: pa.Array) -> pa.Array:
    """Return likeness.name of each value: plain ASCII and plain ideographs in bulk."""
    ascii_ = pc.string_is_ascii(column)
    small = pc.replace_substring_regex(pc.ascii_lower(column), "[^a-z0-9]+", "")
    is_usual = pc.and_(pc.match_substring_regex(column, _KANJI), pc.invert(_has_old(column)))
    odd = np.flatnonzero(~plain.filled(pc.or_(ascii_, is_usual), otherwise=False))
    found = pc.if_else(ascii_, small, column)
    if not len(odd):
        return found
    mask = np.zeros(len(column), np.bool_)
    mask[odd] = True
    names = [likeness.name(text) for text in column.take(pa.array(odd)).to_pylist()]
    return pc.replace_with_mask(found, pa.array(mask), pa.array(names, pa.string()))


def _has_old(column: pa.Array) -> pa.Array:
    return pc.match_substring_regex(column, f"[{likeness.OLD}]")
