"""One running sandbox: what every route works with."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.sandbox import catalog
from pipeline.sandbox.catalog import Catalog
from pipeline.sandbox.clock import Clock, shown
from pipeline.sandbox.connections import Connections
from pipeline.sandbox.faults import Faults
from pipeline.sandbox.journal import Journal
from pipeline.sandbox.org import Org
from pipeline.sandbox.storage import Storage

_MINUTE = 60


class Downloads:
    """When bulk read results were fetched in the last minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: list[int] = []

    def count(self, now: int) -> int:
        """Return how many there were."""
        with self._lock:
            self._times = [at for at in self._times if now - _MINUTE < at <= now]
            return len(self._times)

    def add(self, now: int) -> None:
        """Note one."""
        with self._lock:
            self._times.append(now)

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._times.clear()


@dataclass
class Crm:
    """A running sandbox. `work_waits` is set when a job was added; `is_stopping` when no new work may begin."""

    directory: Path
    storage: Storage
    org: Org
    clock: Clock
    base_url: str
    journal: Journal = field(default_factory=Journal)
    downloads: Downloads = field(default_factory=Downloads)
    faults: Faults = field(default_factory=Faults)
    connections: Connections = field(default_factory=Connections)
    work_waits: threading.Event = field(default_factory=threading.Event)
    is_stopping: threading.Event = field(default_factory=threading.Event)
    _catalog: Catalog | None = None

    @property
    def uploads(self) -> Path:
        """Where uploaded zips are kept."""
        return self.directory / "uploads"

    @property
    def results(self) -> Path:
        """Where result zips are kept."""
        return self.directory / "results"

    def catalog(self) -> Catalog:
        """Return the modules as they are now."""
        known = self._catalog
        if known is None:
            with self.storage.reading() as db:
                known = self._catalog = catalog.read(db)
        return known

    def forget_catalog(self) -> None:
        """Read the modules again at the next use."""
        self._catalog = None

    def shown_now(self) -> str:
        """Return the current time as Zoho writes it."""
        return shown(self.clock.now(), self.org.zone)
