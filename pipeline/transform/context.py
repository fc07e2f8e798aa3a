"""What one transform works with, made once of the settings and of what extract read."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import validate
from pipeline.config import Config
from pipeline.engine import Told
from pipeline.targets import EMAILS, TARGETS, Target, chosen
from pipeline.transform import homes, mail_list, overrides, repairs, series
from pipeline.transform.draft import Home
from pipeline.transform.occurrences import Window
from pipeline.transform.survivorship import Survivorship


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Settings as rules: what each step asks."""

    config: Config
    homes: Mapping[str, Home]
    targets: Mapping[str, Target]
    suites: Mapping[str, validate.Suite]
    own_domains: frozenset[str]
    aliases: Mapping[str, str]
    windows: Mapping[str, Window]
    overrides: tuple[overrides.Override, ...]
    repairs: repairs.Repairs
    survivorship: Survivorship
    mail: mail_list.MailList
    told: Told


def read_context(config: Config, extracted: Mapping[str, pa.Table], told: Told) -> Context:
    """Read what the project says, and what the extracted files and events tell.

    Raises:
        SettingsError: a setting, suite or list of the project is not one.
    """
    targets = {target.table: target for target in (*chosen(config, TARGETS), EMAILS)}
    known = homes.homes(config, extracted["files"], extracted["events"].select(["file_sha256", "time_zone"]))
    return Context(
        config=config,
        targets=targets,
        homes=known,
        windows=series.windows(config, known, _changed_at(extracted)),
        suites=validate.fitted(validate.suites(config.project), targets),
        own_domains=homes.own_domains(config, homes.public_mail_domains()),
        aliases=homes.aliases(config),
        overrides=overrides.read(config.project),
        repairs=repairs.read(config.project),
        survivorship=Survivorship.read(config.survivorship, targets.values()),
        mail=mail_list.read(config.project),
        told=told,
    )


def _changed_at(extracted: Mapping[str, pa.Table]) -> list[datetime]:
    """Return the last change of tasks and events; where no item says when it was changed, the last start."""
    changed = [pc.max(extracted[name].column("modified_at")).as_py() for name in ("events", "tasks")]
    found = [moment for moment in changed if moment is not None]
    started = pc.max(extracted["events"].column("start_at")).as_py()
    return found or ([started] if started is not None else [])


def digest(config: Config, context: Context) -> str:
    """Return a digest of all settings that shape what is made."""
    shaping = {
        "outlook": config.outlook.model_dump(mode="json"),
        "mailbox": [mailbox.model_dump(mode="json") for mailbox in config.mailbox],
        "calendar": config.calendar.model_dump(mode="json"),
        "mapping": [mapping.model_dump(mode="json") for mapping in config.mapping],
        "survivorship": config.survivorship,
        "contacts": config.contacts.model_dump(mode="json"),
        "accounts": config.accounts.model_dump(mode="json"),
        "duplicates": config.duplicates.model_dump(mode="json"),
        "validation": config.validation.model_dump(mode="json"),
        "suites": {name: suite.digest for name, suite in context.suites.items()},
        "fields": [
            [target.table, field.api_name, field.length, field.values]
            for target in context.targets.values()
            for field in target.fields
        ],
        "repairs": context.repairs.digest,
        "overrides": overrides.digest(context.overrides),
        "mail": [config.mail.model_dump(mode="json"), config.cases.model_dump(mode="json"), context.mail.digest],
        "leads": config.leads.model_dump(mode="json"),
    }
    return hashlib.sha256(json.dumps(shaping, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
