"""What make is told: a variable that would do nothing is refused, and a switch is yes or no."""

import re
import subprocess
from pathlib import Path

import pytest

from tests import line

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
RECIPE = re.compile(r"^([a-z-]+):[^\n]*##[^\n]*\n((?:\t[^\n]*\n)+)", re.MULTILINE)


def _make(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Ask make what it would run; nothing is run."""
    clean = line.clean_environment() | environment
    return subprocess.run(["make", "-n", *words], cwd=ROOT, capture_output=True, text=True, check=False, env=clean)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(("load", "ROWS=5"), "ROWS= does nothing in make load", id="rows of a canary, for a load"),
        pytest.param(("load", "DRY_RUN=yes"), "DRY_RUN= does nothing in make load", id="a dry run of a load"),
        pytest.param(("dossier", "RUN=3"), "RUN= does nothing in make dossier", id="the run of a rollback"),
        pytest.param(("transform", "load", "INBOX=/x"), "INBOX= does nothing in make transform load", id="goals"),
        pytest.param(("load", "ROWS=5", "LANGUAGE=ja"), "ROWS= は make load では効きません", id="in Japanese"),
    ],
)
def test_a_variable_that_the_target_does_not_take_is_refused(words: tuple[str, ...], says: str) -> None:
    """Passed over, `make load ROWS=5` would load everything, and `make load DRY_RUN=yes` would load."""
    ended = _make(*words)
    assert ended.returncode == 2
    assert says in ended.stderr
    assert not ended.stdout


def test_a_dry_run_in_the_environment_stops_a_load_too() -> None:
    """APPROVE= is given there, so DRY_RUN= may be; other variables of the environment are nobody's business."""
    assert _make("load", DRY_RUN="yes").returncode == 2
    assert _make("load", RUN="3", TEXT="x", INBOX="").returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("extract", "transform", "load", "INBOX=/x", "RESEND_DOUBTS=yes"), id="one of them takes it"),
        pytest.param(("load", "PROJECT=/x", "QUIET=1", "JSON=1", "LANGUAGE=ja", "APPROVE=abc"), id="of every command"),
        pytest.param(("help", "LANGUAGE=ja"), id="the language of the help"),
    ],
)
def test_a_variable_that_one_of_the_targets_takes_is_taken(words: tuple[str, ...]) -> None:
    """What is in force for one of several targets is no mistake."""
    ended = _make(*words)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("wipe", "WHAT=work", "CONFIRM"), "--confirm"),
        (("doctor", "CREATE_KEY"), "--create-key"),
        (("load", "RESEND_DOUBTS"), "--resend-doubts"),
        (("rollback", "RUN=1", "DRY_RUN"), "--dry-run"),
        (("extract", "CROSS_CHECK"), "--cross-check"),
        (("extract", "QUIET"), "--quiet"),
        (("extract", "JSON"), "--json"),
    ],
)
def test_a_switch_is_yes_or_no(words: tuple[str, ...], option: str) -> None:
    """No is not yes: `CONFIRM=no` removes nothing; and what is neither is refused."""
    *rest, switch = words
    for word in ("yes", "1", "true", "YES", "on"):
        assert option in _make(*rest, f"{switch}={word}").stdout.split()
    for word in ("no", "0", "false", "No", "off", ""):
        ended = _make(*rest, f"{switch}={word}")
        assert ended.returncode == 0, ended.stderr
        assert option not in ended.stdout.split()
    ended = _make(*rest, f"{switch}=maybe")
    assert ended.returncode == 2
    assert f"{switch}=maybe is neither yes nor no" in ended.stderr
    assert not ended.stdout


def test_what_each_target_takes_is_what_its_recipe_uses() -> None:
    """The table of the Makefile is held against the recipes, so that none of them can be forgotten."""
    common = set(_list("ALWAYS"))
    assert RECIPE.search(MAKEFILE)
    for target, recipe in RECIPE.findall(MAKEFILE):
        named = re.findall(r"\$\(call yes,([A-Z_]+)\)|\$\((?:if |or )?\$?\(?([A-Z_]+)\)?", recipe)
        used = {one or other for one, other in named} - common - {"TOOL", "OPTIONS", "BIN", "MAKEFILE_LIST", "TONGUE"}
        assert used == set(_list(f"TAKES_{target}")) - {"APPROVE"}, target


def _list(name: str) -> list[str]:
    found = re.search(rf"^{re.escape(name)} +:= (.*)$", MAKEFILE, re.MULTILINE)
    return found[1].split() if found else []


def test_init_makes_the_directory_of_a_project(tmp_path: Path) -> None:
    """A new customer's directory need not be there; that of another command, perhaps misspelt, must."""
    place = tmp_path / "a new" / "project"
    assert f'mkdir -p "{place}" && ' in _make("init", f"PROJECT={place}").stdout
    assert "mkdir -p" not in _make("extract", f"PROJECT={place}").stdout
    assert "mkdir -p" not in _make("init").stdout
