"""The SHA-256 of the files, each taken once, by whoever asks for it first.

`ahead` asks while the program is still being imported, since both take as long; `run` asks for all that is left.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline import engine
from pipeline.errors import PipelineError
from pipeline.extract import inbox
from pipeline.extract.inbox import Found

Answer = str | tuple[str, str]
"""The SHA-256 in hex, or the rule by which a file is not read with the reason."""
_CSV = ".csv"
_lock = threading.Lock()
_asked: dict[Found, "Future[Answer]"] = {}


def ahead(words: Sequence[str]) -> None:
    """Start all that takes long when a command line has an extract in it, and need not be awaited.

    What the line means is not known yet: a file that is hashed in vain, or not hashed yet, costs nothing but time.
    """
    if "extract" not in words:
        return
    place = Path(_option(words, "--inbox") or Path(_option(words, "--project") or ".", "data", "inbox"))
    found = _found(place)
    texts = any(one.label.lower().endswith(_CSV) for one in found)
    engine.ahead("pipeline.extract.worker", *(["pipeline.extract.outlook_csv"] if texts else []))
    threading.Thread(target=_all, args=(found,), daemon=True).start()  # it may outlast a command that ends at once


def _option(words: Sequence[str], name: str) -> str:
    """Return the value of an option, "" where it is not given."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == name:
            return following
        if word.startswith(f"{name}="):
            return word.removeprefix(f"{name}=")
    return ""


def _found(place: Path) -> list[Found]:
    try:
        return inbox.look(place)
    except (PipelineError, OSError):
        return []  # the command itself will say it


def _all(found: Iterable[Found]) -> None:
    for one in found:
        with suppress(Exception):  # whoever needs the answer is told
            answer(one)


@contextmanager
def answers(found: Sequence[Found], threads: int) -> Iterator[Iterator[Answer]]:
    """Yield the answer for each file, in order, some files at once."""
    with ThreadPoolExecutor(threads) as pool:
        yield pool.map(answer, found)


def answer(found: Found) -> Answer:
    """Return the answer for one file, that of another thread if one works on it."""
    with _lock:
        known = _asked.get(found)
        asked = _asked.setdefault(found, Future())
    if known is None:
        try:
            asked.set_result(inbox.fingerprint(found))
        except BaseException as error:
            asked.set_exception(error)
            raise
    return asked.result()
