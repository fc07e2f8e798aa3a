"""Measure a load: `python -m tests.load.bench`; with `--quick` so few rows that it only proves that all of it runs.

Ours: a whole load of contacts and tasks by bulk write into a fresh sandbox. Beside it Zoho's own SDK, which only sends
(no plan, no ledger, no look at what is there): the same rows by bulk write, and some of them by upserts of records.
Our side is the time in which the load does not wait for the CRM: reading, matching, planning, zipping, reconciling,
ledger. What it does on the other core while the CRM is at work costs no time; a wait for that does. Beside it stands
what all of it takes on both cores together. With `--again` the same is loaded once more, which is to send nothing.
"""

import argparse
import csv
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import requests
from rich.console import Console
from rich.table import Table

from pipeline import config as settings
from pipeline import load, sandbox, store
from pipeline.load.bulk_read import Patience
from pipeline.targets import CONTACTS, TARGETS, TASKS, Target
from tests.load import world
from tests.load.build import ready
from tests.load.world import Crm

_OUT = Console(highlight=False, markup=False, soft_wrap=True)
_BAR_RATE, _BAR_MEGABYTES = 40_000, 600
_FIRST_DAY = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one way took: wall clock and CPU seconds for so many rows, the greatest memory in MB, our side's seconds.

    `sent`: rows that were written, of those that were there to be.
    """

    way: str
    rows: int
    wall: float
    cpu: float
    megabytes: float
    own: float = 0.0
    sent: int = 0


class Waited(requests.Session):
    """A session, and sleep, that add up how long the load was blocked waiting for the CRM, in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count what is waited for, without the work done meanwhile by this very thread."""
        wall, cpu = time.monotonic(), time.thread_time()
        yield
        self.seconds += max(time.monotonic() - wall - (time.thread_time() - cpu), 0.0)

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        """Send, until the answer begins."""
        with self.waiting():
            return super().send(request, **more)

    def sleep(self, seconds: float) -> None:
        """Wait for a job."""
        with self.waiting():
            time.sleep(seconds)


def megabytes(status: Path = Path("/proc/self/status")) -> float:
    """Return the greatest memory of a process in MB; what getrusage says begins with that of the parent."""
    if status.is_file():
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024


def hashed(target: Target, key: str, **fields: Any) -> dict[str, Any]:
    """Return a row whose hash of contents is as long as a real one."""
    return ready(target, key, **fields) | {"content_hash": hashlib.sha256(key.encode()).hexdigest()[:32]}


def contacts(count: int) -> Iterator[dict[str, Any]]:
    """Yield contacts that nobody else is."""
    for number in range(count):
        yield hashed(
            CONTACTS, f"{number:016x}", Last_Name=f"姓{number}", First_Name=f"名{number}",
            Email=f"person{number}@bench.example", Title="Clerk", Phone="03-1234-5678", Mailing_City="Osaka",
        )  # fmt: skip


def tasks(count: int) -> Iterator[dict[str, Any]]:
    """Yield tasks that no other is."""
    for number in range(count):
        due = _FIRST_DAY + timedelta(days=number % 365)
        yield hashed(TASKS, f"t{number:015x}", Subject=f"Task {number}", Due_Date=due, Status="Not Started")


def project(directory: Path, counts: tuple[int, int]) -> None:
    """Write the ready tables of a project."""
    directory.mkdir(parents=True)
    (directory / "pipeline.toml").write_text('[zoho]\ntransport = "bulk"\ncredits_a_day = 5000000\n', encoding="utf-8")
    rows = {"contacts": contacts(counts[0]), "tasks": tasks(counts[1])}
    with store.building(settings.load(directory, directory).transformed) as stage:
        for target in TARGETS:
            store.write_rows(rows.get(target.table, ()), stage.path(f"ready/{target.table}"), target.schema())
        stage.finish("transform", inputs={})


def ours(directory: Path, endpoint: sandbox.Endpoint) -> None:
    """Load, in a process of its own; print what it took as JSON."""
    config = settings.load(directory, directory)
    waited, waits = Waited(), Patience.waits
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    with (
        mock.patch.object(requests, "Session", return_value=waited),
        mock.patch.object(Patience, "waits", lambda self: waits(replace(self, pause=waited.sleep))),
    ):
        report = load.run(config, Crm(endpoint).connection)
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    rows, sent = (sum(one.to_send for one in report.loads), sum(one.sent for one in report.loads))
    wall = time.monotonic() - started
    _OUT.print(json.dumps(asdict(Measured("outlook2zoho", rows, wall, cpu, megabytes(), wall - waited.seconds, sent))))


def csv_of(path: Path, target: Target, rows: Iterator[dict[str, Any]]) -> None:
    """Write the rows as the SDK's caller would have them: our key, then the fields with values."""
    names = [one.api_name for one in target.fields]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        columns: list[str] = []
        for row in rows:
            if not columns:
                columns = [name for name in names if row[name] is not None]
                writer.writerow(["Outlook_Key", *columns])
            writer.writerow([row["cluster_key"], *(row[name] for name in columns)])


