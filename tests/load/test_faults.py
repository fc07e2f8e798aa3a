"""Every fault at every end point, at the first, a middle and the last request, with and without a key field."""

from collections.abc import Iterator, Mapping

import pytest

from pipeline.config import Config
from tests.load import promise, world
from tests.load.promise import World

# What may come between a request and its answer, whatever is asked for.
ANYWHERE = (
    "throttled", "status", "expired_token", "dropped", "hanging", "answer_dropped", "answer_hanging", "answer_status",
    "answer_cut", "answer_garbled", "answer_empty",
)  # fmt: skip
# For what only reads, an answer that is lost is like a request that is.
WHERE_READ = tuple(name for name in ANYWHERE if name not in {"answer_dropped", "answer_hanging", "answer_status"})
ENDLESS = frozenset({"hanging", "answer_hanging", "job_slow"})
READING: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "token": ("POST", "/oauth/v2/token", ("status", "dropped", "hanging", "answer_cut", "answer_garbled")),
    "org": ("GET", "/crm/v8/org", WHERE_READ),
    "users": ("GET", "/crm/v8/users", WHERE_READ),
    "modules": ("GET", "/crm/v8/settings/modules", WHERE_READ),
    "fields": ("GET", "/crm/v8/settings/fields", WHERE_READ),
    "bulk read": ("POST", "/crm/bulk/v8/read", ANYWHERE),
    "bulk read, asked": ("GET", r"/crm/bulk/v8/read/\d+", WHERE_READ),
    "bulk read, result": ("GET", r"/crm/bulk/v8/read/\d+/result", (*WHERE_READ, "zip_cut", "rows_missing")),
}
UPLOAD = ("POST", "/crm/v8/upload", ANYWHERE)
JOB = ("POST", "/crm/bulk/v8/write",
       (*ANYWHERE, "late", "job_late", "job_failed", "job_halved", "rows_unprocessed", "job_slow"))  # fmt: skip
JOB_ASKED = ("GET", r"/crm/bulk/v8/write/\d+", WHERE_READ)
RESULT = ("GET", ".*/bulk-write/.*", (*WHERE_READ, "zip_cut", "rows_reversed", "rows_missing"))
INSERT = ("POST", "/crm/v8/(Accounts|Contacts|Tasks|Events)", (*ANYWHERE, "late"))
LOOKED_AT = ("GET", "/crm/v8/(Accounts|Contacts|Tasks|Events|Deals)(/deleted|/actions/count)?", WHERE_READ)
UPDATE = ("PUT", "/crm/v8/(Accounts|Contacts|Tasks|Events)", (*ANYWHERE, "late"))


@pytest.fixture(scope="module")
def the_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Run one sandbox for all faults."""
    directory = tmp_path_factory.mktemp("faults")
    with world.crm(directory / "crm") as running:
        yield promise.made(directory, running)


def crossed(the_world: World, fault: str, method: str, path: str, skip: int) -> None:
    """Load while a fault happens once."""
    the_world.crm.meet({
        "name": fault, "method": method, "path": path, "skip": skip, "seconds": promise.A_DAY,
    })  # fmt: skip
    the_world.load(patient(the_world.config, fault))
    assert the_world.crm.faults_met() == 1


def patient(config: Config, fault: str) -> Config:
    """Return the settings of a load that meets a fault: it does not wait for what never comes."""
    return promise.hurried(config) if fault in ENDLESS else config


def found(the_world: World, method: str, path: str, *, has_key: bool, loads: int = 1) -> list[int]:
    """Return where in clean loads the requests of one kind are; the sandbox is left as it was at first."""
    the_world.begin_anew(has_key=has_key)
    for number in range(loads):
        after = the_world.crm.last_request()
        the_world.load(noted(the_world, str(number) if number else ""))
    count = len(the_world.crm.asked(method, path, after))
    if path.endswith(r"\d+"):  # a job is asked for its state at least once, how often is chance
        count = len(the_world.crm.asked("POST", path.removesuffix(r"/\d+"), after))
    return sorted({0, count // 2, count - 1}) if count else []


def noted(the_world: World, note: str) -> Config:
    """Return the project with a note in each of its rows."""
    return world.project(the_world.config.project, promise.rows(3, note), promise.SETTINGS)


@pytest.mark.parametrize("has_key", [pytest.param(True, id="key field"), pytest.param(False, id="no key field")])
@pytest.mark.parametrize("place", READING)
def test_while_reading(the_world: World, place: str, *, has_key: bool) -> None:
    """Reading is repeated until it is answered well, or nothing is sent; then the next load makes up for it."""
    method, path, faults = READING[place]
    where = found(the_world, method, path, has_key=has_key)
    assert where
    for fault in faults:
        for skip in where if has_key else where[-1:]:
            the_world.begin_anew(has_key=has_key)
            crossed(the_world, fault, method, path, skip)
            if promise.held(the_world.crm) != promise.expected():
                the_world.check(the_world.load(), has_key=True)


CHANGING = [
    pytest.param(True, UPLOAD, id="upload"),
    pytest.param(True, JOB, id="bulk job"),
    pytest.param(True, JOB_ASKED, id="bulk job, asked"),
    pytest.param(True, RESULT, id="bulk result"),
    pytest.param(True, INSERT, id="insert"),
    pytest.param(False, INSERT, id="insert without key field"),
]


@pytest.mark.parametrize(("has_key", "call"), CHANGING)
def test_while_creating(the_world: World, call: tuple[str, str, tuple[str, ...]], *, has_key: bool) -> None:
    """A creation that met a fault is there once after the next load, or in doubt where nothing can prove it."""
    method, path, faults = call
    where = found(the_world, method, path, has_key=has_key)
    assert where
    for fault in faults:
        for skip in where:
            the_world.begin_anew(has_key=has_key)
            crossed(the_world, fault, method, path, skip)
            is_slow = fault == "job_slow"
            again = promise.hurried(the_world.config) if is_slow else the_world.config
            the_world.check(the_world.load(again), has_key=has_key and not is_slow)
            if fault in {"late", "job_late", "job_slow"}:  # and when it comes in the end
                the_world.crm.pass_time(promise.A_DAY)
                the_world.check(the_world.load(), has_key=has_key)
                assert promise.held(the_world.crm) == promise.expected()


@pytest.mark.parametrize(
    ("has_key", "call"),
    [
        pytest.param(True, JOB, id="bulk job"),
        pytest.param(True, LOOKED_AT, id="looked at again"),
        pytest.param(True, UPDATE, id="update"),
        pytest.param(False, UPDATE, id="update without key field"),
    ],
)
def test_while_updating(the_world: World, call: tuple[str, str, tuple[str, ...]], *, has_key: bool) -> None:
    """An update that met a fault stands in every record after the next load, and no record is there twice."""
    method, path, faults = call
    where = found(the_world, method, path, has_key=has_key, loads=2)
    assert where
    the_world.begin_anew(has_key=has_key)
    the_world.load(noted(the_world, ""))
    wanted = promise.noted(the_world.crm, None)
    for number, fault in enumerate(faults):
        note = f"{number} {fault}"
        config = noted(the_world, note)
        the_world.crm.meet({"name": fault, "method": method, "path": path, "skip": number % len(where),
                            "seconds": promise.A_DAY})  # fmt: skip
        the_world.load(patient(config, fault))
        for _ in range(2):
            the_world.load(promise.hurried(config) if fault == "job_slow" else config)
        assert promise.noted(the_world.crm, note) == wanted
        assert promise.held(the_world.crm) == promise.expected()
        the_world.crm.no_more_faults()
