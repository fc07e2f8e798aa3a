"""The measurement of the way from CSV to ready/ runs, and its file is what it says."""

import csv
from collections.abc import Callable
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest

from pipeline import extract, transform
from tests import builders
from tests.bench_transform import __main__ as bench
from tests.bench_transform import people


def test_the_file_is_the_same_each_time(tmp_path: Path) -> None:
    """92 columns, half of the people Japanese, about a tenth said again, the same bytes for the same number."""
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    people.write(one, 2000)
    people.write(other, 2000)
    assert one.read_bytes() == other.read_bytes()
    rows = list(csv.DictReader(one.read_text(encoding="utf-8-sig").splitlines(keepends=True)))
    assert len(rows) == 2000
    assert len(rows[0]) == 92
    assert 900 < sum(not row["Business City"].isascii() for row in rows) < 1100
    assert len({row["First Name"] + row["Last Name"] for row in rows}) > 0.8 * len(rows)


def test_quick(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --quick all of it runs, and ends with figures that have a bar."""
    assert bench.main(["--quick", "--alone", "--cache", str(tmp_path)]) == 0
    figures = [line for line in capsys.readouterr().out.splitlines() if "(bar: " in line]
    assert [figure.split(" = ")[0] for figure in figures] == [
        "contacts a second",
        "peak memory",
        "time over that of DuckDB SQL",
    ]


def test_what_is_slow_is_rare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those people none is mapped or merged by itself, and a rule is asked about few of their values."""
    project = builders.project(tmp_path)
    people.write(project.inbox / "people.csv", 1000)
    mapped, merged, judged = _sizes(monkeypatch)
    extract.run(project)
    report = transform.run(project)
    again = next(account.merged for account in report.accounts if account.table == "contacts")
    assert again > 50
    assert sum(mapped) == 0
    assert sum(merged) <= again // 10
    assert max(judged) <= 100


def _sizes(monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], list[int], list[int]]:
    """Return lists that note how much is mapped and merged row by row, and how many values are judged at once."""
    return (
        _noting(monkeypatch, "pipeline.transform.contacts.draft", lambda *_: 1),
        _noting(monkeypatch, "pipeline.transform.drafts.of_rows", lambda rows, _homes: int(rows.num_rows)),
        _noting(monkeypatch, "pipeline.validate.facts.frame", lambda found, _suite: int(found.size)),
    )


def _noting(monkeypatch: pytest.MonkeyPatch, name: str, size: Callable[..., int]) -> list[int]:
    noted: list[int] = []
    function = resolve_name(name)

    def noting(*given: Any) -> Any:
        noted.append(size(*given))
        return function(*given)

    monkeypatch.setattr(name, noting)
    return noted
