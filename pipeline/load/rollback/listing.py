"""The runs of every org of a project, from the ledgers alone."""

from pipeline.config import Config
from pipeline.load import ledger
from pipeline.load.rollback import tables

_NEXT = "  To see what taking one back would do: make rollback RUN=... DRY_RUN=yes"


def listing(config: Config) -> list[str]:
    """Return the runs that sent something, org by org, as lines.

    Raises:
        BusyError: a load is at work.
        StorageError: a ledger cannot be read.
    """
    lines = []
    for path in sorted(config.audit.glob("*/ledger.sqlite")):
        with ledger.opened(path.parent) as book:
            runs = tables.runs(book)
            lines += [f"rollback    runs of {path.parent.name}:", *tables.run_lines(runs), *([_NEXT] if runs else [])]
    return lines or ["rollback    nothing was ever loaded"]
