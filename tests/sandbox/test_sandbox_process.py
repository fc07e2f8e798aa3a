"""The public interface: starting, stopping, keeping, showing (Endpoint, running, serve, show)."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
import requests

from pipeline import sandbox
from pipeline.sandbox import SandboxError
from tests.sandbox.client import Client

CHILD = (sys.executable, "-m", "pipeline.sandbox", "--directory")
SERVE = """
import sys
from pathlib import Path
from pipeline import sandbox
sandbox.serve(Path(sys.argv[1]), 0, lambda endpoint: print(endpoint.base_url, flush=True))
"""


def test_records_and_identity_are_kept(tmp_path: Path) -> None:
    """A second run on the same directory is the same org with the same records, tokens, switches and clock."""
    with sandbox.running(tmp_path) as first, Client(first) as client:
        record_id = client.add("Contacts", Last_Name="残る")
        client.control("PUT", "switches", {"bearer": "refused"})
        client.control("POST", "clock", {"advance_seconds": 1000})
        token = str(client.session.headers["Authorization"])
    with sandbox.running(tmp_path) as second, Client(second) as client:
        assert (second.zgid, second.client_id, second.refresh_token) == (
            first.zgid,
            first.client_id,
            first.refresh_token,
        )
        client.session.headers["Authorization"] = token
        assert client.record("Contacts", record_id)["Last_Name"] == "残る"
        assert client.control("GET", "switches")["bearer"]["value"] == "refused"
        assert client.control("GET", "clock")["now"] >= time.time() + 900


def test_each_new_sandbox_is_another_org(tmp_path: Path) -> None:
    """Two directories are two orgs: other ids, other credentials; neither takes the other's token."""
    with (
        sandbox.running(tmp_path / "one") as one,
        sandbox.running(tmp_path / "two") as two,
        Client(one) as first,
        Client(two) as second,
    ):
        assert one.zgid != two.zgid
        assert one.refresh_token != two.refresh_token
        assert second.token(refresh_token=one.refresh_token).json() == {"error": "invalid_code"}
        second.session.headers["Authorization"] = first.session.headers["Authorization"]
        assert second.get("/crm/v8/org").status_code == 401


def test_one_directory_is_served_once(tmp_path: Path) -> None:
    """A second process on the same directory is refused; when the first is gone it is not."""
    with sandbox.running(tmp_path), pytest.raises(SandboxError) as refused, sandbox.running(tmp_path):
        pass
    assert "Another process" in refused.value.message
    assert refused.value.hint
    with sandbox.running(tmp_path) as endpoint:
        assert endpoint.base_url.startswith("http://127.0.0.1:")


def test_killed_sandbox_holds_no_lock(tmp_path: Path) -> None:
    """After a SIGKILL the directory can be served again, with what was written."""
    with _child(tmp_path) as (process, endpoint), Client(endpoint) as client:
        record_id = client.add("Contacts", Last_Name="A")
        process.kill()
        process.wait()
    with sandbox.running(tmp_path) as again, Client(again) as client:
        assert client.record("Contacts", record_id)["Last_Name"] == "A"


