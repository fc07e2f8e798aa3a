"""Which folders and items are read, and under which rule the others are counted."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import config
from pipeline.errors import SettingsError
from pipeline.extract import selection
from pipeline.extract.selection import Selection

_CONTACTS = "/Top of Personal Folders/Contacts"


@pytest.mark.parametrize(
    ("rules", "path", "rule"),
    [
        pytest.param({}, _CONTACTS, None, id="no patterns"),
        pytest.param({"folders": ("Contacts",)}, _CONTACTS, None, id="a name"),
        pytest.param({"folders": ("contacts",)}, _CONTACTS, None, id="case does not count"),
        pytest.param({"folders": ("Contacts",)}, f"{_CONTACTS}/Suppliers/Old", None, id="below a named folder"),
        pytest.param({"folders": ("Contacts",)}, "/Top of Personal Folders", "folder_not_selected", id="above it"),
        pytest.param({"folders": ("Contacts",)}, f"{_CONTACTS} 2", "folder_not_selected", id="a longer name"),
        pytest.param({"folders": ("*/Cont*",)}, f"{_CONTACTS} 2", None, id="a pattern"),
        pytest.param({"folders": ("/Contacts",)}, _CONTACTS, "folder_not_selected", id="a path from the top"),
        pytest.param({"folders": (f"{_CONTACTS}/",)}, _CONTACTS, None, id="a whole path"),
        pytest.param({"folders": ("連絡先",)}, "/個人用フォルダ/連絡先", None, id="a Japanese name"),
        pytest.param({"folders": ("B",)}, r"/Top/A\/B", "folder_not_selected", id="a slash inside a name"),
        pytest.param({"skip_folders": ("Contacts",)}, f"{_CONTACTS}/Old", "folder_skipped", id="below a skipped one"),
        pytest.param(
            {"folders": ("Contacts",), "skip_folders": ("Old",)}, f"{_CONTACTS}/Old", "folder_skipped", id="both"
        ),
    ],
)
def test_folders(rules: dict[str, Any], path: str, rule: str | None) -> None:
    """A pattern names folders and all below them; one without a path means a folder of that name anywhere."""
    assert Selection(**rules).folder_rule(path) == rule


@pytest.mark.parametrize("word", [word for word, rule in selection.UNASKED.items() if rule.startswith("folder_")])
def test_special_folders_are_left_out_unless_asked_for(word: str) -> None:
    """A special folder is left out under its own rule, whatever it is called, until `include` names it."""
    assert Selection().folder_rule("/x", word) == f"folder_{word}"
    assert Selection(include=(word,)).folder_rule("/x", word) is None
    assert Selection(include=(word,), skip_folders=("x",)).folder_rule("/x", word) == "folder_skipped"


@pytest.mark.parametrize("role", ["calendar", "contacts", "tasks", "sent_items", "notes", None])
def test_other_special_folders_are_read(role: str | None) -> None:
    """What a folder is leaves it out only where the word is one that must be asked for."""
    assert Selection().folder_rule("/x", role) is None


@pytest.mark.parametrize(
    ("rules", "categories", "rule"),
    [
        pytest.param({"categories": ("Zoho",)}, ["取引先", "zoho "], None, id="has it, whatever the case"),
        pytest.param({"categories": ("Zoho",)}, ["取引先"], "category_not_selected", id="has others"),
        pytest.param({"categories": ("Zoho",)}, None, "category_not_selected", id="has none"),
        pytest.param({"skip_categories": ("Personal",)}, ["Zoho", "Personal"], "category_skipped", id="skipped"),
        pytest.param({"skip_categories": ("Personal",)}, [], None, id="not skipped"),
    ],
)
def test_categories(rules: dict[str, Any], categories: list[str] | None, rule: str | None) -> None:
    """An item needs one of the categories, and none of those that are skipped."""
    chosen = Selection(**rules)
    assert chosen.has_categories
    assert chosen.category_rule(categories) == rule


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "is_out"),
    [
        pytest.param("2020-01-09T14:59:59", None, True, id="the last second before, in Tokyo"),
        pytest.param("2020-01-09T15:00:00", None, False, id="the first second"),
        pytest.param("2020-01-20T14:59:59", None, False, id="the last second"),
        pytest.param("2020-01-20T15:00:00", None, True, id="the first second after"),
        pytest.param("2019-01-01T00:00:00", "2020-01-10T00:00:00", False, id="begins before"),
        pytest.param("2019-01-01T00:00:00", "2019-01-02T00:00:00", True, id="ends before"),
        pytest.param("2020-01-20T00:00:00", "2021-01-01T00:00:00", False, id="ends after"),
        pytest.param(None, "2021-01-01T00:00:00", True, id="only an end"),
        pytest.param(None, None, False, id="no date"),
    ],
)
def test_dates(start: str | None, end: str | None, *, is_out: bool) -> None:
    """An item is left out when it lies wholly outside the days, which are those of the mailbox's zone."""
    chosen = Selection(since=date(2020, 1, 10), until=date(2020, 1, 20), time_zone="Asia/Tokyo")
    rule = chosen.date_rule(start and _at(start), end and _at(end))  # type: ignore[arg-type]  # "" is not in the table
    assert rule == ("outside_date_range" if is_out else None)


