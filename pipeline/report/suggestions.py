"""Likely duplicates as a CSV for a person: each line becomes a decision with a verdict, in data/overrides.csv.

What rules were unsure about stands there too. Every line has the source_keys, so that nothing need be looked up. Of
more than a person can look through, the first stand there; the tables suggestions and decisions have all.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import schemas, store
from pipeline.clean import cell
from pipeline.config import Config

MOST = 50_000  # lines
_SHOWN = ("Last_Name", "First_Name", "Email")
_SIDES = tuple(f"{side}_{what}" for side in ("left", "right") for what in ("name", "email", "company"))
HEADER = ("left", "right", "verdict", "rule", "evidence", *_SIDES)
_Row = Mapping[str, str]


def path_of(config: Config) -> Path:
    """Return where the file stands."""
    return config.work / "reports" / "suggestions.csv"


def write(config: Config) -> tuple[Path, int] | None:
    """Write the file and return where it is and how many lines it has; None, and no file, when there are none.

    Raises:
        StageError: transform did not run.
        StorageError: the file system refuses.
    """
    path = path_of(config)
    manifest = store.Manifest.of(config.transformed)
    lines = list(_lines(config, manifest))
    with store.writing(path):
        if not lines:
            path.unlink(missing_ok=True)
            return None
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            writer.writerows([cell.guarded(line.get(name)) for name in HEADER] for line in lines)
    return path, len(lines)


def _lines(config: Config, manifest: store.Manifest) -> Iterator[_Row]:
    found = list(islice(chain(_unsure(config, manifest), _suggested(config, manifest)), MOST))
    people = _people(config, manifest, {key for row in found for key in (row["left"], row["right"])})
    for row in found:
        sides = {f"{side}_{what}": text for side in ("left", "right") for what, text in people[row[side]].items()}
        yield {**row, **sides}


def _suggested(config: Config, manifest: store.Manifest) -> Iterator[_Row]:
    for path in store.parts(config.transformed, manifest, "suggestions"):
        for row in store.read(path, schemas.SUGGESTIONS).to_pylist():
            yield _line(row)


def _line(row: Mapping[str, str]) -> _Row:
    return {"left": row["left_key"], "right": row["right_key"], "rule": row["rule"], "evidence": row["evidence"]}


def _unsure(config: Config, manifest: store.Manifest) -> Iterator[_Row]:
    """Yield the pairs of contacts that a rule could not decide and kept apart."""
    for path in store.parts(config.transformed, manifest, "decisions"):
        table = store.read(path, schemas.DECISIONS)
        is_meant = pc.and_(pc.equal(table.column("table"), "contacts"), pc.equal(table.column("verdict"), "unsure"))
        yield from map(_line, table.filter(is_meant).to_pylist())


def _people(config: Config, manifest: store.Manifest, keys: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return name, e-mail and company of the records that hold these source_keys; of a rejected one nothing."""
    wanted = sorted(keys)
    found: dict[str, dict[str, str]] = {key: {} for key in wanted}
    for path in store.parts(config.transformed, manifest, "ready/contacts"):
        table = store.read_some(path, ("source_keys", "Account_Name", *_SHOWN))
        for row in _holding(table, wanted).to_pylist():
            names = " ".join(row[name] for name in ("Last_Name", "First_Name") if row.get(name))
            for key in found.keys() & set(row["source_keys"]):
                found[key] = {"name": names, "email": row.get("Email") or "", "company": row.get("Account_Name") or ""}
    _name_companies(config, manifest, found)
    return found


def _holding(table: pa.Table, keys: list[str]) -> pa.Table:
    """Return the rows one of whose source_keys is wanted."""
    listed = table.column("source_keys").combine_chunks()
    is_meant = pc.is_in(pc.list_flatten(listed), value_set=pa.array(keys, pa.string()))
    return table.take(pc.unique(pc.list_parent_indices(listed).filter(is_meant)))


def _name_companies(config: Config, manifest: store.Manifest, found: dict[str, dict[str, str]]) -> None:
    """Put the names of accounts in the place of their keys."""
    wanted = pa.array(sorted({one["company"] for one in found.values() if one}), pa.string())
    names: dict[str, str] = {}
    for path in store.parts(config.transformed, manifest, "ready/accounts"):
        table = store.read_some(path, ("cluster_key", "Account_Name"))
        rows = table.filter(pc.is_in(table.column("cluster_key"), value_set=wanted)).to_pylist()
        names |= {row["cluster_key"]: row["Account_Name"] for row in rows}
    for one in found.values():
        if one:
            one["company"] = names.get(one["company"], "")
