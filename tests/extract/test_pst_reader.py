"""The traps of pypff: damaged items and folders, attachments, code pages, cycles; on stand-ins of its objects."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.extract.content import Reading, UnreadableError
from pipeline.extract.pst import pypff_reader, read, store_header
from pipeline.extract.pst import values as wire
from pipeline.extract.pst.bag import Failure, Folder, Found, Item

_DAMAGE = OSError("pypff_x: unable to read. libpff_table_read: unsupported value type: 0x00000000. libpff_y: no.")
Entries = Mapping[int, tuple[int, bytes | None]]


def _text(text: str) -> tuple[int, bytes]:
    return wire.STRING, text.encode("utf-16-le")


def _text8(text: str, codec: str = "cp932") -> tuple[int, bytes]:
    return wire.STRING8, text.encode(codec)


def _number(number: int) -> tuple[int, bytes]:
    return wire.INTEGER32, struct.pack("<i", number)


@dataclass
class _Thing:
    """A pypff object with one record set, or what reading it raises."""

    content: Entries
    identifier: int = 0x200024

    @property
    def number_of_record_sets(self) -> int:
        return int(bool(self.content))

    def get_record_set(self, index: int) -> Any:
        assert index == 0
        return _record(self.content)


def _record(content: Entries) -> Any:
    return SimpleNamespace(
        entries=[SimpleNamespace(entry_type=tag, value_type=kind, data=raw) for tag, (kind, raw) in content.items()]
    )


@dataclass
class _Attachment(_Thing):
    size: int = 7


@dataclass
class _Message(_Thing):
    rows: Sequence[Entries] | Exception | None = None
    files: Sequence[_Attachment] | Exception = ()

    @property
    def recipients(self) -> Any:
        if isinstance(self.rows, Exception):
            raise self.rows
        return None if self.rows is None else SimpleNamespace(record_sets=[_record(row) for row in self.rows])

    @property
    def number_of_attachments(self) -> int:
        if isinstance(self.files, Exception):
            raise self.files
        return len(self.files)

    def get_attachment(self, index: int) -> _Attachment:
        if isinstance(self.files, Exception) or index >= len(self.files):
            raise MemoryError("pypff: unable to create attachment")
        return self.files[index]


@dataclass
class _Folder(_Thing):
    items: Sequence[_Thing | Exception] | Exception = ()
    folders: list[Any] | Exception = field(default_factory=list)

    @property
    def number_of_sub_messages(self) -> int:
        return self._count(self.items)

    @property
    def number_of_sub_folders(self) -> int:
        return self._count(self.folders)

    @staticmethod
    def _count(listed: Sequence[Any] | Exception) -> int:
        if isinstance(listed, Exception):
            raise listed
        return len(listed)

    def get_sub_message(self, index: int) -> Any:
        return self._at(self.items, index)

    def get_sub_folder(self, index: int) -> Any:
        return self._at(self.folders, index)

    @staticmethod
    def _at(listed: Sequence[Any] | Exception, index: int) -> Any:
        assert not isinstance(listed, Exception)
        found = listed[index]
        if isinstance(found, Exception):
            raise found
        return found


_nodes = iter(range(0x8022, 0xFFFF, 0x20))


def _folder(
    name: tuple[int, bytes] | str, *folders: Any, items: Sequence[Any] | Exception = (), **more: Any
) -> _Folder:
    named = _text(name) if isinstance(name, str) else name
    content = {0x3001: named, **more.pop("content", {})}
    return _Folder(content, more.pop("node", next(_nodes)), items, more.pop("below", list(folders)))


def _store(*folders: Any, names: Entries | None = None) -> Any:
    root = _Folder({0x3001: (wire.STRING, None)}, 0x122, (), list(folders))
    return SimpleNamespace(root_folder=root, name_to_id_map=_Thing(names or {}))


def _walk(file: Any, code_page: str = "cp1252", *, has_parts: bool = True) -> list[Found]:
    return list(pypff_reader.walk(file, code_page, lambda _: has_parts))


def _items(found: Sequence[Found]) -> list[Item]:
    return [one for one in found if isinstance(one, Item)]


def _failures(found: Sequence[Found]) -> list[Failure]:
    return [one for one in found if isinstance(one, Failure)]


_TASK = {0x001A: _text("IPM.Task")}


def test_paths_and_order() -> None:
    """Folders come after their parents, with their path; / in a name is escaped, a missing name is the node."""
    file = _store(_folder("Top", _folder("A/B", _folder("In\\side")), _folder("C")), _folder("", node=0x80A2))
    assert [one.path for one in _walk(file) if isinstance(one, Folder)] == [
        "/",
        "/Top",
        "/(0x80a2)",
        "/Top/A\\/B",
        "/Top/C",
        "/Top/A\\/B/In\\\\side",
    ]


def test_a_damaged_item_does_not_end_its_folder() -> None:
    """Each item is asked for by itself; one that cannot be read is a failure with its place and cause."""
    found = _walk(
        _store(_folder("Tasks", items=[_Message(_TASK), _DAMAGE, MemoryError("x"), _Message(_TASK), _Message({})]))
    )
    assert len(_items(found)) == 2
    assert [(one.rule, one.place) for one in _failures(found)] == [
        ("unreadable_item", 2),
        ("unreadable_item", 3),
        ("unreadable_item", 5),
    ]
    assert "Item 2 of 5" in _failures(found)[0].reason
    assert "unsupported value type: 0x00000000" in _failures(found)[0].reason
    assert "a size in it is impossible" in _failures(found)[1].reason


def test_a_folder_whose_list_is_damaged_is_one_failure() -> None:
    """A folder that cannot say what it holds is a failure that tells what it says of itself; the others go on."""
    lost = _folder("Lost", items=_DAMAGE, content={0x3602: _number(12)})
    found = _walk(_store(lost, _folder("Tasks", items=[_Message(_TASK)]), _folder("Hidden", below=_DAMAGE)))
    assert len(_items(found)) == 1
    assert {(one.folder.path, one.rule, one.place) for one in _failures(found)} == {
        ("/Lost", "unreadable_folder", None),
        ("/Hidden", "unreadable_folder", None),
    }
    assert any("the folder itself says that it holds 12" in one.reason for one in _failures(found))


def test_a_folder_that_contains_itself_is_read_once() -> None:
    """A damaged tree with a cycle ends."""
    loop = _folder("Loop", items=[_Message(_TASK)])
    assert isinstance(loop.folders, list)
    loop.folders.append(loop)
    assert len(_items(_walk(_store(loop)))) == 1


def test_a_tree_without_end_is_cut() -> None:
    """Folders deeper than any mailbox are a failure, not a stack overflow."""
    deep = _folder("x")
    for _ in range(300):
        deep = _folder("x", deep)
    (failure,) = _failures(_walk(_store(deep)))
    assert "deeper than 100 levels" in failure.reason


def test_recipients_and_attachments() -> None:
    """Rows of recipients and attachments come with the item; the data of an attachment is never asked for."""
    file = _Attachment({0x3705: _number(1), 0x3707: _text("a.txt"), 0x3701: (wire.BINARY, None)}, size=29)
    embedded = _Attachment({0x3705: _number(5), 0x0E20: _number(90)}, size=8)
    message = _Message({0x001A: _text("IPM.Note")}, rows=[{0x3001: _text("Ann")}], files=[file, embedded])
    (item,) = _items(_walk(_store(_folder("Inbox", items=[message]))))
    assert [row.text("PidTagDisplayName") for row in item.recipients] == ["Ann"]
    assert [(one.data_length, 0x3701 in one.bag.values) for one in item.attachments] == [(29, False), (None, False)]


def test_a_plain_item_has_no_parts() -> None:
    """The plain item of pypff has neither recipients nor attachments: no attribute of that name."""
    (item,) = _items(_walk(_store(_folder("Data", items=[_Thing({0x001A: _text("IPM.Note")})]))))
    assert (item.recipients, item.attachments, item.troubles) == ((), (), ())


def test_parts_that_cannot_be_read_are_troubles() -> None:
    """An item whose recipients or attachments are damaged is kept, and says so."""
    message = _Message({0x001A: _text("IPM.Note")}, rows=_DAMAGE, files=_DAMAGE)
    (item,) = _items(_walk(_store(_folder("Inbox", items=[message]))))
    assert item.troubles == ("recipients cannot be read", "attachments cannot be read")


def test_parts_are_read_only_where_wanted() -> None:
    """What no table has is not read."""
    message = _Message(_TASK, rows=_DAMAGE, files=_DAMAGE)
    (item,) = _items(_walk(_store(_folder("Tasks", items=[message])), has_parts=False))
    assert item.troubles == ()


@pytest.mark.parametrize(
    ("hints", "code_page", "name"),
    [
        pytest.param({0x3FFD: _number(932)}, "cp1252", "佐藤", id="the item's code page"),
        pytest.param({0x3FF1: _number(1041)}, "cp1252", "佐藤", id="the page of its locale"),
        pytest.param({0x3FDE: _number(50220), 0x3FF1: _number(1041)}, "cp1252", "佐藤", id="never the internet page"),
        pytest.param({}, "cp932", "佐藤", id="the setting"),
    ],
)
def test_code_page(hints: Entries, code_page: str, name: str) -> None:
    """8-bit text is decoded by the item's own page, and the folder names by that of the items."""
    message = _Message({**_TASK, 0x3A11: _text8("佐藤"), **hints})
    found = _walk(_store(_folder(_text8("連絡先"), items=[_DAMAGE, message]), _folder("x", items=[message])), code_page)
    assert {item.bag.text("PidTagSurname") for item in _items(found)} == {name}
    assert "/連絡先" in [one.path for one in found if isinstance(one, Folder)]


