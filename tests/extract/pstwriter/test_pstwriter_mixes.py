"""The mixes of the benchmark: what is in them, their size, and that a seed decides every byte."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from tests.pstwriter import keys
from tests.pstwriter.__main__ import main
from tests.pstwriter.layout import Form
from tests.pstwriter.seen import SeenStore, see


def written(path: Path, *arguments: str) -> Path:
    """Write a store with the command line."""
    assert main([*arguments, str(path)]) == 0
    return path


def kinds(seen: SeenStore) -> Counter[str]:
    """Count items by class."""
    return Counter(item[keys.MESSAGE_CLASS] for item in seen.items())


@pytest.mark.parametrize("form", list(Form))
def test_mixed(tmp_path: Path, form: Form) -> None:
    """Of 600 mixed items there are as many of each kind as said, with attendees and attachments in bounds."""
    path = written(tmp_path / "mixed.pst", "mixed", "--items", "600", "--seed", "3", "--format", str(form))
    seen = see(path, "cp932" if form is Form.ANSI else None)
    assert kinds(seen) == {"IPM.Contact": 180, "IPM.Task": 120, "IPM.Appointment": 100, "IPM.Note": 200}
    attendees = {
        sum(1 for row in item.recipients if row[0x5FFD] == 1)
        for item in seen.items()
        if item[keys.MESSAGE_CLASS] == "IPM.Appointment"
    }
    assert attendees == set(range(6))
    files = [one for item in seen.items() for one in item.attachments]
    assert 30 < len(files) < 70
    assert all(2_000 <= len(one.data) < 62_000 for one in files)


def test_contacts(tmp_path: Path) -> None:
    """The store of contacts has fifty folders of the same size, each contact with a name of its own."""
    seen = see(written(tmp_path / "contacts.pst", "contacts", "--items", "500"))
    assert kinds(seen) == {"IPM.Contact": 500}
    assert [len(folder.items) for folder in seen.folders.values() if folder.items] == [10] * 50
    assert len({item[keys.EMAIL_ADDRESS[0]] for item in seen.items()}) == 500


@pytest.mark.parametrize(
    ("mix", "low", "high"),
    [
        pytest.param("mixed", 14_000, 18_000, id="mixed: 477 MB of 30,000"),
        pytest.param("contacts", 2_900, 3_800, id="contacts: 336 MB of 100,000"),
    ],
)
def test_bytes_per_item(tmp_path: Path, mix: str, low: int, high: int) -> None:
    """An item takes about as many bytes as in the stores that the benchmark was first measured with."""
    path = written(tmp_path / "store.pst", mix, "--items", "1500")
    assert low < path.stat().st_size / 1500 < high


@pytest.mark.parametrize("mix", ["mixed", "contacts"])
def test_a_seed_decides_every_byte(tmp_path: Path, mix: str) -> None:
    """The same seed gives the same file, another one another file."""
    digests = [
        hashlib.sha256(written(tmp_path / name, mix, "--items", "90", "--seed", seed).read_bytes()).hexdigest()
        for name, seed in (("a", "1"), ("b", "1"), ("c", "2"))
    ]
    assert digests[0] == digests[1] != digests[2]
