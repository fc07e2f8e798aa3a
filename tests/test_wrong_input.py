"""Each wrong input ends in one clear message, a documented exit code, and no half-written table."""

import fcntl
import os
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests import line
from tests.sample import english, headers

HEADER = ",".join(headers.CONTACTS_EN)


def _is_one_message(ended: line.Ended) -> bool:
    return "Traceback" not in ended.err and ended.err.startswith("error") and len(ended.err.splitlines()) <= 12


def _nothing_half_written(project: Path) -> bool:
    work = project / "data" / "work"
    rests = [path for path in work.rglob("*") if "partial" in path.name or "building" in path.name]
    return not rests and ((work / "extracted" / "manifest.json").is_file() or not (work / "extracted").exists())


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("notes.pst", b"Dear all,\nthis is text.\n" * 40, "not an Outlook", id="text named .pst"),
        pytest.param(
            "mail.pst", b"From - Mon Jan 05 10:00:00 2026\nSubject: x\n\nhello\n" * 9, "mbox", id="mbox named .pst"
        ),
        pytest.param("empty.pst", b"", "empty", id="empty file"),
        pytest.param("cut.pst", b"!BDN" + bytes(20), "", id="a header and nothing else"),
        pytest.param("people.csv", b"Etunimi;Lempivari\nx;y\n", "column", id="a CSV of no known kind"),
        pytest.param("head.csv", b'"First Name","Last Name","E-mail Add', "cut off", id="a CSV cut inside its header"),
        pytest.param("book.csv", b"PK\x03\x04" + bytes(60), "", id="a zip named .csv"),
        pytest.param("noise.ost", bytes(range(256)) * 9, "", id="noise named .ost"),
    ],
)
def test_a_file_that_is_not_what_it_claims(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    """Alone in the inbox it ends the run with exit code 3, and the message says what the file is."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / name).write_bytes(content)
    ended = line.run(tmp_path, "extract", "--inbox", str(inbox))
    assert ended.code == 3, ended.out + ended.err
    assert _is_one_message(ended)
    assert name in ended.err
    assert words in ended.err
    assert _nothing_half_written(tmp_path)


def test_a_broken_file_beside_a_good_one_is_quarantined(tmp_path: Path) -> None:
    """The good file goes on, the broken one is named with its reason, and the run succeeds."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "bad.pst").write_bytes(b"just text")
    (inbox / "good.csv").write_text(HEADER + "\r\n,Ann,,Vale\r\n")
    ended = line.run(tmp_path, "extract", "--inbox", str(inbox))
    assert ended.code == 0, ended.err
    assert ended.rows("contacts")[:2] == [1, 1]
    assert "bad.pst" in ended.out


@pytest.mark.parametrize(
    ("make", "code"),
    [
        pytest.param(lambda _path: None, 3, id="no such file"),
        pytest.param(lambda path: path.mkdir(), 3, id="empty directory"),
        pytest.param(os.mkfifo, 3, id="a pipe"),
        pytest.param(lambda path: path.symlink_to("/etc/hostname"), 3, id="a symbolic link"),
    ],
)
def test_an_inbox_that_is_none(tmp_path: Path, make: object, code: int) -> None:
    """A missing path, an empty directory, a pipe and a link are refused by name."""
    inbox = tmp_path / "there"
    assert callable(make)
    make(inbox)
    ended = line.run(tmp_path, "extract", "--inbox", str(inbox))
    assert ended.code == code, ended.out + ended.err
    assert _is_one_message(ended)
    assert "there" in ended.err


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv, which takes rights away from root, is not here")
def test_a_file_without_the_right_to_read_it(tmp_path: Path) -> None:
    """It is quarantined with the reason; it does not stop the others."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "secret.csv").write_text(HEADER + "\r\n")
    (inbox / "secret.csv").chmod(0)
    (inbox / "good.csv").write_text(HEADER + "\r\n,Ann,,Vale\r\n")
    words = line.command(tmp_path, "extract", "--inbox", str(inbox))
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"] if os.getuid() == 0 else []
    ended = subprocess.run([*drop, *words], capture_output=True, text=True, check=False, env=line.clean_environment())
    assert ended.returncode == 0, ended.stderr
    assert "secret.csv" in ended.stdout


@pytest.mark.parametrize("rest", ['"Hollo', "Hollo"], ids=["inside a quoted cell", "inside a plain cell"])
def test_a_truncated_csv_keeps_the_rows_before_the_cut(tmp_path: Path, rest: str) -> None:
    """A CSV that ends in the middle of a row gives its whole rows, and a reject for the cut one."""
    inbox = tmp_path / "cut.csv"
    inbox.write_text(f"{HEADER}\r\n,Ann,,Vale\r\n,Bea,,{rest}")
    ended = line.run(tmp_path, "extract", "--inbox", str(inbox))
    assert ended.code == 0, ended.err
    seen, written, excluded, rejected = ended.rows("contacts")
    assert (seen, written, excluded, rejected) == (2, 1, 0, 1)
    assert "cut.csv" in ended.out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param('[zoho]\ntargt = "crm"\n', "zoho.target", id="unknown setting"),
        pytest.param('[outlook]\ntime_zone = "Tokyo"\n', "IANA", id="bad value"),
        pytest.param("[zoho\n", "pipeline.toml", id="not TOML"),
    ],
)
@pytest.mark.parametrize("stage", ["extract", "transform", "load", "sandbox", "sandbox-show"])
def test_a_wrong_setting_stops_every_command(tmp_path: Path, stage: str, text: str, words: str) -> None:
    """Exit code 2, before anything is read, written or sent."""
    (tmp_path / "pipeline.toml").write_text(text)
    ended = line.run(tmp_path, stage)
    assert ended.code == 2
    assert _is_one_message(ended)
    assert words in ended.err
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("stage", ["transform", "load"])
def test_a_stage_without_the_one_before(tmp_path: Path, stage: str) -> None:
    """Exit code 5, and the message says which command to run first."""
    ended = line.run(tmp_path, stage)
    assert ended.code == 5, ended.out + ended.err
    assert _is_one_message(ended)
    assert "make " in ended.err


def test_a_load_of_stale_tables_is_refused(tmp_path: Path) -> None:
    """When extract has read other files since, transform must run before load."""
    for stage in ("extract", "transform"):
        assert line.run(tmp_path, stage).code == 0
    (tmp_path / "one.csv").write_text(HEADER + "\r\n,Ann,,Vale\r\n")
    assert line.run(tmp_path, "extract", "--inbox", str(tmp_path / "one.csv")).code == 0
    ended = line.run(tmp_path, "load")
    assert ended.code == 5, ended.out + ended.err
    assert "make transform" in ended.err


def test_a_real_crm_without_credentials_is_refused_first(tmp_path: Path) -> None:
    """Exit code 2 and the names of what is missing, even before the tables are looked at."""
    ended = line.run(tmp_path, "load", environment={"OUTLOOK2ZOHO_ZOHO__TARGET": "crm"})
    assert ended.code == 2, ended.out + ended.err
    assert _is_one_message(ended)
    assert "ZOHO_REFRESH_TOKEN" in ended.err


def test_a_real_crm_never_gets_the_sample(tmp_path: Path) -> None:
    """With an empty inbox the made-up people of the sample are not even planned for a real CRM; exit code 2."""
    for stage in ("extract", "transform"):
        assert line.run(tmp_path, stage).code == 0
    secrets = {f"ZOHO_{name}": "x" for name in ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")}
    ended = line.run(tmp_path, "load", environment={"OUTLOOK2ZOHO_ZOHO__TARGET": "crm", **secrets})
    assert ended.code == 2, ended.out + ended.err
    assert _is_one_message(ended)
    assert "sample" in ended.err
    assert not (tmp_path / "data" / "audit").exists()


def test_the_settings_of_the_sample_are_for_the_sample(tmp_path: Path) -> None:
    """Files named with INBOX= do not get the sample's mailboxes in transform, though data/inbox is empty."""
    (tmp_path / "sato").mkdir()
    (tmp_path / "sato" / "good.csv").write_text(HEADER + "\r\n,Ann,,Vale\r\n")
    assert line.run(tmp_path, "extract", "--inbox", str(tmp_path)).code == 0
    assert line.run(tmp_path, "transform").code == 0
    [person] = line.table(tmp_path / "data" / "work" / "transformed" / "ready", "contacts").to_pylist()
    assert (person["mailbox"], person["owner"]) == (None, None)


def test_a_file_in_the_place_of_a_directory(tmp_path: Path) -> None:
    """A file named data, where a directory is needed, is named; exit code 8."""
    (tmp_path / "data").write_text("x")
    ended = line.run(tmp_path, "extract")
    assert ended.code == 8, ended.out + ended.err
    assert _is_one_message(ended)
    assert "data" in ended.err


def test_many_files_that_are_none_are_not_a_flood(tmp_path: Path) -> None:
    """Of many quarantined files the first are listed, and where all are is said; the numbers still add up."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for number in range(200):
        (inbox / f"{number:03}.jpg").write_bytes(b"\xff\xd8\xff" + bytes([number]))
    (inbox / "good.csv").write_text(HEADER + "\r\n,Ann,,Vale\r\n")
    ended = line.run(tmp_path, "extract", "--inbox", str(inbox))
    assert ended.code == 0, ended.err
    assert len(ended.out.splitlines()) < 40
    assert "quarantined: 180 more" in ended.out
    assert "1 of the files read belongs to no [[mailbox]]" in ended.out


def test_two_runs_at_once(tmp_path: Path) -> None:
    """The second one says who is at work, with exit code 7, and leaves the tables alone."""
    lock = tmp_path / "data" / "work" / ".lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        holder.write("load (process 12345)")
        holder.flush()
        ended = line.run(tmp_path, "extract")
    assert ended.code == 7
    assert _is_one_message(ended)
    assert "12345" in ended.err


def test_files_that_may_not_grow(tmp_path: Path) -> None:
    """No table is left half-written, the message says that a file may not grow so large, with exit code 8."""
    rows = (f",Ann{number},,Vale,,,,,,,,,,,,,,{number * 7919}" for number in range(20_000))
    (tmp_path / "big.csv").write_text("\r\n".join([HEADER, *rows]))
    ended = subprocess.run(
        line.command(tmp_path, "extract", "--inbox", str(tmp_path / "big.csv")),
        capture_output=True,
        text=True,
        check=False,
        env=line.clean_environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )
    assert ended.returncode == 8, ended.stdout + ended.stderr
    assert "larger than" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert _nothing_half_written(tmp_path)


@pytest.mark.parametrize("most", [40_000, 450_000], ids=["when the sandbox starts", "while it is loaded"])
def test_files_below_the_sandbox_that_may_not_grow(tmp_path: Path, most: int) -> None:
    """A load whose sandbox has no room says that files may not grow, not that the network is down, with exit code 8."""
    for stage in ("extract", "transform"):
        assert line.run(tmp_path, stage).code == 0
    ended = subprocess.run(
        line.command(tmp_path, "load"),
        capture_output=True,
        text=True,
        check=False,
        env=line.clean_environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )
    assert ended.returncode == 8, ended.stdout + ended.stderr
    assert "larger than" in ended.stderr
    assert "network" not in ended.stderr
    assert line.run(tmp_path, "load").code == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run(tmp_path: Path, number: signal.Signals) -> None:
    """Exit code 130, one message, nothing half-written; the same command then runs through."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    row = ",".join(english.CONTACTS[2].get(name, "").replace(",", " ") for name in headers.CONTACTS_EN)
    for file in range(6):
        (inbox / f"{file}.csv").write_text("\r\n".join([HEADER, *(f"{file}{n}{row}" for n in range(15_000))]))
    words = line.command(tmp_path, "extract", "--inbox", str(inbox))
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=line.clean_environment()
    )
    _wait_until((tmp_path / "data" / "work" / "cache").exists)
    process.send_signal(number)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    assert "Traceback" not in error
    assert "Interrupted" in error
    assert _nothing_half_written(tmp_path)
    assert line.run(tmp_path, "extract", "--inbox", str(inbox)).rows("contacts")[1] == 90_000


