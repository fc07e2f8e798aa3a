"""Plain forms of values: what is equal, and how it goes over the wire."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.load import values
from pipeline.load.values import Reference, Value
from pipeline.targets import Kind


def person(email: str | None) -> dict[str, str | None]:
    """Return a person of an event."""
    return {"role": "required", "name": "n", "email": email}


@pytest.mark.parametrize(
    ("kind", "cell", "expected"),
    [
        pytest.param(Kind.TEXT, "山田", "山田", id="text"),
        pytest.param(Kind.TEXT, "", None, id="empty text"),
        pytest.param(Kind.TEXT, None, None, id="nothing"),
        pytest.param(Kind.BOOLEAN, False, False, id="false is a value"),
        pytest.param(Kind.DATE, date(2026, 5, 20), "2026-05-20", id="date"),
        pytest.param(Kind.DATETIME, datetime(2026, 5, 20, 1, 2, 3, 9, UTC), "2026-05-20T01:02:03+00:00", id="instant"),
        pytest.param(Kind.PARTICIPANTS, [person(one) for one in ("b@x.example", None, "B@x.example", "a@x.example")],
                     ("b@x.example", "a@x.example"), id="participants in their order, each once"),
        pytest.param(Kind.PARTICIPANTS, [person(None)], None, id="nobody with an address"),
    ],
)  # fmt: skip
def test_of_ready(kind: Kind, cell: Any, expected: Value) -> None:
    """A cell of a ready table has one plain form."""
    assert values.of_ready(kind, cell) == expected


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        pytest.param(Kind.TEXT, "", None, id="empty"),
        pytest.param(Kind.BOOLEAN, "TRUE", True, id="boolean"),
        pytest.param(Kind.DATETIME, "2026-05-20T10:00:00+09:00", "2026-05-20T01:00:00+00:00", id="with offset"),
        pytest.param(Kind.DATETIME, "2026-05-20T01:00:00Z", "2026-05-20T01:00:00+00:00", id="with Z"),
        pytest.param(Kind.DATETIME, "soon", "soon", id="what cannot be read stays"),
        pytest.param(Kind.LOOKUP, "zcrm_123", "123", id="id with its prefix"),
    ],
)
def test_of_crm(kind: Kind, text: str, expected: Value) -> None:
    """A cell of a bulk read has the same plain form."""
    assert values.of_crm(kind, text) == expected


@pytest.mark.parametrize(
    ("kind", "left", "right", "same"),
    [
        pytest.param(Kind.TEXT, "a\r\nb ", "a\nb", True, id="line ends and outer spaces"),
        pytest.param(Kind.TEXT, "が", "\u304b\u3099", True, id="composed and decomposed"),
        pytest.param(Kind.TEXT, "a", "A", False, id="case of a text"),
        pytest.param(Kind.EMAIL, "Ann@X.example", "ann@x.example", True, id="case of an address"),
        pytest.param(Kind.PICKLIST, "Waiting for Input", "Waiting for input", True, id="case of a picklist"),
        pytest.param(Kind.PARTICIPANTS, ("b", "A"), ("a", "b"), True, id="order of participants"),
        pytest.param(Kind.BOOLEAN, False, None, False, id="false is not nothing"),
        pytest.param(Kind.TEXT, " ", None, True, id="only spaces is nothing"),
    ],
)
def test_normal(kind: Kind, left: Value, right: Value, *, same: bool) -> None:
    """Two values that mean the same are equal in normal form."""
    assert (values.normal(kind, left) == values.normal(kind, right)) is same


@given(text=st.text(), kind=st.sampled_from([Kind.TEXT, Kind.EMAIL, Kind.PICKLIST]))
def test_normal_is_idempotent(text: str, kind: Kind) -> None:
    """The normal form of a normal form is itself."""
    once = values.normal(kind, text)
    assert values.normal(kind, once) == once


@given(text=st.text())
def test_folding_is_idempotent(text: str) -> None:
    """What is folded stays."""
    assert values.folded(values.folded(text)) == values.folded(text)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        pytest.param(True, "true", id="true"),
        pytest.param(False, "false", id="false"),
        pytest.param("x,y", "x,y", id="text"),
        pytest.param(None, "", id="nothing"),
    ],
)
def test_as_cell(value: Value, cell: str) -> None:
    """A bulk CSV has words for booleans and nothing for nothing."""
    assert values.as_cell(value) == cell


@pytest.mark.parametrize("value", ["x", True, False, ("a", "b")])
def test_ledger_keeps_values(value: Value) -> None:
    """What the ledger stores comes back."""
    assert values.restored(values.storable(value)) == value


def test_reference_is_named() -> None:
    """A look-up to a record that is yet to be made is shown by its key."""
    assert values.storable(Reference("Accounts", "k")) == "Accounts:k"
