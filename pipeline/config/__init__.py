"""Settings: defaults.toml < the sample's < pipeline.toml < environment; credentials from the environment or .env."""

import difflib
import fnmatch
import os
import re
import tomllib
from collections.abc import Iterable
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as SourceError

from pipeline.config.mail import Cases, Leads, Mail, Sync
from pipeline.config.sections import (
    UNASKED,
    Accounts,
    Calendar,
    Contacts,
    Duplicates,
    Engine,
    Mailbox,
    Mapping,
    Org,
    Outlook,
    Owners,
    Retention,
    Sandbox,
    Validation,
    Zoho,
    known_criteria,
)
from pipeline.errors import SettingsError

__all__ = [
    "DATA_CENTERS", "UNASKED", "Accounts", "Calendar", "Cases", "Config", "Contacts", "Credentials", "Duplicates",
    "Engine", "Leads", "Mail", "Mailbox", "Mapping", "Org", "Outlook", "Owners", "Retention", "Sandbox", "Sync",
    "Validation", "Zoho",
    "credentials", "load", "sample_directory",
]  # fmt: skip

DATA_CENTERS = ("com", "eu", "in", "jp", "com.au", "com.cn", "ca", "sa", "uk")
_PACKAGE = Path(__file__).parents[1]
_DEFAULTS = _PACKAGE / "defaults.toml"
_ENVIRONMENT = "OUTLOOK2ZOHO_"
# fields of Config that no file and no variable may set
_OF_THE_CALL = frozenset({"project", "inbox", "is_sample", "cross_check"})
_MEND = "Mend pipeline.toml or the environment; see defaults.toml."


class _Toml(TomlConfigSettingsSource):
    """The files, as `_check_toml` reads them too: an editor of Windows begins UTF-8 with a byte order mark."""

    def _read_file(self, file_path: Path | Traversable) -> dict[str, Any]:
        return tomllib.loads(_text(file_path))


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
    calendar: Calendar
    owners: Owners
    survivorship: dict[str, tuple[str, ...]] = {}
    accounts: Accounts
    contacts: Contacts
    duplicates: Duplicates
    leads: Leads
    mail: Mail
    cases: Cases
    sync: Sync
    validation: Validation
    zoho: Zoho
    sandbox: Sandbox
    org: Org
    retention: Retention
    engine: Engine
    policy: dict[str, Literal["fill", "ours", "newer", "always"]] = {}

    @field_validator("survivorship")
    @classmethod
    def _criteria(cls, chosen: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return known_criteria(chosen)

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
        return init_settings, env_settings, _Toml(settings_cls, deep_merge=True)

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

    def asks_for(self, table: str) -> bool:
        """Return whether a rule asks for a table that is filled on request only: leads, cases."""
        leads, cases = self.leads, self.cases
        by_rule = bool(leads.categories or leads.folders or leads.without_company)
        asked = {
            "leads": by_rule or self.mail.without_contact == "lead",
            "cases": bool(cases.categories or cases.folders),
        }
        return asked[table]

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
        return Credentials(_env_file=project / ".env", _env_file_encoding="utf-8-sig")  # type: ignore[call-arg]  # its fields come from there
    except ValidationError as error:
        missing = ", ".join(f"ZOHO_{str(item['loc'][0]).upper()}" for item in error.errors())
        raise SettingsError(
            f"The target is a real Zoho CRM, and these credentials are missing or empty: {missing}.",
            f"make init gets them; or set them in the environment or in {project / '.env'}; or use the local CRM: "
            '[zoho] target = "sandbox".',
        ) from None


def _check_private(file: Path) -> None:
    if file.is_file() and file.stat().st_mode & 0o077:
        raise SettingsError(f"{file} holds credentials and others may read it.", f"Run: chmod 600 '{file}'")


def sample_directory(project: Path) -> Path:
    """Return the committed sample: the project's own, else the one shipped with the package."""
    own = project / "data" / "sample"
    beside = _PACKAGE.parent / "data" / "sample"
    shipped = _PACKAGE / "sample"
    return next((path for path in (own, beside, shipped) if path.is_dir()), own)


def _chosen_inbox(project: Path, inbox: Path | None) -> tuple[Path, bool]:
    if inbox is not None:
        return inbox, False
    own = project / "data" / "inbox"
    if own.is_dir() and any(not entry.name.startswith(".") for entry in own.iterdir()):  # .DS_Store comes by itself
        return own, False
    return sample_directory(project), True


def _text(file: Path | Traversable) -> str:
    return file.read_bytes().decode("utf-8-sig")


def _check_toml(file: Path) -> None:
    try:
        named = tomllib.loads(_text(file)).keys() & _OF_THE_CALL
    except FileNotFoundError:
        return
    except UnicodeDecodeError:
        raise SettingsError(
            f"{file} is not UTF-8 text.",
            "Save it as UTF-8 in your editor (not ANSI, Shift_JIS or UTF-16), and run again.",
        ) from None
    except (OSError, tomllib.TOMLDecodeError) as error:
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
    number = next((part + 1 for part in location if isinstance(part, int)), 0)
    if kind in {"tuple_type", "list_type"}:
        message = f"write [[{name}]], in two brackets" if name in _LISTED else 'Input should be a list: ["a", "b"]'
    if number:
        is_table = location[0] in _LISTED
        name = f"{name} (in the {number}. [[{location[0]}]])" if is_table else f"{name} (the {number}. of its list)"
    return f"Setting {name}: {message.removeprefix('Value error, ')}."


def _no_setting(name: str) -> str:
    sections = [section for section in Config.model_fields if section not in _OF_THE_CALL]
    depth = name.count(".")
    known = [one for one in (*_names(Config), *sections) if one.count(".") == depth]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
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
