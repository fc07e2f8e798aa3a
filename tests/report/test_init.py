"""First use: the draft of pipeline.toml, the questions, and the way from a grant code to a refresh token in .env."""

import shutil
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import config as settings
from pipeline import extract, first_use
from pipeline.config import Config, private
from pipeline.errors import SettingsError, TargetError
from pipeline.first_use import Desk
from pipeline.load import grant
from pipeline.report import draft
from pipeline.report.draft import Answers, Draft
from tests.load import world
from tests.load.world import Crm

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Return a project that has extracted two mailboxes and a loose file, with no pipeline.toml."""
    project = tmp_path_factory.mktemp("project")
    inbox = project / "data" / "inbox"
    for name in ("sato", "whitfield"):
        shutil.copytree(ROOT / "data" / "sample" / name, inbox / name)
    tasks = (ROOT / "data" / "sample" / "whitfield" / "tasks.csv").read_bytes()
    (inbox / "loose [1].csv").write_bytes(tasks + b"\r\n")
    config = settings.load(project)
    extract.run(config)
    return config


@pytest.fixture
def project(extracted: Config, tmp_path: Path) -> Config:
    """Return a copy of that project."""
    shutil.copytree(extracted.project, tmp_path / "p")
    return settings.load(tmp_path / "p")


def quiet(lines: list[str] | None = None) -> Desk:
    """Return a desk where nobody can be asked."""
    return Desk(say=(lines if lines is not None else []).append, language="en")


def answering(*answers: str, secrets: tuple[str, ...] = ()) -> tuple[Desk, list[str]]:
    """Return a desk where a person gives these answers, and what was said and asked."""
    said: list[str] = []
    given, hidden = iter(answers), iter(secrets)

    def ask(question: str) -> str:
        said.append(question)
        return next(given)

    return Desk(say=said.append, language="en", ask=ask, ask_secretly=lambda _question: next(hidden)), said


def test_mailboxes_are_found_with_their_addresses_zones_and_items(extracted: Config) -> None:
    """A directory is a mailbox, a loose file one of its own; who sent and organised is whose it is."""
    found = {one.name: one for one in draft.of_extracted(extracted)}
    assert set(found) == {"sato", "whitfield", "loose [1]"}
    sato = found["sato"]
    assert sato.patterns == ("sato/*",)
    assert sato.addresses[0] == sato.owner == "hanako.sato@kaede-shoji.example"
    assert sato.zone == "Asia/Tokyo"
    assert set(sato.items) >= {"contacts", "tasks", "events", "messages"}
    assert (found["loose [1]"].addresses, found["loose [1]"].zone) == ((), "")


def test_the_draft_is_settings_that_hold(project: Config) -> None:
    """Without a terminal the draft is written with its questions as comments, and every file has its mailbox."""
    lines: list[str] = []
    path = first_use.write_draft(project, quiet(lines))
    text = path.read_text(encoding="utf-8")
    assert path.name == "pipeline.toml"
    assert text.count("# ?") >= 5
    config = settings.load(project.project)
    assert {config.mailbox_of(name) is not None for name in ("sato/x.pst", "whitfield/y.csv", "loose [1].csv")} == {
        True
    }
    assert config.mailbox_of("loose 1.csv") is None
    assert config.zoho.target == "sandbox"


def test_an_own_pipeline_toml_is_not_touched(project: Config) -> None:
    """The draft goes beside it."""
    own = project.project / "pipeline.toml"
    own.write_text("# mine\n", encoding="utf-8")
    desk, asked = answering()
    assert first_use.write_draft(project, desk).name == "pipeline.draft.toml"
    assert [line for line in asked if "[" in line] == [], "what was answered once is not asked again"
    assert own.read_text(encoding="utf-8") == "# mine\n"


def test_a_person_is_asked_with_what_was_found(project: Config) -> None:
    """Enter takes what was found; a wrong zone or target is asked again."""
    first = ("", "", "", "")
    second = ("dana", "dana@kaede-shoji.example, d@kaede-shoji.example", "boss@kaede-shoji.example", "Mars/Base")
    desk, said = answering(*first, *first, *second, "Europe/London", "real", "crm", "nowhere", "jp", "")
    first_use.write_draft(project, desk)
    config = settings.load(project.project)
    assert [one.name for one in config.mailbox] == ["loose [1]", "sato", "dana"]
    dana = config.mailbox[2]
    assert dana.addresses == ("dana@kaede-shoji.example", "d@kaede-shoji.example")
    assert (dana.owner, dana.time_zone) == ("boss@kaede-shoji.example", "Europe/London")
    assert (config.zoho.target, config.zoho.data_center) == ("crm", "jp")
    assert any("hanako.sato@kaede-shoji.example" in line for line in said)


@pytest.mark.parametrize(
    "name",
    ['quo"te', "new\nline", "back\\slash", "日本語 [x]*?", "\x7f\x01", "</script>"],
    ids=["quote", "line end", "backslash", "Japanese and wild cards", "control characters", "markup"],
)
def test_any_name_makes_a_toml_that_says_just_that(name: str, extracted: Config) -> None:
    """Whatever a file is called, the draft is TOML, and the pattern means that name only."""
    one = Draft(name=name, patterns=(draft._escaped(name),), files=(name,), items={"contacts": 1})
    text = draft.toml(extracted, [one], Answers(), "ja")
    (mailbox,) = tomllib.loads(text)["mailbox"]
    assert mailbox["name"] == name
    held = extracted.model_copy(update={"mailbox": (settings.Mailbox(**mailbox),)})
    assert held.mailbox_of(name) is not None
    assert held.mailbox_of(name + "x") is None


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Run a sandbox."""
    with world.crm(tmp_path_factory.mktemp("crm")) as running:
        yield running


