"""The audit log betrays every change, and a crash between it and the ledger loses and doubles nothing."""

import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline import config as settings
from pipeline.errors import SettingsError
from pipeline.load import audit, ledger
from pipeline.load.audit import chain
from pipeline.load.audit.book import KEY, LOG
from pipeline.load.ledger_reads import Intent
from pipeline.load.outcomes import Outcome, Result
from pipeline.load.written import lines

_SEED = 20260520
_ENTRIES = 10_000


def made(count: int) -> list[str]:
    """Return the lines of a log."""
    lines: list[str] = []
    for number in range(1, count + 1):
        previous = chain.hash_of(lines[-1]) if lines else chain.FIRST
        lines.append(chain.line(previous, {"n": number, "event": "settled", "rows": number % 7, "digest": "ab" * 32}))
    return lines


def joined(lines: list[str]) -> bytes:
    """Return lines as the file holds them."""
    return "".join(f"{one}\n" for one in lines).encode()


LINES = made(_ENTRIES)
CONTENT = joined(LINES)


def test_a_whole_log() -> None:
    """A log that nobody touched is sound, with the head of its last line; an older head is found in it."""
    verdict = chain.verify(CONTENT)
    assert (verdict.is_sound, verdict.entries, verdict.head) == (True, _ENTRIES, chain.hash_of(LINES[-1]))
    assert chain.verify(CONTENT, chain.hash_of(LINES[4711])).is_head_found


def test_every_byte_of_every_line() -> None:
    """Of 10,000 entries, one byte of each changed by one bit, at another place in each: found in that line or the next.

    Every byte and bit of one entry, too.
    """
    chance = random.Random(_SEED)  # noqa: S311 - places, not secrets
    places = [(number, chance.randrange(len(one)), chance.randrange(8)) for number, one in enumerate(LINES)]
    places += [(5000, place, bit) for place in range(len(LINES[5000])) for bit in range(8)]
    missed = []
    for number, place, bit in places:
        previous = chain.hash_of(LINES[number - 1]) if number else chain.FIRST
        one = bytearray(LINES[number].encode())
        one[place] ^= 1 << bit
        parts = bytes(one).split(b"\n")  # a changed byte may be a line end: then the first part does not fit
        if chain.is_linked(previous.encode(), parts[0]):
            missed.append((number, place, bit))
    assert missed == []


def damaged(how: str, chance: random.Random) -> bytes:
    """Return the log with one line removed, put in or moved, or one byte changed."""
    lines, at = list(LINES), chance.randrange(_ENTRIES - 1)
    match how:
        case "byte":
            content, place = bytearray(CONTENT), chance.randrange(len(CONTENT))
            content[place] ^= 1 << chance.randrange(8)
            return bytes(content)
        case "removed":
            del lines[at]
        case "doubled":
            lines.insert(at, lines[at])
        case "inserted":
            lines.insert(at + 1, chain.line(chain.hash_of(lines[at]), {"n": at + 2, "event": "made up"}))
        case "swapped":
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
        case "far swapped":
            lines[at], lines[at - 4000] = lines[at - 4000], lines[at]
    return joined(lines)


@pytest.mark.parametrize("how", ["byte", "removed", "doubled", "inserted", "swapped", "far swapped"])
def test_damage_of_a_long_log(how: str) -> None:
    """Wherever a long log is damaged, it is found, each time."""
    chance = random.Random(_SEED)  # noqa: S311 - places, not secrets
    assert [at for at in range(25) if chain.verify(damaged(how, chance)).is_sound] == []


def test_every_line_of_a_short_log() -> None:
    """Of a short log each line removed but the last, each put elsewhere, and each byte changed: found, each time."""
    lines = made(20)
    content = joined(lines)
    for at in range(19):
        assert not chain.verify(joined(lines[:at] + lines[at + 1 :])).is_sound
        assert not chain.verify(joined([*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]])).is_sound
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 0x20
        assert not chain.verify(bytes(changed)).is_sound


@pytest.mark.parametrize("kept", [0, 1, 5000, 9999])
def test_a_cut_tail(kept: int) -> None:
    """A tail that was cut off is found with a head only; and a line that was cut in two without one."""
    head, short = chain.hash_of(LINES[-1]), joined(LINES[:kept])
    assert chain.verify(short).is_sound
    assert not chain.verify(short, head).is_sound
    assert not chain.verify(CONTENT[: len(short) + 40]).is_sound


def some_runs(directory: Path) -> None:
    """Let a ledger have a few entries."""
    with ledger.opened(directory) as book:
        for _ in range(3):
            number = book.start_run("ready")
            book.give_keys("Contacts", [("source of Ann", "key")])
            book.end_run(number)


def entries(directory: Path) -> list[str]:
    """Return the lines of the log."""
    return (directory / LOG).read_text(encoding="ascii").splitlines()


def test_the_ledger_tells(tmp_path: Path) -> None:
    """Each transition of the ledger is one entry; values are in it as keyed digests only."""
    some_runs(tmp_path)
    text = (tmp_path / LOG).read_text(encoding="ascii")
    assert chain.verify(text.encode()).is_sound
    assert [text.count(f'"event":"{name}"') for name in ("key_made", "run_started", "keys_given", "run_ended")] == [
        1, 3, 3, 3,
    ]  # fmt: skip
    assert "Ann" not in text
    assert (tmp_path / KEY).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("lost", [1, 20, 64, 65, 100])
