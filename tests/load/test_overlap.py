"""What needs no CRM is done while the CRM is at work; the ledger is used by one thread at a time."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

import pytest

from pipeline.errors import RetryableError
from pipeline.load.outcomes import Outcome, Result
from pipeline.load.overlap import Overlap
from pipeline.load.plan import Batch, Item, Transport
from pipeline.targets import CONTACTS
from tests.load.build import KEY

MAIN = threading.main_thread()


@dataclass
class Crm:
    """Stands for who sends; `told`: what it was asked for, in that order, `aside`: what of that on the other thread."""

    fails_at: int = 0
    told: list[str] = field(default_factory=list)
    aside: set[str] = field(default_factory=set)
    is_used: bool = False

    def planned(self, batch: Batch) -> int:
        """Write down."""
        number = int(batch.items[0].crm_key)
        self._ledger(f"planned {number}")
        assert batch.lines
        return number

    def in_bulk(self, number: int, batch: Batch, meanwhile: Callable[[], None]) -> list[Outcome]:
        """Be at work until the other thread has written down what it has to."""
        assert not self.is_used
        self.told.append(f"sent {number}")
        if number == self.fails_at:
            raise RetryableError("The CRM does not answer.", "Run the same command again.")
        meanwhile()
        return [Outcome(one.crm_key, Result.CREATED, "1") for one in batch.items]

    def settled(self, number: int, outcomes: list[Outcome]) -> None:
        """Write down."""
        assert outcomes[0].crm_key == str(number)
        self._ledger(f"settled {number}")

    def _ledger(self, what: str) -> None:
        assert not self.is_used
        self.is_used = True
        self.told.append(what)
        if threading.current_thread() is not MAIN:
            self.aside.add(what)
        self.is_used = False


def batches(count: int, action: Literal["create", "update"] = "create") -> Iterator[Batch]:
    """Yield batches of one record each, numbered from 1."""
    way = Transport("bulk", "", KEY)
    for number in range(1, count + 1):
        item = Item(str(number), "9" if action == "update" else "", {"Last_Name": "Kita"}, "7", "hash", True)  # noqa: FBT003 - a cell
        yield Batch(target=CONTACTS, action=action, transport=way, items=(item,))


def sent(crm: Crm, listed: Iterator[Batch], then: Callable[[], None] = lambda: None) -> None:
    """Send batches; do something after each."""
    with Overlap(crm, listed) as overlap:
        for batch in overlap:
            overlap.send(batch)
            then()


def interrupted() -> None:
    """Be told to end."""
    raise KeyboardInterrupt


def test_while_the_crm_is_at_work() -> None:
    """While a batch is on its way, the one before it is settled and the next is written down, on another core."""
    crm = Crm()
    sent(crm, batches(3))
    assert crm.told == [
        "planned 1", "sent 1", "planned 2", "sent 2", "settled 1", "planned 3", "sent 3", "settled 2", "settled 3",
    ]  # fmt: skip
    assert crm.aside == {"planned 2", "settled 1", "planned 3", "settled 2"}


def test_updates_are_written_down_last() -> None:
    """A batch of updates is written down just before it goes: what was changed in the CRM since is no more in it."""
    crm = Crm()
    with Overlap(crm, batches(2, "update")) as overlap:
        for batch in overlap:
            crm.told.append(f"looked at {batch.items[0].crm_key}")
            overlap.send(batch)
    assert crm.told == [
        "looked at 1", "planned 1", "sent 1", "looked at 2", "planned 2", "sent 2", "settled 1", "settled 2",
    ]  # fmt: skip


def test_what_was_sent_is_settled_after_an_error() -> None:
    """A CRM that stops answering leaves no batch unsettled that it has answered for."""
    crm = Crm(fails_at=2)
    with pytest.raises(RetryableError):
        sent(crm, batches(3))
    assert crm.told[-1] == "settled 1"
    assert "sent 3" not in crm.told


def test_what_is_left_of_a_batch_is_written_down_anew() -> None:
    """Of a batch that was made ahead and lost rows since, what goes is written down, not what was to go."""
    crm = Crm()
    with Overlap(crm, batches(2)) as overlap:
        for batch in overlap:
            overlap.send(replace(batch, items=batch.items))
    assert [one for one in crm.told if one.startswith("planned")] == ["planned 1", "planned 2", "planned 2"]


def test_an_error_waits_for_the_other_core() -> None:
    """Who gets an error while the other core is at work finds the ledger free: nobody uses it any more."""

    class Lost(Crm):
        def in_bulk(self, number: int, batch: Batch, meanwhile: Callable[[], None]) -> list[Outcome]:
            outcomes = super().in_bulk(number, batch, meanwhile)
            if number == 2:
                raise RetryableError("The CRM does not answer.", "Run the same command again.")
            return outcomes

        def settled(self, number: int, outcomes: list[Outcome]) -> None:
            threading.Event().wait(0.1)
            super().settled(number, outcomes)

    crm = Lost()
    with pytest.raises(RetryableError):
        sent(crm, batches(3))
    assert crm.told[-3:] == ["sent 2", "settled 1", "planned 3"]


def test_nothing_is_settled_by_a_process_that_ends() -> None:
    """A process that is told to end writes nothing more; the next one asks for the job."""
    crm = Crm()
    with pytest.raises(KeyboardInterrupt):
        sent(crm, batches(3), interrupted)
    assert "settled 1" not in crm.told


def test_what_is_not_sent_is_not_written_down() -> None:
    """Once a batch is passed over, of those after it nothing is made or written down: who stops does not wait."""
    crm = Crm()
    seen: list[Batch] = []
    with Overlap(crm, batches(4)) as overlap:
        for batch in overlap:
            seen.append(batch)
            if len(seen) == 1:
                overlap.send(batch)
    assert [batch.items[0].crm_key for batch in seen] == ["1", "2", "3", "4"]
    assert crm.told == ["planned 1", "sent 1", "planned 2", "settled 1"]
    assert ["lines" in vars(batch) for batch in seen] == [True, True, False, False]


def test_an_error_of_the_other_thread_is_everybodys() -> None:
    """A ledger that cannot be written on the other core ends the load, as it does on this one."""

    class Full(Crm):
        def settled(self, number: int, outcomes: list[Outcome]) -> None:
            raise OSError(f"no room for {number} with {len(outcomes)}")

    with pytest.raises(OSError, match="no room"):
        sent(Full(), batches(3))
