"""Settings: defaults.toml < the sample's < pipeline.toml < environment; credentials from the environment or .env."""

import difflib
import fnmatch
import os
import re
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as SourceError

from pipeline.errors import SettingsError

DateOrder = Literal["", "ymd", "mdy", "dmy"]
DATA_CENTERS = ("com", "eu", "in", "jp", "com.au", "com.cn", "ca", "sa", "uk")
_DEFAULTS = Path(__file__).with_name("defaults.toml")
_ENVIRONMENT = "OUTLOOK2ZOHO_"
_OF_THE_CALL = frozenset(
    {"project", "inbox", "is_sample", "cross_check"}
)  # fields of Config that no file and no variable may set
_MEND = "Mend pipeline.toml or the environment; see defaults.toml."


class _Section(BaseModel):
    """A part of the settings: immutable, and nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"'{name}' is no IANA time zone (such as Asia/Tokyo or Europe/London)") from None
    return name


def _known_code_page(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        raise ValueError(f"'{name}' is no code page that Python knows (such as cp932 or cp1252)") from None
    return name


# What of a mailbox is left out unless it is asked for.
UNASKED = (
    *("private", "deleted_items", "junk", "drafts", "outbox", "sync_issues", "conversation_history", "rss"),
    *("suggested_contacts", "recipient_cache", "holidays", "birthdays"),
)


def _known_unasked(words: Iterable[str] | None) -> Iterable[str] | None:
    for word in words or ():
        if word not in UNASKED:
            near = difflib.get_close_matches(word, UNASKED, n=1)
            meant = f" (did you mean '{near[0]}'?)" if near else ""
            raise ValueError(f"'{word}' is nothing that is left out{meant}; there are: {', '.join(UNASKED)}")
    return words


def _filled_names(names: Iterable[str] | None) -> Iterable[str] | None:
    if any(not name.strip() for name in names or ()):
        raise ValueError("a name or pattern is empty; leave it out")
    return names


def _day(value: object) -> object:
    """Take "" for no day, a TOML date as it is, and a text as YYYY-MM-DD."""
    if value == "" or value is None:
        return None
    try:
        return date.fromisoformat(str(value))  # a TOML date too, but no date with a time
    except ValueError:
        raise ValueError(f"'{value}' is no day (such as 2020-01-31)") from None


class _Selection(_Section):
    """What of a mailbox is read."""

    since: date | None = None
    until: date | None = None

    _days = field_validator("since", "until", mode="before")(_day)
    _unasked = field_validator("include", check_fields=False)(_known_unasked)
    _names = field_validator("folders", "skip_folders", "categories", "skip_categories", check_fields=False)(
        _filled_names
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and self.since > self.until:
            raise ValueError(f"since ({self.since}) is after until ({self.until}): nothing would be read")
        return self


class Outlook(_Selection):
    """How Outlook's files are to be understood where they do not say it themselves, and what of them is read."""

    time_zone: str
    code_page: str
    date_order: DateOrder
    own_domains: tuple[str, ...]
    folders: tuple[str, ...]
    skip_folders: tuple[str, ...]
    categories: tuple[str, ...]
    skip_categories: tuple[str, ...]
    include: tuple[str, ...]
    hash_attachments: bool

    _zone = field_validator("time_zone")(_known_zone)
    _page = field_validator("code_page")(_known_code_page)


class Mailbox(_Selection):
    """One mailbox: which files are its own, who it is, who owns its records in the CRM, and what of it is read.

    Of the last, what is None is as in [outlook].
    """

    name: str = Field(min_length=1)
    files: tuple[str, ...] = Field(min_length=1)
    addresses: tuple[str, ...] = ()
    owner: str = ""
    time_zone: str = ""
    code_page: str = ""
    date_order: DateOrder = ""
    folders: tuple[str, ...] | None = None
    skip_folders: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    skip_categories: tuple[str, ...] | None = None
    include: tuple[str, ...] | None = None

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        return name and _known_zone(name)

    @field_validator("code_page")
    @classmethod
    def _page(cls, name: str) -> str:
        return name and _known_code_page(name)


class Mapping(_Section):
    """A change of what goes to one Zoho field: another source, a constant, a field of the org's own, or nothing.

    What is left empty stays as shipped; for a new field `kind` is text. `values`: of a picklist, ours → the org's.
    """

    table: str
    field: str = Field(pattern=r"^[A-Za-z]\w{0,99}$")
    source: str = ""
    constant: str = ""
    kind: Literal["", "text", "email", "phone", "date", "boolean", "picklist"] = ""
    length: int | None = Field(default=None, gt=0, le=32_000)
    values: dict[str, str] = {}
    label: str = ""
    drop: bool = False

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if sum(map(bool, (self.source, self.constant, self.drop))) > 1:
            raise ValueError("give one of source, constant and drop")
        return self


