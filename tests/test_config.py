"""Settings: their order of precedence, and one clear message for each kind of mistake."""

from pathlib import Path

import pytest

from pipeline import config
from pipeline.errors import SettingsError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project directory with an inbox of one file."""
    (tmp_path / "data" / "inbox").mkdir(parents=True)
    (tmp_path / "data" / "inbox" / "a.csv").touch()
    return tmp_path


def _settings(project: Path, text: str) -> None:
    (project / "pipeline.toml").write_text(text, encoding="utf-8")


def test_every_setting_has_a_default(project: Path) -> None:
    """Without a pipeline.toml everything is set, and the target is the sandbox."""
    assert config.load(project).zoho.target == "sandbox"


def test_pipeline_toml_overrides_one_setting_of_a_section(project: Path) -> None:
    """A section in pipeline.toml leaves the other settings of that section as they are."""
    _settings(project, '[zoho]\ndata_center = "jp"\n')
    zoho = config.load(project).zoho
    assert (zoho.data_center, zoho.target) == ("jp", "sandbox")


def test_the_environment_overrides_pipeline_toml(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OUTLOOK2ZOHO_SECTION__SETTING is stronger than the file."""
    _settings(project, '[zoho]\ndata_center = "jp"\n')
    monkeypatch.setenv("OUTLOOK2ZOHO_ZOHO__DATA_CENTER", "eu")
    assert config.load(project).zoho.data_center == "eu"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param('[zoho]\ntargt = "crm"', "Did you mean zoho.target", id="misspelt setting"),
        pytest.param('[zohoo]\ntarget = "crm"', "Did you mean zoho?", id="misspelt section"),
        pytest.param('[outlok]\ntime_zone = "x"', "Did you mean outlook?", id="a section's settings are not meant"),
        pytest.param('[zoho]\ntarget = "salesforce"', "zoho.target", id="unknown value"),
        pytest.param('[zoho]\ndata_center = "fr"', "zoho.data_center", id="unknown data centre"),
        pytest.param('[outlook]\ntime_zone = "Tokyo"', "no IANA time zone", id="unknown zone"),
        pytest.param('[outlook]\ncode_page = "932x"', "no code page", id="unknown code page"),
        pytest.param("[engine]\nprocesses = -1", "engine.processes", id="out of bounds"),
        pytest.param("[zoho", "pipeline.toml cannot be read", id="not TOML"),
        pytest.param('[[mailbox]]\nname = "a"', "mailbox.files (in the 1. [[mailbox]])", id="no files"),
        pytest.param('[[mailbox]]\nname = "a"\nfiles = "*.csv"', 'should be a list: ["a", "b"]', id="no list"),
        pytest.param('[mailbox]\nname = "a"\nfiles = ["*"]', "[[mailbox]], in two brackets", id="a section"),
        pytest.param(
            '[[mailbox]]\nname = "a"\nfiles = ["x"]\n[[mailbox]]\nname = "a"\nfiles = ["y"]',
            "two [[mailbox]] are named 'a'",
            id="two mailboxes of one name",
        ),
        pytest.param('project = "/etc"', "no setting project", id="what only the command line may say: project"),
        pytest.param('inbox = "/etc"', "no setting inbox", id="what only the command line may say: inbox"),
        pytest.param("is_sample = false", "no setting is_sample", id="what is no setting though a field of Config"),
        pytest.param('[zoho]\nkey_field = ""', "zoho.key_field", id="a key field without a name"),
        pytest.param('[[mailbox]]\nname = "a"\nfiles = ["*"]\nonwer = "x"', "Did you mean", id="misspelt in a mailbox"),
        pytest.param(
            '[calendar]\nleave_out = ["cancelled", "tenta"]',
            "calendar.leave_out (the 2. of its list)",
            id="one of a list",
        ),
        pytest.param('[sandbox]\nname = "../up"', "letters, digits", id="a name that would leave the directory"),
    ],
)
def test_a_wrong_setting_is_one_message(project: Path, text: str, words: str) -> None:
    """The message names the setting and what would be right; the hint says where to mend it."""
    _settings(project, text)
    with pytest.raises(SettingsError) as caught:
        config.load(project)
    assert words in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        pytest.param("OUTLOOK2ZOHO_ZOHO__TARGT", "crm", "zoho.target", id="misspelt setting"),
        pytest.param("OUTLOOK2ZOHO_ZOHOO__TARGET", "crm", "OUTLOOK2ZOHO_ZOHOO__TARGET", id="misspelt section"),
        pytest.param("OUTLOOK2ZOHO_TARGET", "crm", "OUTLOOK2ZOHO_TARGET", id="no section"),
        pytest.param("OUTLOOK2ZOHO_INBOX", "/etc", "OUTLOOK2ZOHO_INBOX", id="what only the command line may say"),
        pytest.param("OUTLOOK2ZOHO_OUTLOOK__OWN_DOMAINS", "a.example", "OUTLOOK2ZOHO_OUTLOOK", id="a list not in JSON"),
        pytest.param("OUTLOOK2ZOHO_MAILBOX", "sales", "OUTLOOK2ZOHO_MAILBOX", id="mailboxes not in JSON"),
    ],
)
def test_a_wrong_variable_is_one_message(
    project: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    """A variable with our prefix that is no setting, or whose value cannot be read, is named and stops the run."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        config.load(project)
    assert words in caught.value.message
    assert caught.value.hint


def test_a_settings_file_that_is_a_directory_is_one_message(project: Path) -> None:
    """The reason is in words, without an errno."""
    (project / "pipeline.toml").mkdir()
    with pytest.raises(SettingsError, match=r"pipeline\.toml cannot be read as TOML: Is a directory\."):
        config.load(project)


def test_a_file_that_is_not_utf_8_is_one_message(project: Path) -> None:
    """A pipeline.toml in another encoding is named, not a traceback."""
    (project / "pipeline.toml").write_bytes("[outlook]\n# 設定\n".encode("cp932"))
    with pytest.raises(SettingsError, match="is not UTF-8 text") as caught:
        config.load(project)
    assert "UTF-8" in caught.value.hint


def test_a_file_that_an_editor_of_windows_saved_is_read(project: Path) -> None:
    """The byte order mark with which Notepad begins a UTF-8 file is no setting, and neither are its line ends."""
    (project / "pipeline.toml").write_bytes('[zoho]\r\ndata_center = "jp"\r\n'.encode("utf-8-sig"))
    assert config.load(project).zoho.data_center == "jp"


def test_credentials_that_an_editor_of_windows_saved_are_read(project: Path) -> None:
    """So are those of .env."""
    text = "ZOHO_CLIENT_ID=1000.A\r\nZOHO_CLIENT_SECRET=b\r\nZOHO_REFRESH_TOKEN=1000.c\r\n"
    (project / ".env").write_bytes(text.encode("utf-8-sig"))
    (project / ".env").chmod(0o600)
    assert config.credentials(project).client_id == "1000.A"


def test_the_sample_is_the_inbox_while_there_is_none(tmp_path: Path) -> None:
    """An empty data/inbox means the sample, with its own mailboxes."""
    (tmp_path / "data" / "inbox").mkdir(parents=True)
    loaded = config.load(tmp_path)
    assert loaded.is_sample
    assert [mailbox.name for mailbox in loaded.mailbox] == ["sato", "whitfield"]


def test_hidden_files_do_not_make_an_inbox(tmp_path: Path) -> None:
    """What the file manager leaves in an empty data/inbox by itself is no input: it is still empty."""
    (tmp_path / "data" / "inbox").mkdir(parents=True)
    (tmp_path / "data" / "inbox" / ".DS_Store").touch()
    assert config.load(tmp_path).is_sample


def test_an_inbox_that_is_named_overrides(project: Path, tmp_path: Path) -> None:
    """INBOX= wins over data/inbox, and the sample's mailboxes are not in force."""
    loaded = config.load(project, tmp_path)
    assert (loaded.inbox, loaded.is_sample, loaded.mailbox) == (tmp_path, False, ())


@pytest.mark.parametrize(
    ("path", "expected"),
    [("sales/a.csv", "sales"), ("x/old.pst", "old"), ("y.csv", None)],
)
def test_the_first_mailbox_whose_pattern_fits_owns_the_file(project: Path, path: str, expected: str | None) -> None:
    """Patterns are tried in the order of pipeline.toml, below the inbox, with forward slashes."""
    _settings(project, '[[mailbox]]\nname="sales"\nfiles=["sales/*"]\n[[mailbox]]\nname="old"\nfiles=["*.pst"]\n')
    mailbox = config.load(project).mailbox_of(path)
    assert (mailbox.name if mailbox else None) == expected


def test_missing_credentials_are_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of the three are missing is said, and where to put them."""
    monkeypatch.setenv("ZOHO_CLIENT_ID", "1000.X")
    monkeypatch.delenv("ZOHO_CLIENT_SECRET", raising=False)
    monkeypatch.delenv("ZOHO_REFRESH_TOKEN", raising=False)
    with pytest.raises(SettingsError) as caught:
        config.credentials(project)
    assert "ZOHO_CLIENT_SECRET, ZOHO_REFRESH_TOKEN" in caught.value.message
    assert ".env" in caught.value.hint


def test_credentials_come_from_dotenv_and_stay_hidden(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """.env is read, and printing the credentials shows no secret."""
    for name in ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN"):
        monkeypatch.delenv(f"ZOHO_{name}", raising=False)
    _dotenv(project, 0o600)
    found = config.credentials(project)
    assert found.client_secret.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(found)
    assert "t0ken" not in repr(found)


def _dotenv(project: Path, mode: int) -> None:
    (project / ".env").write_text("ZOHO_CLIENT_ID=1000.X\nZOHO_CLIENT_SECRET=s3cret\nZOHO_REFRESH_TOKEN=t0ken\n")
    (project / ".env").chmod(mode)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_dotenv_that_others_may_read_is_refused(project: Path, mode: int) -> None:
    """Credentials are for one user only; the hint is the command that mends it."""
    _dotenv(project, mode)
    with pytest.raises(SettingsError) as caught:
        config.credentials(project)
    assert "chmod 600" in caught.value.hint
