"""Sizes on both sides of every border: heap items, blocks, pages, and levels of every tree."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.pstwriter import keys
from tests.pstwriter.items import Attachment, Item, Message
from tests.pstwriter.layout import Encryption, Form
from tests.pstwriter.mapi import Key, Kind
from tests.pstwriter.people import CC, Recipient
from tests.pstwriter.seen import SeenItem, see
from tests.pstwriter.store import Store, StoreSettings

FORMS = [pytest.param(form, id=str(form)) for form in Form]


def read_back(path: Path, form: Form, items: Sequence[Item]) -> list[SeenItem]:
    """Write items into one folder and return them as pypff reads them."""
    with path.open("wb") as out, Store(out, StoreSettings(form=form, trim=True)) as store:
        folder = store.add_folder("Items")
        for item in items:
            store.add(folder, item)
    return see(path, "cp1252" if form is Form.ANSI else None).folder("Items").items


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("count", [1, 15, 16, 17, 400, 5000])
def test_number_of_items(tmp_path: Path, form: Form, count: int) -> None:
    """A folder has all its items, in order, however many levels its tables and the trees need."""
    items = [Item(subject=f"Subject {number}") for number in range(count)]
    read = read_back(tmp_path / "many.pst", form, items)
    assert [item[keys.NORMALIZED_SUBJECT] for item in read] == [item.subject for item in items]
    assert len({item[keys.SEARCH_KEY] for item in read}) == count


@pytest.mark.parametrize("form", FORMS)
def test_number_of_folders(tmp_path: Path, form: Form) -> None:
    """Folders may be many in one folder, and deep in one another."""
    path = tmp_path / "folders.pst"
    with path.open("wb") as out, Store(out, StoreSettings(form=form, trim=True)) as store:
        for number in range(150):
            store.add(store.add_folder(f"Wide {number}"), Item(subject=f"In {number}"))
        below = store.add_folder("Deep 0")
        for number in range(1, 40):
            below = store.add_folder(f"Deep {number}", parent=below)
    seen = see(path, "cp1252" if form is Form.ANSI else None)
    assert [seen.folder(f"Wide {n}").items[0][keys.NORMALIZED_SUBJECT] for n in range(150)] == [
        f"In {n}" for n in range(150)
    ]
    assert seen.folder("Deep 39").path[-40:] == tuple(f"Deep {n}" for n in range(40))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "size",
    [
        *(
            pytest.param(border + step, id=f"{name} {step:+d}")
            for border, name in (
                (3580, "greatest heap item"),
                (8176, "Unicode block"),
                (8180, "ANSI block"),
                (16352, "two Unicode blocks"),
                (65512, "4K block"),
            )
            for step in (-1, 0, 1)
        ),
        pytest.param(0, id="nothing"),
        pytest.param(1, id="one byte"),
        pytest.param(100_000, id="100 kB"),
    ],
)
def test_size_of_a_value(tmp_path: Path, form: Form, size: int) -> None:
    """A value of any size comes back byte for byte."""
    body = bytes(number * 7 % 251 for number in range(size))
    (read,) = read_back(tmp_path / "value.pst", form, [Item(subject="a", html=body)])
    assert read[keys.HTML] == body


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "size",
    [
        pytest.param(5_000_000, id="5 MB"),
        pytest.param(8176 * 1021, id="all of an XBLOCK of a Unicode store"),
        pytest.param(8176 * 1021 + 1, id="one byte more"),
        pytest.param(8180 * 2043 + 1, id="more than an XBLOCK of an ANSI store"),
    ],
)
def test_size_of_an_attachment(tmp_path: Path, form: Form, size: int) -> None:
    """An attachment of any size comes back byte for byte."""
    data = (bytes(range(256)) * (size // 256 + 1))[:size]
    (read,) = read_back(tmp_path / "file.pst", form, [Message(attachments=[Attachment(name="big.bin", data=data)])])
    assert read.attachments[0].data == data


def test_pypff_misreads_permuted_compressed_trees(tmp_path: Path) -> None:
    """Of a block that is both, pypff decodes as many bytes as it has compressed; readpst reads the same file right."""
    data = bytes(range(256)) * 400
    path = tmp_path / "both.ost"
    settings = StoreSettings(form=Form.OST4K, encryption=Encryption.PERMUTE, trim=True)
    with path.open("wb") as out, Store(out, settings) as store:
        store.add(store.add_folder("Items"), Message(attachments=[Attachment(name="a.bin", data=data)]))
    (read,) = see(path).folder("Items").items
    assert read.attachments[0].data[:256] == data[:256]
    assert read.attachments[0].data != data


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("count", [1, 170, 341, 700])
def test_number_of_attachments(tmp_path: Path, form: Form, count: int) -> None:
    """An item may have more attachments than one list of sub-nodes holds."""
    files = [Attachment(name=f"{number}.txt", data=b"%d" % number) for number in range(count)]
    (read,) = read_back(tmp_path / "files.pst", form, [Message(attachments=files)])
    assert [(one.values[0x3707], one.data) for one in read.attachments] == [(one.name, one.data) for one in files]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("count", [1, 200, 1500])
def test_number_of_recipients(tmp_path: Path, form: Form, count: int) -> None:
    """An item may have more recipients than one block of rows holds."""
    people = [Recipient(name=f"Name {n}", address=f"n{n}@kaede.example", role=1 + n % CC) for n in range(count)]
    (read,) = read_back(tmp_path / "people.pst", form, [Message(recipients=people)])
    assert [(row[0x3001], row[0x3003], row[0x0C15]) for row in read.recipients] == [
        (one.name, one.address, one.role) for one in people
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("count", [430, 460, 2500])
def test_number_of_properties(tmp_path: Path, form: Form, count: int) -> None:
    """An item may have more properties than one record block of its tree, or one page of its heap, holds."""
    extra = [(Key(Kind.STRING, f"Property {n}", keys.PSETID_COMMON), f"Value {n}") for n in range(count)]
    (read,) = read_back(tmp_path / "wide.pst", form, [Item(extra=extra)])
    assert [read[key] for key, _ in extra] == [value for _, value in extra]
