"""The guide is true: its commands are there, its links hold, and each message that it explains is one of ours."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "pipeline" / "guide").glob("*.md"))
_SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "pipeline").rglob("*.py")))
# What is written as several strings in a row, or over several lines, is one message.
_MESSAGES = re.sub(r'"\s*\n\s*f?"', "", _SOURCE)


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_command_of_the_guide_is_a_target_of_make(page: Path) -> None:
    """What stands after make, in code, is in the Makefile; what is set on the command line is in capitals."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    code = [*re.findall(r"`([^`\n]+)`", _text(page)), *re.findall(r"```sh\n(.*?)```", _text(page), re.DOTALL)]
    commands = [words for text in code for words in re.findall(r"\bmake ((?:[a-z-]+ ?)+)(?![a-z=])", text)]
    assert {word for words in commands for word in words.split()} <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_of_the_guide_hold(page: Path) -> None:
    """Every relative link leads to a file."""
    links = [link for link in re.findall(r"\]\(([^)#]+)", _text(page)) if "://" not in link]
    assert links
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [page for page in PAGES if "troubleshooting" in page.name], ids=lambda page: page.name)
def test_each_message_that_is_explained_is_one_of_ours(page: Path) -> None:
    """The first column quotes a message word for word."""
    quoted = re.findall(r"^\| `([^`]+)` \|", _text(page), re.MULTILINE)
    assert len(quoted) > 10
    assert [message for message in quoted if message not in _MESSAGES] == []


def test_both_languages_explain_the_same_messages() -> None:
    """A message added on one page is added on the other."""
    english, japanese = (
        re.findall(r"^\| `([^`]+)` \|", _text(ROOT / "pipeline" / "guide" / name), re.MULTILINE)
        for name in ("troubleshooting.md", "troubleshooting.ja.md")
    )
    assert english == japanese
