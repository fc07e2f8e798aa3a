"""Damage stores and read them: `python -m tests.fuzz --first 0 --cases 20000`.

A range of seeds that was interrupted goes on where it ended: the line of progress names the first seed not yet done.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from tests.fuzz.damage import fuzzed
from tests.fuzz.laws import LAWS
from tests.fuzz.runner import Ended, run

_OUT = Console(highlight=False, markup=False, soft_wrap=True)
_EVERY = 20.0  # seconds between two lines of progress


def main(arguments: list[str] | None = None) -> int:
    """Run the cases; return 1 if one of them broke the law."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="first seed (default: 0)")
    parser.add_argument("--cases", type=int, default=20_000, help="how many seeds (default: 20000)")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="default: one per processor")
    parser.add_argument("--law", choices=sorted(LAWS), default="extract", help="how it is read (default: extract)")
    parser.add_argument("--keep", type=Path, help="directory to which the stores that broke the law are written")
    options = parser.parse_args(arguments)
    seeds = range(options.first, options.first + options.cases)
    with tempfile.TemporaryDirectory(prefix="fuzz") as directory:
        cases = run(LAWS[options.law], seeds, Path(directory), jobs=options.jobs)
        return _report(cases, seeds, options.law, options.keep)


def _report(cases: Iterator[Ended], seeds: range, law: str, keep: Path | None) -> int:
    """Print violations as they come, progress now and then, and at the end the numbers."""
    done: set[int] = set()
    faults = skipped = 0
    started = said = time.monotonic()
    for ended in cases:
        done.add(ended.seed)
        skipped += ended.is_skipped
        if ended.fault:
            faults += 1
            _tell(ended, law, keep)
        if time.monotonic() - said > _EVERY:
            said = time.monotonic()
            _progress(done, seeds, said - started)
    _OUT.print(f"{len(done)} stores: {len(done) - skipped - faults} held the law, {faults} broke it, {skipped} skipped")
    return 1 if faults else 0


def _tell(ended: Ended, law: str, keep: Path | None) -> None:
    _OUT.print(f"VIOLATION seed {ended.seed} ({ended.name}): {ended.fault}")
    _OUT.print(f"  again: python -m tests.fuzz --law {law} --first {ended.seed} --cases 1")
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{ended.seed}.pst").write_bytes(fuzzed(ended.seed) or b"")


def _progress(done: set[int], seeds: range, seconds: float) -> None:
    rate = len(done) / seconds
    following = next((seed for seed in seeds if seed not in done), seeds.stop)
    left = (len(seeds) - len(done)) / rate / 60
    _OUT.print(
        f"{len(done)} of {len(seeds)}, {rate:.0f} a second, {left:.0f} min left; all before {following} done",
    )


if __name__ == "__main__":
    sys.exit(main())
