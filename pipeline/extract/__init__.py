"""The first stage: Outlook files → tables. Reads the inbox and nothing else, needs no network.

All that reads is imported while the files are hashed.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pipeline import engine
from pipeline.errors import InputError
from pipeline.extract import hashing, inbox
from pipeline.extract.inbox import Found
from pipeline.outcome import Report

if TYPE_CHECKING:  # pydantic takes a quarter of a second to import, and the workers need no settings
    from pipeline.config import Config
    from pipeline.extract.reader import Reader


def run(
    config: "Config",
    reader: "Reader | None" = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Report:
    """Read every file of the inbox into tables, each file once.

    `reader` (default: by what a file holds) must be importable by a worker process; `progress` is told how many items
    of stores are read, and of how many.

    Raises:
        InputError: there is nothing to read.
        StorageError: the file system refuses.
    """
    found = inbox.look(config.inbox)
    _refuse_sample(config, found)
    with hashing.answers(found, engine.processes(config.engine.processes)) as answers:
        from pipeline.extract import stage  # noqa: PLC0415 - meanwhile, as said above
        from pipeline.extract.reader import read_file  # noqa: PLC0415 - likewise

        return stage.run(config, zip(found, answers, strict=True), reader or read_file, progress)


def _refuse_sample(config: "Config", found: Sequence[Found]) -> None:
    """Where pipeline.toml names its mailboxes, an empty inbox is not meant to be the sample's."""
    if config.is_sample and config.mailbox and not any(config.mailbox_of(file.label) for file in found):
        own = config.project / "data" / "inbox"
        raise InputError(
            f"{own} is empty, and the sample has nothing of your [[mailbox]]; nothing was read.",
            "Put .pst, .ost or .csv files of Outlook into it, or name another place with INBOX=.",
        )
