"""What is held against a finished stage, and said of it: rejects by rule; merges, repairs, overrides to look at."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import schemas, store
from pipeline.clean.text import fold
from pipeline.errors import InputError
from pipeline.outcome import Account
from pipeline.targets import CONTACTS
from pipeline.transform.merge import LOST
from pipeline.transform.overrides import Override
from pipeline.transform.repairs import RULE, Repairs
from pipeline.validate import FEW_REJECTS


def check_shares(place: Path, accounts: Iterable[Account], shares: Mapping[str, float]) -> None:
    """Stop the run when more of a table's rows are rejected, or rejected by one rule, than its own share.

    Args:
        place: the stage directory being built.
        accounts: of all tables.
        shares: by "table" or "table.rule".

    Raises:
        InputError: there are more.
    """
    if not shares:
        return
    rows = {account.table: account.written + account.rejected for account in accounts}
    broken: dict[str, set[str]] = {}
    for (table, rule), items in _rejected(place).items():
        for name in (table, f"{table}.{rule}"):
            broken.setdefault(name, set()).update(items)
    for name, share in sorted(shares.items()):
        found, whole = len(broken.get(name, ())), rows.get(name.partition(".")[0], 0)
        if found >= FEW_REJECTS and found > share * whole:
            raise InputError(
                f"{name}: {found} of {whole} rows would be rejected, more than the {share:.0%} allowed.",
                "Mend the files, or raise its share in [validation.max_reject_shares].",
            )


def reject_notes(place: Path, kept: Path) -> tuple[str, ...]:
    """Say which rules rejected how many rows of which table, and what to do; `kept`: where the table will stand."""
    listed = sorted(_rejected(place).items())
    lines = [f"rejected: {len(items):,} of {table} by the rule {rule}" for (table, rule), items in listed]
    return (*lines, f"which rows and why: the table {kept}; make repair writes them to be mended") if lines else ()


def _rejected(place: Path) -> dict[tuple[str, str], set[str]]:
    """Return the item_ids of what was rejected, by table and rule."""
    found: dict[tuple[str, str], set[str]] = {}
    for path in sorted((place / "rejects").glob("*.parquet")):
        for reject in store.read(path, schemas.REJECTS, ["table", "item_id", "rule"]).to_pylist():
            found.setdefault((reject["table"], reject["rule"]), set()).add(reject["item_id"])
    return found


def namesake_notes(place: Path) -> tuple[str, ...]:
    """Say how many contacts were merged by their address and surname though their first names are others.

    The rule is the page's (same e-mail, design.md section 6); that two people share an address and a surname it cannot
    know. A name in another script, or a longer form of the same, is no other name.
    """
    found = 0
    for path in sorted((place / "changes").glob("*.parquet")):
        table = store.read(path, schemas.CHANGES, ["table", "field", "old", "new", "rule"])
        is_first = pc.and_(pc.equal(table.column("field"), "First_Name"), pc.equal(table.column("rule"), LOST))
        kept = table.filter(pc.and_(is_first, pc.equal(table.column("table"), CONTACTS.table)))
        pairs = zip(kept.column("old").to_pylist(), kept.column("new").to_pylist(), strict=True)
        found += sum(_are_others(fold(old or ""), fold(new or "")) for old, new in pairs)
    said = (
        f"contacts merged though their first names differ: {found:,}; the table changes says which (First_Name), "
        "data/overrides.csv tells them apart"
    )
    return (said,) if found else ()


def _are_others(one: str, other: str) -> bool:
    is_longer = one.startswith(other) or other.startswith(one)
    return bool(one and other) and not is_longer and one.isascii() == other.isascii()


def override_notes(place: Path, decided: Iterable[Override]) -> tuple[str, ...]:
    """Say how many lines of data/overrides.csv name an item that no ready row is made of: they change nothing."""
    pairs = [(one.left, one.right) for one in decided]
    wanted = pa.array(sorted({key for pair in pairs for key in pair}), pa.string())
    found: set[str] = set()
    for path in sorted((place / "ready").rglob("*.parquet")) if pairs else ():
        keys = store.read_some(path, ["source_keys"]).column("source_keys").combine_chunks().flatten()
        found.update(keys.filter(pc.is_in(keys, wanted)).to_pylist())
    if idle := sum(not found.issuperset(pair) for pair in pairs):
        return (
            f"lines of data/overrides.csv that name an item which this export does not have, or leaves out: {idle:,}",
        )
    return ()


def repair_notes(place: Path, repairs: Repairs) -> tuple[str, ...]:
    """Say how many mended items were taken, and how many this export does not have."""
    if not repairs.keys:
        return ()
    found: set[str] = set()
    for path in sorted((place / "changes").glob("*.parquet")):
        table = store.read(path, schemas.CHANGES, ["source_key", "rule"])
        found.update(table.filter(pc.equal(table.column("rule"), RULE)).column("source_key").to_pylist())
    gone = len(repairs.keys - found)
    of_gone = f"; {gone:,} are of items that this export does not have, or leaves out" if gone else ""
    return (f"mended items taken from data/repaired: {len(found & repairs.keys):,}{of_gone}",)
