"""Where a token may go."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from pipeline import config as settings
from pipeline.config import DATA_CENTERS as CONFIGURABLE
from pipeline.config import Credentials
from pipeline.errors import SettingsError
from pipeline.load.connection import DATA_CENTERS, Connection, may_have_token

CREDENTIALS = Credentials(client_id="id", client_secret=SecretStr("secret"), refresh_token=SecretStr("refresh"))


def crm(directory: Path, **zoho: str) -> Connection:
    """Return the connection to a real CRM with these settings."""
    lines = "".join(f'{name} = "{value}"\n' for name, value in zoho.items())
    (directory / "pipeline.toml").write_text(f"[zoho]\n{lines}")
    return Connection.of_crm(settings.load(directory, directory), CREDENTIALS)


@pytest.mark.parametrize(
    ("url", "may"),
    [
        pytest.param("https://www.zohoapis.jp", True, id="API host"),
        pytest.param("https://accounts.zohocloud.ca", True, id="Canada's accounts host"),
        pytest.param("https://upload-accl.zoho.in", True, id="upload host"),
        pytest.param("https://download.zohocrm.com/v8/x.zip", True, id="download host"),
        pytest.param("http://127.0.0.1:8080", True, id="plain http on loopback"),
        pytest.param("http://[::1]:8080", True, id="loopback of IPv6"),
        pytest.param("http://www.zohoapis.jp", False, id="plain http elsewhere"),
        pytest.param("https://www.zohoapis.jp:8443", False, id="another port"),
        pytest.param("https://www.zohoapis.jp.evil.example", False, id="a host that only starts so"),
        pytest.param("https://www.zohoapis.jp@evil.example", False, id="a host hidden behind a user"),
        pytest.param("https://user@www.zohoapis.jp", False, id="a user before the host"),
        pytest.param("https://evil.example/www.zohoapis.jp", False, id="a path that looks like a host"),
        pytest.param("http://127.0.0.1.evil.example", False, id="a name that looks like loopback"),
        pytest.param("https://www.zohoapis.jp:port", False, id="a port that is no number"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_may_have_token(url: str, *, may: bool) -> None:
    """A token goes to https hosts of the known data centres, and to this machine."""
    assert may_have_token(url) is may


def test_every_data_center_has_hosts() -> None:
    """Each data centre of the settings has its hosts."""
    assert set(DATA_CENTERS) == set(CONFIGURABLE)


@pytest.mark.parametrize("center", [name for name in CONFIGURABLE if name != "uk"])
def test_usual_addresses(tmp_path: Path, center: str) -> None:
    """The usual addresses of a data centre need no setting; the API's comes with the token."""
    connection = crm(tmp_path, data_center=center)
    assert (connection.target, connection.api_url) == ("crm", "")
    assert may_have_token(connection.accounts_url)
    assert may_have_token(connection.upload_url)


@pytest.mark.parametrize(
    ("zoho", "name"),
    [
        pytest.param({"data_center": "uk"}, "api_url", id="no source confirms the API host of the uk"),
        pytest.param({"accounts_url": "https://accounts.evil.example"}, "accounts_url", id="a foreign host"),
        pytest.param({"upload_url": "http://upload.zoho.com"}, "upload_url", id="plain http"),
    ],
)
def test_refused_addresses(tmp_path: Path, zoho: dict[str, str], name: str) -> None:
    """An address that may not be given a token is a clear message before anything is sent."""
    with pytest.raises(SettingsError, match=name):
        crm(tmp_path, **zoho)


def test_uk_with_its_addresses(tmp_path: Path) -> None:
    """The uk works once its addresses are set."""
    url = "https://www.zohoapis.uk"
    connection = crm(tmp_path, data_center="uk", api_url=f"{url}/", upload_url="https://upload.zoho.uk")
    assert connection.api_url == url
