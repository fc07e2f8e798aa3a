"""Loads killed by SIGKILL at random moments: 50 times here, 1,000 times by `make kills`."""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.load import promise, world
from tests.load.promise import World

KILLS = int(os.environ.get("KILLS", "50"))
_SEED = int(os.environ.get("SEED", "20260520"))


@contextmanager
def killing(the_world: World) -> Iterator[Callable[[float], str]]:
    """Yield what starts a load and kills it after some seconds."""
    endpoint = json.dumps(asdict(the_world.crm.endpoint))
    command = [sys.executable, "-m", "tests.load.killer", str(the_world.config.project), endpoint]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdin
        assert program.stdout
        said, heard = program.stdin, program.stdout

        def kill(delay: float) -> str:
            the_world.crm.pass_a_minute()
            said.write(f"{delay}\n")
            said.flush()
            return heard.readline().strip()

        kill(0)  # it is ready when it has answered once
        yield kill
        said.close()


def how_long(the_world: World) -> float:
    """Return the seconds of a whole load."""
    the_world.begin_anew(has_key=True)
    started = time.monotonic()
    the_world.load()
    return time.monotonic() - started


@pytest.mark.timeout(60 + KILLS * 5)
def test_killed_at_random(tmp_path: Path) -> None:
    """However often and whenever it is killed, with and without a key field: the promise is kept."""
    chance = random.Random(_SEED)  # noqa: S311 - moments, not secrets
    ends: Counter[str] = Counter()
    with world.crm(tmp_path / "crm") as crm:
        the_world = promise.made(tmp_path, crm, is_led=True)
        whole = how_long(the_world)
        with killing(the_world) as kill:
            while ends["killed"] < KILLS:
                has_key = chance.random() < 0.5
                the_world.begin_anew(has_key=has_key)
                for _ in range(chance.randint(1, 4)):
                    ends[kill(chance.uniform(0.02, whole * 1.1))] += 1
                the_world.check(the_world.load(), has_key=has_key)
    assert ends["killed"] >= KILLS, (_SEED, ends)