def connected(config: Config, crm: Crm, desk: Desk) -> bool:
    """Connect the CRM as the command does, with the sandbox as Zoho."""
    zoho = config.zoho.model_copy(update={"accounts_url": crm.endpoint.base_url})
    config = config.model_copy(update={"zoho": zoho})

    def exchange(client_id: str, client_secret: str, code: str) -> str:
        return grant.exchange(config, grant.Client(client_id, client_secret), code)

    return first_use.connect(config, desk, exchange, "https://api-console.zoho.jp", grant.SCOPES)


def test_a_grant_code_becomes_a_refresh_token_that_only_the_user_may_read(
    project: Config, crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code is exchanged, .env is 0600 and keeps what was in it, and no secret is printed."""
    for name in ("ZOHO_CLIENT_ID", "ZOHO_CLIENT_SECRET", "ZOHO_REFRESH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    env = project.project / ".env"
    env.write_text("OTHER=kept\nZOHO_CLIENT_ID=old\n", encoding="utf-8")
    code = crm.control("POST", "grant")["code"]
    desk, said = answering(crm.endpoint.client_id, secrets=(crm.endpoint.client_secret, code))
    assert connected(project, crm, desk)
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    assert "OTHER=kept" in env.read_text(encoding="utf-8")
    held = settings.credentials(project.project)
    assert held.client_id == crm.endpoint.client_id
    assert held.refresh_token.get_secret_value() == crm.endpoint.refresh_token
    assert grant.SCOPES in "\n".join(said)
    assert not any(
        secret in "\n".join(said) for secret in (crm.endpoint.client_secret, code, crm.endpoint.refresh_token)
    )


def test_without_a_terminal_the_environment_has_the_code(
    project: Config, crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The three values come from the environment; without them it is said how, and nothing is written."""
    lines: list[str] = []
    assert not connected(project, crm, quiet(lines))
    assert "ZOHO_GRANT_CODE" in lines[-1]
    assert not (project.project / ".env").exists()
    monkeypatch.setenv("ZOHO_CLIENT_ID", crm.endpoint.client_id)
    monkeypatch.setenv("ZOHO_CLIENT_SECRET", crm.endpoint.client_secret)
    monkeypatch.setenv("ZOHO_GRANT_CODE", crm.control("POST", "grant")["code"])
    assert connected(project, crm, quiet())
    assert (project.project / ".env").exists()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param("code", "invalid_code", id="a wrong code"),
        pytest.param("used", "invalid_code", id="a code that was used"),
        pytest.param("late", "invalid_code", id="a code that is too old"),
        pytest.param("client", "invalid_client", id="a wrong client"),
        pytest.param("secret", "invalid_client_secret", id="a wrong secret"),
    ],
)
def test_what_zoho_refuses_says_what_to_do(project: Config, crm: Crm, spoil: str, said: str) -> None:
    """A refused code or client is named, with what to do; nothing is written."""
    code = crm.control("POST", "grant")["code"]
    endpoint = crm.endpoint
    given = {"client": endpoint.client_id, "secret": endpoint.client_secret, "code": code}
    if spoil in given:
        given[spoil] = "1000.WRONG"
    if spoil == "used":
        connected(project, crm, answering(given["client"], secrets=(given["secret"], code))[0])
        (project.project / ".env").unlink()
    if spoil == "late":
        crm.pass_time(181)
    with pytest.raises(TargetError, match=said) as refused:
        connected(project, crm, answering(given["client"], secrets=(given["secret"], given["code"]))[0])
    assert refused.value.hint
    assert not (project.project / ".env").exists()


def test_credentials_go_to_zoho_only(project: Config) -> None:
    """An address that is no known host of Zoho is given nothing."""
    zoho = project.zoho.model_copy(update={"accounts_url": "https://accounts.zoho.evil.example"})
    config = project.model_copy(update={"zoho": zoho})
    with pytest.raises(SettingsError, match="not given your credentials"):
        grant.exchange(config, grant.Client("a", "b"), "c")


@pytest.mark.parametrize("value", ['a"b', "a b", "a\nb", "鍵"])
def test_a_secret_that_cannot_stand_in_env_is_refused(tmp_path: Path, value: str) -> None:
    """What a paste spoiled is refused before it is written."""
    with pytest.raises(SettingsError, match="ZOHO_CLIENT_ID"):
        private.keep(tmp_path, {"ZOHO_CLIENT_ID": value})


@pytest.mark.parametrize("page", ["README.md", "README.ja.md"])
def test_the_readme_names_the_scopes_that_are_asked_for(page: str) -> None:
    """The scopes of the README are those of make init."""
    assert grant.SCOPES in (ROOT / page).read_text(encoding="utf-8")


def test_what_comes_next_is_for_the_same_files() -> None:
    """Without INBOX= and PROJECT= the next command would read other files, or for another customer."""
    assert "plan; when the plan is right, make load." in first_use.next_step(quiet(), Path(), None)
    said = first_use.next_step(quiet(), Path("/c/kaede"), Path("/e/my files"))
    assert "make extract transform plan PROJECT=/c/kaede INBOX='/e/my files'; " in said
    assert said.endswith("make load PROJECT=/c/kaede.")


def test_one_item_is_counted_in_the_singular() -> None:
    """What was found in a mailbox reads as a person would write it."""
    found = Draft(name="a", patterns=("a/*",), files=("a/x.pst",), items={"contacts": 3, "lists": 1, "messages": 1})
    assert draft.counted(found, "en") == "3 contacts, 1 list, 1 message"
