"""The measurement of the way from CSV to ready/ runs, and its file is what it says."""

import csv
from pathlib import Path

import pytest

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