def _wait_until(condition: object, seconds: float = 60) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(("extrakt",), 2, id="unknown command"),
        pytest.param(("extract", "--inboks", "x"), 2, id="unknown option"),
        pytest.param(("sandbox-show", "Kontakte"), 4, id="unknown module"),
        pytest.param(("wipe", "--what", "everything"), 2, id="nothing of that name to wipe"),
        pytest.param(("--project", "/no/such/place", "extract"), 2, id="no such project"),
    ],
)
def test_a_wrong_command_line(tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    """The command says what it knows instead."""
    ended = line.run(tmp_path, *words)
    assert ended.code == code, ended.out + ended.err
    assert "Traceback" not in ended.err
    assert ended.err


@pytest.mark.parametrize(
    ("language", "says"), [("en", "There is no variable PROJCT"), ("ja", "変数 PROJCT はありません")]
)
def test_a_misspelt_variable_of_make(language: str, says: str) -> None:
    """A variable that there is not is refused: passed over, it would let another project be loaded."""
    words = ["make", "load", "PROJCT=elsewhere", f"LANGUAGE={language}"]
    root, environment = Path(__file__).parents[1], line.clean_environment()
    ended = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False, env=environment)
    assert ended.returncode == 2
    assert says in ended.stderr
    assert not ended.stdout
