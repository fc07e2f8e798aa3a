"""The directory of a stage: built beside the old one, hashed in a manifest, put into its place when it is complete.

A stage writes into a directory of its own. The directory is built beside the old one and takes its place only when
it is complete, with a `manifest.json` that names every table file with rows and SHA-256, and the manifest the stage
read from. So there is never a half-written table, and a stage refuses tables that are stale or were touched.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import StageError
from pipeline.store.files import digests, writing
from pipeline.store.tables import read

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a complete stage directory holds.

    `inputs`: stage name → `key` of the manifest it read; `settings`: digest of the settings that shaped the tables;
    `tables`: table name → its files (path below the directory, rows, sha256); `facts`: what the next stage or the
    report needs besides tables (JSON values only).
    """

    stage: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    settings: str = ""
    tables: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Digest of the whole manifest: two directories with one key hold the same bytes."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()

    def as_json(self) -> str:
        """Return the manifest as JSON, the same text for the same content."""
        content = {
            "stage": self.stage,
            "inputs": dict(self.inputs),
            "settings": self.settings,
            "tables": {name: list(files) for name, files in self.tables.items()},
            "facts": dict(self.facts),
        }
        return json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False)

    def rows(self, table: str) -> int:
        """Return how many rows a table has, 0 for one that is not there."""
        return sum(int(file["rows"]) for file in self.tables.get(table, ()))

    @staticmethod
    def of(directory: Path) -> "Manifest":
        """Read the manifest of a complete stage directory.

        Raises:
            StageError: there is none: the stage did not run, or was interrupted.
        """
        stage = directory.name
        _restore(directory)
        try:
            content = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise StageError(
                f"{directory} holds no complete tables.", f"Run the stage before: {_how(stage)}."
            ) from None
        except (OSError, ValueError) as error:
            raise StageError(f"{directory / MANIFEST} is damaged ({error}).", f"Run {_how(stage)} again.") from error
        tables = {name: tuple(files) for name, files in content["tables"].items()}
        return Manifest(**{**content, "tables": tables})


def _how(directory_name: str) -> str:
    commands = {"extracted": "make extract", "transformed": "make transform"}
    return commands.get(directory_name, f"the stage that writes {directory_name}")


class Stage:
    """A stage directory in the making: `path(...)` for table files, moved into place when the block ends well."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.building = directory.with_name(f".{directory.name}.building")

    def path(self, table: str, part: int = 0) -> Path:
        """Return where to write one part of a table; `table` may have a `/`."""
        return self.building / table / f"part-{part:05d}.parquet"

    def finish(
        self, stage: str, *, inputs: Mapping[str, str], settings: str = "", facts: Mapping[str, Any] | None = None
    ) -> Manifest:
        """Write the manifest of what was built and put the directory in the place of the old one."""
        manifest = Manifest(
            stage=stage, inputs=inputs, settings=settings, tables=_listing(self.building), facts=facts or {}
        )
        with writing(self.directory):
            (self.building / MANIFEST).write_text(manifest.as_json(), encoding="utf-8")
            _swap(self.building, self.directory)
        return manifest


def _listing(directory: Path) -> dict[str, tuple[Mapping[str, Any], ...]]:
    tables: dict[str, list[Mapping[str, Any]]] = {}
    paths = sorted(directory.rglob("*.parquet"))
    for path, sha256 in zip(paths, digests(paths), strict=True):
        entry = {
            "path": path.relative_to(directory).as_posix(),
            "rows": pq.read_metadata(path).num_rows,
            "sha256": sha256,
        }
        tables.setdefault(path.parent.relative_to(directory).as_posix(), []).append(entry)
    return {name: tuple(files) for name, files in tables.items()}


def _old(place: Path) -> Path:
    return place.with_name(f".{place.name}.old")


def _restore(place: Path) -> None:
    """Undo the first half of a swap that was killed before its second."""
    if not place.exists() and (_old(place) / MANIFEST).is_file():
        _old(place).replace(place)


def _swap(new: Path, place: Path) -> None:
    old = _old(place)
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.replace(old)
    new.replace(place)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def building(directory: Path) -> Iterator[Stage]:
    """Build a stage directory; whatever goes wrong, the old one stays and the new one is removed."""
    stage = Stage(directory)
    _restore(directory)
    shutil.rmtree(stage.building, ignore_errors=True)
    with writing(directory):
        stage.building.mkdir(parents=True)
    try:
        with writing(directory):
            yield stage
    finally:
        shutil.rmtree(stage.building, ignore_errors=True)


def parts(directory: Path, manifest: Manifest, table: str) -> list[Path]:
    """Return the files of a table, in order."""
    return [directory / file["path"] for file in manifest.tables.get(table, ())]


def checked(directory: Path, manifest: Manifest) -> None:
    """Check every table file of a stage directory against its manifest.

    Raises:
        StageError: a file is missing or its bytes were changed since.
    """
    known = {directory / file["path"]: file["sha256"] for files in manifest.tables.values() for file in files}
    there = [path for path in known if path.is_file()]
    found = dict(zip(there, digests(there), strict=True))
    for path, sha256 in known.items():
        if found.get(path) != sha256:
            raise StageError(f"{path} was changed or removed since it was written.", f"Run {_how(directory.name)}.")


def read_all(directory: Path, manifest: Manifest, table: str, schema: pa.Schema) -> pa.Table:
    """Read all parts of a table as one; no parts, no rows.

    Raises:
        StageError: a part is damaged or of another schema.
    """
    tables = [read(path, schema) for path in parts(directory, manifest, table)]
    return pa.concat_tables(tables) if tables else schema.empty_table()
