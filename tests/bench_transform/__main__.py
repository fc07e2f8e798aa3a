"""Measure: `python -m tests.bench_transform`; with `--quick` on so few rows that it only proves that all of it runs."""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import measure
from tests.bench.measure import Cost
from tests.bench_transform import people

_CACHE = Path(__file__).parents[2] / ".bench"
_OUT = Console(highlight=False, markup=False, soft_wrap=True)
_MEGABYTE = 1 << 20
_LARGE = "to compare with (default: 4000000: two minutes more, three the first time, and 4 GB of disk)"
OURS, DUCKDB, PANDAS = "extract, transform", "DuckDB SQL", "pandas"


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table and figures, and return 0 whatever they are."""
    options = _parser().parse_args(arguments)
    rows, small, large = (2_000, 1_000, 4_000) if options.quick else (options.rows, options.small, options.large)
    runs = {DUCKDB: _with("with_duckdb"), PANDAS: _with("with_pandas"), OURS: _ours}
    wanted = {name: run for name, run in runs.items() if name not in options.without}
    costs = {name: _run(run, rows, options.cache) for name, run in wanted.items()}
    _OUT.print(_table(rows, costs))
    _figures(rows, costs)
    if not options.alone:
        few, many = (_run(_ours, count, options.cache) for count in (small, large))
        ratio, cpu = (of(many) / large / (of(few) / small) for of in (_wall, _cpu))
        _OUT.print(f"time per row at {large:,} over that at {small:,} = {ratio:.2f} (bar: at most 1.3)")
        _OUT.print(f"the same by the time of processors = {cpu:.2f}")
        _OUT.print(f"peak memory at {large:,} = {many.memory / _MEGABYTE / 1024:.2f} GB (bar: at most 1.5 GB)")
    return 0


def _wall(cost: Cost) -> float:
    return cost.wall


def _cpu(cost: Cost) -> float:
    return cost.cpu


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench_transform", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rows")
    parser.add_argument("--rows", type=int, default=1_000_000, help="contacts that all tools take (default: 1000000)")
    parser.add_argument("--small", type=int, default=500_000, help="for the time per row (default: 500000)")
    parser.add_argument("--large", type=int, default=4_000_000, help=_LARGE)
    parser.add_argument("--alone", action="store_true", help="leave the other sizes out, which take longest")
    parser.add_argument("--without", action="append", default=[], choices=[DUCKDB, PANDAS], help="leave a tool out")
    parser.add_argument("--cache", type=Path, default=_CACHE, help="where the CSV files are kept (default: .bench)")
    return parser


def _run(run: Callable[[Path, Path], Cost], count: int, cache: Path) -> Cost:
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"people-{count}.csv"
    if not path.is_file():
        people.write(path, count)
    with tempfile.TemporaryDirectory() as place:
        return run(path, Path(place))


def _with(module: str) -> Callable[[Path, Path], Cost]:
    def run(path: Path, place: Path) -> Cost:
        command = [sys.executable, "-m", f"tests.bench_transform.{module}", str(path), str(place / "out.parquet")]
        return measure.run(command)

    return run


def _ours(path: Path, place: Path) -> Cost:
    """Run extract and transform as a user does; seconds add up, of the memory the larger counts."""
    inbox = place / "data" / "inbox"
    inbox.mkdir(parents=True)
    os.link(path, inbox / "people.csv") if path.stat().st_dev == inbox.stat().st_dev else shutil.copy(path, inbox)
    command = [sys.executable, "-m", "pipeline", "--project", str(place)]
    stages = [measure.run([*command, stage]) for stage in ("extract", "transform")]
    for name, cost in zip(("extract", "transform"), stages, strict=True):
        _OUT.print(f"{name}: {cost.wall:.1f} s, {cost.cpu:.1f} s of processors, {cost.memory / _MEGABYTE:,.0f} MB")
    return Cost(sum(one.wall for one in stages), sum(one.cpu for one in stages), max(one.memory for one in stages))


def _table(rows: int, costs: Mapping[str, Cost]) -> Table:
    table = Table(title=f"{rows:,} contacts of 92 columns, CSV to ready")
    for name in ("with", "seconds", "of processors", "contacts a second", "peak MB"):
        table.add_column(name, justify="left" if name == "with" else "right")
    for name, cost in costs.items():
        cells = (f"{cost.wall:.1f}", f"{cost.cpu:.1f}", f"{rows / cost.wall:,.0f}", f"{cost.memory / _MEGABYTE:,.0f}")
        table.add_row(name, *cells)
    return table


def _figures(rows: int, costs: Mapping[str, Cost]) -> None:
    ours = costs[OURS]
    _OUT.print(f"contacts a second = {rows / ours.wall:,.0f} (bar: at least 40,000)")
    _OUT.print(f"peak memory = {ours.memory / _MEGABYTE / 1024:.2f} GB (bar: at most 1.5 GB)")
    if DUCKDB in costs:
        _OUT.print(f"time over that of DuckDB SQL = {ours.wall / costs[DUCKDB].wall:.1f} (bar: at most 6)")


if __name__ == "__main__":
    sys.exit(main())
