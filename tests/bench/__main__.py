"""Measure: `python -m tests.bench`; with `--quick` on stores so small that it only proves that all of it runs."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path

from rich.console import Console

from tests.bench import figures, stores, tools
from tests.bench.figures import Costs, Plan
from tests.bench.measure import Cost
from tests.bench.stores import Mix

_CACHE = Path(__file__).parents[2] / ".bench"
_OUT = Console(highlight=False, markup=False, soft_wrap=True)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print tables and figures, and return 0 whatever they are."""
    options = _parser().parse_args(arguments)
    plan = _plan(options)
    names = [name for name in tools.available() if name not in options.without]
    for name in tools.RUNS.keys() - {*names}:
        _OUT.print(f"without {name}")
    costs: dict[Mix, dict[str, list[Cost]]] = {}
    paths = {mix: stores.store_of(mix, options.cache) for mix in (*plan.compared, plan.small, plan.large)}
    for mix, name in _turns(plan, names):
        cost = _measure(mix, paths[mix], name, options.cache)
        costs.setdefault(mix, {}).setdefault(name, []).append(cost)
        _OUT.print(f"{mix}: {name}: {cost.wall:.2f} s")
    _show(plan, costs, paths)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few items, one run each")
    parser.add_argument("--mixed", type=int, default=30_000, help="items of the mixed store (default: 30000)")
    parser.add_argument("--contacts", type=int, default=100_000, help="items of the other (default: 100000)")
    parser.add_argument("--small", type=int, default=50_000, help="items, for the time per item (default: 50000)")
    parser.add_argument("--large", type=int, default=400_000, help="items, to compare with (default: 400000)")
    parser.add_argument("--runs", type=int, default=3, help="of which the median counts (default: 3)")
    parser.add_argument("--without", action="append", default=[], choices=[*tools.RUNS][1:], help="leave a tool out")
    parser.add_argument("--cache", type=Path, default=_CACHE, help="where the stores are kept (default: .bench)")
    return parser


def _plan(options: argparse.Namespace) -> Plan:
    sizes = (300, 300, 300, 600) if options.quick else (options.mixed, options.contacts, options.small, options.large)
    mixed, contacts, small, large = sizes
    return Plan(
        mixed=Mix("mixed", mixed),
        contacts=Mix("contacts", contacts),
        small=Mix("contacts", small),
        large=Mix("contacts", large),
        runs=1 if options.quick else options.runs,
    )


def _turns(plan: Plan, names: list[str]) -> Iterator[tuple[Mix, str]]:
    """Yield what is measured when: the tools take turns, so that what else the machine does touches all alike."""
    for _ in range(plan.runs):
        yield from product(plan.compared, names)
        yield from ((mix, tools.OURS) for mix in (plan.small, plan.large) if mix not in plan.compared)


def _measure(mix: Mix, path: Path, name: str, cache: Path) -> Cost:
    with tools.scratch(cache) as scratch:
        stores.warm(path)
        return tools.RUNS[name](path, mix.items, scratch)


def _show(plan: Plan, costs: Costs, paths: dict[Mix, Path]) -> None:
    for mix, measured in costs.items():
        _OUT.print(figures.table(mix, paths[mix].stat().st_size, measured))
    for line in figures.lines(plan, costs):
        _OUT.print(line)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
