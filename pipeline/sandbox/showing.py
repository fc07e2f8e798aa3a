"""What a sandbox holds, read from its file, whether it runs or not."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from pipeline.sandbox import catalog, emails, org
from pipeline.sandbox.errors import SandboxError
from pipeline.sandbox.render import Renderer
from pipeline.sandbox.storage import DATABASE, FORMAT
from pipeline.sandbox.stored import select


def show(directory: Path, module: str) -> Iterator[str]:
    """Yield the records of a module, or Emails with their records, a JSON line each, by id; empty fields are left out.

    Raises:
        SandboxError: nothing was ever kept in `directory`, or there is no such module.
    """
    path = directory / DATABASE
    if not path.is_file():
        raise SandboxError(f"There is no sandbox in {directory} yet.", "`make load` or `make sandbox` starts it.")
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as db:
            yield from _lines(db, path, module)
    except sqlite3.DatabaseError as error:
        hint = "Delete that directory to start with a new sandbox."
        raise SandboxError(f"{path} cannot be read: {error}.", hint) from None


def _lines(db: sqlite3.Connection, path: Path, name: str) -> Iterator[str]:
    db.execute("BEGIN")
    if not 0 < db.execute("PRAGMA user_version").fetchone()[0] <= FORMAT or not org.exists(db):
        hint = "Delete that directory to start with a new sandbox."
        raise SandboxError(f"{path} was made by another version of the sandbox.", hint)
    known = catalog.read(db)
    if name == "Emails":
        yield from (json.dumps(mail, ensure_ascii=False) for mail in emails.everything(db))
        return
    module = known.find(name)
    if module is None:
        hint = f"Choose one of: {', '.join(known.modules)}."
        raise SandboxError(f"The sandbox has no module {name}.", hint)
    renderer = Renderer(db, known, module, org.read(db).zone)
    for record in select(db, module.api_name, "TRUE ORDER BY id", ()):
        shown = {key: value for key, value in renderer.record(record).items() if value is not None}
        yield json.dumps(shown, ensure_ascii=False)
