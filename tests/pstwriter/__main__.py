"""Write a store from the command line: `python -m tests.pstwriter mixed --items 30000 --seed 1 store.pst`."""

import argparse
import sys
from pathlib import Path

from tests.pstwriter.layout import Encryption, Form
from tests.pstwriter.mixes import write_contacts, write_mixed
from tests.pstwriter.store import Store, StoreSettings

_MIXES = {"mixed": write_mixed, "contacts": write_contacts}


def main(arguments: list[str] | None = None) -> int:
    """Write one store and return 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.pstwriter", description=__doc__)
    parser.add_argument("mix", choices=sorted(_MIXES), help="all kinds of items, or contacts alone")
    parser.add_argument("--items", type=int, default=1000, help="how many items (default: 1000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same bytes (default: 1)")
    parser.add_argument("--format", type=Form, choices=list(Form), default=Form.UNICODE, help="default: unicode")
    encryptions = [one.name.lower() for one in Encryption]
    parser.add_argument("--encryption", choices=encryptions, help="default: that of the format")
    parser.add_argument("--code-page", default="cp932", help="Python codec of an ANSI store's text (default: cp932)")
    parser.add_argument("out", type=Path, metavar="OUT", help="the file to write")
    options = parser.parse_args(arguments)
    settings = StoreSettings(
        form=options.format,
        encryption=Encryption[options.encryption.upper()] if options.encryption else None,
        code_page=options.code_page,
        is_lossy=True,
        seed=options.seed,
    )
    with options.out.open("wb") as out, Store(out, settings) as store:
        _MIXES[options.mix](store, options.items, options.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
