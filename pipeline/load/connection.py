"""Where the CRM is and who we are there; and the only hosts that may ever see a token.

Hosts: reference/zoho-api.md 1.1 and 2.1 (upload), 2.4 (download).
"""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from pipeline.config import Config, Credentials
from pipeline.errors import SettingsError

TargetName = Literal["sandbox", "crm"]


@dataclass(frozen=True, slots=True)
class DataCenter:
    """Hosts of one data centre. `api` and `upload` are "" where no source confirms one: the settings must name it."""

    accounts: str
    api: str
    upload: str
    others: tuple[str, ...] = ()

    @property
    def hosts(self) -> frozenset[str]:
        """All hosts of the data centre that may be given a token."""
        return frozenset({self.accounts, self.api, self.upload, *self.others} - {""})


def _usual(domain: str) -> DataCenter:
    return DataCenter(
        accounts=f"accounts.zoho.{domain}",
        api=f"www.zohoapis.{domain}",
        upload=f"content.zohoapis.{domain}",
        others=(
            f"sandbox.zohoapis.{domain}",
            f"developer.zohoapis.{domain}",
            f"upload.zoho.{domain}",
            f"upload-accl.zoho.{domain}",
            f"download.zohocrm.{domain}",
            f"download-accl.zohocrm.{domain}",
        ),
    )


DATA_CENTERS: dict[str, DataCenter] = {
    **{domain: _usual(domain) for domain in ("com", "eu", "in", "jp", "com.au", "com.cn")},
    "ca": DataCenter(
        "accounts.zohocloud.ca",
        "www.zohoapis.ca",
        "upload.zohocloud.ca",
        ("sandbox.zohoapis.ca", "download.zohocrm.ca"),
    ),
    "sa": DataCenter("accounts.zoho.sa", "www.zohoapis.sa", "files.zoho.sa", ("sandbox.zohoapis.sa",)),
    "uk": DataCenter("accounts.zoho.uk", "", "", ("www.zohoapis.uk", "content.zohoapis.uk", "upload.zoho.uk")),
}
KNOWN_HOSTS: frozenset[str] = frozenset().union(*(center.hosts for center in DATA_CENTERS.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How to reach one CRM.

    URLs have no path. `api_url` "" means: the one that the token reply names; `upload_url` "" means: as `api_url`.
    `tokens`: directory of the access tokens that processes share; None: each has its own.
    """

    target: TargetName
    accounts_url: str
    api_url: str
    upload_url: str
    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr
    tokens: Path | None = None

    @staticmethod
    def of_crm(config: Config, credentials: Credentials) -> "Connection":
        """Return the connection to the real CRM of the settings.

        Raises:
            SettingsError: an address may not be given a token, or the data centre's address is not known.
        """
        center = DATA_CENTERS[config.zoho.data_center]
        connection = Connection(
            target="crm",
            accounts_url=accounts_url_of(config),
            api_url=config.zoho.api_url.rstrip("/"),
            upload_url=_url(config.zoho.upload_url, center.upload),
            client_id=credentials.client_id,
            client_secret=credentials.client_secret,
            refresh_token=credentials.refresh_token,
            tokens=config.audit / "tokens",
        )
        for name, url in (
            ("accounts_url", connection.accounts_url),
            ("api_url", connection.api_url),
            ("upload_url", connection.upload_url),
        ):
            _check(name, url, config.zoho.data_center)
        return connection

    @property
    def is_loopback(self) -> bool:
        """Whether the CRM is on this machine."""
        return is_loopback(urlsplit(self.accounts_url).hostname)


def accounts_url_of(config: Config) -> str:
    """Return the address of the token end point, without a path."""
    return _url(config.zoho.accounts_url, DATA_CENTERS[config.zoho.data_center].accounts)


def _url(setting: str, host: str) -> str:
    if setting:
        return setting.rstrip("/")
    return f"https://{host}" if host else ""


def _check(name: str, url: str, data_center: str) -> None:
    if not url:
        if name == "api_url" and DATA_CENTERS[data_center].api:
            return  # the token reply names it
        raise SettingsError(
            f"[zoho] {name}: no source confirms this address for the data centre '{data_center}'.",
            f'Ask Zoho, and set {name} = "https://..." in pipeline.toml.',
        )
    if not may_have_token(url):
        raise SettingsError(
            f"[zoho] {name}: {url} is not an https address of a Zoho data centre, so it is not given your token.",
            f"Leave {name} empty for the usual address of the data centre.",
        )


def may_have_token(url: str) -> bool:
    """Return whether a token may be sent to `url`: https and a known host, or loopback."""
    parts = urlsplit(url)
    if is_loopback(parts.hostname):
        return parts.scheme in {"http", "https"} and parts.username is None
    try:
        is_plain = parts.username is None and parts.port in {None, 443}
    except ValueError:
        return False
    return parts.scheme == "https" and parts.hostname in KNOWN_HOSTS and is_plain


def is_loopback(host: str | None) -> bool:
    """Return whether `host` is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
