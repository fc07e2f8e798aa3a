"""Checks the audit logs of a project, and says what that proves and what not."""

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import Config
from pipeline.errors import SettingsError, StageError
from pipeline.load.audit import chain
from pipeline.load.audit.book import KEY, LOG, digest_of, id_of
from pipeline.load.audit.chain import Verdict

_HEAD = re.compile("[0-9a-f]{64}")
_RESULT = "crm_key, result, crm_id, code, field"  # in the order in which the ledger logs them


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One log.

    `org`: its directory; `verdict`: what the chain shows; `is_late`: the last entry is in the ledger only; `missing`:
    entries that the ledger has and the log lacks; `compared`: batches whose results in the ledger could be held against
    the log, with the key of its digests; `changed`: those that are not what was logged.
    """

    org: str
    verdict: Verdict
    is_late: bool = False
    missing: int = 0
    compared: int = 0
    changed: tuple[int, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return self.verdict.is_sound and not self.missing and not self.changed


def check(config: Config, wanted: str = "") -> list[Checked]:
    """Check the log of every org; a given head has to be in one of them.

    Raises:
        SettingsError: what is given as head is none.
        StageError: there is no log.
    """
    wanted = wanted.strip().casefold()
    if wanted and not _HEAD.fullmatch(wanted):
        raise SettingsError(
            "What was given as the audit head is none: a head is 64 digits and letters from a to f.",
            "Copy all of it from the end of a load, from its report, or from the dossier's report.",
        )
    paths = sorted(config.audit.glob(f"*/{LOG}"))
    paths += [
        path.parent / LOG for path in sorted(config.audit.glob("*/ledger.sqlite")) if path.parent / LOG not in paths
    ]
    if not paths:
        raise StageError("There is no audit log yet: nothing was ever loaded.", "Run make load first.")
    found = [_checked(path, wanted) for path in paths]
    if any(one.verdict.is_head_found for one in found):  # it is the head of one org; of the others it says nothing
        return [one for one in found if one.verdict.is_head_found]
    return found


def head(directory: Path) -> str:
    """Return the hash of the last entry of an org's log, for reports; "" where there is none."""
    path = directory / LOG
    return chain.verify(path.read_bytes()).head if path.exists() else ""


def _checked(path: Path, wanted: str) -> Checked:
    content = path.read_bytes() if path.exists() else b""
    late, missing = _lacking(path.parent / "ledger.sqlite", content)
    verdict = chain.verify(content + late, wanted)
    settled = _settled(path.parent, content + late) if not verdict.broken_at else {}
    changed = tuple(_changed(path.parent, settled))
    return Checked(
        org=path.parent.name,
        verdict=verdict,
        is_late=bool(late),
        missing=missing,
        compared=len(settled),
        changed=changed,
    )


def _settled(directory: Path, content: bytes) -> dict[int, tuple[int, str]]:
    """Return batch → rows and digest of what was logged of its results at once, under the key that is there."""
    key = directory / KEY
    if not key.exists():
        return {}
    ours, is_ours = id_of(key.read_bytes()), False
    found: dict[int, list[tuple[int, str]]] = {}
    for one in content.splitlines():
        if b'"event":"key_made"' in one:
            is_ours = json.loads(one[65:])["key"] == ours
        elif b'"event":"settled"' in one:
            entry = json.loads(one[65:])
            found.setdefault(entry["batch"], []).append((entry["rows"] if is_ours else -1, entry["digest"]))
    return {batch: listed[0] for batch, listed in found.items() if len(listed) == 1 and listed[0][0] >= 0}


def _changed(directory: Path, settled: Mapping[int, tuple[int, str]]) -> Iterator[int]:
    """Yield the batches whose results in the ledger are not those that were logged."""
    if not settled or not (directory / "ledger.sqlite").exists():
        return
    key = (directory / KEY).read_bytes()
    query = f"SELECT {_RESULT} FROM intents WHERE batch = ? AND result IS NOT NULL ORDER BY crm_key"  # noqa: S608 - ours
    with closing(sqlite3.connect(f"file:{directory / 'ledger.sqlite'}?mode=ro", uri=True)) as db:
        for batch, (rows, digest) in settled.items():
            held = db.execute(query, (batch,)).fetchall()
            if len(held) != rows or digest_of(held, key) != digest:
                yield batch


def _lacking(ledger: Path, content: bytes) -> tuple[bytes, int]:
    """Return the end of the entry that an interrupted run left in the ledger, or how many more the log lacks."""
    if not ledger.exists():
        return b"", 0
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as db:
        try:
            rows = db.execute(
                "SELECT line, at_byte FROM chain WHERE at_byte + length(line) >= ? ORDER BY n", (len(content),)
            )
            lines = rows.fetchall()
        except sqlite3.DatabaseError:  # a ledger of before the log, or none that can be read
            return b"", 0
    if not lines:
        return b"", 0
    if len(lines) > 1:
        return b"", len(lines)
    whole = f"{lines[0][0]}\n".encode()
    begun = content[lines[0][1] :]
    return (whole[len(begun) :], 0) if whole.startswith(begun) else (b"", 1)


def lines(found: list[Checked], wanted: str = "") -> list[str]:
    """Return what was found, for a person."""
    return [text for one in found for text in _lines(one, wanted)]


def _lines(one: Checked, wanted: str) -> list[str]:
    return [f"audit       {one.org}: {_finding(one, wanted)}", *(_proof(one, wanted) if one.is_sound else [])]


def _finding(one: Checked, wanted: str) -> str:
    entries = f"{one.verdict.entries:,} entries"
    if one.verdict.broken_at:
        place = f"BROKEN at line {one.verdict.broken_at}: that line, or what stood before it, is not what was written"
        return f"{place}. {entries} before it fit."
    if one.missing:
        return f"CUT: the ledger has {one.missing:,} entries that the log lacks. The {entries} that are there fit."
    if one.verdict.is_head_found is False:
        return f"CUT OR WRITTEN ANEW: the head {wanted} is in no line. {entries} fit one another."
    if one.changed:
        numbers = ", ".join(map(str, one.changed[:10]))
        return (
            f"THE LEDGER WAS CHANGED: the results of {len(one.changed):,} batches are not what was logged: {numbers}."
        )
    late = " The last one is still in the ledger only: the next run appends it." if one.is_late else ""
    return f"{entries}, each fits the one before.{late}"


def _proof(one: Checked, wanted: str) -> list[str]:
    proven = (
        "  The given head is among them: up to there nothing was cut off."
        if wanted
        else "  The tail is not proven: what was cut off at the end shows only with a head (HEAD=) from a report."
    )
    compared = (
        f"  The ledger holds the results that were logged, of {one.compared:,} batches."
        if one.compared
        else "  The ledger was not held against the log: the key of the digests is gone, or nothing was sent."
    )
    return [proven, compared, f"  head {one.verdict.head}"]
