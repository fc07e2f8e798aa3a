"""The stage as a whole: every file and every row in its place, the same bytes however it is run."""

import json
import os
import subprocess
import sys
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline import config, extract, schemas, store
from pipeline.config import Config
from pipeline.errors import ContractError, InputError
from pipeline.extract import cache
from pipeline.extract.content import Content, Reading, UnreadableError
from pipeline.extract.inbox import CHANGING
from pipeline.extract.reader import read_file
from pipeline.outcome import Report
from tests.extract.outlook_export import export

ANN = export("contacts", {"Last Name": "Lee", "First Name": "Ann"})
BO = export("contacts", {"Last Name": "Lind", "First Name": "Bo"}, {})
CALL = export(
    "calendar", {"Subject": "Call", "Start Date": "2026-01-31", "End Date": "2026-01-31"}, {"Subject": "Lost"}
)


def crash(path: Path, reading: Reading) -> Content:
    """Read as usual, but die on one file as a fault in a C library would."""
    if path.name == "crash.csv":
        os._exit(11)
    return read_file(path, reading)


def fail(path: Path, reading: Reading) -> Content:
    """Fail as a defect would, with personal data in the message."""
    if path.name == "fail.csv":
        raise ValueError("Ann Lee")
    return read_file(path, reading)


def lose(path: Path, reading: Reading) -> Content:
    """Lose rows."""
    content = read_file(path, reading)
    return Content(kind=content.kind, rows=content.rows, accounts=[{**content.accounts[0], "seen": 7}])


def refuse(path: Path, reading: Reading) -> Content:
    """Refuse to read anything: what is read now comes from the cache."""
    raise UnreadableError("refused", f"{path.name} {reading.file_sha256}")


def grow(path: Path, reading: Reading) -> Content:
    """Read a file that another program goes on writing."""
    content = read_file(path, reading)
    with path.open("a", encoding="utf-8") as file:
        file.write("x")
    return content


def _settings(project: Path, files: dict[str, str | bytes], toml: str = "") -> Config:
    for name, content in files.items():
        path = project / "data" / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    (project / "pipeline.toml").write_text("[engine]\nprocesses = 1\n" + toml, encoding="utf-8")
    return config.load(project)


def _table(settings: Config, name: str, schema: pa.Schema) -> list[dict[str, Any]]:
    manifest = store.Manifest.of(settings.extracted)
    store.checked(settings.extracted, manifest)
    return list(store.read_all(settings.extracted, manifest, name, schema).to_pylist())


def _files(settings: Config) -> dict[str, dict[str, Any]]:
    return {row["path"]: row for row in _table(settings, "files", schemas.FILES)}


def _seen(report: Report) -> dict[str, tuple[int, int, int, int]]:
    return {
        account.table: (account.seen, account.written, sum(account.excluded.values()), account.rejected)
        for account in report.accounts
    }


def test_every_file_and_row_is_accounted_for(tmp_path: Path) -> None:
    """Read, quarantined, duplicate and excluded files are rows of `files`; the tables hold what was read."""
    settings = _settings(
        tmp_path,
        {
            "a/people.csv": ANN,
            "a/copy.csv": ANN,
            "b/more.dat": BO,
            "b/calls.csv": CALL,
            "old.pst": "Dear all",
            "README.md": "x",
        },
        '[[mailbox]]\nname = "a"\nfiles = ["a/*"]\n',
    )
    report = extract.run(settings)
    assert _seen(report) == {
        "contacts": (3, 2, 1, 0),
        "tasks": (0,) * 4,
        "events": (2, 1, 0, 1),
        "messages": (0,) * 4,
        "lists": (0,) * 4,
    }
    files = _files(settings)
    assert {path: (row["status"], row["kind"], row["items"]) for path, row in files.items()} == {
        "README.md": ("excluded", "unknown", 0),
        "a/copy.csv": ("read", "csv-contacts", 1),
        "a/people.csv": ("duplicate", "unknown", 0),
        "b/calls.csv": ("read", "csv-calendar", 2),
        "b/more.dat": ("read", "csv-contacts", 2),
        "old.pst": ("quarantined", "unknown", 0),
    }
    assert [row["file_no"] for row in files.values()] == [1, 2, 3, 4, 5, 6]
    assert "a/copy.csv" in files["a/people.csv"]["reason"]
    assert [row["given_name"] for row in _table(settings, "contacts", schemas.CONTACTS)] == ["Ann", "Bo"]
    assert [row["rule"] for row in _table(settings, "rejects", schemas.REJECTS)] == ["bad_start"]
    accounts = _table(settings, "accounts", schemas.ACCOUNTS)
    assert sum(row["seen"] for row in accounts) == 5
    facts = store.Manifest.of(settings.extracted).facts
    assert facts["classes"] == {"IPM.Appointment": 2, "IPM.Contact": 3}
    assert facts["inbox"] == "inbox"
    notes = "\n".join(report.notes)
    for words in (
        "old.pst: This is text",
        "duplicate: a/people.csv",
        "README.md",
        "2 of the files read belong to no",
        "bad_start",
    ):
        assert words in notes