def test_a_crash_between_ledger_and_log(tmp_path: Path, lost: int) -> None:
    """Wherever the last line was broken off, opening the ledger completes it: nothing is lost, nothing is double."""
    some_runs(tmp_path)
    whole = (tmp_path / LOG).read_bytes()
    os.truncate(tmp_path / LOG, len(whole) - lost)
    with ledger.opened(tmp_path):
        pass
    assert (tmp_path / LOG).read_bytes() == whole


def test_a_transaction_that_is_rolled_back(tmp_path: Path) -> None:
    """What was not committed is not told."""
    some_runs(tmp_path)
    whole = (tmp_path / LOG).read_bytes()
    with ledger.opened(tmp_path) as book:
        with pytest.raises(sqlite3.OperationalError), book.transaction():
            book.connection.executescript("DELETE FROM runs; DELETE FROM no_table")
        assert (tmp_path / LOG).read_bytes() == whole
        book.start_run("ready")
    assert chain.verify((tmp_path / LOG).read_bytes()).entries == len(whole.splitlines()) + 1


def test_a_change_that_nobody_told_of(tmp_path: Path) -> None:
    """A transaction that tells nothing of itself has an entry all the same."""
    some_runs(tmp_path)
    with ledger.opened(tmp_path) as book, book.transaction():
        book.connection.execute("DELETE FROM keys")
    assert '"event":"changed"' in entries(tmp_path)[-1]


def test_several_lines_gone(tmp_path: Path) -> None:
    """What no crash explains is found by the check, and told when the log is completed from the ledger."""
    directory = tmp_path / "data" / "audit" / "sandbox-1"
    directory.mkdir(parents=True)
    some_runs(directory)
    lines = entries(directory)
    (directory / LOG).write_text("".join(f"{one}\n" for one in lines[:4]), encoding="ascii")
    config = settings.load(tmp_path, tmp_path)
    (found,) = audit.check(config)
    assert (found.is_sound, found.missing) == (False, len(lines) - 4)
    with ledger.opened(directory):
        pass
    assert entries(directory)[: len(lines)] == lines
    assert '"event":"log_was_cut"' in entries(directory)[-1]


def test_another_ledgers_log(tmp_path: Path) -> None:
    """A ledger that was lost and begun anew goes on with the log that is there, and tells so."""
    some_runs(tmp_path)
    before = entries(tmp_path)
    for path in tmp_path.glob("ledger.sqlite*"):
        path.unlink()
    some_runs(tmp_path)
    assert entries(tmp_path)[: len(before)] == before
    assert '"event":"log_of_another_ledger"' in entries(tmp_path)[len(before)]
    assert chain.verify((tmp_path / LOG).read_bytes()).is_sound


def test_what_the_check_says(tmp_path: Path) -> None:
    """Without a head the check says that the tail is not proven; with one it is."""
    directory = tmp_path / "data" / "audit" / "sandbox-1"
    directory.mkdir(parents=True)
    some_runs(directory)
    config = settings.load(tmp_path, tmp_path)
    head = audit.head(directory)
    assert any("not proven" in line for line in audit.lines(audit.check(config)))
    assert any("nothing was cut" in line for line in audit.lines(audit.check(config, head), head))
    assert any("CUT OR WRITTEN ANEW" in line for line in audit.lines(audit.check(config, "ab" * 32), "ab" * 32))


@pytest.mark.parametrize("given", ["abc", "ab" * 31, "xy" * 32, "ab" * 32 + "\nab"])
def test_what_is_no_head_raises_no_alarm(tmp_path: Path, given: str) -> None:
    """A head that was copied in part is a wrong option, not a log that was cut."""
    some_runs(tmp_path)
    with pytest.raises(SettingsError, match="64 digits"):
        audit.check(settings.load(tmp_path, tmp_path), given)


def loaded(directory: Path) -> None:
    """Let a ledger have two batches, one settled at once and one in two parts."""
    with ledger.opened(directory) as book:
        number = book.start_run("ready")
        for keys in (["b", "a"], ["c", "d"]):
            intents = [Intent(crm_key=key, crm_id="", written={"Email": "x"}, content_hash="h") for key in keys]
            batch = book.plan(
                number,
                module="Contacts",
                action="create",
                transport="records",
                key_field="K",
                digest="d",
                lines=lines(intents),
            )
            book.intend(batch)
            outcomes = [Outcome(crm_key=key, result=Result.CREATED, crm_id=f"1{key}") for key in keys]
            for part in [outcomes] if keys == ["b", "a"] else [outcomes[:1], outcomes[1:]]:
                book.settle(batch, part)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        pytest.param("UPDATE intents SET crm_id = '7' WHERE crm_key = 'a'", (1,), id="another record"),
        pytest.param("UPDATE intents SET result = 'failed' WHERE crm_key = 'b'", (1,), id="another result"),
        pytest.param("DELETE FROM intents WHERE crm_key = 'b'", (1,), id="a row gone"),
        pytest.param("UPDATE runs SET ended_at = NULL", (), id="nothing of a batch"),
    ],
)
def test_a_ledger_that_was_written_to(tmp_path: Path, change: str, found: tuple[int, ...]) -> None:
    """Results that somebody changed in the ledger are not those that the log tells of."""
    directory = tmp_path / "data" / "audit" / "sandbox-1"
    directory.mkdir(parents=True)
    loaded(directory)
    config = settings.load(tmp_path, tmp_path)
    (before,) = audit.check(config)
    assert (before.is_sound, before.compared, before.changed) == (True, 1, ())
    with closing(sqlite3.connect(directory / "ledger.sqlite", isolation_level=None)) as db:
        db.execute(change)
    (after,) = audit.check(config)
    assert (after.is_sound, after.changed) == (not found, found)
