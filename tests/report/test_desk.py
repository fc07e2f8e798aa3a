"""The operator's desk after one whole line: JSON for machines, the report in a browser, and the dossier."""

import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline import cli, report, run
from tests import line
from tests.report import browser
from tests.report.browser import Tab

PERSONAL = ("Sekretova", "geheim", "sekretova@kunde.example", "Akte-77", "Projekt-Falke")
HOSTILE = "</script><img src=x onerror=alert(1)>"
FILE = "Projekt-Falke <b onclick=1>.csv"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project whose files, folders and values all have names that are personal, and some hold markup."""
    directory = tmp_path_factory.mktemp("desk")
    inbox = directory / "data" / "inbox" / "Akte-77"
    inbox.mkdir(parents=True)
    rows = [
        '"First Name","Last Name","E-mail Address","Company"',
        f'"Eva","Sekretova","sekretova@kunde.example","geheim {HOSTILE}"',
        '"Broken","Sekretova"',
    ]
    (inbox / FILE).write_text("\n".join(rows), encoding="utf-8")
    (inbox / "Projekt-Falke-2.csv").write_bytes(b"\x00\x01Sekretova")
    return directory


@pytest.fixture(scope="module")
def ended(project: Path) -> dict[str, line.Ended]:
    """Run the whole line for a machine, a plan before the load and a dossier after it."""
    stages = ("extract", "transform", "plan", "load", "dossier")
    return {stage: line.run(project, "--json", stage) for stage in stages}


@pytest.mark.parametrize("stage", ["extract", "transform", "plan", "load"])
def test_one_line_of_json(stage: str, ended: dict[str, line.Ended]) -> None:
    """Each stage prints one line with its accounts, which add up, and its exit code."""
    found: dict[str, Any] = json.loads(ended[stage].out)
    assert ended[stage].out.count("\n") == 1
    assert (found["format"], found["stage"], found["exit_code"]) == (1, stage, ended[stage].code)
    for one in found["accounts"]:
        assert (
            one["seen"] + one["made"]
            == one["written"] + one["merged"] + sum(one["excluded"].values()) + one["rejected"]
        )
    assert found["accounts"] or found["plans"] or found["loads"]
    if stage in {"plan", "load"}:
        assert found["facts"]["plan"] == json.loads(ended["plan"].out)["facts"]["plan"]


@pytest.mark.parametrize("command", ["ledger", "repair", "report", "dossier", "doctor"])
def test_a_command_that_is_no_stage_is_told_of_too(command: str, project: Path, ended: dict[str, line.Ended]) -> None:
    """Every command ends in one line of JSON with what it came to in numbers, and nothing personal."""
    assert ended["load"].code == 0
    done = CliRunner().invoke(cli.app, ["--project", str(project), "--json", command])
    found = json.loads(done.stdout)
    assert (found["stage"], found["exit_code"], done.exit_code) == (command, 0, 0)
    assert found["facts"]
    assert [word for word in PERSONAL if word in done.output] == []


def test_nothing_personal_is_in_it(ended: dict[str, line.Ended]) -> None:
    """No name of a file or folder, no value of an item is in what a machine reads or in a log of it."""
    read = "".join(one.out + one.err for one in ended.values())
    assert [word for word in PERSONAL if word in read] == []


def test_a_failure_is_json_too(tmp_path: Path) -> None:
    """A machine learns the kind and the exit code of an error; the message is for people, on standard error."""
    failed = line.run(tmp_path, "--json", "transform")
    assert json.loads(failed.out) == {"format": 1, "error": "StageError", "exit_code": failed.code}
    assert "error" in failed.err


def test_quiet_prints_nothing(project: Path, ended: dict[str, line.Ended]) -> None:
    """Asked to be quiet, a command that succeeds prints nothing at all."""
    assert ended
    quiet = line.run(project, "--quiet", "ledger")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_an_unknown_language_is_refused(tmp_path: Path) -> None:
    """Pages are in English and Japanese; another language is a wrong option."""
    assert line.run(tmp_path, "--lang", "xx", "transform").code == 2


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """Run a browser for all tests of this module."""
    with browser.running(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture
def tab(chromium: Tab, project: Path, ended: dict[str, line.Ended]) -> Tab:
    """Return the browser with the report open."""
    assert ended["load"].code == 0
    chromium.width(1200)
    chromium.open(report_of(project))
    return chromium


def report_of(project: Path) -> Path:
    """Return the page that the load wrote at its end."""
    (path,) = project.glob("data/audit/*/runs/*/report.html")
    return path


def test_the_report_is_a_page_that_asks_for_nothing(tab: Tab, project: Path) -> None:
    """It holds accounts, flow, charts, rejects, quality and the audit head; names with markup are text."""
    text = tab.text("body")
    head = json.loads(next(project.glob("data/audit/*/runs/*/run.json")).read_text(encoding="utf-8"))["audit_head"]
    for wanted in ("items read 2", "created 2", FILE, head, "no_last_name", "load ended"):
        assert wanted in text
    assert tab.asked == [report_of(project).as_uri()]
    assert tab.complaints == []
    assert tab.run("document.querySelectorAll('img, td b, svg b').length") == 0
    assert tab.run("document.querySelectorAll('svg path').length") >= 3


def test_the_report_names_the_files_that_were_not_read(project: Path, ended: dict[str, line.Ended]) -> None:
    """Its accounts add up without them, so nobody would miss what was on them; the time line names the plan."""
    assert ended["load"].code == 0
    page = report_of(project)
    plain = page.with_name("report.txt").read_text(encoding="utf-8")
    assert "Akte-77/Projekt-Falke-2.csv: This is binary data of no known kind" in plain
    assert " plan made" in plain
    html = page.read_text(encoding="utf-8")
    assert "<td>Akte-77/Projekt-Falke-2.csv</td>" in html
    assert "種類の分からないバイナリー データ" in html


def test_the_report_is_japanese_too_and_prints(tab: Tab) -> None:
    """One press shows Japanese, of the pictures too; it prints."""
    tab.click("button[data-lang=ja]")
    text = tab.text("body")
    assert "読んだアイテム" in text
    assert "items read" not in text
    assert tab.printed().startswith(b"%PDF")


@pytest.mark.parametrize("width", [1200, 390])
def test_the_report_fits_the_window(tab: Tab, width: int) -> None:
    """Nothing makes the page wider than the window."""
    tab.width(width)
    assert tab.run("document.documentElement.scrollWidth") <= width


def test_the_report_is_a_text_in_the_language_asked_for(project: Path, ended: dict[str, line.Ended]) -> None:
    """`report` writes it anew; the numbers are those of the load, and add up."""
    assert line.run(project, "--lang", "ja", "report").code == 0
    text = report_of(project).with_suffix(".txt").read_text(encoding="utf-8")
    assert text.startswith("登録の報告\n")
    loads = {one["module"]: one for one in json.loads(ended["load"].out)["loads"]}
    found = re.search(r"連絡先: (\d+) 対象 = (\d+) 新規作成", text)
    assert found is not None
    assert [int(number) for number in found.groups()] == [loads["Contacts"]["to_send"], loads["Contacts"]["created"]]


def test_the_dossier_is_checked_without_our_tools(project: Path, ended: dict[str, line.Ended], tmp_path: Path) -> None:
    """`sha256sum -c` finds every file whole, and a changed byte; the inputs are those of the inbox."""
    assert ended["dossier"].code == 0
    with zipfile.ZipFile(next(project.glob("data/audit/*/dossiers/*.zip"))) as archive:
        archive.extractall(tmp_path)
    assert _checks(tmp_path, "SHA256SUMS")
    shutil.copytree(project / "data" / "inbox", tmp_path / "inbox")
    shutil.copyfile(tmp_path / "inputs.sha256", tmp_path / "inbox" / "inputs.sha256")
    assert _checks(tmp_path / "inbox", "inputs.sha256")
    listed = (tmp_path / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    held = {name for name in names if not name.startswith("inbox/")}
    assert {text.split("  ", 1)[1] for text in listed} == held - {"SHA256SUMS"}
    assert {"plan/plan.parquet", "run/outcomes.parquet", "run/report.html", "audit.log", "settings.json"} <= held
    assert "plan/ " in (tmp_path / "README.txt").read_text(encoding="utf-8")
    changed = tmp_path / "run" / "outcomes.parquet"
    changed.write_bytes(changed.read_bytes()[:-1] + b"x")
    assert not _checks(tmp_path, "SHA256SUMS")


def test_a_dossier_without_a_plan_says_so(project: Path, ended: dict[str, line.Ended], tmp_path: Path) -> None:
    """A load into the sandbox wants no plan; where none was written, the dossier says how to have one."""
    assert ended["dossier"].code == 0
    other = shutil.copytree(project, tmp_path / "other")
    for plans in other.glob("data/audit/*/plans"):
        shutil.rmtree(plans)
    assert CliRunner().invoke(cli.app, ["--project", str(other), "--json", "dossier"]).exit_code == 0
    with zipfile.ZipFile(next(other.glob("data/audit/*/dossiers/*.zip"))) as archive:
        told = archive.read("README.txt").decode()
    assert "plan/ " not in told
    assert "make plan before make load writes one" in told
    assert "make load の前に make plan" in told


def _checks(directory: Path, sums: str) -> bool:
    return (
        subprocess.run(["sha256sum", "--quiet", "-c", sums], cwd=directory, capture_output=True, check=False).returncode
        == 0
    )


def test_the_dossier_holds_no_secret(project: Path, ended: dict[str, line.Ended]) -> None:
    """Neither the sandbox's credentials nor the key of the audit log is in it."""
    assert ended
    secrets = [path.read_bytes() for path in project.glob("data/audit/*/audit.key")]
    assert secrets
    with zipfile.ZipFile(next(project.glob("data/audit/*/dossiers/*.zip"))) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert not [secret for secret in secrets if secret in content or secret.hex().encode() in content]
    assert b"refresh_token" not in content
    assert b"client_secret" not in content


def test_the_same_run_gives_the_same_dossier(project: Path, ended: dict[str, line.Ended]) -> None:
    """Made again, it is the same bytes."""
    assert ended
    config = run.following(project)
    last = report.run_page.latest(config)
    first = report.dossier.write(config, last).read_bytes()
    assert report.dossier.write(config, last).read_bytes() == first
