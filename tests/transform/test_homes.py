"""Mailbox, owner, zone and colleagues."""

from pathlib import Path

import pyarrow as pa
import pytest

from pipeline import schemas, store
from pipeline.transform import homes
from tests import builders
from tests.builders import Row


def _files(*given: Row) -> pa.Table:
    usual = {"kind": "pst-unicode", "status": "read"}
    return store.table_of(({**usual, **row} for row in given), schemas.FILES)


def _events(*zones: tuple[str, str | None]) -> pa.Table:
    return pa.table({"file_sha256": [one for one, _ in zones], "time_zone": [zone for _, zone in zones]})


@pytest.mark.parametrize(
    ("path", "zones", "expected"),
    [
        pytest.param("dana/a.pst", [("f", "Asia/Tokyo")], "Europe/London", id="the mailbox's"),
        pytest.param(
            "x.pst", [("f", "Europe/Paris"), ("f", "Europe/Rome"), ("f", "Europe/Rome")], "Europe/Rome", id="the usual"
        ),
        pytest.param("x.pst", [("f", "Europe/Rome"), ("f", "Europe/Paris")], "Europe/Paris", id="first by name"),
        pytest.param("x.pst", [("f", "Nowhere/Land"), ("f", None)], "Asia/Tokyo", id="unknown ones do not count"),
        pytest.param("x.pst", [("g", "Europe/Rome")], "Asia/Tokyo", id="another file's do not count"),
    ],
)
def test_zone(tmp_path: Path, path: str, zones: list[tuple[str, str | None]], expected: str) -> None:
    """The zone is the mailbox's, else that of the store's own appointments, else the configured one."""
    found = homes.homes(builders.project(tmp_path), _files({"path": path, "file_sha256": "f"}), _events(*zones))
    assert found["f"].zone.key == expected


def test_one_content_in_two_mailboxes_belongs_to_the_first(tmp_path: Path) -> None:
    """A file that is there twice was read once: the first path says whose it is."""
    files = _files(
        {"path": "sato/a.pst", "file_sha256": "f", "status": "duplicate"},
        {"path": "dana/a.pst", "file_sha256": "f"},
        {"path": "zzz.pst", "file_sha256": None, "status": "quarantined"},
    )
    found = homes.homes(builders.project(tmp_path), files, _events())
    assert {sha: (home.mailbox, home.owner, home.is_store) for sha, home in found.items()} == {
        "f": ("dana", "dana@kaede.example", True)
    }


def test_a_file_without_a_mailbox_has_no_owner(tmp_path: Path) -> None:
    """No mailbox, no owner; the load decides what that means."""
    found = homes.homes(builders.project(tmp_path), _files({"path": "x.csv", "file_sha256": "f"}), _events())
    assert (found["f"].mailbox, found["f"].owner) == ("", None)


def test_own_domains(tmp_path: Path) -> None:
    """Colleagues are those of the mailboxes' domains, unless everybody has one there, and of configured domains."""
    settings = builders.MAILBOXES.replace('"dana@kaede.example"', '"dana@gmail.com"', 1).replace(
        "[outlook]", '[outlook]\nown_domains = ["@Daughter.example", "docomo.ne.jp"]'
    )
    public = homes.public_mail_domains()
    assert {"gmail.com", "docomo.ne.jp"} <= public
    assert not {domain for domain in public if domain != domain.casefold().strip() or "." not in domain}
    assert homes.own_domains(builders.project(tmp_path, settings), public) == {
        "kaede.example",
        "daughter.example",
        "docomo.ne.jp",
    }


def test_aliases(tmp_path: Path) -> None:
    """Every address of a mailbox stands for its main one."""
    assert homes.aliases(builders.project(tmp_path)) == {
        "d.whitfield@kaede.example": "dana@kaede.example",
        "dana@kaede.example": "dana@kaede.example",
        "hanako.sato@kaede.example": "hanako.sato@kaede.example",
    }