def _run_elsewhere(project: Path, inbox: Path, **environment: str) -> str:
    program = (
        "from pathlib import Path; import sys\n"
        "from pipeline import config, extract, store\n"
        "if __name__ == '__main__':\n"
        "    settings = config.load(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "    extract.run(settings)\n"
        "    print(store.Manifest.of(settings.extracted).key)\n"
    )
    script = project / "run.py"
    script.parent.mkdir(parents=True)
    script.write_text(program, encoding="utf-8")
    root = Path(extract.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, str(script), str(project), str(inbox)],
        env={**os.environ, "PYTHONPATH": str(root), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_same_bytes_however_it_is_run(tmp_path: Path) -> None:
    """Process count, time zone, locale and hash seed leave no trace in the tables."""
    settings = _settings(tmp_path, {"a.csv": ANN, "b.csv": BO, "c.csv": CALL, "d.csv": ANN, "e.pst": "text"})
    keys = {
        _run_elsewhere(
            tmp_path / f"p{count}",
            settings.inbox,
            OUTLOOK2ZOHO_ENGINE__PROCESSES=str(count),
            PYTHONHASHSEED=str(count),
            TZ=zone,
            LANG=locale,
        )
        for count, zone, locale in ((1, "Asia/Tokyo", "C"), (3, "America/New_York", "ja_JP.UTF-8"))
    }
    extract.run(settings)
    assert keys == {store.Manifest.of(settings.extracted).key}


def test_processes_that_cannot_be_copied_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no process may be copied each starts by itself; one that dies costs its file, here as there."""
    files: dict[str, str | bytes] = {"a.csv": ANN, "crash.csv": BO, "z.csv": CALL}
    copied = _settings(tmp_path / "copied", files)
    extract.run(copied, crash)
    monkeypatch.setattr("pipeline.engine.copies._FORKS", False)  # as on macOS
    alone = _settings(tmp_path / "alone", files)
    extract.run(alone, crash)
    assert store.Manifest.of(alone.extracted).key == store.Manifest.of(copied.extracted).key
    assert _files(alone)["crash.csv"]["rule"] == _files(copied)["crash.csv"]["rule"] == "crashed"


def test_a_second_run_reads_only_what_is_new(tmp_path: Path) -> None:
    """What was read once comes from the cache, with the same bytes; only the new file is read."""
    settings = _settings(tmp_path, {"a.csv": ANN, "b.csv": BO})
    extract.run(settings)
    key = store.Manifest.of(settings.extracted).key
    extract.run(settings, refuse)
    assert store.Manifest.of(settings.extracted).key == key
    settings = _settings(tmp_path, {"c.csv": CALL})
    extract.run(settings, refuse)
    assert {path: row["status"] for path, row in _files(settings).items()} == {
        "a.csv": "read",
        "b.csv": "read",
        "c.csv": "quarantined",
    }


def test_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    """Files read before the interruption are not read again, and what was half built is gone."""
    settings = _settings(tmp_path, {"a.csv": ANN, "b.csv": BO})
    first = _settings(tmp_path, {}).model_copy(update={"inbox": settings.inbox / "a.csv"})
    extract.run(first)
    half = next((settings.work / "cache" / "extract").glob("*/*")).with_name(".half.building")
    half.mkdir()
    extract.run(settings, refuse)
    assert {path: row["status"] for path, row in _files(settings).items()} == {"a.csv": "read", "b.csv": "quarantined"}
    assert not half.exists()


def test_a_damaged_cache_is_read_again(tmp_path: Path) -> None:
    """An entry whose bytes were changed is not believed."""
    settings = _settings(tmp_path, {"a.csv": ANN})
    extract.run(settings)
    key = store.Manifest.of(settings.extracted).key
    (entry,) = (settings.work / "cache" / "extract").glob("*/*/contacts.parquet")
    entry.unlink()
    entry.write_bytes(b"PAR1")
    extract.run(settings)
    assert store.Manifest.of(settings.extracted).key == key


def test_other_settings_are_another_reading(tmp_path: Path) -> None:
    """A file is read again when the settings of its mailbox change how it is to be read."""
    birthday = export("contacts", {"Last Name": "Lee", "Birthday": "3/4/1984"})
    dates = []
    for order in ("dmy", "mdy"):
        settings = _settings(
            tmp_path, {"a.csv": birthday}, f'[[mailbox]]\nname="a"\nfiles=["*"]\ndate_order="{order}"\n'
        )
        extract.run(settings)
        dates += [row["birthday_date"].isoformat() for row in _table(settings, "contacts", schemas.CONTACTS)]
    assert dates == ["1984-04-03", "1984-03-04"]


def test_entries_of_another_version_are_removed(tmp_path: Path) -> None:
    """The cache does not keep what no reader will read again."""
    settings = _settings(tmp_path, {"a.csv": ANN})
    old = settings.work / "cache" / "extract" / "0123"
    old.mkdir(parents=True)
    extract.run(settings)
    assert not old.exists()
    assert len(cache.reader_version()) == 64


@pytest.mark.parametrize(
    ("reader", "name", "rule", "words"),
    [
        pytest.param(crash, "crash.csv", "crashed", "crashed", id="a process that dies"),
        pytest.param(fail, "fail.csv", "reader_failed", "ValueError in test_extract_run.py line", id="a defect"),
    ],
)
def test_a_reader_that_fails_costs_its_file(tmp_path: Path, reader: Any, name: str, rule: str, words: str) -> None:
    """The file is quarantined, without a word of its content; the others are read."""
    settings = _settings(tmp_path, {"a.csv": ANN, name: BO, "z.csv": CALL})
    report = extract.run(settings, reader)
    files = _files(settings)
    assert {path: row["status"] for path, row in files.items()} == {
        "a.csv": "read",
        name: "quarantined",
        "z.csv": "read",
    }
    assert files[name]["rule"] == rule
    assert words in files[name]["reason"]
    assert "Ann Lee" not in "".join(report.notes)


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    """What was read of it is not kept."""
    settings = _settings(tmp_path, {"a.csv": ANN})
    with pytest.raises(InputError) as raised:
        extract.run(settings, grow)
    assert CHANGING[1] in raised.value.hint
    assert not list((settings.work / "cache").rglob("*.parquet"))


def test_rows_that_do_not_add_up_stop_the_stage(tmp_path: Path) -> None:
    """A reader that loses rows is a defect, not a file to be put aside; the tables of before stay."""
    settings = _settings(tmp_path, {"a.csv": ANN})
    extract.run(settings)
    key = store.Manifest.of(settings.extracted).key
    settings = _settings(tmp_path, {"b.csv": BO})
    with pytest.raises(ContractError, match="7 accounted for"):
        extract.run(settings, lose)
    assert store.Manifest.of(settings.extracted).key == key


def test_nothing_readable_is_an_error_with_reasons(tmp_path: Path) -> None:
    """The message says what was there; the tables of before stay."""
    settings = _settings(tmp_path, {"a.pst": "Dear all", "b.csv": b""})
    with pytest.raises(InputError) as raised:
        extract.run(settings)
    assert "a.pst: This is text" in raised.value.hint
    assert "b.csv: The file is empty" in raised.value.hint
    assert not settings.extracted.exists()


@pytest.mark.parametrize(("files", "named", "rest"), [(20, 20, ""), (21, 21, ""), (23, 20, "and 3 more")])
def test_every_unreadable_file_is_named(tmp_path: Path, files: int, named: int, rest: str) -> None:
    """As far as a person would read; and nobody has to look up a single one that is left."""
    settings = _settings(tmp_path, {f"{number:02}.csv": f"{number}" for number in range(files)})
    with pytest.raises(InputError) as caught:
        extract.run(settings)
    assert caught.value.hint.count(".csv: ") == named
    assert caught.value.hint.endswith(rest)


def test_the_sample_is_not_read_for_somebody_elses_mailboxes(tmp_path: Path) -> None:
    """A project that names its mailboxes has no files yet, or INBOX= was forgotten: the sample is nobody's there."""
    settings = tmp_path / "pipeline.toml"
    settings.write_text('[[mailbox]]\nname = "sales"\nfiles = ["sales/*"]\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"data/inbox is empty, and the sample has nothing of your \[\[mailbox\]\]"):
        extract.run(config.load(tmp_path))
    assert not (tmp_path / "data").exists()
    settings.write_text('[[mailbox]]\nname = "sato"\nfiles = ["sato/*"]\n', encoding="utf-8")
    assert extract.run(config.load(tmp_path)).accounts


def test_a_mailbox_without_a_file_is_named(tmp_path: Path) -> None:
    """Its pattern may be misspelt; what it is meant for then belongs to nobody."""
    boxes = "".join(f'[[mailbox]]\nname = "{name}"\nfiles = ["{name}/*"]\n' for name in ("sales", "sails"))
    report = extract.run(_settings(tmp_path, {"sales/a.csv": ANN}, boxes))
    assert (
        "no file of this inbox is of the [[mailbox]] sails; do its `files` name what it is meant for?" in report.notes
    )


def test_a_copy_of_an_unreadable_file_is_a_duplicate(tmp_path: Path) -> None:
    """It is not read a second time, and not quarantined a second time."""
    settings = _settings(tmp_path, {"a.pst": "Dear all", "b.pst": "Dear all", "c.csv": ANN})
    extract.run(settings)
    assert {path: row["status"] for path, row in _files(settings).items()} == {
        "a.pst": "quarantined",
        "b.pst": "duplicate",
        "c.csv": "read",
    }


def test_the_corpus(corpus: Path, tmp_path: Path) -> None:
    """Every real file is read or quarantined with a reason, and every column is listed."""
    settings = config.load(tmp_path, corpus / "csv")
    report = extract.run(settings)
    assert _seen(report) == {
        "contacts": (6, 6, 0, 0),
        "tasks": (0,) * 4,
        "events": (225, 225, 0, 0),
        "messages": (0,) * 4,
        "lists": (0,) * 4,
    }
    assert {row["status"] for row in _files(settings).values()} == {"read"}
    columns = _table(settings, "columns", schemas.COLUMNS)
    assert len(columns) == 3 * 22 + 3 * 22 + 2 * 92 + 22 + 2 * 95
    assert {row["verdict"] for row in columns} == {"used", "ignored"}
    assert json.loads((settings.extracted / store.MANIFEST).read_text(encoding="utf-8"))["stage"] == "extract"


def test_undecided_columns_are_named(tmp_path: Path) -> None:
    """A column of a CSV that nobody decided about is named in the report."""
    inbox = tmp_path / "data" / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "a.csv").write_text("First Name,Last Name,Favourite Colour\nAda,Roux,red\n", encoding="utf-8")
    report = extract.run(config.load(tmp_path))
    assert "columns that nobody decided about: a.csv: Favourite Colour" in report.notes


def test_no_process_outlives_a_run_that_reads_nothing(tmp_path: Path) -> None:
    """Where no file can be read at all, none is still starting while the run ends: it would complain of that."""
    project = _settings(tmp_path, {"cut.pst": b"!BDN" + bytes(600)})
    os.mkfifo(tmp_path / "data" / "inbox" / "pipe.csv")
    with pytest.raises(InputError, match="can be read"):
        extract.run(project)
    assert not active_children()
