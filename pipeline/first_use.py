"""First use: a draft of pipeline.toml from the inbox, the credentials of a self-client, and what comes next.

On a terminal it asks, with what it found as the answer that Enter gives; elsewhere it writes the draft with its
questions as comments. Secrets come from the terminal, where they are not shown, or from the environment.
"""

import os
import re
import shlex
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline import config as settings
from pipeline import store
from pipeline.config import DATA_CENTERS, Config, private
from pipeline.errors import SettingsError
from pipeline.report import draft, words
from pipeline.report.draft import Answers, Draft
from pipeline.report.words import Language

CLIENT_ID, CLIENT_SECRET, CODE, TOKEN = "ZOHO_CLIENT_ID", "ZOHO_CLIENT_SECRET", "ZOHO_GRANT_CODE", "ZOHO_REFRESH_TOKEN"
_YES = {"y", "yes", "はい"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where the questions go: `ask` and `ask_secretly` return the answer; None where there is nobody to ask."""

    say: Callable[[str], None]
    language: Language
    ask: Callable[[str], str] | None = None
    ask_secretly: Callable[[str], str] | None = None

    def word(self, key: str) -> str:
        """Return a word in the language of the person."""
        return words.pair("init", key)[1 if self.language == "ja" else 0]

    def answer(self, key: str, usual: str, check: Callable[[str], str] | None = None) -> str:
        """Return what a person says to a question, the usual answer for Enter or where nobody can be asked.

        `check` returns what is wrong with an answer, "" for nothing; then the question comes again.
        """
        if self.ask is None:
            return usual
        while True:
            given = self.ask(f"{self.word(key)} [{usual}]: ").strip() or usual
            wrong = check(given) if check else ""
            if not wrong:
                return given
            self.say(f"  {wrong}")

    def agrees(self, key: str) -> bool:
        """Return whether a person says yes."""
        return self.ask is not None and self.ask(f"{self.word(key)} [no]: ").strip().casefold() in _YES


def write_draft(config: Config, desk: Desk) -> Path:
    """Draft pipeline.toml from what extract read, ask what is not sure, and write it; an own one is not touched.

    Raises:
        StageError: extract did not run.
        StorageError: the file system refuses.
    """
    own = config.project / "pipeline.toml"
    asking = replace(desk, ask=None) if own.exists() else desk  # what was answered once is not asked again
    drafts = [_asked(one, config, asking) for one in draft.of_extracted(config)]
    text = draft.toml(config, drafts, _answers(asking), desk.language)
    path = own if not own.exists() else config.project / "pipeline.draft.toml"
    store.write_text(text, path)
    if path == own:
        desk.say(f"init        {desk.word('written')} {path}")
    else:
        desk.say(f"init        {desk.word('kept')} {path}")
    return path


def _asked(one: Draft, config: Config, desk: Desk) -> Draft:
    if desk.ask is None:
        return one
    found = draft.counted(one, desk.language)
    desk.say(f"{one.name}: {found}")
    name = desk.answer("ask_name", one.name)
    addresses = desk.answer("ask_addresses", ", ".join(one.addresses))
    listed = tuple(filter(None, (address.strip() for address in addresses.split(","))))
    one = replace(one, name=name, addresses=listed)
    owner = desk.answer("ask_owner", one.owner)
    zone = desk.answer("ask_zone", one.zone or config.outlook.time_zone, lambda zone: _zone_trouble(zone, desk))
    return replace(one, zone=zone, owned_by=owner)


def _zone_trouble(zone: str, desk: Desk) -> str:
    with suppress(KeyError, ValueError, OSError):
        ZoneInfo(zone)
        return ""
    return desk.word("no_zone")


def _one_of(choices: Sequence[str], desk: Desk) -> Callable[[str], str]:
    return lambda given: "" if given in choices else f"{desk.word('wrong')} {', '.join(choices)}"


def _answers(desk: Desk) -> Answers:
    target = desk.answer("ask_target", "sandbox", _one_of(("sandbox", "crm"), desk))
    usual = "jp" if desk.language == "ja" else "com"
    center = desk.answer("ask_data_center", usual, _one_of(DATA_CENTERS, desk)) if target == "crm" else usual
    return Answers(target=target, data_center=center, fallback=desk.answer("ask_fallback", ""))


def connect(config: Config, desk: Desk, exchange: Callable[[str, str, str], str], console: str, scopes: str) -> bool:
    """Turn a grant code into a refresh token and keep it in .env; return whether there is one now.

    Args:
        config: the project.
        desk: who is asked; else the environment has to have the three values.
        exchange: client id, client secret and grant code → refresh token.
        console: the address of the API console.
        scopes: what the token has to be allowed.

    Raises:
        TargetError: Zoho refuses them.
        SettingsError: .env may not be written.
    """
    given = [os.environ.get(name, "") for name in (CLIENT_ID, CLIENT_SECRET, CODE)]
    if not all(given) and desk.ask is not None and desk.ask_secretly is not None:
        desk.say(desk.word("client_1").format(console=console))
        desk.say(desk.word("client_2"))
        desk.say(f"  {scopes}")
        desk.say(desk.word("client_3"))
        client_id = desk.ask(f"{desk.word('ask_client_id')}: ").strip()
        if client_id:
            secrets = [desk.ask_secretly(f"{desk.word(key)}: ").strip() for key in ("ask_client_secret", "ask_code")]
            given = [client_id, *secrets]
    if not all(given):
        desk.say(desk.word("later"))
        return False
    client_id, client_secret, code = given
    token = exchange(client_id, client_secret, code)
    path = private.keep(config.project, {CLIENT_ID: client_id, CLIENT_SECRET: client_secret, TOKEN: token})
    desk.say(desk.word("connected").format(path=path))
    return True


def next_step(desk: Desk, project: Path, inbox: Path | None) -> str:
    """Return the commands to go on with, for the same project and the same files."""
    own = "" if project == Path() else f" PROJECT={shlex.quote(str(project))}"
    files = "" if inbox is None else f" INBOX={shlex.quote(str(inbox))}"
    return desk.word("next").format(files=own + files, project=own)


def rehearsing(config: Config, org: str) -> Config:
    """Return the settings of a rehearsal: a sandbox of its own, the rest as for the org.

    Raises:
        SettingsError: no plan has looked at that org.
    """
    if not re.fullmatch(r"\w+-\d+", org) or not (config.audit / org).is_dir():
        there = sorted(path.name for path in config.audit.glob("*-*") if path.is_dir())
        raise SettingsError(
            f"data/audit holds nothing of an org '{org}'." if org else "ORG= names no org.",
            f"There are: {', '.join(there)}." if there else "Run make plan against it first; that sends nothing.",
        )
    own = config.sandbox.model_copy(update={"name": f"rehearsal-{org}"})
    return config.model_copy(update={"sandbox": own, "zoho": config.zoho.model_copy(update={"target": "sandbox"})})


def is_connected(config: Config) -> bool:
    """Return whether there are credentials of a real CRM."""
    try:
        settings.credentials(config.project)
    except SettingsError:
        return False
    return True
