"""Distribution lists and their members."""

import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract import pst
from pipeline.extract.pst import distribution_lists, entry_ids
from pipeline.extract.pst.entry_ids import Address
from tests.extract import outlook_items
from tests.pstwriter import store as writer
from tests.pstwriter.contacts import Contact, DistributionList
from tests.pstwriter.items import Message
from tests.pstwriter.layout import Form
from tests.pstwriter.people import Person, Recipient

_HANAKO = Person(name="見本 花子", address="hanako@mihon-works.example")
_ROBIN = Person(name="Robin", address="/O=KAEDE/OU=X/CN=RECIPIENTS/CN=ROBIN", kind="EX")
_WRAPPED = bytes.fromhex("00000000 c091add3519dcf11a4a900aa0047faa4")
_OBJECT = bytes(20) + struct.pack("<I", 0x200064)
_PLACE = {"kind": "address", "name": None, "email": None, "address_type": None, "address": None, "position": None}
_HANAKO_ROW = {
    **_PLACE,
    "name": "見本 花子",
    "email": "hanako@mihon-works.example",
    "address_type": "SMTP",
    "address": "hanako@mihon-works.example",
}
_ROBIN_ROW = {**_PLACE, "kind": "directory", "address_type": "EX", "address": _ROBIN.address}


def members(entries: list[bytes], one_offs: list[bytes], stream: bytes | None = None) -> list[Any]:
    """Return the members of a list."""
    return list(distribution_lists.members(entries, one_offs, stream, "cp932"))


def wrapped(kind: int, entry_id: bytes) -> bytes:
    """Return a WrappedEntryId."""
    return _WRAPPED + bytes([kind]) + entry_id


@pytest.mark.parametrize(
    ("entry", "one_off", "expected"),
    [
        pytest.param(_HANAKO.entry_id(), _HANAKO.entry_id(), _HANAKO_ROW, id="an address"),
        pytest.param(_HANAKO.entry_id("cp932"), b"", _HANAKO_ROW, id="an address in 8-bit text, and nothing beside it"),
        pytest.param(
            wrapped(0xC3, _OBJECT),
            _HANAKO.entry_id(),
            {**_HANAKO_ROW, "kind": "contact", "position": 0x200064},
            id="a contact of the store",
        ),
        pytest.param(
            wrapped(0xB4, _OBJECT), b"", {**_PLACE, "kind": "list", "position": 0x200064}, id="a list in the list"
        ),
        pytest.param(wrapped(0xB5, _ROBIN.entry_id()), b"", _ROBIN_ROW, id="a person of the directory"),
        pytest.param(
            wrapped(0xB6, _ROBIN.entry_id()),
            b"",
            {**_ROBIN_ROW, "kind": "directory_list"},
            id="a list of the directory",
        ),
        pytest.param(wrapped(0x0, _HANAKO.entry_id()), b"", _HANAKO_ROW, id="a wrapped address"),
        pytest.param(wrapped(0xC3, bytes(46)), b"", {**_PLACE, "kind": "contact"}, id="a contact of Exchange"),
        pytest.param(wrapped(0xF, b"12345"), b"", {**_PLACE, "kind": None}, id="of no known kind"),
        pytest.param(b"", b"", _PLACE, id="nothing"),
        pytest.param(_HANAKO.entry_id()[:40], b"", _PLACE, id="cut off"),
    ],
)
def test_member(entry: bytes, one_off: bytes, expected: dict[str, Any]) -> None:
    """A member says what it is, and with what name and address the list was saved."""
    assert members([entry], [one_off]) == [expected]


def test_an_address_that_is_no_mail() -> None:
    """A fax number is an address of its own type, and no e-mail."""
    fax = Person(name="楓商事", address="楓商事@+81 3-0000-0001", kind="FAX").entry_id()
    assert entry_ids.address(fax, "cp932") == Address(name="楓商事", kind="FAX", address="楓商事@+81 3-0000-0001")
    assert members([fax], [])[0]["email"] is None


def stream(*pairs: tuple[bytes, bytes], count: int | None = None) -> bytes:
    """Return PidLidDistributionListStream ([MS-OXOCNTC] 2.2.2.2.4)."""
    head = struct.pack("<HHIIIIII", 1, 0, 0x0E00, 0, len(pairs) if count is None else count, 0, 0, 0)
    parts = (struct.pack("<I", len(part)) + part for pair in pairs for part in (*pair, b""))
    return head + b"".join(parts) + bytes(8)


