"""Which values a field takes (zoho-api 2.6 and 3.4), as tables."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sandbox.catalog import Field
from pipeline.sandbox.switches import SWITCHES, Positions, Switch
from pipeline.sandbox.values import BadValueError, Rules, from_cell, from_json, strptime_pattern, utf16_length


def _rules(**positions: str) -> Rules:
    values = {name: switch.default for name, switch in SWITCHES.items()} | positions
    return Rules(ZoneInfo("Asia/Tokyo"), Positions(values))


def _field(kind: str, length: int | None = None, values: tuple[str, ...] = ()) -> Field:
    return Field(api_name="F", label="F", data_type=kind, length=length, values=values)


@pytest.mark.parametrize(
    ("address", "is_taken"),
    [
        ("taro.@docomo.ne.jp", True),
        ("ta..ro@docomo.ne.jp", True),
        ("山田@例え.jp", True),
        ("taro@xn--wgv71a119e.jp", True),
        ("+taro_x@kaze.example", True),
        (".taro@kaze.example", False),
        ('"taro yamada"@kaze.example', False),
        ("taro@kaze", False),
        ("taro@kaze.example ", False),
        ("taro@kaze.example\n", False),
        ("taro@[192.0.2.1]", False),
        ("/o=Org/cn=Recipients/cn=taro", False),
    ],
)
def test_email_pattern(address: str, is_taken: bool) -> None:  # noqa: FBT001 - a table
    """E-mail addresses follow Zoho's pattern."""
    assert _takes(_field("email", 100), address) is is_taken


@pytest.mark.parametrize(
    ("number", "is_taken"),
    [
        ("03-1234-5678", True),
        ("+81 3 1234 5678", True),
        ("090-1234-5678;080", True),
        ("03-1234-5678 ext 12", True),
        ("(03)1234-5678", False),
        ("03(1234)5678", False),
        ("03−1234−5678", False),
        ("03ー1234ー5678", False),
        ("０３-1234-5678", False),
        ("03-1234-5678 内線12", False),
        ("03-1234-5678(代)", False),
        ("03/1234/5678", False),
        ("03-1234-5678 ", False),
        ("03-1234-5678\n", False),
    ],
)
def test_phone_pattern(number: str, is_taken: bool) -> None:  # noqa: FBT001 - a table
    """Phone numbers follow Zoho's pattern, in JSON and in a cell."""
    assert _takes(_field("phone", 50), number) is is_taken
    assert (_cell_problem(_field("phone", 50), number) is None) is is_taken


def test_phone_pattern_in_bulk_is_a_switch() -> None:
    """Whether bulk write applies the phone pattern is open; the length holds either way."""
    rules = _rules(bulk_phone_pattern="ignored")
    assert from_cell(_field("phone", 30), "(03)1234-5678", None, rules) == "(03)1234-5678"
    with pytest.raises(BadValueError):
        from_cell(_field("phone", 5), "(03)1234-5678", None, rules)


@pytest.mark.parametrize(
    ("kind", "raw", "kept"),
    [
        pytest.param("text", "  a\n", "  a\n", id="text is kept as it is"),
        pytest.param("boolean", True, True, id="boolean"),
        pytest.param("integer", -7, -7, id="integer"),
        pytest.param("bigint", 2**62, 2**62, id="long integer"),
        pytest.param("currency", 1.5, 1.5, id="currency"),
        pytest.param("date", "2026-02-28", "2026-02-28", id="date"),
        pytest.param("datetime", "2026-05-20T09:00:00+09:00", "2026-05-20T00:00:00+00:00", id="with offset"),
        pytest.param("datetime", "2026-05-20T09:00:00", "2026-05-20T00:00:00+00:00", id="in the org's zone"),
        pytest.param("datetime", "2026-05-20T09:00:00Z", "2026-05-20T09:00:00+00:00", id="Z"),
        pytest.param("picklist", "Anything", "Anything", id="new pick list value"),
        pytest.param("multiselectpicklist", ["A", "B"], ["A", "B"], id="multi-select"),
    ],
)
def test_json_value(kind: str, raw: object, kept: object) -> None:
    """JSON values are kept so."""
    assert from_json(_field(kind), raw, _rules()) == kept


@pytest.mark.parametrize(
    ("kind", "raw", "details"),
    [
        pytest.param("text", 7, {"expected_data_type": "string"}, id="number as text"),
        pytest.param("text", "\ud800", {"expected_data_type": "string"}, id="half a letter"),
        pytest.param("text", "あ" * 11, {"maximum_length": 10}, id="too long"),
        pytest.param("text", "🎌" * 6, {"maximum_length": 10}, id="too long in UTF-16"),
        pytest.param("boolean", "true", {"expected_data_type": "boolean"}, id="text as boolean"),
        pytest.param("integer", True, {"expected_data_type": "integer"}, id="boolean as number"),
        pytest.param("integer", 2**31, {"expected_data_type": "integer"}, id="number too large"),
        pytest.param("currency", "1.5", {"expected_data_type": "currency"}, id="text as number"),
        pytest.param("currency", float("nan"), {"expected_data_type": "currency"}, id="no number"),
        pytest.param("date", "2026-02-30", {"expected_data_type": "date"}, id="no such day"),
        pytest.param("date", "2026-2-3", {"expected_data_type": "date"}, id="short date"),
        pytest.param("datetime", "2026-05-20 09:00:00", {"expected_data_type": "datetime"}, id="no T"),
        pytest.param("datetime", "2026-05-20T25:00:00+09:00", {"expected_data_type": "datetime"}, id="25 o'clock"),
        pytest.param("datetime", "0001-01-01T00:00:00+09:00", {"expected_data_type": "datetime"}, id="before time"),
        pytest.param("datetime", "2025-08-16T16:26:04.240Z", {"expected_data_type": "datetime"}, id="milliseconds"),
        pytest.param("multiselectpicklist", "A;B", {"expected_data_type": "jsonarray"}, id="multi-select as text"),
    ],
)
def test_refused_json_value(kind: str, raw: object, details: dict[str, Any]) -> None:
    """What a field does not take is INVALID_DATA with what it wants."""
    with pytest.raises(BadValueError) as refused:
        from_json(_field(kind, 10), raw, _rules())
    assert (refused.value.code, refused.value.details) == ("INVALID_DATA", details)