def test_named_properties() -> None:
    """A number of the file becomes set and name by the file's own map; a number without a name stays."""
    guid = bytes.fromhex("0420060000000000c000000000000046")
    names = {2: (wire.BINARY, guid), 3: (wire.BINARY, struct.pack("<IHH", 0x8083, 3 << 1, 5)), 4: (wire.BINARY, None)}
    message = _Message({**_TASK, 0x8005: _text("ann@acme.example"), 0x8006: _text("x")})
    (item,) = _items(_walk(_store(_folder("Tasks", items=[message]), names=names)))
    assert item.bag.text("PidLidEmail1EmailAddress") == "ann@acme.example"
    assert 0x8006 in item.bag.values


@pytest.mark.parametrize("root", [None, MemoryError("x")], ids=["none", "damaged"])
def test_a_store_without_folders_is_damaged(root: Exception | None) -> None:
    """A store whose root cannot be read is quarantined."""

    class File:
        name_to_id_map = None

        @property
        def root_folder(self) -> Any:
            if root is not None:
                raise root
            return None

    with pytest.raises(UnreadableError, match="damaged_store"):
        _walk(File())


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        pytest.param(b"", "empty_file", id="empty"),
        pytest.param(b"Subject,Body\r\n" * 100, "not_a_store", id="text"),
        pytest.param(
            b"!BDN" + bytes(4) + b"SM" + struct.pack("<H", 23) + bytes(2000), "damaged_header", id="a header of zeros"
        ),
    ],
)
def test_a_file_that_is_no_store(tmp_path: Path, content: bytes, rule: str) -> None:
    """What pypff would refuse, or crash on, is an UnreadableError with a reason."""
    path = tmp_path / "mail.pst"
    path.write_bytes(content)
    with pytest.raises(UnreadableError) as error:
        read(path, Reading(file_sha256="0" * 64, code_page="cp932", date_order=""))
    assert error.value.rule == rule


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A file that vanished is an UnreadableError too."""
    with pytest.raises(UnreadableError, match="unreadable_file"):
        read(tmp_path / "gone.pst", Reading(file_sha256="0" * 64, code_page="cp932", date_order=""))


def test_header_length_is_that_of_the_longest_header() -> None:
    """The first bytes that are read hold every field of both kinds of header."""
    assert store_header.LENGTH >= 0xB8 + 8