@given(day=st.dates(), since=st.none() | st.dates(), until=st.none() | st.dates())
def test_a_day_is_read_when_it_is_in_the_range(day: date, since: date | None, until: date | None) -> None:
    """Both ends of the range belong to it, and no end means none."""
    rule = Selection(since=since, until=until).day_rule(day)
    assert (rule is None) == ((since or date.min) <= day <= (until or date.max))


def test_the_words_of_the_settings_are_those_of_the_rules() -> None:
    """Every word that `include` takes has a rule, and every rule a word."""
    assert set(config.UNASKED) == selection.UNASKED.keys()


# -- settings ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project directory with an inbox of one file."""
    (tmp_path / "data" / "inbox").mkdir(parents=True)
    (tmp_path / "data" / "inbox" / "a.pst").touch()
    return tmp_path


def _loaded(project: Path, text: str) -> config.Config:
    (project / "pipeline.toml").write_text(text, encoding="utf-8")
    return config.load(project)


def test_by_default_nobody_has_to_choose(project: Path) -> None:
    """Without settings all folders, categories and days are read, and nothing that must be asked for."""
    chosen = selection.of(_loaded(project, ""), "a.pst")
    assert chosen == Selection(time_zone="Asia/Tokyo")
    assert not chosen.has_categories
    assert not chosen.has_dates


def test_a_mailbox_has_its_own_rules(project: Path) -> None:
    """What a mailbox sets stands instead of what [outlook] sets, an empty list too."""
    loaded = _loaded(
        project,
        '[outlook]\ncategories = ["Zoho"]\nsince = 2020-01-01\ninclude = ["drafts"]\nfolders = ["Contacts"]\n'
        '[[mailbox]]\nname = "a"\nfiles = ["a*"]\ncategories = []\nsince = "2021-04-01"\ntime_zone = "Europe/London"\n',
    )
    own, other = selection.of(loaded, "a.pst"), selection.of(loaded, "b.pst")
    assert (own.categories, own.since, own.include, own.folders, own.time_zone) == (
        (),
        date(2021, 4, 1),
        ("drafts",),
        ("Contacts",),
        "Europe/London",
    )
    assert (other.categories, other.since, other.time_zone) == (("Zoho",), date(2020, 1, 1), "Asia/Tokyo")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param('[outlook]\ninclude = ["draft"]', "did you mean 'drafts'", id="a misspelt word"),
        pytest.param('[outlook]\ninclude = ["x"]', "recipient_cache", id="a word that is none"),
        pytest.param('[outlook]\nsince = "01.02.2020"', "is no day (such as 2020-01-31)", id="no day"),
        pytest.param("[outlook]\nsince = 2020-01-01T10:00:00", "is no day", id="a day with a time"),
        pytest.param(
            "[outlook]\nsince = 2020-01-02\nuntil = 2020-01-01", "nothing would be read", id="in the wrong order"
        ),
        pytest.param('[outlook]\nfolders = [" "]', "is empty", id="an empty pattern"),
        pytest.param(
            '[[mailbox]]\nname = "a"\nfiles = ["*"]\ninclude = ["junkk"]', "did you mean 'junk'", id="of a mailbox"
        ),
    ],
)
def test_a_wrong_setting_is_one_message(project: Path, text: str, words: str) -> None:
    """The message names the setting and what would be right."""
    with pytest.raises(SettingsError) as caught:
        _loaded(project, text)
    assert words in caught.value.message


def test_hashes_are_asked_for(project: Path) -> None:
    """The content of attachments is hashed where [outlook] says so."""
    assert selection.of(_loaded(project, "[outlook]\nhash_attachments = true\n"), "a.pst").has_hashes


def test_another_selection_is_another_reading() -> None:
    """What names a cached file differs for every rule that differs, and for nothing else."""
    rules: list[dict[str, Any]] = [
        {"folders": ("a",)},
        {"skip_folders": ("a",)},
        {"categories": ("a",)},
        {"skip_categories": ("a",)},
        {"since": date(2020, 1, 1)},
        {"until": date(2020, 1, 1)},
        {"include": ("junk",)},
        {"has_hashes": True},
        {},
    ]
    assert len({str(Selection(**one).key) for one in rules}) == len(rules)
    assert Selection(time_zone="Asia/Tokyo").key == Selection().key
    assert Selection(include=("junk", "rss")).key == Selection(include=("rss", "junk")).key
