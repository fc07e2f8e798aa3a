"""README.md and README.ja.md are true: their commands run, and print what the pages show."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline import errors
from tests import line

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "README.ja.md")
_LANGUAGE = {"README.md": {}, "README.ja.md": {"LANG": "ja_JP.UTF-8"}}  # of whom the page is for
_SKIPPED = ("make test", "make check")  # they are what runs this test


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the committed files with the virtual environment of these tests."""
    copy = tmp_path_factory.mktemp("checkout")
    names = (
        subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    )
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
            (copy / name).chmod((ROOT / name).stat().st_mode)
            os.utime(copy / name, (1, 1))  # older than the virtual environment, which make would renew for this copy
    (copy / ".venv").symlink_to(ROOT / ".venv")
    return copy


def _sessions(page: str) -> list[tuple[str, list[str]]]:
    """Return each `$ command` of the page's console blocks with the lines shown below it."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL):
        for text in block.splitlines():
            if text.startswith("$ "):
                found.append((text[2:].split("  #")[0].strip(), []))
            else:
                found[-1][1].append(text.rstrip())
    return found


def _masked(text: str) -> str:
    """Hide what differs from org to org: ids, ports."""
    return re.sub(r"\d{6,}", "<id>", re.sub(r":\d{4,5}\b", ":<port>", text)).rstrip()


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_the_page_print_what_it_shows(page: str, checkout: Path) -> None:
    """Every console block is run, in order, in a fresh checkout; each line shown is printed, in that order."""
    shutil.rmtree(checkout / "data" / "work", ignore_errors=True)
    shutil.rmtree(checkout / "data" / "audit", ignore_errors=True)
    shutil.rmtree(checkout / "data" / "sandbox", ignore_errors=True)
    sessions = [session for session in _sessions(page) if session[0] not in _SKIPPED]
    assert sessions
    for command, shown in sessions:
        ended = subprocess.run(
            command, shell=True, cwd=checkout, capture_output=True, text=True, check=False,
            env=line.clean_environment() | _LANGUAGE[page] | {"PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"},
        )  # fmt: skip
        assert ended.returncode == 0, command + ended.stdout + ended.stderr
        printed = [_masked(text) for text in ended.stdout.splitlines()]
        wanted = [_masked(text) for text in shown if text and text != "..."]
        assert [text for text in printed if text in wanted] == wanted, ended.stdout
        assert page == "README.md" or line.english(ended.stdout + ended.stderr) == []


@pytest.mark.parametrize("page", PAGES)
def test_the_page_lists_every_exit_code(page: str) -> None:
    """The table of exit codes is the one in errors.py."""
    codes = {error.exit_code for error in _tree(errors.PipelineError)}
    codes |= {0, errors.EXIT_ROWS_FAILED, errors.EXIT_INTERRUPTED}
    listed = set(map(int, re.findall(r"^\| (\d+) \|", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)))
    assert listed == codes


def _tree(error: type[errors.PipelineError]) -> list[type[errors.PipelineError]]:
    return [error, *(below for child in error.__subclasses__() for below in _tree(child))]


@pytest.mark.parametrize("page", PAGES)
def test_the_links_of_the_page_hold(page: str) -> None:
    """Every relative link leads to a committed file."""
    links = re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
