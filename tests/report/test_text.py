"""The printed summary: columns that add up, a last line that names the target."""

import io

from rich.console import Console

from pipeline.outcome import Account, LoadAccount, Report
from pipeline.report import summary


def _printed(report: Report) -> str:
    console = Console(file=io.StringIO(), width=100, highlight=False)
    for line in summary(report):
        console.print(line)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_an_offline_stage_shows_its_equation_and_its_rules() -> None:
    """Each table is a row that adds up, the last row is the sum, and every exclusion names its rule."""
    accounts = (
        Account(table="contacts", seen=1204, written=1200, merged=0, excluded={"class_note": 3}, rejected=1),
        Account(table="tasks", seen=2, written=2),
    )
    lines = _printed(Report(stage="extract", accounts=accounts, notes=("1 file was quarantined",))).splitlines()
    assert lines[0].split() == ["table", "seen", "=", "written", "+", "excluded", "+", "rejected"]
    assert [line.split() for line in lines[1:4]] == [
        ["contacts", "1,204", "1,200", "3", "1"],
        ["tasks", "2", "2", "0", "0"],
        ["all", "1,206", "1,202", "3", "1"],
    ]
    assert lines[4:] == ["  excluded 3 of contacts by rule class_note", "  1 file was quarantined"]


def test_a_load_ends_with_its_target() -> None:
    """The last line says how much was sent, and where to."""
    loads = (LoadAccount(module="Contacts", to_send=5, created=2, unchanged=2, skipped=1),)
    last = _printed(Report(stage="load", loads=loads, target="sandbox «Kaede», org 42")).splitlines()[-1]
    assert last == "load        2 of 5 rows sent; target: sandbox «Kaede», org 42"


def test_a_load_of_nothing_new_says_so() -> None:
    """A second load says that there was nothing to send."""
    loads = (LoadAccount(module="Contacts", to_send=5, unchanged=5),)
    assert "Nothing to send: 5 rows" in _printed(Report(stage="load", loads=loads, target="x"))
