"""Read a store to its end with pypff: `python -m tests.bench.with_pypff STORE ITEMS`; fail unless it has so many.

The same as the extract reads: every property of every item, the recipients of mails and appointments, and what is known
of attachments, but not their content.
"""

import sys
from collections.abc import Iterator
from typing import Any

import pypff

_CONTENT = 0x3701  # PidTagAttachDataBinary


def _folders(folder: Any) -> Iterator[Any]:
    yield folder
    for number in range(folder.number_of_sub_folders):
        yield from _folders(folder.get_sub_folder(number))


def _read(thing: Any) -> None:
    for record_set in thing.record_sets:
        for entry in record_set.entries:
            if entry.entry_type != _CONTENT:
                _ = entry.value_type, entry.data


def _read_item(item: Any) -> None:
    _read(item)
    recipients = getattr(item, "recipients", None)
    if recipients is not None:
        _read(recipients)
    for attachment in getattr(item, "attachments", ()):
        _read(attachment)


def main(path: str) -> int:
    """Read the store and return how many items it has."""
    file = pypff.file()
    file.open(path)
    items = 0
    for folder in _folders(file.root_folder):
        for number in range(folder.number_of_sub_messages):
            _read_item(folder.get_sub_message(number))
            items += 1
    file.close()
    return items


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) != int(sys.argv[2]))