class Owners(_Section):
    """Who owns a record whose mailbox has no CRM user."""

    fallback: str


class Validation(_Section):
    """When a table has too many rejects to go on."""

    max_reject_share: float = Field(ge=0, le=1)


class Zoho(_Section):
    """Which CRM is loaded, and its addresses where they are not the usual ones."""

    target: Literal["sandbox", "crm"]
    data_center: Literal["com", "eu", "in", "jp", "com.au", "com.cn", "ca", "sa", "uk"]
    key_field: str = Field(pattern=r"^[A-Za-z]\w{0,99}$")
    upload_url: str
    api_url: str
    accounts_url: str
    timeout_seconds: float = Field(gt=0)
    poll_seconds: float = Field(gt=0)
    bulk_rows: int = Field(gt=0, le=25_000)
    record_rows: int = Field(gt=0, le=100)
    transport: Literal["auto", "bulk", "records"]
    credits_a_day: int = Field(ge=0)
    bulk_read_credits: int = Field(ge=1, le=10_000)
    over_allowance: Literal["refuse", "spread"]
    accept_partial_view: bool
    workflows_checked: tuple[str, ...]


class Sandbox(_Section):
    """Which local CRM is used."""

    name: str

    @field_validator("name")
    @classmethod
    def _plain(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name):
            raise ValueError("use letters, digits, - and _ only, at most 40")
        return name


class Engine(_Section):
    """How the work is spread."""

    processes: int = Field(ge=0, le=256)


class Config(BaseSettings):
    """All settings of one run; `project` is the directory of one customer's migration."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=_ENVIRONMENT,
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    project: Path
    inbox: Path
    is_sample: bool
    cross_check: bool = False  # read every store with both readers, and compare
    outlook: Outlook
    mailbox: tuple[Mailbox, ...] = ()
    mapping: tuple[Mapping, ...] = ()
    owners: Owners
    validation: Validation
    zoho: Zoho
    sandbox: Sandbox
    engine: Engine
    policy: dict[str, Literal["fill", "ours", "newer", "always"]] = {}

    @field_validator("mailbox")
    @classmethod
    def _one_each(cls, mailboxes: tuple[Mailbox, ...]) -> tuple[Mailbox, ...]:
        names = [mailbox.name for mailbox in mailboxes]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two [[mailbox]] are named '{min(twice)}'; give each a name, or list its files in one")
        return mailboxes

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - .env holds credentials only
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no secret is a setting
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: the call, the environment, then the files, last one strongest."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, deep_merge=True)

    @property
    def work(self) -> Path:
        """Where tables between stages are kept; can be deleted and made again."""
        return self.project / "data" / "work"

    @property
    def extracted(self) -> Path:
        """Tables of extract."""
        return self.work / "extracted"

    @property
    def transformed(self) -> Path:
        """Tables of transform: ready/, rejects/, decisions/, changes/, exclusions/."""
        return self.work / "transformed"

    @property
    def audit(self) -> Path:
        """Ledgers: what was done to which org. Never delete it while the org is in use."""
        return self.project / "data" / "audit"

    @property
    def sandboxes(self) -> Path:
        """The local CRMs."""
        return self.project / "data" / "sandbox"

    def included(self, mailbox: Mailbox | None) -> tuple[str, ...]:
        """Return what of a mailbox is asked for that is otherwise left out: its own list, else that of [outlook]."""
        return self.outlook.include if mailbox is None or mailbox.include is None else mailbox.include

    def mailbox_of(self, path: str) -> Mailbox | None:
        """Return the mailbox whose patterns match `path` (below the inbox, with /); the first one wins."""
        for mailbox in self.mailbox:
            if any(fnmatch.fnmatchcase(path, pattern) for pattern in mailbox.files):
                return mailbox
        return None


class Credentials(BaseSettings):
    """What Zoho's token end point wants; from ZOHO_* in the environment or .env, never shown."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="ZOHO_")

    client_id: str = Field(min_length=1)
    client_secret: SecretStr = Field(min_length=1)
    refresh_token: SecretStr = Field(min_length=1)


def load(project: Path, inbox: Path | None = None, *, is_sample: bool | None = None) -> Config:
    """Read the settings of a project.

    Args:
        project: the project directory.
        inbox: a directory or a file that overrides data/inbox.
        is_sample: whether the sample's own settings are in force; None: when the sample is what would be read now.

    Raises:
        SettingsError: a setting is unknown or has no usable value, or pipeline.toml is not TOML.
    """
    inbox, would_be_sample = _chosen_inbox(project, inbox)
    is_sample = would_be_sample if is_sample is None else is_sample
    _check_environment()
    files = [_DEFAULTS, *([sample_directory(project) / "sample.toml"] if is_sample else []), project / "pipeline.toml"]
    for file in files:
        _check_toml(file)

    class Sources(Config):
        model_config = SettingsConfigDict(toml_file=files)

    try:
        return Sources(project=project, inbox=inbox, is_sample=is_sample)  # type: ignore[call-arg]  # the rest is in the files
    except ValidationError as error:
        raise SettingsError(_explain(error), _MEND) from None
    except SourceError as error:
        section = "".join(re.findall(r'field "(\w+)"', str(error)))
        raise SettingsError(
            f"What {_ENVIRONMENT}{section.upper()}... of the environment holds cannot be read.",
            """A list is written there as JSON: '["a", "b"]'. See defaults.toml for what each setting is.""",
        ) from None


