"""Laws that hold for every cleaner and every value."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean import address, email, name, phone, picklist, text
from pipeline.clean.cleaned import Cleaned

CLEANERS: dict[str, Callable[[str | None], Cleaned]] = {
    "line": text.line,
    "lines": text.lines,
    "fit": lambda raw: text.fit(text.line(raw).value, 10),
    "email": lambda raw: email.clean(raw, 40),
    "phone": lambda raw: phone.clean(raw, 30),
    "street": address.street,
    "picklist": lambda raw: picklist.choose(raw, (("low", "Low"), ("high", "High"))),
}
# What values are made of: plain, Japanese, full width, dashes, brackets, invisible and astral characters.
_PIECES = st.sampled_from(
    [
        *"aZ09 .,;:@<>()[]/-+#'\"\n\r\t\x00\x0b\u2028\u200b\ufeff\u3000",
        *"高橋がｶﾞー－−（）＠．０９ａ、。㈱代",
        "か\u3099",
        "👨‍👩‍👧",
        "内線",
        "ext",
        "tel:",
        "mailto:",
        "/o=",
        "@kaede.example",
        "03-1234-",
        "low",
    ]
)
VALUES = st.lists(_PIECES, max_size=12).map("".join) | st.text(max_size=20)


@pytest.mark.parametrize("cleaner", CLEANERS.values(), ids=CLEANERS.keys())
@settings(max_examples=150, deadline=None)
@given(raw=VALUES)
def test_cleaning_twice_changes_nothing_more(cleaner: Callable[[str | None], Cleaned], raw: str) -> None:
    """A clean value is clean."""
    once = cleaner(raw).value
    assert cleaner(once) == Cleaned(once)


@pytest.mark.parametrize("cleaner", [c for n, c in CLEANERS.items() if n not in {"picklist", "fit"}])
@settings(max_examples=150, deadline=None)
@given(raw=VALUES)
def test_every_change_is_listed(cleaner: Callable[[str | None], Cleaned], raw: str) -> None:
    """The changes lead from the raw value to the clean one without a gap, and an unchanged value has none."""
    cleaned = cleaner(raw)
    path = [raw, *(change.new for change in cleaned.changes)]
    assert [change.old for change in cleaned.changes] == path[:-1]
    assert path[-1] == cleaned.value
    assert all(old != new for old, new in pairwise(path))


@settings(max_examples=150, deadline=None)
@given(raw=VALUES, length=st.integers(1, 12))
def test_nothing_is_longer_than_its_field(raw: str, length: int) -> None:
    """A cut text fits, in UTF-16 units, and is the start of what it was."""
    fitted = text.fit(raw, length).value or ""
    assert text.utf16_length(fitted) <= length
    assert raw.startswith(fitted)


@settings(max_examples=100, deadline=None)
@given(raw=VALUES)
def test_what_is_accepted_is_what_zoho_accepts(raw: str) -> None:
    """A value that comes out of a cleaner passes Zoho's own pattern."""
    address_, number = email.clean(raw, 100).value, phone.clean(raw, 30).value
    assert address_ is None or email.is_address(address_)
    assert number is None or phone.is_number(number)


@settings(max_examples=100, deadline=None)
@given(surname=VALUES, given_name=VALUES, shown=VALUES)
def test_a_name_is_found_wherever_it_stands(surname: str, given_name: str, shown: str) -> None:
    """Whenever any name has a visible character, there is a Last_Name; and a found name stays as it is."""
    person = name.clean(name.Source(surname=surname, given_name=given_name, display_name=shown))
    has_name = any(text.line(value).value for value in (surname, given_name, shown))
    assert (person.surname is not None) is has_name
    again = name.clean(name.Source(surname=person.surname, given_name=person.given_name))
    assert (again.surname, again.given_name) == (person.surname, person.given_name)


@settings(max_examples=100, deadline=None)
@given(left=VALUES)
def test_folding_is_stable(left: str) -> None:
    """A folded text folds to itself."""
    assert text.fold(text.fold(left)) == text.fold(left)