def test_port_is_taken(tmp_path: Path) -> None:
    """A port that something else listens on is named in the message."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SandboxError) as refused, sandbox.running(tmp_path, port):
            pass
    assert str(port) in refused.value.message
    assert "port 0" in refused.value.hint


def test_chosen_port(tmp_path: Path) -> None:
    """A free port can be chosen."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    with sandbox.running(tmp_path, port) as endpoint:
        assert endpoint.base_url == f"http://127.0.0.1:{port}"


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    """A directory that cannot be made is named in the message."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SandboxError) as refused, sandbox.running(tmp_path / "file" / "crm"):
        pass
    assert str(tmp_path / "file" / "crm") in refused.value.message


@pytest.mark.parametrize("content", [b"no database, but text" * 100, b""], ids=["text", "empty"])
def test_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    """A damaged database is said, not overwritten; an empty file is a new sandbox."""
    (tmp_path / "crm.sqlite").write_bytes(content)
    if not content:
        with sandbox.running(tmp_path) as endpoint:
            assert endpoint.zgid.isdigit()
        return
    with pytest.raises(SandboxError) as refused, sandbox.running(tmp_path):
        pass
    assert "crm.sqlite" in refused.value.message
    assert (tmp_path / "crm.sqlite").read_bytes() == content
    with pytest.raises(SandboxError):
        list(sandbox.show(tmp_path, "Contacts"))


def test_child_ends_with_its_parent(tmp_path: Path) -> None:
    """The child ends when its standard input does, as it does when the parent dies."""
    with _child(tmp_path) as (process, _endpoint):
        (process.stdin or sys.stdin).close()
        assert process.wait(20) == 0


def test_child_ends_although_a_request_hangs(tmp_path: Path) -> None:
    """A request whose body never ends does not keep the child alive."""
    with _child(tmp_path) as (process, endpoint):
        port = int(endpoint.base_url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as hanging:
            hanging.sendall(b"POST /crm/v8/coql HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
            time.sleep(0.1)
            (process.stdin or sys.stdin).close()
            assert process.wait(30) in {0, 1}


def test_child_outlives_ctrl_c(tmp_path: Path) -> None:
    """Ctrl-C in the terminal reaches the child too, and is the parent's business alone; SIGTERM ends it."""
    with _child(tmp_path) as (process, endpoint), Client(endpoint) as client:
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        assert client.get("/crm/v8/org").status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_serve_ends_on_ctrl_c(tmp_path: Path) -> None:
    """Serve announces where it listens and ends cleanly on Ctrl-C."""
    command = [sys.executable, "-c", SERVE, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        base_url = _line(process.stdout)
        assert requests.get(base_url + "/crm/v8/org", timeout=30).status_code == 401
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")


def test_serve_refuses_a_served_directory(tmp_path: Path) -> None:
    """Serve says that another process serves the directory."""
    with sandbox.running(tmp_path), pytest.raises(SandboxError) as refused:
        sandbox.serve(tmp_path, 0, lambda _endpoint: pytest.fail("it must not listen"))
    assert "Another process" in refused.value.message


def test_only_loopback(tmp_path: Path) -> None:
    """Nothing listens on other addresses of this machine."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.2", 0))
        except OSError:
            pytest.skip("this machine has no second loopback address (as macOS)")
    with sandbox.running(tmp_path) as endpoint, socket.socket() as other:
        port = int(endpoint.base_url.rpartition(":")[2])
        other.bind(("127.0.0.2", port))  # free: the sandbox is on 127.0.0.1 alone
        assert other.getsockname() == ("127.0.0.2", port)


def test_show(tmp_path: Path) -> None:
    """Show gives one record a line, ordered by id, Japanese as it is, while the sandbox runs and afterwards."""
    with sandbox.running(tmp_path):
        while_running = list(sandbox.show(tmp_path, "contacts"))
    lines = list(sandbox.show(tmp_path, "Contacts"))
    assert lines == while_running
    assert [json.loads(line)["Last_Name"] for line in lines] == ["高橋", "Grant", "Fairweather"]
    assert "株式会社みどり印刷" in lines[0]
    assert [json.loads(line)["id"] for line in lines] == sorted(json.loads(line)["id"] for line in lines)
    assert "Title" not in json.loads(lines[0])


def test_show_what_is_not_there(tmp_path: Path) -> None:
    """Show names the modules, or says how to start a sandbox."""
    with pytest.raises(SandboxError) as never:
        list(sandbox.show(tmp_path, "Contacts"))
    assert "make sandbox" in never.value.hint
    with sandbox.running(tmp_path):
        pass
    with pytest.raises(SandboxError) as unknown:
        list(sandbox.show(tmp_path, "Contact"))
    assert "Contacts" in unknown.value.hint


def test_files_are_private(tmp_path: Path) -> None:
    """What the child writes only its user may read."""
    with sandbox.running(tmp_path / "crm"):
        modes = {(tmp_path / "crm" / name).stat().st_mode & 0o077 for name in ("crm.sqlite", "uploads", "results")}
    assert modes == {0}


@contextmanager
def _child(directory: Path) -> Iterator[tuple[subprocess.Popen[str], sandbox.Endpoint]]:
    """Run the child process by hand, to do to it what `running` never does."""
    command = [*CHILD, str(directory)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process, sandbox.Endpoint(**json.loads(_line(process.stdout)))
        finally:
            process.kill()


def _line(stream: IO[str] | None) -> str:
    return stream.readline().strip() if stream else ""