def credentials(project: Path) -> Credentials:
    """Read the credentials of the real CRM.

    Raises:
        SettingsError: one is missing, or others may read .env.
    """
    _check_private(project / ".env")
    try:
        return Credentials(_env_file=project / ".env")  # type: ignore[call-arg]  # its fields come from there
    except ValidationError as error:
        missing = ", ".join(f"ZOHO_{str(item['loc'][0]).upper()}" for item in error.errors())
        raise SettingsError(
            f"The target is a real Zoho CRM, and these credentials are missing or empty: {missing}.",
            f'Set them in the environment or in {project / ".env"}, or use the local CRM: [zoho] target = "sandbox".',
        ) from None


def _check_private(file: Path) -> None:
    if file.is_file() and file.stat().st_mode & 0o077:
        raise SettingsError(f"{file} holds credentials and others may read it.", f"Run: chmod 600 '{file}'")


def sample_directory(project: Path) -> Path:
    """Return the committed sample: the project's own, else the one shipped with the package."""
    own = project / "data" / "sample"
    beside = Path(__file__).parent.parent / "data" / "sample"
    shipped = Path(__file__).with_name("sample")
    return next((path for path in (own, beside, shipped) if path.is_dir()), own)


def _chosen_inbox(project: Path, inbox: Path | None) -> tuple[Path, bool]:
    if inbox is not None:
        return inbox, False
    own = project / "data" / "inbox"
    if own.is_dir() and any(not entry.name.startswith(".") for entry in own.iterdir()):  # .DS_Store comes by itself
        return own, False
    return sample_directory(project), True


def _check_toml(file: Path) -> None:
    try:
        text = file.read_bytes().decode("utf-8-sig")
        named = tomllib.loads(text).keys() & _OF_THE_CALL
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(f"{file} cannot be read as TOML: {reason}.", "Mend it and run again.") from None
    if named:
        raise SettingsError(_no_setting(min(named)), _MEND)


def _check_environment() -> None:
    """Refuse variables with our prefix that are no setting: a misspelt one would have no effect, and nobody would know.

    Raises:
        SettingsError: there is one.
    """
    sections = {name.upper() for name in Config.model_fields if name not in _OF_THE_CALL}
    for variable in sorted(os.environ):
        section = variable.upper().removeprefix(_ENVIRONMENT).partition("__")[0]
        if variable.upper().startswith(_ENVIRONMENT) and section not in sections:
            raise SettingsError(
                f"The environment variable {variable} is no setting.",
                f"Unset it, or name one of defaults.toml: {_ENVIRONMENT}ZOHO__TARGET is [zoho] target.",
            )


def _explain(error: ValidationError) -> str:
    return " ".join(_explain_one(item["loc"], item["type"], item["msg"]) for item in error.errors()[:5])


def _explain_one(location: tuple[Any, ...], kind: str, message: str) -> str:
    name = ".".join(str(part) for part in location if isinstance(part, str))
    if kind == "extra_forbidden":
        return _no_setting(name)
    number = next((f" (in the {part + 1}. [[{location[0]}]])" for part in location if isinstance(part, int)), "")
    if kind in {"tuple_type", "list_type"}:
        message = f"write [[{name}]], in two brackets" if name in _LISTED else 'Input should be a list: ["a", "b"]'
    return f"Setting {name}{number}: {message.removeprefix('Value error, ')}."


def _no_setting(name: str) -> str:
    sections = [section for section in Config.model_fields if section not in _OF_THE_CALL]
    near = difflib.get_close_matches(name, [*_names(Config), *sections], n=3, cutoff=0.6)
    return f"There is no setting {name}." + (f" Did you mean {' or '.join(near)}?" if near else "")


_LISTED: dict[str, type[BaseModel]] = {"mailbox": Mailbox, "mapping": Mapping}


def _names(model: type[BaseModel]) -> Iterable[str]:
    """Yield every setting as section.name."""
    for name, field in model.model_fields.items():
        section = field.annotation
        shown = field.alias or name
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield from (f"{shown}.{inner}" for inner in _names(section))
        elif name in _LISTED:
            yield from (f"{name}.{inner}" for inner in _names(_LISTED[name]))
        else:
            yield shown