def test_switches_of_values() -> None:
    """Milliseconds and unknown pick list values go by their switches."""
    rules = _rules(datetime_millis="accepted", picklist_unknown="refused")
    kept = from_json(_field("datetime"), "2025-08-16T16:26:04.240Z", rules)
    assert kept == "2025-08-16T16:26:04+00:00"
    assert from_json(_field("picklist", values=("A",)), "A", rules) == "A"
    with pytest.raises(BadValueError) as refused:
        from_json(_field("picklist", values=("A",)), "B", rules)
    assert refused.value.details == {"supported_values": ["A"]}


@pytest.mark.parametrize(
    ("kind", "cell", "java", "kept"),
    [
        pytest.param("date", "05/20/2026", "MM/dd/yyyy", "2026-05-20", id="the documented format"),
        pytest.param("date", "2026-05-20", "yyyy-MM-dd", "2026-05-20", id="ISO"),
        pytest.param("date", "20.05.26", "dd.MM.yy", "2026-05-20", id="German"),
        pytest.param("date", "2026年5月20日", "yyyy'年'M'月'd'日'", "2026-05-20", id="quoted letters"),
        pytest.param("datetime", "05/20/2026 09:00:00", "MM/dd/yyyy HH:mm:ss", "2026-05-20T00:00:00+00:00", id="time"),
        pytest.param(
            "datetime",
            "2026-05-20T09:00:00+02:00",
            "yyyy-MM-dd'T'HH:mm:ssXXX",
            "2026-05-20T07:00:00+00:00",
            id="offset",
        ),
        pytest.param("datetime", "05/20/2026 09:00 PM", "MM/dd/yyyy hh:mm a", "2026-05-20T12:00:00+00:00", id="PM"),
        pytest.param("datetime", "2026-05-20 09:00:00", None, "2026-05-20T00:00:00+00:00", id="auto-map"),
        pytest.param("date", "2026-05-20", None, "2026-05-20", id="date in auto-map"),
        pytest.param("boolean", "TRUE", None, True, id="boolean"),
        pytest.param("integer", "12", None, 12, id="integer"),
        pytest.param("currency", "1.50", None, 1.5, id="currency"),
        pytest.param("multiselectpicklist", "A;B", None, ["A", "B"], id="multi-select"),
    ],
)
def test_cell(kind: str, cell: str, java: str | None, kept: object) -> None:
    """Cells of a CSV are read by the format of the mapping, or as auto-map does."""
    pattern = strptime_pattern(java) if java else None
    assert from_cell(_field(kind), cell, pattern, _rules()) == kept


@pytest.mark.parametrize(
    ("kind", "cell"),
    [("date", "20/05/2026"), ("datetime", "2026-05-20"), ("boolean", "yes"), ("integer", "1.5"), ("currency", "¥5")],
)
def test_refused_cell(kind: str, cell: str) -> None:
    """What cannot be read is INVALID_DATA."""
    assert _cell_problem(_field(kind), cell) == "INVALID_DATA"


def test_unknown_letter_of_a_date_format() -> None:
    """A format with a letter nobody knows is refused."""
    with pytest.raises(BadValueError) as refused:
        strptime_pattern("yyyy-QQ")
    assert refused.value.code == "INVALID_FORMAT"


@given(st.text(max_size=30))
def test_length_law(text: str) -> None:
    """A text is taken exactly when its UTF-16 units fit."""
    units = utf16_length(text)
    assert units == sum(2 if letter > "\uffff" else 1 for letter in text)
    is_whole = not any("\ud800" <= letter <= "\udfff" for letter in text)
    assert _takes(_field("text", 15), text) is (units <= 15 and is_whole)


@pytest.mark.parametrize("switch", SWITCHES.values(), ids=lambda switch: switch.name)
def test_each_switch_cites_its_source(switch: Switch) -> None:
    """The default is a position, a switch has at least two, and it names its section and mark."""
    assert switch.accepts(switch.default)
    assert len(set(switch.positions)) >= 2
    assert switch.source.removeprefix("add. ")[0].isdigit()
    assert "(" in switch.source


def _takes(field: Field, raw: object) -> bool:
    try:
        return bool(from_json(field, raw, _rules()) == raw)
    except BadValueError:
        return False


def _cell_problem(field: Field, cell: str) -> str | None:
    try:
        from_cell(field, cell, None, _rules())
    except BadValueError as error:
        return error.code
    return None