def measured(module: str, *arguments: str) -> list[Measured]:
    """Run a program of ours; each line it prints is one measurement."""
    command = [sys.executable, "-m", module, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(run.stderr)
    return [Measured(**json.loads(line)) for line in run.stdout.splitlines() if line.startswith("{")]


def of_ours(directory: Path, *, is_again: bool) -> tuple[list[Measured], Measured]:
    """Measure a load into a fresh sandbox, perhaps once more, and what it cost the sandbox."""
    with world.crm(directory / "crm") as crm:
        crm.turn(credits_a_day=5_000_000)
        arguments = ("--only", json.dumps(asdict(crm.endpoint)), str(directory / "p"), "0")
        found, last = measured("tests.load.bench", *arguments), crm.last_request()
        if is_again:
            crm.pass_a_minute()
            (again,) = measured("tests.load.bench", *arguments)
            found.append(replace(again, way="again", sent=again.sent + len(crm.changes(last))))
        return found, of_process(directory / "crm")


def of_process(directory: Path) -> Measured:
    """Return what the sandbox of a directory has taken by now, where the system tells."""
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            if str(directory) in (place / "cmdline").read_text():
                used = (place / "stat").read_text().rpartition(")")[2].split()
                seconds = (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")
                return Measured("sandbox", 0, 0.0, seconds, megabytes(place / "status"))
    return Measured("sandbox", 0, 0.0, 0.0, 0.0)


def compared(directory: Path, counts: tuple[int, int], upserts: int) -> list[Measured]:
    """Measure the SDK's ways, into a sandbox of their own."""
    csv_of(directory / "Contacts.csv", CONTACTS, contacts(counts[0]))
    csv_of(directory / "Tasks.csv", TASKS, tasks(counts[1]))
    with world.crm(directory / "sdk", may_notify=True) as crm:
        crm.turn(credits_a_day=5_000_000)
        return measured(
            "tests.load.bench_sdk", "--only", json.dumps(asdict(crm.endpoint)), str(directory), str(upserts)
        )


def show(found: list[Measured], the_sandbox: Measured) -> None:
    """Print the table, then the figures with their bars."""
    table = Table("way", "rows", "wall s", "rows/s", "CPU s", "rows/CPU s", "MB")
    for one in found:
        numbers = (one.wall, one.rows / one.wall, one.cpu, one.rows / one.cpu, one.megabytes)
        table.add_row(one.way, f"{one.rows:,}", *(f"{number:,.0f}" for number in numbers))
    _OUT.print(table)
    own = found[0]
    _OUT.print(f"load.rows = {own.rows}")
    _OUT.print(f"load.own_rows_per_second = {own.rows / own.own:.0f} (bar: >= {_BAR_RATE})")
    _OUT.print(f"load.rows_per_cpu_second = {own.rows / own.cpu:.0f} (bar: none; of both cores together)")
    _OUT.print(f"load.megabytes = {own.megabytes:.0f} (bar: <= {_BAR_MEGABYTES})")
    _OUT.print(f"load.whole_rows_per_second = {own.rows / own.wall:.0f} (bar: none; the sandbox's pace is in it)")
    if the_sandbox.cpu:
        _OUT.print(f"sandbox.cpu_seconds = {the_sandbox.cpu:.0f} (bar: none)")
        _OUT.print(f"sandbox.megabytes = {the_sandbox.megabytes:.0f} (bar: none)")
    for one in (one for one in found[1:] if one.way == "again"):
        _OUT.print(f"load.again_rows_per_second = {one.rows / one.wall:.0f} (bar: none; of the whole)")
        _OUT.print(f"load.again_cpu_seconds = {one.cpu:.1f} (bar: none)")
        _OUT.print(f"load.again_megabytes = {one.megabytes:.0f} (bar: none)")
        _OUT.print(f"load.again_sent = {one.sent} (bar: 0)")
    for one in (one for one in found[1:] if one.way != "again"):
        _OUT.print(f"{one.way.replace(' ', '_')}.whole_rows_per_second = {one.rows / one.wall:.0f} (bar: none)")


def main() -> None:
    """Measure and print; return whatever the figures are."""
    if "--only" in sys.argv:
        _, _, endpoint, directory, _ = sys.argv
        ours(Path(directory), sandbox.Endpoint(**json.loads(endpoint)))
        return
    parser = argparse.ArgumentParser(prog="python -m tests.load.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rows")
    parser.add_argument("--contacts", type=int, default=250_000, help="(default: 250000)")
    parser.add_argument("--tasks", type=int, default=100_000, help="(default: 100000)")
    parser.add_argument("--upserts", type=int, default=5_000, help="contacts that the SDK upserts (default: 5000)")
    parser.add_argument("--again", action="store_true", help="load once more, which is to send nothing")
    parser.add_argument("--alone", action="store_true", help="without the SDK beside it")
    options = parser.parse_args()
    counts = (300, 100) if options.quick else (options.contacts, options.tasks)
    with tempfile.TemporaryDirectory() as directory:
        os.umask(0o077)
        project(Path(directory) / "p", counts)
        found, the_sandbox = of_ours(Path(directory), is_again=options.again)
        if not options.alone:
            found += compared(Path(directory), counts, 100 if options.quick else options.upserts)
        show(found, the_sandbox)


if __name__ == "__main__":
    main()