def test_a_list_too_long_for_its_properties() -> None:
    """The stream of a long list counts, and the other properties are ignored."""
    known = [(_HANAKO.entry_id(), _HANAKO.entry_id()), (wrapped(0xB5, _ROBIN.entry_id()), b"")]
    assert members([], [], stream(*known)) == [_HANAKO_ROW, _ROBIN_ROW]
    assert members([_ROBIN.entry_id()], [], stream(*known)) == [_HANAKO_ROW, _ROBIN_ROW]


def test_a_stream_that_is_damaged() -> None:
    """A stream gives the members before the damage, whatever their number is said to be."""
    known = [(_HANAKO.entry_id(), b""), (_HANAKO.entry_id(), b"")]
    assert members([], [], stream(*known)[: 32 + len(_HANAKO.entry_id()) + 20]) == [_HANAKO_ROW]
    assert len(members([], [], stream(*known, count=2**32 - 1))) < 20
    assert members([_HANAKO.entry_id()], [], stream()) == [_HANAKO_ROW]


@given(blob=st.binary(max_size=120), prefix=st.sampled_from([b"", _WRAPPED, _HANAKO.entry_id()[:24], stream()[:16]]))
def test_no_bytes_are_an_error(blob: bytes, prefix: bytes) -> None:
    """Any bytes are members that say as much as they do."""
    assert len(members([prefix + blob], [blob])) == 1
    assert all(member.keys() == _PLACE.keys() for member in members([], [], prefix + blob))


@pytest.mark.parametrize("form", Form)
def test_a_list_of_a_store(tmp_path: Path, form: Form) -> None:
    """Both readers give a list with its members, in every form of store."""
    path = tmp_path / "store"
    with path.open("wb") as out, writer.Store(out, writer.StoreSettings(form=form, code_page="cp932")) as store:
        folder = store.add_folder("連絡先", container_class="IPF.Contact")
        node = store.add(folder, Contact(surname="見本", given_name="花子"))
        entry_id = store.entry_id(node)
        store.add(
            folder,
            DistributionList(
                name="取引先", body="年賀状", categories=["Zoho"], people=[_HANAKO], contacts=[(entry_id, _HANAKO)]
            ),
        )
    rows = [
        outlook_items.listed(read(path, outlook_items.READING)).rows["lists"] for read in (pst.read, pst.read_second)
    ]
    (found,) = rows[0]
    assert rows[0] == rows[1]
    assert (found["name"], found["notes"], found["categories"]) == ("取引先", "年賀状", ["Zoho"])
    assert found["members"] == [{**_HANAKO_ROW, "kind": "contact", "position": node}, _HANAKO_ROW]


def test_members_known_by_an_exchange_address(tmp_path: Path) -> None:
    """A member of the directory has the SMTP address that a message of the store has for it; others are counted."""
    path = tmp_path / "store.pst"
    nobody = Person(name="Nobody", address="/O=KAEDE/OU=X/CN=RECIPIENTS/CN=NOBODY", kind="EX")
    with path.open("wb") as out, writer.Store(out, writer.StoreSettings()) as store:
        folder = store.add_folder("連絡先", container_class="IPF.Contact")
        store.add(folder, DistributionList(name="社内", people=[_ROBIN, nobody]))
        robin = Recipient(name="Robin", kind="EX", address=_ROBIN.address, smtp="robin@kaede.example")
        store.add(store.add_folder("受信トレイ"), Message(subject="社内", recipients=[robin]))
    content = pst.read(path, outlook_items.READING)
    (found,) = outlook_items.listed(content).rows["lists"]
    assert [one["email"] for one in found["members"]] == ["robin@kaede.example", None]
    counted = [(x["verdict"], x["values"]) for x in content.columns if x["source"] == "Exchange addresses of lists"]
    assert counted == [("unmapped", 1)]


def test_the_list_of_a_real_store(corpus: Path) -> None:
    """The list of jl_distlist.pst: a contact of the store, and two addresses."""
    content = outlook_items.store(corpus / "pst" / "jl_distlist.pst")
    (found,) = content.rows["lists"]
    (contact,) = content.rows["contacts"]
    assert found["name"] == "test dist list"
    assert [(one["kind"], one["name"], one["email"]) for one in found["members"]] == [
        ("contact", "contact name 1", "contact1@rjohnson.id.au"),
        ("address", "dist name 1", "dist1@rjohnson.id.au"),
        ("address", "dist name 2", "dist2@rjohnson.id.au"),
    ]
    assert found["members"][0]["position"] == contact["position"]
