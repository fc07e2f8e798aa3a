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
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from tests.load import promise, world
from tests.load.promise import World

KILLS = int(os.environ.get("KILLS", "50"))
_SEED = int(os.environ.get("SEED", "20260520"))


@dataclass(slots=True)
class Pace:
    """How long a whole load takes at present: the moments of killing go by it, however fast the machine is just now."""

    whole: float

    def note(self, how: str, seconds: float, *, is_fresh: bool) -> None:
        """Learn from one load: one that ended by itself took that long; one that outlived the pace takes longer."""
        if how == "killed":
            self.whole = max(self.whole, seconds)
        elif is_fresh:
            self.whole = seconds


@contextmanager
def killing(the_world: World) -> Iterator[Callable[[float], tuple[str, float]]]:
    """Yield what starts a load and kills it after some seconds; it says how the load ended, and after how long."""
    endpoint = json.dumps(asdict(the_world.crm.endpoint))
    command = [sys.executable, "-m", "tests.load.killer", str(the_world.config.project), endpoint]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdin
        assert program.stdout
        said, heard = program.stdin, program.stdout

        def kill(delay: float) -> tuple[str, float]:
            the_world.crm.pass_a_minute()
            said.write(f"{delay}\n")
            said.flush()
            how, _, seconds = heard.readline().partition(" ")
            return how, float(seconds)

        kill(0)  # it is ready when it has answered once
        yield kill
        said.close()


def how_long(the_world: World) -> float:
    """Return the seconds of a whole load."""
    the_world.begin_anew(has_key=True)
    started = time.monotonic()
    the_world.load()
    return time.monotonic() - started


@pytest.mark.timeout(120 + KILLS * 30)  # what hangs is found; what is only slow goes on
def test_killed_at_random(tmp_path: Path) -> None:
    """However often and whenever it is killed, with and without a key field: the promise is kept."""
    chance = random.Random(_SEED)  # noqa: S311 - moments, not secrets
    ends: Counter[str] = Counter()
    with world.crm(tmp_path / "crm") as crm:
        the_world = promise.made(tmp_path, crm, is_led=True)
        pace = Pace(how_long(the_world))
        with killing(the_world) as kill:
            while ends["killed"] < KILLS:
                has_key = chance.random() < 0.5
                the_world.begin_anew(has_key=has_key)
                for number in range(chance.randint(1, 4)):
                    how, seconds = kill(0.02 + chance.random() * pace.whole * 1.1)
                    pace.note(how, seconds, is_fresh=number == 0)
                    ends[how] += 1
                the_world.check(the_world.load(), has_key=has_key)
    assert ends["killed"] >= KILLS, (_SEED, ends)
    assert ends.keys() <= {"killed", "0", "9"}, (_SEED, ends)  # clean, or in doubt without a key field
