"""What all tests share: the corpus of real files, golden tables, and the time each part may take."""

import os
import signal
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from pipeline.load import ledger_file
from tests import budgets
from tests.load import world
from tests.load.world import Crm

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
_LONGEST = (
    "load/test_model.py",
    "load/test_kills.py",
    "load/test_faults.py",
    "load/test_every_step.py",
    "load/test_switches.py",
    "load/test_crash.py",
    "test_wrong_input.py",
    "test_line.py",
    "test_readme.py",
    "extract/direct/test_direct_fuzz.py",
)
_DURATIONS = pytest.StashKey[defaultdict[str, float]]()


# Time limits of single examples mean nothing on a shared machine; hangs are caught by pytest-timeout.
settings.register_profile("house", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture(autouse=True, scope="session")
def _no_power_cut() -> Iterator[None]:
    """Do not wait for the disk: what tests end is a process, and what it wrote the system keeps even so.

    That a ledger does wait for it, tests/load/test_ledger.py shows.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger_file, "DURABLE", "PRAGMA synchronous = OFF")
        patch.setattr(os, "fsync", lambda _handle: None)
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --golden: rewrite the golden tables instead of comparing with them."""
    parser.addoption("--golden", action="store_true", help="rewrite the golden tables")


def pytest_configure(config: pytest.Config) -> None:
    """Start counting seconds by test file; hear Ctrl-C, which a shell lets its background jobs ignore."""
    config.stash[_DURATIONS] = defaultdict(float)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # or what the tests start would ignore it too
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no worker is left with one of them at the end."""
    places = {f"tests/{file}": place for place, file in enumerate(_LONGEST)}
    items.sort(key=lambda item: places.get(item.location[0].replace("\\", "/"), len(places)))


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Return the directory of real Outlook files, or skip."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus of real Outlook files (../shared/corpus) is not here")
    return CORPUS


@pytest.fixture
def is_golden(request: pytest.FixtureRequest) -> bool:
    """Return whether golden tables are to be rewritten."""
    return bool(request.config.getoption("--golden"))


class _Durations:
    def __init__(self, config: pytest.Config) -> None:
        self.seconds = config.stash[_DURATIONS]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.location[0].replace("\\", "/")] += report.duration


def pytest_sessionstart(session: pytest.Session) -> None:
    """Listen to the reports; with several workers they all come together in the main process."""
    if not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(_Durations(session.config))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run when the tests of a part took longer than they may."""
    if not hasattr(session.config, "workerinput") and _over(session.config) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print seconds and budget of each part."""
    used, table = _spent(config)
    line = ", ".join(f"{budget.part} {used[budget.part]:.0f} of {budget.seconds:.0f}" for budget in table)
    terminalreporter.write_line(f"seconds by part: {line}")
    for part in _over(config):
        terminalreporter.write_line(f"part {part} took longer than .ci/budgets allows", red=True)


def _over(config: pytest.Config) -> list[str]:
    used, table = _spent(config)
    return [budget.part for budget in table if used[budget.part] > budget.seconds]


def _spent(config: pytest.Config) -> tuple[dict[str, float], list[budgets.Budget]]:
    table = sorted(budgets.read(ROOT / ".ci" / "budgets"), key=lambda budget: budget.part)
    durations = config.stash[_DURATIONS]
    return budgets.spent(budgets.read(ROOT / ".ci" / "budgets"), durations), table


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Run one sandbox for all tests of a file."""
    with world.crm(tmp_path_factory.mktemp("crm")) as sandbox:
        yield sandbox


@pytest.fixture
def crm(running: Crm) -> Crm:
    """Return that sandbox as it was at first."""
    running.begin_anew()
    return running
