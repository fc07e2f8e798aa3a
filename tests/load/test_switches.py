"""What the reference is not sure of: a load is right whichever way Zoho turns out to be."""

import random
from collections.abc import Iterator

import pytest

from pipeline.sandbox.switches import SWITCHES, Switch, Value
from tests.load import promise, world
from tests.load.promise import World

# Limits of a day or an edition, and pauses, are not ways to be: they are tested where they matter.
_LEAST = {"bulk_read_rows": 4}  # fewer would take more downloads than a minute allows
_OTHERS = frozenset({"credits_a_day", "concurrency", "tokens_in_10_minutes", "job_delay_ms"})


@pytest.fixture(scope="module")
def the_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Run one sandbox for all switches."""
    directory = tmp_path_factory.mktemp("switches")
    with world.crm(directory / "crm") as running:
        yield promise.made(directory, running)


def _positions(switch: Switch) -> tuple[Value, ...]:
    least = _LEAST.get(switch.name)
    return tuple(dict.fromkeys((switch.default, *((least,) if least else switch.positions))))


def all_positions() -> list[tuple[str, Value]]:
    """Return every switch with each of its positions."""
    return [
        (switch.name, position)
        for switch in SWITCHES.values()
        if switch.name not in _OTHERS
        for position in _positions(switch)
        if position != switch.default  # where every other test has it
    ]


def loaded_twice(the_world: World, switches: dict[str, Value], *, has_key: bool) -> None:
    """Load, load again, and once more with a changed field in each row."""
    the_world.begin_anew(has_key=has_key)
    the_world.crm.turn(**switches)
    the_world.check(the_world.load(), has_key=has_key)
    last = the_world.crm.last_request()
    report = the_world.load()
    the_world.check(report, has_key=has_key)
    assert the_world.crm.changes(last) == []
    changed = world.project(the_world.config.project, promise.rows(3, "changed"), promise.SETTINGS)
    the_world.check(the_world.load(changed), has_key=has_key)
    assert promise.noted(the_world.crm, "changed").total() == 9
    world.project(the_world.config.project, promise.rows(3), promise.SETTINGS)
    assert the_world.crm.control("GET", "outbox") == []


@pytest.mark.parametrize(("name", "position"), all_positions(), ids=lambda value: str(value).replace(" ", "-"))
def test_each_position(the_world: World, name: str, position: Value) -> None:
    """Every switch in each position that is not its default, the others at theirs."""
    loaded_twice(the_world, {name: position}, has_key=True)


@pytest.mark.parametrize("seed", range(12))
def test_many_at_once(the_world: World, seed: int) -> None:
    """All switches thrown at random, with and without a key field."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    thrown = {name: chance.choice(_positions(SWITCHES[name])) for name, _ in all_positions()}
    loaded_twice(the_world, thrown, has_key=bool(seed % 2))
